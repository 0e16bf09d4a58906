"""A folder of exports to fill, and a pull of it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any, TypeVar

import pytest

from crm.files.crm import FilesCrm
from crm.files.definition import FilesDefinition
from crm.records import FieldKind, OpportunityRecord, Problem, PullRequest

R = TypeVar("R")


@dataclass
class Pulled:
    """Everything that a pull yielded."""

    records: list[Any]
    problems: list[Problem]

    def of(self, kind: type[R]) -> list[R]:
        return [record for record in self.records if isinstance(record, kind)]

    def opportunity(self, opportunity_id: str) -> OpportunityRecord:
        (found,) = [record for record in self.of(OpportunityRecord) if record.id == opportunity_id]
        return found

    def kinds(self) -> dict[str, int]:
        """Problems by kind, without the counts of empty cells."""
        counts: dict[str, int] = {}
        for problem in self.problems:
            if not problem.kind.startswith("no "):
                counts[problem.kind] = counts.get(problem.kind, 0) + problem.times
        return counts

    def problem(self, kind: str) -> Problem:
        (found,) = [problem for problem in self.problems if problem.kind == kind]
        return found


@dataclass
class Folder:
    """Exports in a temporary folder; `base` is where the configuration file would stand."""

    base: Path
    definition: dict[str, Any] = field(default_factory=dict)

    @property
    def path(self) -> Path:
        return self.base / "exports"

    def write(self, name: str, text: str | bytes) -> None:
        self.path.mkdir(exist_ok=True)
        content = text.encode() if isinstance(text, str) else text
        (self.path / name).write_bytes(content)

    def rows(self, name: str, *rows: str) -> None:
        self.write(name, "".join(f"{row}\n" for row in rows))

    def crm(self) -> FilesCrm:
        return FilesCrm(FilesDefinition.model_validate(self.definition), self.base)

    def pull(
        self,
        fields: Mapping[str, FieldKind] | None = None,
        timezone: str = "UTC",
        value_field: str | None = None,
    ) -> Pulled:
        return pull(self.crm(), fields, timezone, value_field)


def pull(
    crm: FilesCrm,
    fields: Mapping[str, FieldKind] | None = None,
    timezone: str = "UTC",
    value_field: str | None = None,
) -> Pulled:
    request = PullRequest(fields or {}, "USD", 0, timezone, value_field)
    batches = list(crm.pull(request))
    return Pulled(
        [record for batch in batches for record in batch.records],
        [problem for batch in batches for problem in batch.problems],
    )


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    return Folder(tmp_path)


@pytest.fixture
def opportunities(folder: Folder) -> Callable[..., Folder]:
    """Writes Opportunity.csv: a header and rows."""

    def write(*rows: str) -> Folder:
        folder.rows("Opportunity.csv", *rows)
        return folder

    return write


def day(text: str) -> int:
    return date.fromisoformat(text).toordinal()


def names(records: Sequence[Any]) -> list[str]:
    return [record.name for record in records]
