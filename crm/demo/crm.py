"""The demo company as a system of record."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from functools import cached_property
from itertools import chain
from pathlib import Path

from crm.demo.company import COMPANY_NAME
from crm.demo.fixes import FixLog, changes_of_fixes, check_fix, history_of_fixes, lay_over
from crm.demo.generate import DemoCompany, generate_company, stage_records
from crm.demo.rows import FURTHER_FIELDS, DealRows
from crm.records import Batch, Capabilities, Fix, OpportunityRecord, PullRequest, Record
from pipeline.errors import UnknownName

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
        ):
            yield from _in_batches(reference)
        wanted = [field for field in FURTHER_FIELDS if field in request.fields]
        yield from _in_batches([_with_fields(self._current(rows), wanted) for rows in company.deals])
        yield from _in_batches(_of_all(self._history(rows) for rows in company.deals))
        yield from _in_batches(_of_all(self._changes(rows) for rows in company.deals))
        yield from _in_batches(_of_all(rows.line_items for rows in company.deals))
        yield from _in_batches(_of_all(rows.contact_roles for rows in company.deals))
        yield from _in_batches(_of_all(rows.activities for rows in company.deals))

    def apply_fix(self, fix: Fix) -> None:
        """Change a deal. Raises `CouncilError` for a deal, field or value that is not there, and where
        somebody else has changed the field since the person saw it."""
        rows = self._deal_of_id.get(fix.opportunity_id)
        if rows is None:
            raise UnknownName(f"There is no opportunity {fix.opportunity_id} in the demo company.")
        check_fix(fix, self._current(rows), self._category_of_stage)
        self._fixes.add(fix)

    @cached_property
    def _company(self) -> DemoCompany:
        return generate_company(self._today, self._seed)

    @cached_property
    def _deal_of_id(self) -> dict[str, DealRows]:
        return {rows.opportunity.id: rows for rows in self._company.deals}

    def _current(self, rows: DealRows) -> OpportunityRecord:
        return lay_over(rows.opportunity, self._fixes.of(rows.opportunity.id), self._category_of_stage)

    def _history(self, rows: DealRows) -> Sequence[Record]:
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
