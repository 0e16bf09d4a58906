"""A company that lives in a folder of exports, pulled through the real files CRM into a real database."""

import csv
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from bot.app import Council, build_crm, open_council
from bot.settings import field_kinds, load_settings
from jobs.pull import run_pull
from pipeline.pull_report import PullReport
from tests.new_database import write_new_database

Cells = Mapping[str, str]


@dataclass
class Exported:
    """A configuration file beside its exports, and what was opened of it."""

    home: Path
    configuration: str
    council: Council = field(init=False)

    def __post_init__(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        file = self.home / "council.toml"
        file.write_text(self.configuration, encoding="utf-8")
        if "sqlite:///council.db" in self.configuration:
            write_new_database(self.home / "council.db")
        self.council = open_council(load_settings(file, {}))

    @property
    def folder(self) -> Path:
        return self.home / "exports"

    def write(self, tables: Mapping[str, Sequence[Cells]]) -> None:
        """Replace the exports: a file per table, its columns those of its first row."""
        for file in self.folder.glob("*.csv"):
            file.unlink()
        for name, rows in tables.items():
            with (self.folder / f"{name}.csv").open("w", newline="", encoding="utf-8") as lines:
                writer = csv.DictWriter(lines, list(rows[0]))
                writer.writeheader()
                writer.writerows(rows)

    def pull(self, now: datetime) -> PullReport:
        council = self.council
        return run_pull(
            council.engine,
            build_crm(council.settings, now),
            council.company,
            fields=field_kinds(council.settings),
            now=now,
            progress=lambda _: None,
        )

    def close(self) -> None:
        self.council.engine.dispose()


def toml_section(name: str, keys: Mapping[str, object]) -> str:
    """A section of numbers, texts, flags and lists of these."""
    return "".join([f"[{name}]\n", *(f"{key} = {toml_value(value)}\n" for key, value in keys.items())])


def toml_value(value: object) -> str:
    if isinstance(value, Mapping):
        return (
            "{ " + ", ".join(f"{json.dumps(key)} = {toml_value(item)}" for key, item in value.items()) + " }"
        )
    if isinstance(value, Iterable) and not isinstance(value, str):
        return "[" + ", ".join(map(toml_value, value)) + "]"
    return json.dumps(value)
