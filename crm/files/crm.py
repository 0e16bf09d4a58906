"""A folder of exports as a CRM: what a pull reads, and in which order."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from crm.files import details, people, reference
from crm.files.clock import Clock
from crm.files.definition import FilesDefinition
from crm.files.exports import Exports, Table, UnusableTable
from crm.files.fixes import fixing, read_fixes
from crm.files.lookups import Lookups
from crm.files.opportunities import OpportunityReader
from crm.files.schema import TABLES
from crm.files.shapes import read_shape
from crm.files.stages import STANDARD_NOTICE, StageList, read_stages
from crm.files.writing import gather_deal, refusals_of
from crm.records import (
    Batch,
    Capabilities,
    Changes,
    DealEvidence,
    DealShape,
    FieldKind,
    Fix,
    Problem,
    PullRequest,
    WriteResult,
)
from pipeline.crm_fields import Busy, Conflict, Gone, Rejected, Saved
from pipeline.deal_fields import differences, is_done
from pipeline.errors import NothingUsable

_SALESFORCE_ID_OF_OPPORTUNITY = "006"
_PEOPLE = ("Owner", "CreatedBy")
_ANY_CURRENCY = "USD"
"""For reading a deal to compare it: nothing is converted there."""


class FilesCrm:
    """Exports in a folder, under the names of Salesforce or mapped to them."""

    def __init__(self, definition: FilesDefinition, base_folder: Path) -> None:
        self._definition = definition
        self._base_folder = base_folder
        self._unidentified = 0

    @property
    def name(self) -> str:
        return f"CSV exports in {self._definition.folder}"

    @property
    def is_complete(self) -> bool:
        """What the configuration says, unless the last pull had rows that nobody can identify."""
        return self._definition.complete and not self._unidentified

    def capabilities(self) -> Capabilities:
        """Raises `CouncilError` where there is no folder or no usable file of opportunities."""
        exports = self._open()
        found = {name: exports.open(name) for name in TABLES}
        usable = {name: table for name, table in found.items() if isinstance(table, Table)}
        tables = set(usable)
        notices = [
            f"{table.file} is not used: {table.fault.says}."
            for table in found.values()
            if isinstance(table, UnusableTable)
        ]
        notices += [
            f"{table.file}: the configuration names a column {header}: {says}."
            for table in usable.values()
            for header, says in table.mistaken_columns()
        ]
        if "OpportunityStage" not in usable and not self._definition.stages:
            notices.append(STANDARD_NOTICE)
        if not _splits_are_usable(exports) and "OpportunitySplit" in tables:
            tables.remove("OpportunitySplit")
            notices.append(_UNTYPED_SPLITS)
        opportunities = usable["Opportunity"]
        if _has_product(opportunities, Lookups(exports)):
            tables.add("OpportunityLineItem")
        return Capabilities(frozenset(tables), _opportunity_fields(usable), tuple(notices))

    def pull(self, request: PullRequest) -> Iterator[Batch]:
        """Streams all tables, those that others refer to first."""
        exports = self._open()
        self._unidentified = 0
        lookups = Lookups(exports)
        clock = Clock(request.timezone)
        yield Batch((), _unusable(exports))
        stages, stage_problems = read_stages(exports)
        yield Batch(stages.records, stage_problems)
        yield from self._reference(exports, lookups, request, clock)
        yield Batch((), lookups.take_problems())
        yield from self._opportunities(exports, stages, lookups, request, clock)
        yield Batch((), lookups.take_problems())

    def mark(self) -> str | None:
        """Exports are whole, and say nothing of what changed."""
        return None

    def changes(self, since: str, request: PullRequest) -> Changes | None:  # noqa: ARG002 - there is no mark
        return None

    def live_ids(self) -> Iterator[Sequence[str]] | None:
        return None

    def prepare_forms(self) -> None:
        """Nothing is far away."""

    def describe(self, opportunity_id: str) -> DealShape:  # noqa: ARG002 - exports have one shape
        """What the exports tell of it; they know no record types, so every deal has the same fields."""
        exports = self._open()
        stages, _ = read_stages(exports)
        return read_shape(exports, stages)

    def read_deal(self, opportunity_id: str, request: PullRequest) -> DealEvidence | None:
        """Exports have no index: this reads them through, one deal or all of them."""
        fresh = FilesCrm(self._definition, self._base_folder)  # a pull under way counts its own rows
        return gather_deal(opportunity_id, fresh.pull(request))

    def read_deals(
        self, opportunity_ids: Sequence[str], request: PullRequest
    ) -> Iterator[Sequence[DealEvidence]]:
        for opportunity_id in opportunity_ids:
            deal = self.read_deal(opportunity_id, request)
            if deal is not None:
                yield [deal]

    def write(self, fix: Fix) -> WriteResult:
        """Adds the fix to the file of fixes. `Busy` where that cannot be written."""
        path = self._fixes_path()
        try:
            with fixing(path) as add:
                request = PullRequest(fix.kinds, _ANY_CURRENCY, fix.at, "UTC")
                deal = self.read_deal(fix.opportunity_id, request)
                if deal is None or deal.opportunity.is_deleted:
                    return Gone()
                if different := differences(fix.changes, deal.opportunity):
                    return Conflict(different)
                if is_done(fix.changes, deal.opportunity):
                    return Saved()
                if refusals := refusals_of(fix, self.describe(fix.opportunity_id)):
                    return Rejected(refusals)
                add(fix)
        except OSError as error:
            return Busy(
                f"The fix could not be saved in {path}: {error.strerror}. "
                "Check that its folder can be written."
            )
        return Saved()

    def _open(self) -> Exports:
        exports = Exports(self._definition, self._base_folder)
        exports.check_folder()
        opportunities = exports.open("Opportunity")
        if opportunities is None:
            raise NothingUsable(
                f"There is no Opportunity.csv in {exports.folder}: export the opportunities there, or name "
                "their file in [crm.files.tables] Opportunity."
            )
        if isinstance(opportunities, UnusableTable):
            raise NothingUsable(f"{exports.folder / opportunities.file}: {opportunities.fault.says}.")
        return exports

    def _fixes_path(self) -> Path:
        return self._base_folder / self._definition.folder / self._definition.fixes

    def _reference(
        self, exports: Exports, lookups: Lookups, request: PullRequest, clock: Clock
    ) -> Iterator[Batch]:
        if table := exports.table("UserRole"):
            yield from people.read_roles(table, lookups)
        if table := exports.table("User"):
            yield from people.read_users(table, lookups, _over(_PEOPLE, request.fields), clock)
        if table := exports.table("Account"):
            yield from people.read_accounts(table, lookups, _over(("Account",), request.fields), clock)
        if table := exports.table("CurrencyType"):
            yield from reference.read_static_rates(table)
        if table := exports.table("DatedConversionRate"):
            yield from reference.read_dated_rates(table, clock)
        if table := exports.table("Period"):
            yield from reference.read_periods(table, clock)
        if table := exports.table("targets"):
            yield from reference.read_targets(table)
        if table := exports.table("spend"):
            yield from reference.read_spend(table)
        if table := exports.table("calls"):
            yield from reference.read_calls(table)

    def _opportunities(
        self, exports: Exports, stages: StageList, lookups: Lookups, request: PullRequest, clock: Clock
    ) -> Iterator[Batch]:
        table = exports.table("Opportunity")
        if table is None:
            return
        fixes, fix_problems = read_fixes(self._fixes_path(), stages, clock, request.fields)
        yield Batch((), fix_problems)
        reader = OpportunityReader(
            table,
            stages,
            lookups,
            fixes,
            clock,
            request.fields,
            request.value_field,
            has_line_items=exports.table("OpportunityLineItem") is not None,
        )
        yield from reader.batches()
        self._unidentified = reader.unidentified
        yield from self._details(exports, stages, lookups, clock, reader.ids)

    def _details(
        self, exports: Exports, stages: StageList, lookups: Lookups, clock: Clock, ids: set[str]
    ) -> Iterator[Batch]:
        if table := exports.table("OpportunityHistory"):
            yield from details.read_history(table, stages, clock)
        if table := exports.table("OpportunityFieldHistory"):
            yield from details.read_field_history(table, clock)
        if table := exports.table("OpportunityLineItem"):
            yield from details.read_line_items(table, lookups)
        if table := exports.table("OpportunityContactRole"):
            yield from details.read_contact_roles(table)
        if _splits_are_usable(exports) and (table := exports.table("OpportunitySplit")):
            yield from details.read_splits(table, lookups)

        def is_opportunity(record_id: str) -> bool:
            return record_id in ids or record_id.startswith(_SALESFORCE_ID_OF_OPPORTUNITY)

        for name in ("Task", "Event"):
            if table := exports.table(name):
                yield from details.read_activities(table, clock, is_opportunity)


_UNTYPED_SPLITS = (
    "OpportunitySplit.csv is not used: only OpportunitySplitType.csv (or a column "
    "SplitType.IsTotalValidated) can tell the splits that add up to 100 %."
)


def _splits_are_usable(exports: Exports) -> bool:
    splits = exports.table("OpportunitySplit")
    return splits is not None and details.splits_are_typed(splits, exports.table("OpportunitySplitType"))


def _unusable(exports: Exports) -> list[Problem]:
    opened = [exports.open(name) for name in TABLES]
    problems = [
        Problem(table.file, None, table.column, None, f"{table.fault.says}; not used", table.fault.kind)
        for table in opened
        if isinstance(table, UnusableTable)
    ]
    if exports.table("OpportunitySplit") is not None and not _splits_are_usable(exports):
        problems.append(Problem("OpportunitySplit.csv", None, None, None, _UNTYPED_SPLITS, "missing file"))
    return problems


def _over(relations: tuple[str, ...], fields: Mapping[str, FieldKind]) -> Mapping[str, FieldKind]:
    """The further fields over one of the relations, without the prefix."""
    over = {}
    for path, kind in fields.items():
        relation, _, name = path.partition(".")
        if relation in relations and name:
            over[name] = kind
    return over


def _has_product(opportunities: Table, lookups: Lookups) -> bool:
    own = opportunities.column("Product2.Family", "ProductFamily")
    return (
        own is not None or lookups.related_field(opportunities, "Product2", "Product2", "Family") is not None
    )


def _opportunity_fields(tables: Mapping[str, Table]) -> frozenset[str]:
    """The opportunity's own columns and those that a relation leads to."""
    own = tables["Opportunity"]
    names = set(own.names())
    for relation, table in TABLES["Opportunity"].relations.items():
        if table == "Product2":
            continue
        joined = own.joined(relation) is not None
        if joined:
            names.add(f"{relation}Id")
        if table in tables and (joined or own.column(f"{relation}Id")):
            names |= {f"{relation}.{name}" for name in tables[table].names()}
            if table == "User" and _knows_roles(tables):
                names.add(f"{relation}.UserRole.Name")
    return frozenset(names)


def _knows_roles(tables: Mapping[str, Table]) -> bool:
    users = tables["User"]
    refers = users.column("UserRoleId") is not None or users.joined("UserRole") is not None
    return "UserRole" in tables and refers
