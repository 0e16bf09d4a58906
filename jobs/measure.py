"""Measure: today's tables and findings, wherever a pull has not left them behind already.

A pull measures as its last step. What is left to do is the new day, which begins without a pull, and
a pull that died between switching readers over and measuring.
"""

from jobs.job import JobRun, Outcome
from pipeline.errors import PullRefused
from storage.apm import is_measured, store_tables
from storage.bulk import collecting_rarely
from storage.hygiene_reading import store_hygiene
from storage.mirror import move_measured_day, pull_lock


def measure_today(run: JobRun) -> Outcome:
    """Raises `NothingPulled` before the first pull."""
    day = f"{run.today:%-d %B}"
    if is_measured(run.engine, run.today):
        return Outcome(f"The figures of {day} are measured already")
    if run.dry_run:
        return Outcome(f"It would measure the figures of {day}")
    try:
        with pull_lock(run.engine), collecting_rarely():
            store_tables(run.engine, run.company, run.today)
            store_hygiene(run.engine, run.company, run.today)
            move_measured_day(run.engine, run.today)
    except PullRefused:
        return Outcome("A pull is running, and measures as its last step")
    return Outcome(f"Measured the figures of {day}")
