"""What has changed since a moment: which deals, and everything of them as it is now."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from crm.files.problems import ProblemLog
from crm.records import Batch, DealEvidence, PullRequest
from crm.salesforce.evidence import ELSEWHERE, EvidenceReader, Step
from crm.salesforce.rows import ID, QueriedRows, begin_together
from crm.salesforce.session import Session
from crm.salesforce.sight import ACCOUNT, OPPORTUNITY, Sight
from crm.salesforce.soql import Select, moment
from crm.salesforce.tables import table_of

MOST_CHANGED = 10_000
"""Deals from which on reading everything costs fewer calls than reading what changed."""
MOST_ACCOUNTS = 20_000
"""Changed accounts, likewise."""
DEALS_TOGETHER = 200
"""Deals that are read at once where only some are wanted."""
OVERLAP_SECONDS = 600
"""A row becomes visible when its transaction ends, with the stamp of when it was written: what was stamped
shortly before the last look can have come after it."""
OLDEST_SECONDS = 14 * 24 * 60 * 60
"""Salesforce empties the recycle bin after fifteen days: what was deleted before cannot be seen any more."""

_STAMP, _MADE = "SystemModstamp", "CreatedDate"
_DEAL = "OpportunityId"


def server_time(session: Session) -> datetime:
    """By Salesforce's clock, which stamps its rows; ours may differ."""
    written = session.read("").headers.get("Date", "")
    try:
        return parsedate_to_datetime(written)
    except ValueError:
        return datetime.now(UTC)


def mark_of(at: datetime) -> str:
    return moment(at.timestamp())


def read_mark(text: str) -> datetime | None:
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return None


class ChangeReader:
    """Reads what has changed since a moment, less the overlap."""

    def __init__(
        self,
        sight: Sight,
        session: Session,
        request: PullRequest,
        since: datetime,
        most_changed: int = MOST_CHANGED,
    ) -> None:
        self._sight = sight
        self._session = session
        self._request = request
        self._since = moment(since.timestamp() - OVERLAP_SECONDS)
        self._most_changed = most_changed

    def deal_ids(self) -> Sequence[str] | None:
        """Of all deals that changed themselves or through what hangs on them; `None`: too many."""
        many = [QueriedRows(self._session, [select]) for select in self._selects()]
        begin_together(self._session, many)
        found: set[str] = set()
        for rows in many:
            for ids in _ids(rows):
                found.update(ids)
                if len(found) > self._most_changed:
                    return None
        return sorted(found)

    def accounts(self, reader: EvidenceReader, deal_ids: Sequence[str]) -> Iterator[Batch] | None:
        """Those that changed, and those of the deals: an old account can be a new one to us.

        `None`: too many, as where another system touches all of them each night.
        """
        step = reader.account_step()
        if step is None:
            return iter(())
        rows = None
        if self._sight.sees(ACCOUNT, _STAMP):
            rows = QueriedRows(self._session, [step.select.also(f"{_STAMP} >= {self._since}")])
            if (rows.row_count() or 0) > MOST_ACCOUNTS:
                return None
        return self._accounts(reader, step, rows, deal_ids)

    def _accounts(
        self, reader: EvidenceReader, step: Step, changed: QueriedRows | None, deal_ids: Sequence[str]
    ) -> Iterator[Batch]:
        if changed is not None:
            yield from step.read(table_of(changed))
        ids: set[str] = set()
        if deal_ids:
            select = Select(OPPORTUNITY, ("AccountId",), include_deleted=True)
            for some in _ids(QueriedRows(self._session, list(select.of_each(ID, deal_ids)))):
                ids.update(some)
        yield from reader.batches(step, sorted(ids))

    def deals(self, reader: EvidenceReader, deal_ids: Sequence[str]) -> Iterator[Sequence[DealEvidence]]:
        for start in range(0, len(deal_ids), DEALS_TOGETHER):
            yield reader.read(deal_ids[start : start + DEALS_TOGETHER]).deals

    def _selects(self) -> Iterator[Select]:
        """Queries whose first field is the id of a changed deal."""
        yield self._select(OPPORTUNITY, ID, _STAMP, include_deleted=True)
        for stamp in self._stamps_over_relations():
            yield self._select(OPPORTUNITY, ID, stamp)
        for table in ("OpportunityHistory", "OpportunityFieldHistory"):
            if self._sight.is_usable(table):
                yield self._select(table, _DEAL, _MADE)
        for table, others in (
            ("OpportunityLineItem", (f"Product2.{_STAMP}",)),
            ("OpportunityContactRole", ()),
            ("OpportunitySplit", ()),
        ):
            if self._sight.is_usable(table):
                yield self._select(table, _DEAL, _STAMP, include_deleted=True)
                yield from (self._select(table, _DEAL, one) for one in others if self._sight.sees(table, one))
        for table in ("Task", "Event"):
            if self._sight.is_usable(table):
                on_deals = self._select(table, "WhatId", _STAMP, include_deleted=True)
                yield on_deals.also(f"What.Type = '{OPPORTUNITY}'")

    def _stamps_over_relations(self) -> Iterator[str]:
        """Of the records that deals take something from. Accounts and people come whole, and whoever keeps
        them tells what is different."""
        relations = dict.fromkeys(path.partition(".")[0] for path in self._request.fields if "." in path)
        for relation in relations:
            if relation not in ELSEWHERE and self._sight.sees(OPPORTUNITY, f"{relation}.{_STAMP}"):
                yield f"{relation}.{_STAMP}"

    def _select(self, sobject: str, field: str, stamp: str, *, include_deleted: bool = False) -> Select:
        select = Select(sobject, (field,), include_deleted=include_deleted)
        return select.also(f"{stamp} >= {self._since}")


def _ids(rows: QueriedRows) -> Iterator[Sequence[str]]:
    """The first field of all rows, where it is filled in."""
    for chunk, _ in rows.chunks(ProblemLog(rows.name)):
        yield [row[0] for row in chunk.rows if row[0]]
