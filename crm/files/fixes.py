"""Fixes that people made in chat, kept beside the exports and laid over them until the CRM has moved on."""

import csv
import fcntl
import io
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

from crm.files.cells import field_cells, parse_currency, parse_known_category
from crm.files.clock import Clock
from crm.files.csvfile import CsvFile, Row
from crm.files.encoding import UnreadableFile
from crm.files.problems import Fault, ProblemLog
from crm.files.stages import StageList
from crm.records import FieldKind, FieldValue, Fix, OpportunityRecord, Problem
from pipeline.money import SCALE, parse_amount

HEADER = ("at", "by", "opportunity_id", "field", "old", "new")

_STANDARD_KINDS = {
    "Amount": FieldKind.NUMBER,
    "CloseDate": FieldKind.DAY,
    "LastActivityDate": FieldKind.DAY,
    "IsDeleted": FieldKind.FLAG,
}
_TEXT_PLACES = {
    "Name": "name",
    "NextStep": "next_step",
    "OwnerId": "owner_id",
    "AccountId": "account_id",
}
_NEVER_EMPTY = frozenset({"StageName", "Name"})


class _Laid(NamedTuple):
    at: int
    place: str | None
    """The record's attribute; `None` for a further field."""
    field: str
    value: FieldValue


@dataclass(frozen=True)
class FixBook:
    """All fixes by opportunity, in the order in which they were made."""

    by_opportunity: Mapping[str, Sequence[_Laid]]

    def lay_over(self, records: Sequence[OpportunityRecord]) -> Sequence[OpportunityRecord]:
        """The records with the fixes that are not older than they are."""
        if not self.by_opportunity:
            return records
        return [
            self._fixed(record, self.by_opportunity[record.id])
            if record.id in self.by_opportunity
            else record
            for record in records
        ]

    def _fixed(self, record: OpportunityRecord, fixes: Sequence[_Laid]) -> OpportunityRecord:
        modified_at = record.modified_at
        places: dict[str, Any] = {}
        further: dict[str, FieldValue] = {}
        for fix in fixes:
            if modified_at is not None and modified_at > fix.at:
                continue
            if fix.place is None:
                further[fix.field] = fix.value
            else:
                places[fix.place] = fix.value
            if modified_at is not None:
                places["modified_at"] = fix.at
        if further:
            places["fields"] = {**record.fields, **further}
        return record._replace(**places)


def read_fixes(
    path: Path, stages: StageList, clock: Clock, further: Mapping[str, FieldKind]
) -> tuple[FixBook, Sequence[Problem]]:
    """The fixes of a file that need not exist, and its broken lines.

    A fix of a field that nobody asks for any more is passed over.
    """
    log = ProblemLog(path.name)
    laid: dict[str, list[_Laid]] = {}
    if path.exists() and path.stat().st_size:
        parsers = _parsers(stages, clock, further)
        for line, row in _rows(path, log):
            try:
                opportunity_id, fix = _parse(row, parsers, clock)
            except ValueError as error:
                log.tell(Fault(f"{error}; fix skipped", "broken fix"), line=line, value=",".join(row))
                continue
            if fix is not None:
                laid.setdefault(opportunity_id, []).append(fix)
    for fixes in laid.values():
        fixes.sort(key=lambda fix: fix.at)
    return FixBook(laid), log.take_all()


@contextmanager
def fixing(path: Path) -> Iterator[Callable[[Fix], None]]:
    """Nobody else adds a fix meanwhile. What comes out adds one: all of its changes or none, on the disk.

    Raises `OSError` where the file cannot be written.
    """
    with _locked(path) as file:
        yield lambda fix: _append(file, _rows_of(fix))


def _rows_of(fix: Fix) -> Sequence[Sequence[str]]:
    at = datetime.fromtimestamp(fix.at, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    rows = []
    for name, (old, new) in fix.changes.items():
        kind = _STANDARD_KINDS.get(name) or fix.kinds.get(name, FieldKind.TEXT)
        rows.append((at, fix.by, fix.opportunity_id, name, _as_text(old, kind), _as_text(new, kind)))
    return rows


@contextmanager
def _locked(path: Path) -> Iterator[BinaryIO]:
    with path.open("ab+") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield file


def _append(file: BinaryIO, rows: Sequence[Sequence[str]]) -> None:
    """One write at the end; should the machine stop within it, the next fix starts on a line of its own."""
    if not rows:
        return
    size = file.seek(0, os.SEEK_END)
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    if size == 0:
        writer.writerow(HEADER)
    else:
        file.seek(-1, os.SEEK_END)
        if file.read(1) != b"\n":
            text.write("\r\n")
    writer.writerows(rows)
    file.write(text.getvalue().encode())
    file.flush()
    os.fsync(file.fileno())


def _rows(path: Path, log: ProblemLog) -> Iterator[tuple[int | None, Row]]:
    try:
        file = CsvFile(path)
    except UnreadableFile as error:
        log.tell(Fault(str(error), "unreadable file"))
        return
    if tuple(name.casefold() for name in file.header) != HEADER:
        log.tell(Fault(f"expected the header {','.join(HEADER)}; no fix is used", "missing column"), line=1)
        return
    for chunk, misfits in file.chunks(log):
        for misfit in misfits:
            log.tell(misfit.fault, line=misfit.line, column=misfit.column, value=misfit.value)
        for index, row in enumerate(chunk.rows):
            yield chunk.line_of(index), row


Parser = tuple[str | None, Callable[[str], FieldValue]]


def _parsers(stages: StageList, clock: Clock, further: Mapping[str, FieldKind]) -> Mapping[str, Parser]:
    """By field: the record's attribute (`None`: a further field) and how a text becomes its value."""
    text_parsers: dict[str, Parser] = {name: (place, str) for name, place in _TEXT_PLACES.items()}
    asked_for: dict[str, Parser] = {
        name: (None, _further_parser(kind, clock)) for name, kind in further.items() if "." not in name
    }
    return {
        **asked_for,
        **text_parsers,
        "StageName": ("stage", stages.parse),
        "Amount": ("amount", parse_amount),
        "CloseDate": ("close_day", clock.parse_day),
        "LastActivityDate": ("last_activity_day", clock.parse_day),
        "CurrencyIsoCode": ("currency", parse_currency),
        "ForecastCategory": ("category", parse_known_category),
        "ForecastCategoryName": ("category", parse_known_category),
    }


def _further_parser(kind: FieldKind, clock: Clock) -> Callable[[str], FieldValue]:
    def parse(text: str) -> FieldValue:
        cells = field_cells(kind, clock)
        (value,) = cells.read([text])
        if text in cells.bad:
            raise ValueError(cells.bad[text].says)
        parsed: FieldValue = value
        return parsed

    return parse


def _parse(row: Row, parsers: Mapping[str, Parser], clock: Clock) -> tuple[str, _Laid | None]:
    at, _, opportunity_id, field, _, new = (cell.strip() for cell in row)
    if not opportunity_id:
        raise ValueError("expected an opportunity_id")
    moment = clock.parse_moment(at)
    if field not in parsers:
        return opportunity_id, None
    if not new and field in _NEVER_EMPTY:
        raise ValueError(f"{field} cannot be empty")
    place, parse = parsers[field]
    return opportunity_id, _Laid(moment, place, field, parse(new) if new else None)


def _as_text(value: FieldValue, kind: FieldKind) -> str:
    """As an export writes it."""
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    match kind:
        case FieldKind.DAY:
            return date.fromordinal(value).isoformat()
        case FieldKind.NUMBER:
            return format(Decimal(value) / SCALE, "f")
        case FieldKind.FLAG:
            return "true" if value else "false"
        case FieldKind.TEXT:
            return str(value)
