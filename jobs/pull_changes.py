"""Pulling what has changed since the last pull, into the generation that readers see.

Changed deals are brought up to date some hundred at a time, each lot in a short transaction with which
the day's figures move. The CRM's mark moves only when all of them are in, and the same change twice alters
nothing, so a pull that dies on the way is simply repeated by the next one.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import date
from itertools import chain

from crm.records import Changes
from jobs.pulling import Progress, Pulling, Tally
from pipeline.crm_records import AccountRecord, DealEvidence
from pipeline.dimensions import Resolvers
from pipeline.pull_report import PullReport, PullWay
from storage.account_changes import take_accounts
from storage.apm import renew_tables, store_tables
from storage.base import has_base
from storage.database import Connection, Engine, reading, writing_a_part
from storage.deals_to_read import count_deals_to_read, forget_deals_to_read, next_deals_to_read
from storage.hygiene_reading import store_hygiene
from storage.mirror import MirrorState, mirror_state, move_mark, move_measured_day, pulled_state
from storage.reference_changes import deals_of_owners, find_reference_change, store_reference_change
from storage.refresh_ground import GroundMoved, RefreshGround, read_ground, read_reference
from storage.refreshing import HistoryGrew, RefreshCounts, refresh_deals, rewrite_deals
from storage.related import DimensionInputs, People
from storage.scales import read_calendar
from storage.staging import Reference

DEALS_A_WRITE = 200
"""Deals a transaction: it stays within a few hundred milliseconds."""
DEALS_A_READING = 2_000
MOST_DEALS_AGAIN = 20_000
"""Where more deals are to be read again for what they take from accounts and people, everything is pulled."""
ATTEMPTS = 5


def pull_changes(pulling: Pulling) -> PullReport | None:
    """`None` where everything has to be pulled instead: there is no mark, the CRM cannot tell what changed
    since then, or something did on which every deal depends."""
    with reading(pulling.engine) as connection:
        state = mirror_state(connection)
    if state.mark is None:
        return None
    changes = pulling.crm.changes(state.mark, pulling.request)
    if changes is None:
        return None
    reference, tally = Reference(), Tally()
    for batch in changes.reference:
        reference.take(batch.records)
        tally.count(batch, pulling.progress)
    if pulling.mirror_ground(reference) != state.mark_ground or not _take_reference(
        pulling, state, reference
    ):
        return None
    try:
        return _ChangesPull(pulling, reference, tally).run(changes)
    except HistoryGrew:
        return None


def _take_reference(pulling: Pulling, state: MirrorState, now: Reference) -> bool:
    """Write down what is different in the small tables. False where it concerns deals we cannot name."""
    definitions = pulling.company.definitions
    inputs = {
        *DimensionInputs(Resolvers(definitions.dimensions), People((), ())).names,
        *pulling.request.fields,
    }
    with reading(pulling.engine) as connection:
        change = find_reference_change(connection, read_reference(connection), now, inputs)
        if change.creators:
            return False
        has_splits = "OpportunitySplit" in pulling.capabilities.tables
        deals = deals_of_owners(connection, change.owners, has_splits=has_splits) if change.owners else ()
    if len(deals) > MOST_DEALS_AGAIN:
        return False
    if change.people or change.is_measured_anew:
        with writing_a_part(pulling.engine) as connection:
            store_reference_change(connection, now, change, state.generation, deals)
    return True


class _ChangesPull:
    """One pull of what has changed, once it is clear that this is enough."""

    def __init__(self, pulling: Pulling, reference: Reference, tally: Tally) -> None:
        self._pulling = pulling
        self._engine: Engine = pulling.engine
        self._reference = reference
        self._tally = tally
        self._counts = RefreshCounts()
        self._today = self._day_of_pull()
        self._measures_anew = self._is_to_be_measured()
        self._ground: RefreshGround | None = None

    def run(self, changes: Changes) -> PullReport | None:
        for batch in changes.accounts:
            accounts = [one for one in batch.records if isinstance(one, AccountRecord)]
            with writing_a_part(self._engine) as connection:
                take_accounts(connection, accounts)
            self._tally.count(batch, self._pulling.progress)
        with reading(self._engine) as connection:
            if count_deals_to_read(connection) > MOST_DEALS_AGAIN:
                return None
        for deals in _lots(chain.from_iterable(changes.deals)):
            self._take(deals, [])
        for ids in self._deals_to_read():
            found = list(chain.from_iterable(self._pulling.crm.read_deals(ids, self._pulling.request)))
            for deals in _lots(found):
                self._take(deals, [one.opportunity.id for one in deals])
            self._forget_gone(ids)
        move_mark(self._engine, changes.mark, self._pulling.now)
        self._show()
        return self._report()

    def _take(self, deals: Sequence[DealEvidence], read_again: Sequence[str]) -> None:
        refresh = rewrite_deals if self._measures_anew else refresh_deals

        def act(connection: Connection, ground: RefreshGround) -> RefreshCounts:
            counts = refresh(connection, ground, deals, self._pulling.now)
            forget_deals_to_read(connection, read_again)
            return counts

        self._counts += self._on_firm_ground(act)
        self._tally.taken["Opportunity"] += len(deals)
        self._pulling.progress(Progress("Reading Opportunity", self._tally.taken["Opportunity"], None))

    def _on_firm_ground(self, act: Callable[[Connection, RefreshGround], RefreshCounts]) -> RefreshCounts:
        """In a write transaction of its own; again where the mirror's state has moved meanwhile."""
        for _ in range(ATTEMPTS):
            self._ground = self._ground or self._read_ground()
            try:
                with writing_a_part(self._engine) as connection:
                    return act(connection, self._ground)
            except GroundMoved:
                self._ground = None
        raise GroundMoved()

    def _deals_to_read(self) -> Iterator[Sequence[str]]:
        after = ""
        while True:
            with reading(self._engine) as connection:
                ids = next_deals_to_read(connection, after, DEALS_A_READING)
            if not ids:
                return
            yield ids
            after = ids[-1]

    def _forget_gone(self, ids: Sequence[str]) -> None:
        """Those that were to be read and are not there any more come as deleted ones, or with a reconcile."""
        with writing_a_part(self._engine) as connection:
            forget_deals_to_read(connection, ids)

    def _show(self) -> None:
        """Let the tables of the day say what is in the mirror now."""
        company = self._pulling.company
        if not self._measures_anew:
            renew_tables(self._engine, company)
            return
        self._pulling.progress(Progress("Measuring", 0, None))
        store_tables(self._engine, company, self._today)
        store_hygiene(self._engine, company, self._today)
        move_measured_day(self._engine, self._today)

    def _read_ground(self) -> RefreshGround:
        return replace(read_ground(self._engine, self._pulling.company), reference=self._reference)

    def _day_of_pull(self) -> date:
        with reading(self._engine) as connection:
            calendar = read_calendar(connection, self._pulling.company.definitions)
        return calendar.day_of(self._pulling.now)

    def _is_to_be_measured(self) -> bool:
        """A new day, or one whose sums are gone: then nothing has to be moved."""
        today = self._today.toordinal()
        with reading(self._engine) as connection:
            state = pulled_state(connection)
            return state.measured_day != today or not has_base(connection, state.generation, today)

    def _report(self) -> PullReport:
        counts, tally = self._counts, self._tally
        return PullReport(
            source=self._pulling.crm.name,
            taken=dict(tally.taken),
            new=counts.new,
            changed=counts.changed,
            unchanged=counts.unchanged,
            deleted=counts.deleted,
            kept=tally.kept + counts.kept,
            problems=tuple(tally.problems.shown),
            problem_counts=dict(tally.problems.counts),
            quirks=tuple(tally.quirks.shown),
            quirk_counts=dict(tally.quirks.counts),
            notices=(),
            versions=counts.versions,
            seconds=0,
            way=PullWay.CHANGES,
        )


def _lots(deals: Iterator[DealEvidence] | Sequence[DealEvidence]) -> Iterator[Sequence[DealEvidence]]:
    """As many as one transaction has time for; of a deal that comes twice in a lot the later one holds."""
    lot: dict[str, DealEvidence] = {}
    for deal in deals:
        lot[deal.opportunity.id] = deal
        if len(lot) == DEALS_A_WRITE:
            yield list(lot.values())
            lot = {}
    if lot:
        yield list(lot.values())
