"""Which council a job is about: the one of today, one that was missed, or the next."""

from datetime import date, timedelta

from jobs.job import JobRun
from pipeline import council_days
from storage.mirror import read_mirror


def council_to_hold(run: JobRun) -> date | None:
    """Today's council, or one that a standstill has kept from being held; `None` on any other day."""
    first_pull = read_mirror(run.engine).first_pull_day
    return council_days.council_to_hold(
        run.company.council.weekday,
        run.company.working_days,
        run.council_day,
        None if first_pull is None else date.fromordinal(first_pull),
    )


def coming_council(run: JobRun) -> date:
    """The first council after today."""
    since = run.council_day + timedelta(days=1)
    return council_days.next_council(run.company.council.weekday, run.company.working_days, since)


def no_council_today(run: JobRun) -> str:
    """For `council jobs`: why nothing was done."""
    return f"No council today; the next is on {coming_council(run):%A, %-d %B}"
