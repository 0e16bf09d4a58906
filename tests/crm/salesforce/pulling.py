"""Salesforce as a system of record in tests: what it yields, asked as a pull asks it."""

import time
from collections.abc import Callable, Collection, Iterator, Sequence
from pathlib import Path
from typing import Any, TypeVar

from crm.files.beside import TablesBeside
from crm.files.definition import FilesDefinition
from crm.records import Batch, FieldKind, Problem, PullRequest, Record
from crm.salesforce.crm import BULK_FROM, SalesforceCrm
from pipeline.definitions import CalendarDefinition
from tests.crm.salesforce.conftest import Connections

NOW = 1_790_000_000
"""Monday, 21 September 2026."""
ZONE = "Europe/Berlin"

Kind = TypeVar("Kind", bound=Record)


def open_crm(
    connections: Connections,
    folder: Path,
    fields: Collection[str] = (),
    *,
    calendar: CalendarDefinition | None = None,
    in_bulk: bool = False,
    rows_a_page: int = 5,
    clock: Callable[[], float] = time.time,
    **settings: Any,
) -> SalesforceCrm:
    """`folder`: where files beside may lie."""
    return SalesforceCrm(
        connections.organisation(**settings),
        calendar or CalendarDefinition(timezone=ZONE),
        TablesBeside(FilesDefinition(), folder),
        fields,
        bulk_from=0 if in_bulk else BULK_FROM,
        rows_a_page=rows_a_page,
        clock=clock,
    )


def request_for(resume: str | None = None, **fields: FieldKind) -> PullRequest:
    return PullRequest(fields, "EUR", NOW, ZONE, resume=resume)


def of_kind(batches: Iterator[Batch] | Sequence[Batch], kind: type[Kind]) -> list[Kind]:
    records = [record for batch in batches for record in batch.records]
    return [record for record in records if isinstance(record, kind)]


def pulled(crm: SalesforceCrm, kind: type[Kind], **fields: FieldKind) -> list[Kind]:
    return of_kind(crm.pull(request_for(**fields)), kind)


def problems(crm: SalesforceCrm) -> list[Problem]:
    return [problem for batch in crm.pull(request_for()) for problem in batch.problems]
