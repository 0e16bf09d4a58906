"""Which council a job is about: the one of today, one that was missed, or the next."""

from datetime import date, timedelta

from jobs.job import JobRun
from pipeline.council_days import last_council, next_council
from storage.mirror import read_mirror

_LATE = timedelta(days=2)
"""A council whose post was missed is still held so much later."""


def council_to_hold(run: JobRun) -> date | None:
    """Today's council, or one that a standstill has kept from being held; `None` on any other day.

    A council from before the first pull is not made up for: there was nobody to hold it.
    """
    council = run.company.council
    day = last_council(council.weekday, run.company.working_days, run.council_day)
    if day == run.council_day:
        return day
    first_pull = read_mirror(run.engine).first_pull_day
    is_missed = run.council_day - day <= _LATE and first_pull is not None and first_pull <= day.toordinal()
    return day if is_missed else None


def coming_council(run: JobRun) -> date:
    """The first council after today."""
    since = run.council_day + timedelta(days=1)
    return next_council(run.company.council.weekday, run.company.working_days, since)


def no_council_today(run: JobRun) -> str:
    """For `council jobs`: why nothing was done."""
    return f"No council today; the next is on {coming_council(run):%A, %-d %B}"
