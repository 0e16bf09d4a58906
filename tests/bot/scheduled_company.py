"""A company whose schedule is looked at with a clock that tests move."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from sqlalchemy import Engine, insert

from bot.app import Council, build_company
from bot.job_table import Retries, ScheduledJob
from bot.settings import load_settings
from jobs.job import JobRun, Outcome
from pipeline.definitions import CalendarDefinition
from pipeline.jobs_definition import JobsDefinition
from storage.database import writing
from storage.tables import Mirror
from tests.bot import small_company

TWICE = Retries(2, (timedelta(minutes=1),))


@dataclass
class Clock:
    """The present moment, as the test says."""

    now: datetime

    def __call__(self) -> datetime:
        return self.now


def build_council(folder: Path, engine: Engine, jobs: Mapping[str, object], timezone: str = "UTC") -> Council:
    """The small company with this `[jobs]`, as if it had been pulled."""
    settings = load_settings(small_company.build_company(folder), {}).model_copy(
        update={
            "jobs": JobsDefinition.model_validate(jobs),
            "calendar": CalendarDefinition(timezone=timezone),
        }
    )
    with writing(engine) as connection:
        connection.execute(insert(Mirror).values(id=1, generation=1, definitions_hash="",
                           corporate_currency="USD", source="", capabilities="{}"))  # fmt: skip
    return Council(settings, build_company(settings), engine)


def make_job(
    name: str,
    does: Callable[[], str] = lambda: "done",
    *,
    catch_up: timedelta = timedelta(hours=12),
    retries: Retries = TWICE,
    after: str | None = None,
) -> ScheduledJob:
    """A job of the tests; its name is one of the configuration's."""

    def run(_: JobRun) -> Outcome:
        return Outcome(does())

    return ScheduledJob(name, run, f"does {name}", catch_up, retries, after)
