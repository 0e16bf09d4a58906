"""Fixes that people made in chat: kept in memory, and in a file of JSON lines where one is named."""

import json
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from decimal import Decimal
from itertools import groupby
from pathlib import Path

from crm.demo.rows import FURTHER_FIELDS
from crm.records import FieldChangeRecord, FieldKind, FieldValue, Fix, HistoryRecord, OpportunityRecord
from pipeline.errors import CouncilError
from pipeline.records import Category, parse_category

_STANDARD: Mapping[str, str] = {
    "Name": "name",
    "StageName": "stage",
    "ForecastCategoryName": "category",
    "Amount": "amount",
    "CloseDate": "close_day",
    "NextStep": "next_step",
    "OwnerId": "owner_id",
    "AccountId": "account_id",
    "CurrencyIsoCode": "currency",
}
"""Field that can be fixed -> its place in the record."""
_IN_HISTORY = frozenset({"StageName", "ForecastCategoryName", "Amount", "CloseDate"})
FOLLOWED_FIELDS = frozenset({"ACV__c", "NextStep", "OwnerId", "Region__c"})


@dataclass(frozen=True)
class FixedField:
    """One field of one fix, a line of the file."""

    company: str
    """Which drawing of the company it belongs to: another day's has other deals under the same ids."""
    at: int
    by: str
    opportunity_id: str
    field: str
    old: FieldValue
    new: FieldValue


class FixLog:
    """Every fix in the order in which it was made. Raises `CouncilError` for a file it cannot read."""

    def __init__(self, company: str, path: Path | None) -> None:
        self._company = company
        self._path = path
        self._by_opportunity: defaultdict[str, list[FixedField]] = defaultdict(list)
        for line in _read(path):
            if line.company == company:
                self._by_opportunity[line.opportunity_id].append(line)

    def of(self, opportunity_id: str) -> Sequence[FixedField]:
        return self._by_opportunity.get(opportunity_id, ())

    def add(self, fix: Fix) -> None:
        lines = [
            FixedField(self._company, fix.at, fix.by, fix.opportunity_id, field, old, new)
            for field, (old, new) in sorted(fix.changes.items(), key=lambda change: change[0] != "StageName")
        ]
        if self._path is not None:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            with self._path.open("a", encoding="utf-8") as file:
                file.writelines(json.dumps(asdict(line), ensure_ascii=False) + "\n" for line in lines)
        self._by_opportunity[fix.opportunity_id].extend(lines)


def _read(path: Path | None) -> Iterator[FixedField]:
    if path is None or not path.exists():
        return
    for number, text in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        try:
            yield FixedField(**json.loads(text))
        except (ValueError, TypeError) as error:
            raise CouncilError(
                f"{path}, line {number}: expected a fix as this program writes it, found {text[:60]!r}. "
                f"Remove the line, or the file to forget all fixes."
            ) from error


def check_fix(fix: Fix, record: OpportunityRecord, stages: Mapping[str, Category]) -> None:
    """Raises `CouncilError` for a field that is not there, an unknown value, or one changed meanwhile."""
    for field, (old, new) in fix.changes.items():
        current = value_of(record, field)
        if field == "ForecastCategoryName":
            _category(new)
        if field == "StageName" and new not in stages:
            raise CouncilError(f"There is no stage {new!r}. Choose one of {', '.join(stages)}.")
        if not _is_same(field, old, current):
            raise CouncilError(
                f"{record.name}: {field} was changed meanwhile. You saw {_shown(old)}, it is now "
                f"{_shown(current)}. Look at it again and save once more."
            )


def value_of(record: OpportunityRecord, field: str) -> FieldValue:
    """The current value of a field that can be fixed. Raises `CouncilError` for another one."""
    if field in _STANDARD:
        value: FieldValue = getattr(record, _STANDARD[field])
        return value
    if field in FURTHER_FIELDS:
        return record.fields[field]
    raise CouncilError(f"The demo company's deals have no field {field} that can be changed here.")


def lay_over(
    record: OpportunityRecord, fixes: Sequence[FixedField], stages: Mapping[str, Category]
) -> OpportunityRecord:
    """The record as it is with the fixes. A new stage brings its own category, as in Salesforce."""
    for fix in fixes:
        values = record._asdict()
        if fix.field == "StageName":
            values |= {"stage": fix.new, "category": stages[str(fix.new)]}
        elif fix.field == "ForecastCategoryName":
            values["category"] = _category(fix.new)
        elif fix.field in _STANDARD:
            values[_STANDARD[fix.field]] = fix.new
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


def _category(value: FieldValue) -> Category | None:
    """Of an API value, a label or a number of `Category`. Raises `CouncilError` for anything else."""
    if value is None:
        return None
    known = parse_category(value) if isinstance(value, str) else Category(value)
    if known is None:
        raise CouncilError(f"There is no forecast category {value!r}. Choose Pipeline, Best Case or Commit.")
    return known


def _is_same(field: str, seen: FieldValue, current: FieldValue) -> bool:
    return _category(seen) == current if field == "ForecastCategoryName" else seen == current


def _shown(value: FieldValue) -> str:
    return "nothing" if value is None else str(value)
