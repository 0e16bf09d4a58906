"""Reconcile: compare the ids of all opportunities with the CRM's, for what nobody tells us.

A pull of what has changed hears of a deal that was deleted, but not of one that was deleted for good, nor of
one that a change in permissions hid from us or showed us. The night finds both.
"""

from collections.abc import Iterable, Iterator
from itertools import chain

from jobs.job import JobRun, Outcome
from jobs.mirror_refresh import MirrorRefresh
from jobs.pulling import check_deletion, start_pulling
from messages.wording import Wording
from pipeline.crm_records import DealEvidence
from storage.apm import definitions_hash
from storage.current_deals import read_standing_ids
from storage.database import reading
from storage.mirror import forget_mark, pull_lock, pulled_state
from storage.refreshing import HistoryGrew

_LOOK_THERE = (
    "Look into the CRM whether our user still sees every opportunity. If they really are gone, "
    "`council pull --all` says so too."
)


def reconcile(run: JobRun) -> Outcome:
    """Raises `NothingPulled` before the first pull and `PullRefused` while one runs, or where a fifth of all
    deals would end."""
    with reading(run.engine) as connection:
        state = pulled_state(connection)
    live = run.crm.live_ids()
    if live is None:
        return Outcome(f"Every pull of {run.crm.name} is complete, so there is nothing to compare")
    if state.definitions_hash != definitions_hash(run.company) or state.fields != run.fields:
        return Outcome("The configuration has changed, so the next pull reads everything")
    with reading(run.engine) as connection:
        gone = read_standing_ids(connection)
    standing = len(gone)
    missing: list[str] = []
    for some in live:
        for one in some:
            if one in gone:
                gone.remove(one)
            else:
                missing.append(one)
    check_deletion(len(gone), standing, _LOOK_THERE)
    counted = Wording()
    if run.dry_run:
        ended, read = counted.number(len(gone)), counted.number(len(missing))
        return Outcome(f"It would end {ended} and read {read}")
    if not gone and not missing:
        return Outcome(f"The CRM and the mirror hold the same {counted.count(standing, 'deal', 'deals')}")
    return _mend(run, sorted(gone), missing)


def _mend(run: JobRun, gone: list[str], missing: list[str]) -> Outcome:
    """What was compared is some minutes old: each deal is asked for before anything is believed."""
    with pull_lock(run.engine):
        pulling = start_pulling(
            run.engine, run.crm, run.company, run.fields, int(run.now.timestamp()), lambda _: None
        )
        refresh = MirrorRefresh(pulling)
        found = chain.from_iterable(run.crm.read_deals([*gone, *missing], pulling.request))
        there: set[str] = set()
        try:
            refresh.take(_noting(found, there))
        except HistoryGrew:
            forget_mark(run.engine)
            return Outcome("The CRM keeps changes of a further field, so the next pull reads everything")
        refresh.end([one for one in gone if one not in there])
        refresh.show()
    counts = refresh.counts
    return Outcome(
        f"{counts.new:,} were missing, {counts.deleted:,} are gone, {counts.changed:,} had changed"
    )


def _noting(deals: Iterable[DealEvidence], there: set[str]) -> Iterator[DealEvidence]:
    for deal in deals:
        there.add(deal.opportunity.id)
        yield deal
