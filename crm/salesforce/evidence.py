"""Opportunities and what hangs on them: all of them, or everything of some."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import TypeVar

from crm.files import details
from crm.files.cells import ParsedCells
from crm.files.clock import Clock
from crm.files.exports import Table
from crm.files.fixes import FixBook
from crm.files.opportunities import OpportunityReader
from crm.files.people import read_accounts
from crm.files.stages import StageList
from crm.records import (
    AccountRecord,
    ActivityRecord,
    Batch,
    ContactRoleRecord,
    DealEvidence,
    FieldChangeRecord,
    FieldKind,
    HistoryRecord,
    LineItemRecord,
    OpportunityRecord,
    Problem,
    PullRequest,
    Record,
    SplitRecord,
)
from crm.salesforce.deals import LiveDeal
from crm.salesforce.rows import KnownRows, QueriedRows, begin_together
from crm.salesforce.session import Session
from crm.salesforce.sight import ACCOUNT, CREATOR, OPPORTUNITY, OWNER, Sight
from crm.salesforce.soql import Select, day, moment, quoted
from crm.salesforce.tables import no_lookups, table_of
from crm.salesforce.values import place_of, rows_of
from pipeline.deal_fields import CATEGORY_FIELD

ELSEWHERE = frozenset({ACCOUNT, OWNER, CREATOR})
"""Relations whose fields are read with the accounts and people themselves."""
_FOLLOWED = ("StageName", "Amount", "CloseDate", "ForecastCategory", CATEGORY_FIELD, "Owner", "OwnerId",
             "CurrencyIsoCode", "NextStep")  # fmt: skip
"""Fields whose changes count, by the names under which the field history has them."""
_SECONDS_A_DAY = 86_400

Read = Callable[[Table], Iterator[Batch]]


@dataclass(frozen=True)
class Step:
    """One table of a pull."""

    select: Select
    read: Read
    key: str
    """The field in which the opportunity stands; of accounts their own id."""

    @property
    def name(self) -> str:
        """Of the object."""
        return self.select.sobject


@dataclass
class Found:
    """Everything that was read of some deals."""

    deals: list[DealEvidence] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)


class EvidenceReader:
    """Reads as one request wants it. Use it for one pull or some deals."""

    def __init__(self, sight: Sight, session: Session, stages: StageList, request: PullRequest) -> None:
        self._sight = sight
        self._session = session
        self._stages = stages
        self._request = request
        self._clock = Clock(request.timezone)

    def steps(self) -> Sequence[Step]:
        """The tables in the order in which a pull reads them; those that our user does not see are absent."""
        return [step for step in self._steps() if step is not None]

    def read(self, opportunity_ids: Sequence[str]) -> Found:
        """Deals in the order of the ids; those that are gone for good are left out."""
        if not opportunity_ids:
            return Found()
        gathered, problems = _Gathered(), list[Problem]()
        steps = [step for step in self.steps() if step.name != ACCOUNT]
        many = [self._rows(step, opportunity_ids) for step in steps]
        begin_together(self._session, many)
        for step, rows in zip(steps, many, strict=True):
            for batch in step.read(table_of(rows)):
                gathered.add(batch.records)
                problems.extend(batch.problems)
        return Found(list(gathered.deals(opportunity_ids)), problems)

    def read_live(self, opportunity_id: str) -> LiveDeal | None:
        """The record alone, with what a write has to know; `None` where it is gone or cannot be used."""
        select = self._opportunities(("RecordTypeId", "HasOpportunityLineItem"))
        if select is None:
            return None
        wanted = replace(select, include_deleted=False).also(f"Id = {quoted(opportunity_id)}")
        rows = rows_of(list(self._session.query(wanted.text)), wanted.fields)
        table = table_of(KnownRows(OPPORTUNITY, wanted.fields, rows))
        records = [record for batch in self._read_opportunities(table) for record in batch.records]
        for record in records:
            if isinstance(record, OpportunityRecord):
                texts = dict(zip(wanted.fields, rows[0], strict=True))
                return LiveDeal(
                    record,
                    datetime.fromisoformat(texts["LastModifiedDate"]),
                    texts.get("RecordTypeId") or None,
                    texts.get("HasOpportunityLineItem") == "true",
                )
        return None

    def batches(self, step: Step, ids: Sequence[str]) -> Iterator[Batch]:
        """The rows of a table on some opportunities."""
        if ids:
            yield from step.read(table_of(self._rows(step, ids)))

    def _rows(self, step: Step, ids: Sequence[str]) -> QueriedRows:
        return QueriedRows(self._session, list(step.select.of_each(step.key, ids)))

    def _steps(self) -> Iterator[Step | None]:
        yield self.account_step()
        opportunities = self._opportunities()
        yield None if opportunities is None else Step(opportunities, self._read_opportunities, "Id")
        yield self._step(
            "OpportunityHistory",
            lambda table: details.read_history(table, self._stages, self._clock),
            include_deleted=True,
        )
        yield self._step(
            "OpportunityFieldHistory",
            lambda table: details.read_field_history(table, self._clock),
            conditions=[f"Field IN ({', '.join(map(quoted, self._followed()))})"],
            include_deleted=True,
        )
        yield self._step("OpportunityLineItem", _read_line_items)
        yield self._step("OpportunityContactRole", details.read_contact_roles)
        yield self._step("OpportunitySplit", _read_splits, conditions=["SplitType.IsTotalValidated = true"])
        open_ones = ["IsClosed = false"] if self._sight.sees("Task", "IsClosed") else []
        yield self._step("Task", self._read_activities, "WhatId", conditions=[_ON_DEALS, *open_ones])
        yield self._step("Event", self._read_activities, "WhatId", conditions=[_ON_DEALS, self._to_come()])

    def _opportunities(self, further: Iterable[str] = ()) -> Select | None:
        own = [path for path in self._request.fields if path.partition(".")[0] not in ELSEWHERE]
        select = self._sight.select(OPPORTUNITY, (*own, *further))
        return None if select is None else replace(select, include_deleted=True)

    def _step(
        self,
        table: str,
        read: Read,
        key: str = "OpportunityId",
        further: Iterable[str] = (),
        *,
        conditions: Iterable[str] = (),
        include_deleted: bool = False,
    ) -> Step | None:
        select = self._sight.select(table, further)
        if select is None:
            return None
        return Step(replace(select.also(*conditions), include_deleted=include_deleted), read, key)

    def account_step(self) -> Step | None:
        """Accounts that have deals; `None` where our user does not see whose a deal is."""
        if not self._sight.sees(OPPORTUNITY, "AccountId"):
            return None
        wanted: dict[str, FieldKind] = {
            path.removeprefix(f"{ACCOUNT}."): kind
            for path, kind in self._request.fields.items()
            if path.startswith(f"{ACCOUNT}.")
        }
        return self._step(
            ACCOUNT,
            lambda table: read_accounts(table, no_lookups(), wanted, self._clock),
            "Id",
            wanted,
            conditions=[f"Id IN (SELECT AccountId FROM {OPPORTUNITY})"],
        )

    def _read_opportunities(self, table: Table) -> Iterator[Batch]:
        reader = OpportunityReader(
            table,
            self._stages,
            no_lookups(),
            FixBook({}),
            self._clock,
            self._request.fields,
            self._request.value_field,
            has_line_items=True,
            repeats=False,
        )
        return reader.batches()

    def _read_activities(self, table: Table) -> Iterator[Batch]:
        return details.read_activities(table, self._clock, lambda _: True)

    def _followed(self) -> Iterable[str]:
        own = (path for path in self._request.fields if "." not in path)
        return dict.fromkeys((*_FOLLOWED, *own))

    def _to_come(self) -> str:
        """Meetings from yesterday on: it is still yesterday somewhere, and older ones count nowhere."""
        since = self._request.now - _SECONDS_A_DAY
        conditions = [f"ActivityDate >= {day(self._clock.day_of(since))}"]
        if self._sight.sees("Event", "EndDateTime"):
            conditions.append(f"EndDateTime >= {moment(since)}")
        return " OR ".join(conditions)


_ON_DEALS = f"What.Type = '{OPPORTUNITY}'"


def _places() -> ParsedCells:
    return ParsedCells(place_of, "bad id")


def _read_line_items(table: Table) -> Iterator[Batch]:
    return details.read_line_items(table, no_lookups(), _places())


def _read_splits(table: Table) -> Iterator[Batch]:
    return details.read_splits(table, no_lookups(), _places())


Hanging = TypeVar("Hanging", bound=Record)


class _Gathered:
    """Records by the deal that they belong to."""

    def __init__(self) -> None:
        self._opportunities: dict[str, OpportunityRecord] = {}
        self._hanging: defaultdict[str, list[Record]] = defaultdict(list)

    def add(self, records: Sequence[Record]) -> None:
        for record in records:
            if isinstance(record, OpportunityRecord):
                self._opportunities[record.id] = record
            elif not isinstance(record, AccountRecord):
                self._hanging[getattr(record, "opportunity_id")].append(record)  # noqa: B009 - all hanging ones have it

    def deals(self, ids: Iterable[str]) -> Iterator[DealEvidence]:
        """In the order of the ids, which may be short ones."""
        by_short = {record.id[:_SHORT]: record for record in self._opportunities.values()}
        for short in dict.fromkeys(id_[:_SHORT] for id_ in ids):
            if short in by_short:
                yield self._deal(by_short[short])

    def _deal(self, record: OpportunityRecord) -> DealEvidence:
        hanging = self._hanging[record.id]
        return DealEvidence(
            record,
            history=_of_kind(HistoryRecord, hanging),
            changes=_of_kind(FieldChangeRecord, hanging),
            lines=_of_kind(LineItemRecord, hanging),
            contacts=_of_kind(ContactRoleRecord, hanging),
            splits=_of_kind(SplitRecord, hanging),
            activities=_of_kind(ActivityRecord, hanging),
        )


_SHORT = 15
"""Letters of an id without its check-sum."""


def _of_kind(kind: type[Hanging], records: Iterable[Record]) -> tuple[Hanging, ...]:
    return tuple(record for record in records if isinstance(record, kind))
