"""The weekly council to read beforehand: what would be posted as of the day of the last pull."""

from datetime import date

from jobs.council import compose_weekly_post
from jobs.job import JobRun, Outcome
from storage.mirror import NothingPulled, read_mirror


def show_council(run: JobRun) -> Outcome:
    """Composes the post in every kind of run. Raises `NothingPulled` before the first pull."""
    measured = read_mirror(run.engine).measured_day
    if measured is None:
        raise NothingPulled("There are no figures yet: run `council pull` first.")
    day = min(run.today, date.fromordinal(measured))
    post = compose_weekly_post(run.engine, run.company, as_of=day)
    return Outcome(f"The council of {day:%-d %B}", (post.summary, *post.threads))
