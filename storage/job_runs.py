"""Who may run which slot of which job: the row of the slot is the permission (docs/decisions/0007).

A slot is claimed in one short transaction in which all claims of its job stand in line. The claim is a
lease: its holder renews it while the job works, and a holder that died loses it when it runs out. Of what
is due, the latest slot runs; those before it are skipped.

There is no log of a job's steps. Whoever takes a slot up does its work from the beginning: all that a job
writes carries a key of its own, in the transaction of what belongs to it, so what stands already is not
written again. tests/faults kills each job at each of its transactions to hold that true.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, func, select

from pipeline.errors import CouncilError
from pipeline.job_runs import PastRun, RunState
from pipeline.schedule import Slot
from storage.job_tables import job_run, job_state

LONGEST_REASON = 2_000

_OPEN = job_run.c.state.in_((RunState.RUNNING, RunState.WAITING))
_LATER_SLOT = "A later slot took its place."
_TOO_LATE = "Its time had passed before it could be run."
_INTERRUPTED = "It was interrupted."


class JobIsRunning(CouncilError):
    """The job is at work already, here or in another process."""


class LeaseLost(CouncilError):
    """The slot is somebody else's by now: the lease ran out before it was renewed."""


@dataclass(frozen=True)
class Claim:
    """The permission to run a slot, as long as its lease is renewed."""

    job: str
    slot: str
    attempt: int
    """1 at first. What died is among them."""
    by: str
    """Which process holds it."""
    by_hand: bool = False


@dataclass(frozen=True)
class Streak:
    """Failures of a job in a row, up to now."""

    failures: int
    since: datetime
    is_told: bool
    """Whether the administrators know."""


def register_schedule(connection: Connection, job: str, schedule: str, now: datetime) -> None:
    """Take down by which times a job runs. Other times than before count from now on."""
    row = connection.execute(select(job_state.c.schedule).where(job_state.c.job == job)).one_or_none()
    changed = {"schedule": schedule, "since": _seconds(now)}
    if row is None:
        connection.execute(job_state.insert().values(job=job, **changed, failures=0, is_told=False))
    elif row.schedule != schedule:
        connection.execute(job_state.update().where(job_state.c.job == job).values(**changed))


def read_since(connection: Connection) -> Mapping[str, datetime]:
    """From when on each registered job's times count."""
    return {
        row.job: _moment(row.since) for row in connection.execute(select(job_state.c.job, job_state.c.since))
    }


def find_claimable(connection: Connection, slots: Mapping[str, Slot | None], now: datetime) -> Sequence[str]:
    """The jobs of which a claim is worth trying: a glance, without a lock. `slots`: what is due of each."""
    open_rows: dict[str, list[Row[Any]]] = {job: [] for job in slots}
    for row in connection.execute(select(job_run).where(_OPEN, job_run.c.job.in_(slots))):
        open_rows[row.job].append(row)
    wanted = {(job, slot.name) for job, slot in slots.items() if slot is not None}
    known = _known_slots(connection, wanted)
    moment = _seconds(now)
    return [
        job
        for job, rows in open_rows.items()
        if not any(_is_held(row, moment) for row in rows)
        and (any(_may_try(row, moment) for row in rows) or any(job == name for name, _ in wanted - known))
    ]


def claim_slot(
    connection: Connection,
    job: str,
    slot: Slot | None,
    *,
    not_before: datetime,
    now: datetime,
    by: str,
    lease: timedelta,
) -> Claim | None:
    """Claim what is to be run of a registered job now; `None`: nothing, or it is at work.

    `slot`: the latest that the schedule has due; one that ran already is not claimed again. What waits
    since `not_before` or longer has missed its time.
    """
    _stand_in_line(connection, job)
    moment = _seconds(now)
    rows = connection.execute(select(job_run).where(job_run.c.job == job, _OPEN)).all()
    if any(_is_held(row, moment) for row in rows):
        return None
    scheduled = list(_without_interrupted(connection, rows, moment))
    if slot is not None and not _known_slots(connection, {(job, slot.name)}):
        scheduled.append(_insert_waiting(connection, job, slot.name, slot.due, moment))
    chosen = _latest(connection, scheduled, not_before, moment)
    if chosen is None or not _may_try(chosen, moment):
        return None
    claim = Claim(job, chosen.slot, chosen.attempts + 1, by)
    _take(connection, claim, moment, lease)
    return claim


def claim_by_hand(connection: Connection, job: str, *, now: datetime, by: str, lease: timedelta) -> Claim:
    """Claim a run outside the schedule. Raises `JobIsRunning`."""
    _stand_in_line(connection, job)
    moment = _seconds(now)
    rows = connection.execute(select(job_run).where(job_run.c.job == job, _OPEN)).all()
    if any(_is_held(row, moment) for row in rows):
        raise JobIsRunning(f"The job {job} is at work already. See council jobs, and try again after it.")
    name = f"by hand {now.astimezone(UTC):%Y-%m-%dT%H:%M:%S.%f}Z"
    _insert_waiting(connection, job, name, now, moment, by_hand=True)
    claim = Claim(job, name, 1, by, by_hand=True)
    _take(connection, claim, moment, lease)
    return claim


def renew_claim(connection: Connection, claim: Claim, until: datetime) -> None:
    """Hold a slot for longer. Raises `LeaseLost`."""
    _change(connection, claim, lease_until=_seconds(until))


def finish_slot(
    connection: Connection, claim: Claim, says: str, now: datetime, followers: Collection[str] = ()
) -> Streak | None:
    """The slot is done, and every job that follows has one of its own. Raises `LeaseLost`.

    The result is the streak of failures that ends here.
    """
    moment = _seconds(now)
    _change(
        connection,
        claim,
        state=RunState.DONE,
        ended_at=moment,
        says=says,
        reason=None,
        lease_by=None,
        lease_until=None,
    )
    for follower in followers:
        name = f"after {claim.job} {claim.slot}"
        if not _known_slots(connection, {(follower, name)}):
            _insert_waiting(connection, follower, name, now, moment)
    streak = _read_streak(connection, claim.job)
    if streak is not None:
        connection.execute(
            job_state.update()
            .where(job_state.c.job == claim.job)
            .values(failures=0, failing_since=None, is_told=False)
        )
    return streak


def fail_slot(
    connection: Connection, claim: Claim, reason: str, now: datetime, next_try: datetime | None
) -> Streak | None:
    """This attempt failed; `next_try` is when the next one is due, `None` after the last. Raises `LeaseLost`.

    The result is the streak with this failure; `None` for a run by hand, which counts for nobody.
    """
    moment = _seconds(now)
    _change(
        connection,
        claim,
        state=RunState.FAILED if next_try is None else RunState.WAITING,
        next_try_at=None if next_try is None else _seconds(next_try),
        ended_at=moment,
        reason=reason[:LONGEST_REASON],
        lease_by=None,
        lease_until=None,
    )
    if claim.by_hand:
        return None
    connection.execute(
        job_state.update()
        .where(job_state.c.job == claim.job)
        .values(
            failures=job_state.c.failures + 1,
            failing_since=func.coalesce(job_state.c.failing_since, moment),
        )
    )
    return _read_streak(connection, claim.job)


def mark_told(connection: Connection, job: str) -> None:
    """The administrators know of the present streak of failures."""
    connection.execute(job_state.update().where(job_state.c.job == job).values(is_told=True))


def release_slot(connection: Connection, claim: Claim, now: datetime) -> None:
    """Give an attempt back that was stopped on purpose: it does not count. Raises `LeaseLost`."""
    _change(
        connection,
        claim,
        state=RunState.FAILED if claim.by_hand else RunState.WAITING,
        reason=_INTERRUPTED,
        next_try_at=_seconds(now),
        ended_at=_seconds(now),
        attempts=claim.attempt - 1,
        lease_by=None,
        lease_until=None,
    )


def read_last_runs(connection: Connection) -> Mapping[str, PastRun]:
    """The latest run of each job that was not skipped."""
    place = func.row_number().over(
        partition_by=job_run.c.job, order_by=(job_run.c.due.desc(), job_run.c.slot.desc())
    )
    runs = select(job_run, place.label("place")).where(job_run.c.state != RunState.SKIPPED).subquery()
    return {row.job: _past(row) for row in connection.execute(select(runs).where(runs.c.place == 1))}


def read_runs(connection: Connection, job: str) -> Sequence[PastRun]:
    """Every run of a job that is kept, the earliest first."""
    rows = connection.execute(
        select(job_run).where(job_run.c.job == job).order_by(job_run.c.due, job_run.c.slot)
    )
    return [_past(row) for row in rows]


# --- Rows -----------------------------------------------------------------------------------------


def _stand_in_line(connection: Connection, job: str) -> None:
    """One claim of a job at a time. SQLite's writers stand in line anyhow."""
    row = select(job_state.c.job).where(job_state.c.job == job).with_for_update()
    if connection.execute(row).first() is None:
        raise LookupError(f"the schedule of {job} is not registered")


def _without_interrupted(connection: Connection, rows: Sequence[Row[Any]], moment: int) -> Iterator[Row[Any]]:
    """Runs by hand end with whoever started them."""
    for row in rows:
        if row.by_hand:
            _close(connection, row, RunState.FAILED, _INTERRUPTED, moment)
        else:
            yield row


def _latest(
    connection: Connection, rows: Sequence[Row[Any]], not_before: datetime, moment: int
) -> Row[Any] | None:
    """The row to go on with; the others are closed."""
    in_time = [row for row in rows if row.due > _seconds(not_before)]
    latest = max(in_time, key=lambda row: (row.due, row.slot), default=None)
    for row in rows:
        if row is not latest:
            says = _LATER_SLOT if row in in_time else _TOO_LATE
            _close(connection, row, RunState.SKIPPED, says, moment)
    return latest


def _insert_waiting(
    connection: Connection, job: str, slot: str, due: datetime, moment: int, *, by_hand: bool = False
) -> Row[Any]:
    values = {
        "job": job,
        "slot": slot,
        "due": _seconds(due),
        "state": RunState.WAITING,
        "by_hand": by_hand,
        "attempts": 0,
        "next_try_at": moment,
    }
    connection.execute(job_run.insert().values(values))
    return connection.execute(select(job_run).where(job_run.c.job == job, job_run.c.slot == slot)).one()


def _take(connection: Connection, claim: Claim, moment: int, lease: timedelta) -> None:
    connection.execute(
        job_run.update()
        .where(job_run.c.job == claim.job, job_run.c.slot == claim.slot)
        .values(
            state=RunState.RUNNING,
            attempts=claim.attempt,
            lease_by=claim.by,
            lease_until=moment + int(lease.total_seconds()),
            next_try_at=None,
            started_at=moment,
            ended_at=None,
        )
    )


def _close(connection: Connection, row: Row[Any], state: RunState, reason: str, moment: int) -> None:
    connection.execute(
        job_run.update()
        .where(job_run.c.job == row.job, job_run.c.slot == row.slot)
        .values(
            state=state,
            reason=reason,
            ended_at=moment,
            lease_by=None,
            lease_until=None,
            next_try_at=None,
        )
    )


def _change(connection: Connection, claim: Claim, **values: Any) -> None:
    changed = connection.execute(job_run.update().where(_is_held_by(claim)).values(values))
    if changed.rowcount == 0:
        raise LeaseLost(f"The slot {claim.slot} of {claim.job} went to another process while it was run.")


def _is_held_by(claim: Claim) -> ColumnElement[bool]:
    columns = job_run.c
    return (
        (columns.job == claim.job)
        & (columns.slot == claim.slot)
        & (columns.state == RunState.RUNNING)
        & (columns.lease_by == claim.by)
        & (columns.attempts == claim.attempt)
    )


def _is_held(row: Row[Any], moment: int) -> bool:
    return bool(row.state == RunState.RUNNING and row.lease_until > moment)


def _may_try(row: Row[Any], moment: int) -> bool:
    return bool(row.state == RunState.RUNNING or row.next_try_at <= moment)


def _known_slots(connection: Connection, slots: Collection[tuple[str, str]]) -> set[tuple[str, str]]:
    names = {name for _, name in slots}
    rows = connection.execute(select(job_run.c.job, job_run.c.slot).where(job_run.c.slot.in_(names)))
    return {(row.job, row.slot) for row in rows} & set(slots)


def _read_streak(connection: Connection, job: str) -> Streak | None:
    row = connection.execute(select(job_state).where(job_state.c.job == job)).one()
    if row.failing_since is None:
        return None
    return Streak(row.failures, _moment(row.failing_since), row.is_told)


def _past(row: Row[Any]) -> PastRun:
    return PastRun(
        job=row.job,
        slot=row.slot,
        state=RunState(row.state),
        attempts=row.attempts,
        started=None if row.started_at is None else _moment(row.started_at),
        ended=None if row.ended_at is None else _moment(row.ended_at),
        reason=row.reason or "",
        says=row.says or "",
        next_try=None if row.next_try_at is None else _moment(row.next_try_at),
    )


def _seconds(moment: datetime) -> int:
    return int(moment.timestamp())


def _moment(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
