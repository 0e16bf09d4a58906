"""How every job stands: its times from the configuration, its last run from the database."""

from collections.abc import Mapping
from datetime import datetime

from bot.app import Council
from bot.job_table import JOBS, ScheduledJob
from pipeline.job_runs import JobStanding
from pipeline.schedule import next_slot
from storage.database import reading
from storage.job_runs import read_last_runs


def read_standings(
    council: Council, now: datetime, jobs: Mapping[str, ScheduledJob] = JOBS
) -> tuple[JobStanding, ...]:
    """In the order of the table of jobs."""
    settings = council.settings
    with reading(council.engine) as connection:
        last = read_last_runs(connection)
    standings = []
    for job in jobs.values():
        schedule = settings.jobs.schedule_of(job.name, settings.calendar.zone)
        standings.append(
            JobStanding(
                name=job.name,
                says=job.says,
                schedule=schedule,
                after=job.after,
                is_enabled=settings.jobs.settings_of(job.name).enabled,
                next=None if schedule is None else next_slot(schedule, now).due,
                last=last.get(job.name),
            )
        )
    return tuple(standings)
