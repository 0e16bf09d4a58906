"""Fixes that people made in chat: kept in memory, and in a file of JSON lines where one is named."""

import fcntl
import json
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from decimal import Decimal
from itertools import groupby
from pathlib import Path
from threading import RLock

from crm.demo.rows import FURTHER_FIELDS
from crm.records import FieldChangeRecord, FieldKind, FieldValue, Fix, HistoryRecord, OpportunityRecord
from pipeline.deal_fields import CATEGORY_FIELD, STANDARD_PLACES
from pipeline.errors import CouncilError
from pipeline.records import Category, parse_category

_IN_HISTORY = frozenset({"StageName", CATEGORY_FIELD, "Amount", "CloseDate"})
FOLLOWED_FIELDS = frozenset({"ACV__c", "NextStep", "OwnerId", "Region__c"})


@dataclass(frozen=True)
class FixedField:
    """One field of one fix."""

    at: int
    opportunity_id: str
    field: str
    old: FieldValue
    new: FieldValue


@dataclass(frozen=True)
class _Line:
    """One fix, a line of the file: so that all of its changes are there or none."""

    company: str
    """Which drawing of the company it belongs to: another day's has other deals under the same ids."""
    at: int
    by: str
    opportunity_id: str
    changes: Mapping[str, Sequence[FieldValue]]


class FixLog:
    """Every fix in the order in which it was made, also by other processes with the same file.

    Use `changing` around reading, comparing and adding. Raises `CouncilError` for a file it cannot read.
    """

    def __init__(self, company: str, path: Path | None) -> None:
        self._company = company
        self._path = path
        self._by_opportunity: defaultdict[str, list[FixedField]] = defaultdict(list)
        self._lock = RLock()
        self._read_bytes = 0
        self._read_lines = 0
        self._read_on()

    def of(self, opportunity_id: str) -> Sequence[FixedField]:
        with self._lock:
            self._read_on()
            return tuple(self._by_opportunity.get(opportunity_id, ()))

    @contextmanager
    def changing(self) -> Iterator[None]:
        """Nobody else adds a fix meanwhile, in this process or another."""
        with self._lock:
            if self._path is None:
                yield
                return
            self._path.parent.mkdir(parents=True, exist_ok=True)
            with self._path.open("ab") as file:
                fcntl.flock(file, fcntl.LOCK_EX)
                self._read_on()
                yield

    def add(self, fix: Fix) -> None:
        """Within `changing`. What a killed process left of its last line goes."""
        line = _Line(self._company, fix.at, fix.by, fix.opportunity_id, fix.changes)
        if self._path is None:
            self._take(line)
            return
        with self._path.open("r+b") as file:
            file.truncate(self._read_bytes)
            file.seek(self._read_bytes)
            file.write(json.dumps(asdict(line), ensure_ascii=False).encode() + b"\n")
        self._read_on()

    def _read_on(self) -> None:
        """Take in what stands in the file since the last time, whole lines alone."""
        if self._path is None or not self._path.exists():
            return
        with self._path.open("rb") as file:
            file.seek(self._read_bytes)
            text = file.read()
        for part in text[: text.rfind(b"\n") + 1].splitlines(keepends=True):
            self._read_lines += 1
            self._take(_parse(part, f"{self._path}, line {self._read_lines}"))
            self._read_bytes += len(part)

    def _take(self, line: _Line) -> None:
        if line.company != self._company:
            return
        stage_first = sorted(line.changes.items(), key=lambda change: change[0] != "StageName")
        self._by_opportunity[line.opportunity_id] += [
            FixedField(line.at, line.opportunity_id, field, old, new) for field, (old, new) in stage_first
        ]


def _parse(line: bytes, place: str) -> _Line:
    try:
        read = _Line(**json.loads(line))
        if any(len(values) != 2 for values in read.changes.values()):
            raise ValueError("a change has an old and a new value")
    except (ValueError, TypeError, AttributeError) as error:
        found = line.decode(errors="replace").strip()
        raise CouncilError(
            f"{place}: expected a fix as this program writes it, found {found[:60]!r}. "
            f"Remove the line, or the file to forget all fixes."
        ) from error
    return read


def lay_over(
    record: OpportunityRecord, fixes: Sequence[FixedField], stages: Mapping[str, Category]
) -> OpportunityRecord:
    """The record as it is with the fixes. A new stage brings its own category, as in Salesforce."""
    for fix in fixes:
        values = record._asdict()
        if fix.field == "StageName":
            values |= {"stage": fix.new, "category": stages[str(fix.new)]}
        elif fix.field == CATEGORY_FIELD:
            values["category"] = parse_category(fix.new) if isinstance(fix.new, str) else None
        elif fix.field in STANDARD_PLACES:
            values[STANDARD_PLACES[fix.field]] = fix.new
        else:
            values["fields"] = {**record.fields, fix.field: fix.new}
        values["modified_at"] = max(fix.at, record.modified_at or 0)
        record = OpportunityRecord(**values)
    return record


def history_of_fixes(
    record: OpportunityRecord, fixes: Sequence[FixedField], stages: Mapping[str, Category]
) -> list[HistoryRecord]:
    """A row for each moment at which fixes changed what OpportunityHistory follows."""
    rows = []
    for at, together in groupby(fixes, key=lambda fix: fix.at):
        fixed = list(together)
        record = lay_over(record, fixed, stages)
        if any(fix.field in _IN_HISTORY for fix in fixed):
            rows.append(
                HistoryRecord(
                    record.id, at, record.stage, record.amount, record.close_day, record.category, True
                )
            )
    return rows


def changes_of_fixes(fixes: Sequence[FixedField]) -> list[FieldChangeRecord]:
    """The fixes of the fields that OpportunityFieldHistory follows, as text."""
    return [
        FieldChangeRecord(
            fix.opportunity_id, fix.at, fix.field, _as_text(fix, fix.old), _as_text(fix, fix.new)
        )
        for fix in fixes
        if fix.field in FOLLOWED_FIELDS
    ]


def _as_text(fix: FixedField, value: FieldValue) -> str | None:
    if value is None:
        return None
    is_number = FURTHER_FIELDS.get(fix.field) is FieldKind.NUMBER
    return f"{Decimal(value).scaleb(-4).normalize():f}" if is_number else str(value)
