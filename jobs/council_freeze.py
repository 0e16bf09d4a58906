"""Freeze: what a council sees is stored after the first pull past midnight of its day, and never changes.

Midnight is that of the council's time zone. The figures are of the day before by the council's calendar, as
they were known then; where that day goes on elsewhere, what still happens on it is a restatement.
"""

from datetime import date, datetime

from jobs.council_day import council_to_hold, no_council_today
from jobs.job import JobRun, Outcome
from pipeline.company import Company
from pipeline.editions import Edition
from storage.council_week import read_or_measure
from storage.database import Engine, reading, writing
from storage.editions import freeze_edition, is_frozen, read_edition
from storage.mirror import read_mirror


def freeze_week(run: JobRun) -> Outcome:
    """Runs after each pull. Raises `NothingPulled` before the first."""
    day = council_to_hold(run)
    if day is None:
        return Outcome(no_council_today(run))
    with reading(run.engine) as connection:
        if is_frozen(connection, day):
            return Outcome(f"The edition of {day:%-d %B} is frozen already")
    if not _is_pulled_since(run, day):
        return Outcome("Waits for the first pull past midnight")
    if run.dry_run:
        return Outcome(f"It would freeze the edition of {day:%-d %B}")
    edition = freeze(run.engine, run.company, day=day, now=run.now)
    return Outcome(f"Froze the edition of {day:%-d %B}: figures as of {edition.as_of:%-d %B}")


def freeze(engine: Engine, company: Company, *, day: date, now: datetime) -> Edition:
    """The edition of a day, frozen now unless that has happened; of two who freeze, the first one's holds."""
    measured = read_or_measure(engine, company, day=day, now=now)
    with writing(engine) as connection:
        freeze_edition(connection, measured)
        frozen = read_edition(connection, day)
    return frozen if frozen is not None else measured


def _is_pulled_since(run: JobRun, day: date) -> bool:
    pulled_at = read_mirror(run.engine).pulled_at
    if pulled_at is None:
        return False
    return datetime.fromtimestamp(pulled_at, run.company.council_zone).date() >= day
