"""Jobs as they stand: one done, one that is tried again, one that failed, one switched off, one new."""

from datetime import UTC, datetime, time
from zoneinfo import ZoneInfo

from messages.card import Card
from messages.jobs import compose_job_failure, compose_job_recovery, compose_jobs
from pipeline.job_runs import JobStanding, PastRun, RunState
from pipeline.schedule import Interval, Schedule, WallClock, Weekday

_NEW_YORK = ZoneInfo("America/New_York")


def job_cards() -> dict[str, Card]:
    since = datetime(2026, 11, 23, 9, 15, tzinfo=_NEW_YORK)
    reason = "The folder exports has no Opportunity.csv <b>. Put the exports there."
    return {
        "jobs": compose_jobs(_standings(), _NEW_YORK),
        "job_failure": compose_job_failure("pull", reason, 3, since),
        "job_recovery": compose_job_recovery("pull", "12 new, 3 changed, 0 deleted", 11, since),
    }


def _standings() -> tuple[JobStanding, ...]:
    done = PastRun(
        job="pull",
        slot="2026-11-23T14:15Z",
        state=RunState.DONE,
        attempts=1,
        started=_at(14, 15),
        ended=_at(14, 16),
        says="12 new, 3 changed, 0 deleted",
    )
    waiting = PastRun(
        job="council",
        slot="2026-11-23T09:00",
        state=RunState.WAITING,
        attempts=2,
        started=_at(14, 5),
        ended=_at(14, 5),
        reason="The database does not answer.",
        next_try=_at(14, 35),
    )
    failed = PastRun(
        job="measure",
        slot="after pull 2026-11-23T14:00Z",
        state=RunState.FAILED,
        attempts=3,
        started=_at(14, 8),
        ended=_at(14, 9),
        reason="The process that did it ended before it was done (killed by signal 9).",
    )
    nine = WallClock(time(9), frozenset({Weekday.MONDAY}), _NEW_YORK)
    workdays = frozenset(Weekday) - {Weekday.SATURDAY, Weekday.SUNDAY}
    return (
        _standing("pull", "Brings the mirror up to date", Interval(15), done),
        _standing("measure", "Measures the day's figures", None, failed, after="pull"),
        _standing("council", "Posts the weekly council", nine, waiting),
        _standing("remind", "Reminds of actions", WallClock(time(8, 30), workdays, _NEW_YORK), None),
        _standing("escalate", "Warns, then tells the manager", None, None, is_enabled=False),
    )


def _standing(
    name: str,
    says: str,
    schedule: Schedule | None,
    last: PastRun | None,
    *,
    after: str | None = None,
    is_enabled: bool = True,
) -> JobStanding:
    return JobStanding(
        name=name,
        says=says,
        schedule=schedule,
        after=after,
        is_enabled=is_enabled,
        next=None if schedule is None else _at(14, 30),
        last=last,
    )


def _at(hour: int, minute: int) -> datetime:
    return datetime(2026, 11, 23, hour, minute, tzinfo=UTC)
