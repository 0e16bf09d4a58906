"""A process that runs a job of three letters, and can die at any point of it.

Points 0 to 9 are before, during and after each of the three steps, and 9 is after the last, before the slot
is done.
"""

import os
import signal
from datetime import UTC, datetime, timedelta
from multiprocessing.synchronize import Barrier
from pathlib import Path

from sqlalchemy import Engine

from bot.job_runner import JobRunner
from bot.job_table import ScheduledJob
from bot.settings import load_settings
from jobs.job import JobRun, Outcome
from messages.card import Card
from messages.card_text import card_to_text
from pipeline.jobs_definition import JobsDefinition
from storage.database import open_database, writing
from storage.outbox import Letter, put_letter, to_channel
from tests.bot.scheduled_company import TWICE, Clock

START = datetime(2026, 11, 23, 9, 1, tzinfo=UTC)
STEPS = 3
NEVER = -1


def letters_job(dies_at: int) -> ScheduledJob:
    """Puts a letter a step, each in a transaction of its own, as jobs over many people do."""

    def reach(point: int) -> None:
        if point == dies_at:
            os.kill(os.getpid(), signal.SIGKILL)

    def run(run: JobRun) -> Outcome:
        for step in range(STEPS):
            reach(3 * step)
            with writing(run.engine) as connection:
                put_letter(connection, _letter(run, step), run.now)
                reach(3 * step + 1)
            reach(3 * step + 2)
        reach(3 * STEPS)
        return Outcome(f"{STEPS} letters")

    return ScheduledJob("council", run, "writes letters", timedelta(hours=12), TWICE)


def _letter(run: JobRun, step: int) -> Letter:
    card = card_to_text(Card("letter", f"Letter {step}", (), "A letter"))
    return Letter(key=f"letter:{run.today}:{step}", kind="test", audience=to_channel("#all"), card=card)


def build_runner(folder: Path, engine: Engine, clock: Clock, job: ScheduledJob) -> JobRunner:
    """A runner of this process over a database that others use too."""
    from bot.app import Council, build_company

    times = {"council": {"at": "09:00"}, "nudge": {"every_minutes": 15}}
    settings = load_settings(folder / "council.toml", {}).model_copy(
        update={"jobs": JobsDefinition.model_validate(times)}
    )
    return JobRunner(Council(settings, build_company(settings), engine), clock, jobs={job.name: job})


def run_and_die(folder: Path, url: str, point: int) -> None:
    engine = open_database(url)
    build_runner(folder, engine, Clock(START), letters_job(point)).run_due("council")
    engine.dispose()


def claim_each_slot(folder: Path, url: str, count: int, notes: Path, together: Barrier) -> None:
    """Every quarter of an hour is claimed over and over by all, in the same order; who runs it notes it."""
    engine, clock = open_database(url), Clock(START)

    def run(_: JobRun) -> Outcome:
        with notes.open("a") as file:
            file.write(f"{clock.now:%H:%M}\n")
        return Outcome("noted")

    job = ScheduledJob("nudge", run, "notes", timedelta(minutes=10), TWICE)
    runner = build_runner(folder, engine, clock, job)
    for _ in range(count):
        together.wait()  # no clock runs ahead, by which a lease would end early
        clock.now += timedelta(minutes=15)
        for _ in range(3):
            runner.run_due("nudge")
    engine.dispose()
