"""The demo company as a system of record."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from functools import cached_property
from itertools import chain
from pathlib import Path

from crm.demo.company import COMPANY_NAME
from crm.demo.fixes import FixedField, FixLog, changes_of_fixes, history_of_fixes, lay_over
from crm.demo.generate import DemoCompany, generate_company, stage_records
from crm.demo.rows import FURTHER_FIELDS, DealRows
from crm.demo.rules import refusals_of, shape_of
from crm.records import (
    Batch,
    Capabilities,
    Changes,
    DealEvidence,
    DealShape,
    Fix,
    HistoryRecord,
    OpportunityRecord,
    PullRequest,
    Record,
    WriteResult,
)
from pipeline.crm_fields import Conflict, Gone, Rejected, Saved
from pipeline.deal_fields import differences, is_done

_BATCH = 2_000
_TABLES = frozenset(
    {
        "Opportunity",
        "OpportunityHistory",
        "OpportunityFieldHistory",
        "OpportunityLineItem",
        "OpportunityContactRole",
        "OpportunityStage",
        "User",
        "UserRole",
        "Account",
        "CurrencyType",
        "DatedConversionRate",
        "Task",
        "Event",
        "targets",
        "spend",
        "calls",
    }
)
_STANDARD_FIELDS = frozenset(
    {
        "Id",
        "Name",
        "StageName",
        "ForecastCategoryName",
        "Amount",
        "CloseDate",
        "CreatedDate",
        "LastModifiedDate",
        "OwnerId",
        "CreatedById",
        "AccountId",
        "CurrencyIsoCode",
        "NextStep",
        "LastActivityDate",
        "IsDeleted",
    }
)
_RELATED_FIELDS = frozenset(
    {
        "Account.Name",
        "Account.BillingCountry",
        "Account.NumberOfEmployees",
        "Account.Type",
        "Owner.Name",
        "Owner.Division",
        "Owner.UserRole.Name",
        "CreatedBy.UserRole.Name",
    }
)


class DemoCrm:
    """Implements `Crm`. What it holds depends on the day and the seed alone, and on fixes made to it.

    With `fixes_path` fixes outlive the process: they are laid over at the next pull of the same day's
    company (another day draws another company, and leaves them alone).
    """

    def __init__(self, today: date, seed: int = 1, fixes_path: Path | None = None) -> None:
        self._today = today
        self._seed = seed
        self._fixes = FixLog(f"{today.isoformat()} {seed}", fixes_path)
        self._category_of_stage = {stage.name: stage.category for stage in stage_records()}

    @property
    def name(self) -> str:
        return f"{COMPANY_NAME}, the demo company"

    @property
    def is_complete(self) -> bool:
        return True

    def capabilities(self) -> Capabilities:
        return Capabilities(_TABLES, _STANDARD_FIELDS | _RELATED_FIELDS | frozenset(FURTHER_FIELDS))

    def pull(self, request: PullRequest) -> Iterator[Batch]:
        """All records; further fields of opportunities are those that were asked for and are there."""
        company = self._company
        for reference in (
            company.stages,
            company.roles,
            company.users,
            company.accounts,
            company.rates,
            company.targets,
            company.spend,
            company.calls,
        ):
            yield from _in_batches(reference)
        wanted = [field for field in FURTHER_FIELDS if field in request.fields]
        yield from _in_batches([_with_fields(self._current(rows), wanted) for rows in company.deals])
        yield from _in_batches(_of_all(self._history(rows) for rows in company.deals))
        yield from _in_batches(_of_all(self._changes(rows) for rows in company.deals))
        yield from _in_batches(_of_all(rows.line_items for rows in company.deals))
        yield from _in_batches(_of_all(rows.contact_roles for rows in company.deals))
        yield from _in_batches(_of_all(rows.activities for rows in company.deals))

    def mark(self) -> str | None:
        """The company is drawn as a whole: a pull takes a moment."""
        return None

    def changes(self, since: str, request: PullRequest) -> Changes | None:  # noqa: ARG002 - there is no mark
        return None

    def live_ids(self) -> Iterator[Sequence[str]] | None:
        return None

    def prepare_forms(self) -> None:
        """Nothing is far away."""

    def describe(self, opportunity_id: str) -> DealShape:
        rows = self._deal_of_id.get(opportunity_id)
        return shape_of(None if rows is None else self._current(rows))

    def read_deal(self, opportunity_id: str, request: PullRequest) -> DealEvidence | None:
        rows = self._deal_of_id.get(opportunity_id)
        if rows is None:
            return None
        wanted = [field for field in FURTHER_FIELDS if field in request.fields]
        fixes = self._fixes.of(opportunity_id)
        current = lay_over(rows.opportunity, fixes, self._category_of_stage)
        return DealEvidence(
            opportunity=_with_fields(current, wanted),
            history=(*rows.history, *history_of_fixes(rows.opportunity, fixes, self._category_of_stage)),
            changes=(*rows.changes, *changes_of_fixes(fixes)),
            lines=tuple(rows.line_items),
            contacts=tuple(rows.contact_roles),
            activities=tuple(rows.activities),
        )

    def read_deals(
        self, opportunity_ids: Sequence[str], request: PullRequest
    ) -> Iterator[Sequence[DealEvidence]]:
        for opportunity_id in opportunity_ids:
            deal = self.read_deal(opportunity_id, request)
            if deal is not None:
                yield [deal]

    def write(self, fix: Fix) -> WriteResult:
        rows = self._deal_of_id.get(fix.opportunity_id)
        if rows is None:
            return Gone()
        with self._fixes.changing():
            current = self._current(rows)
            if different := differences(fix.changes, current):
                return Conflict(different)
            if is_done(fix.changes, current):
                return Saved()
            refusals = refusals_of(self._wanted(current, fix), fix.changes)
            if refusals:
                return Rejected(refusals)
            self._fixes.add(fix)
        return Saved()

    def _wanted(self, current: OpportunityRecord, fix: Fix) -> OpportunityRecord:
        """The record as it would be; a stage that nobody knows changes nothing, and is refused by name."""
        stage_first = sorted(fix.changes.items(), key=lambda change: change[0] != "StageName")
        fixes = [
            FixedField(fix.at, fix.opportunity_id, field, old, new)
            for field, (old, new) in stage_first
            if field != "StageName" or new in self._category_of_stage
        ]
        return lay_over(current, fixes, self._category_of_stage)

    @cached_property
    def _company(self) -> DemoCompany:
        return generate_company(self._today, self._seed)

    @cached_property
    def _deal_of_id(self) -> dict[str, DealRows]:
        return {rows.opportunity.id: rows for rows in self._company.deals}

    def _current(self, rows: DealRows) -> OpportunityRecord:
        return lay_over(rows.opportunity, self._fixes.of(rows.opportunity.id), self._category_of_stage)

    def _history(self, rows: DealRows) -> Sequence[HistoryRecord]:
        fixes = self._fixes.of(rows.opportunity.id)
        return [*rows.history, *history_of_fixes(rows.opportunity, fixes, self._category_of_stage)]

    def _changes(self, rows: DealRows) -> Sequence[Record]:
        return [*rows.changes, *changes_of_fixes(self._fixes.of(rows.opportunity.id))]


def _with_fields(record: OpportunityRecord, wanted: Sequence[str]) -> OpportunityRecord:
    return record._replace(fields={field: record.fields[field] for field in wanted})


def _of_all(parts: Iterable[Sequence[Record]]) -> list[Record]:
    return list(chain.from_iterable(parts))


def _in_batches(records: Sequence[Record]) -> Iterator[Batch]:
    for start in range(0, len(records), _BATCH):
        yield Batch(records[start : start + _BATCH], total=len(records))
