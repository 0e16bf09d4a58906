"""Pulling what has changed since the last pull, into the generation that readers see.

Changed deals are brought up to date some hundred at a time, each lot in a short transaction with which
the day's figures move. The CRM's mark moves only when all of them are in, and the same change twice alters
nothing, so a pull that dies on the way is simply repeated by the next one.
"""

from collections.abc import Iterator, Sequence
from itertools import chain

from crm.records import Changes
from jobs.mirror_refresh import MirrorRefresh
from jobs.pulling import Pulling, Tally
from pipeline.crm_records import AccountRecord
from pipeline.dimensions import Resolvers
from pipeline.pull_report import PullReport, PullWay
from storage.account_changes import take_accounts
from storage.database import Engine, reading, writing_a_part
from storage.deals_to_read import count_deals_to_read, forget_deals_to_read, next_deals_to_read
from storage.mirror import MirrorState, mirror_state, move_mark
from storage.reference_changes import deals_of_owners, find_reference_change, store_reference_change
from storage.refresh_ground import read_reference
from storage.refreshing import HistoryGrew
from storage.related import DimensionInputs, People
from storage.staging import Reference

DEALS_A_READING = 2_000
MOST_DEALS_AGAIN = 20_000
"""Where more deals are to be read again for what they take from accounts and people, everything is pulled."""


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
    refresh = MirrorRefresh(pulling, reference)
    try:
        is_enough = _take_changes(pulling, refresh, changes, tally)
    except HistoryGrew:
        return None
    if not is_enough:
        return None
    move_mark(pulling.engine, changes.mark, pulling.now)
    refresh.show()
    return _report(pulling, refresh, tally)


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


def _take_changes(pulling: Pulling, refresh: MirrorRefresh, changes: Changes, tally: Tally) -> bool:
    """All that changed, and what takes something over from it. False where that is too much."""
    engine = pulling.engine
    for batch in changes.accounts:
        accounts = [one for one in batch.records if isinstance(one, AccountRecord)]
        with writing_a_part(engine) as connection:
            take_accounts(connection, accounts)
        tally.count(batch, pulling.progress)
    with reading(engine) as connection:
        if count_deals_to_read(connection) > MOST_DEALS_AGAIN:
            return False
    refresh.take(chain.from_iterable(changes.deals))
    for ids in _deals_to_read(engine):
        refresh.take(chain.from_iterable(pulling.crm.read_deals(ids, pulling.request)))
        with writing_a_part(engine) as connection:
            forget_deals_to_read(connection, ids)  # those that are not there any more come as deleted ones
    tally.taken["Opportunity"] += refresh.taken
    return True


def _deals_to_read(engine: Engine) -> Iterator[Sequence[str]]:
    after = ""
    while True:
        with reading(engine) as connection:
            ids = next_deals_to_read(connection, after, DEALS_A_READING)
        if not ids:
            return
        yield ids
        after = ids[-1]


def _report(pulling: Pulling, refresh: MirrorRefresh, tally: Tally) -> PullReport:
    counts = refresh.counts
    return PullReport(
        source=pulling.crm.name,
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
