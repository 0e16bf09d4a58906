"""What a user would do without us: the same CSV files in bare SQLite tables."""

import csv
import os
import shutil
import sqlite3
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

FILES = ("Opportunity.csv", "OpportunityHistory.csv")
ROWS_A_WRITE = 10_000


@dataclass(frozen=True)
class BareImport:
    tool: str
    rows: int
    seconds: float
    processor_seconds: float
    """Without waiting for the disk or for other programs."""

    @property
    def rows_per_second(self) -> float:
        return self.rows / self.seconds


def import_bare(exports: Path, database: Path) -> BareImport:
    """Import opportunities and their history as text into tables without keys."""
    database.unlink(missing_ok=True)
    tool = shutil.which("sqlite3")
    begun, processor = time.perf_counter(), _processor_seconds()
    if tool is not None:
        _import_with_tool(tool, exports, database)
    else:
        _import_with_python(exports, database)
    seconds, processor = time.perf_counter() - begun, _processor_seconds() - processor
    with sqlite3.connect(database) as connection:
        rows = sum(connection.execute(f"SELECT COUNT(*) FROM {_table(file)}").fetchone()[0] for file in FILES)
    connection.close()
    return BareImport(
        "sqlite3 .import" if tool else "csv and executemany of Python", rows, seconds, processor
    )


def _processor_seconds() -> float:
    """Of this process and its children so far."""
    used = os.times()
    return used.user + used.system + used.children_user + used.children_system


def _import_with_tool(tool: str, exports: Path, database: Path) -> None:
    commands = [f'.import "{exports / file}" {_table(file)}' for file in FILES]
    subprocess.run([tool, database, "-cmd", ".mode csv", *commands], check=True)


def _import_with_python(exports: Path, database: Path) -> None:
    connection = sqlite3.connect(database)
    for file in FILES:
        with (exports / file).open(encoding="utf-8-sig", newline="") as handle:
            rows = csv.reader(handle)
            header = next(rows)
            names = ", ".join(f'"{name}" TEXT' for name in header)
            connection.execute(f"CREATE TABLE {_table(file)} ({names})")
            marks = ", ".join("?" * len(header))
            for batch in _batches(rows):
                connection.executemany(f"INSERT INTO {_table(file)} VALUES ({marks})", batch)
        connection.commit()
    connection.close()


def _batches(rows: Iterator[list[str]]) -> Iterator[list[list[str]]]:
    while batch := list(islice(rows, ROWS_A_WRITE)):
        yield batch


def _table(file: str) -> str:
    return file.removesuffix(".csv").lower()
