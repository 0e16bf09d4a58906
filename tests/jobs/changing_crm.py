"""A CRM in memory that keeps books of its changes, can break off a pull, and go on with it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from crm.records import (
    AccountRecord,
    Batch,
    CannotResume,
    Capabilities,
    Changes,
    DealEvidence,
    DealShape,
    FieldChangeRecord,
    FieldValue,
    Fix,
    HistoryRecord,
    OpportunityRecord,
    PullRequest,
    RateRecord,
    Record,
    RoleRecord,
    StageRecord,
    UserRecord,
    WriteResult,
)
from pipeline.crm_fields import Gone
from pipeline.errors import CouncilError
from pipeline.records import Category

STAGES = (
    StageRecord("Qualification", 1, False, False, Category.PIPELINE),
    StageRecord("Proposal", 2, False, False, Category.BEST_CASE),
    StageRecord("Closed Won", 3, True, True, Category.CLOSED),
    StageRecord("Closed Lost", 4, True, False, Category.OMITTED),
)
_OF_STAGE = {stage.name: stage.category for stage in STAGES}
ROLES = (RoleRecord("00E1", "EMEA", None), RoleRecord("00E2", "AMER", None))
_TABLES = frozenset(
    {
        *("Opportunity", "OpportunityHistory", "OpportunityFieldHistory", "OpportunityStage"),
        *("User", "UserRole", "Account", "CurrencyType"),
    }
)
_HISTORICAL = {"stage", "amount", "close_day", "category"}
DEALS_A_PAGE = 2


class BrokeOff(CouncilError):
    """The CRM has stopped answering in the middle of a pull."""


@dataclass
class ChangingCrm:
    """Implements `Crm`. Everything that changes is stamped with the next number of a counter."""

    now: int
    deals: dict[str, DealEvidence] = field(default_factory=dict)
    accounts: dict[str, AccountRecord] = field(default_factory=dict)
    users: dict[str, UserRecord] = field(default_factory=dict)
    rates: tuple[RateRecord, ...] = (RateRecord("EUR", "0.9", None, None),)
    stages: tuple[StageRecord, ...] = STAGES
    stamps: dict[str, int] = field(default_factory=dict)
    clock: int = 100
    overlap: int = 2
    """So many numbers before its own moment a mark goes back."""
    breaks_after: int | None = None
    """Batches that are still yielded."""
    can_resume: bool = True
    can_tell: bool = True
    hidden: set[str] = field(default_factory=set)
    """Ids that are missing when all are listed."""
    read: list[str] = field(default_factory=list)
    """The ids of the deals that were handed out, in order."""

    # --- What people do ---------------------------------------------------------------------------

    def create(self, id: str, stage: str = "Qualification", **values: Any) -> None:
        record = OpportunityRecord(
            id=id,
            name=f"Deal {id}",
            stage=stage,
            category=_OF_STAGE[stage],
            amount=1_000_0000,
            close_day=None,
            created_at=self.now,
            modified_at=self.now,
            owner_id="005A",
            creator_id="005B",
            account_id=None,
            currency=None,
            next_step=None,
            last_activity_day=None,
            is_deleted=False,
            fields={"Region__c": None},
        )
        record = record._replace(**values)
        self.deals[id] = DealEvidence(record, history=(_history(record, self.now),))
        self._stamp(id)

    def edit(self, id: str, **values: Any) -> None:
        """Change standard values; a stage brings its category along. The history keeps what it tracks."""
        deal = self.deals[id]
        if "stage" in values:
            values = {"category": _OF_STAGE[str(values["stage"])], **values}
        before = deal.opportunity
        after = before._replace(modified_at=self.now, **values)
        changed = {name for name in values if getattr(before, name) != getattr(after, name)}
        if changed & _HISTORICAL:
            deal = replace(deal, history=(*deal.history, _history(after, self.now)))
        if "owner_id" in changed:
            change = FieldChangeRecord(id, self.now, "Owner", before.owner_id, after.owner_id)
            deal = replace(deal, changes=(*deal.changes, change))
        self.deals[id] = replace(deal, opportunity=after)
        self._stamp(id)

    def set_region(self, id: str, region: FieldValue) -> None:
        self.edit(id, fields={"Region__c": region})

    def delete(self, id: str) -> None:
        self.edit(id, is_deleted=True)

    def purge(self, id: str) -> None:
        """Without a trace, as hard deletion does."""
        self.deals.pop(id, None)

    def put_account(self, id: str, country: str, master: str | None = None) -> None:
        self.accounts[id] = AccountRecord(id, f"Account {id}", master, {"BillingCountry": country})
        self._stamp(id)

    def put_user(self, id: str, role: str | None, manager: str | None = None) -> None:
        self.users[id] = UserRecord(
            id, f"Person {id}", f"{id}@example.com", True, role, manager, None, False, {}
        )

    def _stamp(self, id: str) -> None:
        self.clock += 1
        self.stamps[id] = self.clock

    # --- What is asked of it ----------------------------------------------------------------------

    @property
    def name(self) -> str:
        return "A changing CRM"

    @property
    def is_complete(self) -> bool:
        return True

    def capabilities(self) -> Capabilities:
        return Capabilities(_TABLES, frozenset({"Region__c", "Account.BillingCountry", "NextStep"}))

    def mark(self) -> str | None:
        return str(self.clock - self.overlap)

    def pull(self, request: PullRequest) -> Iterator[Batch]:
        if request.resume is not None and not self.can_resume:
            raise CannotResume("What was begun has expired.")
        yield from self._reference()
        yield Batch(list(self.accounts.values()))
        done = request.resume or ""
        ids = [id for id in sorted(self.deals) if id > done]
        for start in range(0, len(ids), DEALS_A_PAGE):
            page = [self.deals[id] for id in ids[start : start + DEALS_A_PAGE]]
            self._answer([deal.opportunity.id for deal in page])
            yield Batch([deal.opportunity for deal in page], total=len(self.deals))
            yield Batch([row for deal in page for row in deal.history])
            yield Batch([row for deal in page for row in deal.changes], resume=page[-1].opportunity.id)

    def changes(self, since: str, request: PullRequest) -> Changes | None:
        if not self.can_tell:
            return None
        mark = str(self.clock - self.overlap)
        changed = {id for id, stamp in self.stamps.items() if stamp > int(since)}
        deals = sorted(changed & self.deals.keys())
        needed = {self.deals[id].opportunity.account_id for id in deals} | changed
        return Changes(
            reference=list(self._reference()),
            accounts=iter([Batch([one for id, one in self.accounts.items() if id in needed])]),
            deals=self._pages(deals),
            mark=mark,
        )

    def live_ids(self) -> Iterator[Sequence[str]] | None:
        live = [id for id, deal in self.deals.items() if not deal.opportunity.is_deleted]
        return iter([[id for id in live if id not in self.hidden]])

    def prepare_forms(self) -> None:
        """Nothing is far away."""

    def describe(self, opportunity_id: str) -> DealShape:
        raise NotImplementedError

    def read_deal(self, opportunity_id: str, request: PullRequest) -> DealEvidence | None:
        deal = self.deals.get(opportunity_id)
        return None if deal is None or deal.opportunity.is_deleted else deal

    def read_deals(
        self, opportunity_ids: Sequence[str], request: PullRequest
    ) -> Iterator[Sequence[DealEvidence]]:
        found = (self.read_deal(id, request) for id in opportunity_ids)
        yield from self._pages([deal.opportunity.id for deal in found if deal is not None])

    def write(self, fix: Fix) -> WriteResult:
        return Gone()

    def _reference(self) -> Iterator[Batch]:
        tables: Sequence[Sequence[Record]] = (self.stages, ROLES, list(self.users.values()), self.rates)
        yield from map(Batch, tables)

    def _pages(self, ids: Sequence[str]) -> Iterator[Sequence[DealEvidence]]:
        for start in range(0, len(ids), DEALS_A_PAGE):
            page = ids[start : start + DEALS_A_PAGE]
            self._answer(page)
            yield [self.deals[id] for id in page]

    def _answer(self, ids: Sequence[str]) -> None:
        if self.breaks_after is not None:
            if self.breaks_after == 0:
                self.breaks_after = None
                raise BrokeOff("It answers no more.")
            self.breaks_after -= 1
        self.read += ids


def _history(record: OpportunityRecord, at: int) -> HistoryRecord:
    return HistoryRecord(record.id, at, record.stage, record.amount, record.close_day, record.category, True)
