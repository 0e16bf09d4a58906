"""The table of jobs: what runs on a schedule, how late it may still run, and how often it is tried.

When each runs stands in the configuration (`pipeline.jobs_definition`), under the same name.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from jobs.council import post_council
from jobs.council_freeze import freeze_week
from jobs.council_prepare import prepare_council
from jobs.council_recap import post_recap
from jobs.escalate import escalate
from jobs.job import Job
from jobs.manager_digest import send_manager_digests
from jobs.measure import measure_today
from jobs.measure_actions import measure_actions
from jobs.nudge import send_digests
from jobs.pull import pull_on_schedule
from jobs.reconcile import reconcile
from jobs.recover import recover_writes
from jobs.remind import remind_owners
from jobs.retention import remove_old_rows
from pipeline.errors import UnknownName
from pipeline.nearest import did_you_mean


@dataclass(frozen=True)
class Retries:
    """How often a slot is tried in all, and how long after each failure; the last pause repeats."""

    attempts: int
    pauses: tuple[timedelta, ...]

    def pause_after(self, attempt: int) -> timedelta:
        return self.pauses[min(attempt, len(self.pauses)) - 1]


SOON = Retries(3, (timedelta(minutes=1), timedelta(minutes=5)))
"""For what comes again by itself within the hour."""
PATIENT = Retries(6, (timedelta(minutes=1), timedelta(minutes=5), timedelta(minutes=30)))
"""For what comes once a day or a week: tried for about two hours."""


@dataclass(frozen=True)
class ScheduledJob:
    """A line of the table."""

    name: str
    run: Job
    says: str
    """What it does, for `council jobs`."""
    catch_up: timedelta
    """How long after its time a slot that was missed still runs."""
    retries: Retries
    after: str | None = None
    """The job whose every completed slot it follows, beside its own times."""
    in_child: bool = False
    """It computes for long: a process of its own leaves the interpreter to those who ask."""


_JOBS = (
    ScheduledJob(
        "pull", pull_on_schedule, "Brings the mirror up to date", timedelta(hours=1), SOON, in_child=True
    ),
    ScheduledJob(
        "measure",
        measure_today,
        "Measures the day's figures",
        timedelta(hours=12),
        SOON,
        after="pull",
        in_child=True,
    ),
    ScheduledJob(
        "council_freeze",
        freeze_week,
        "Stores the week's edition",
        timedelta(hours=12),
        SOON,
        after="pull",
        in_child=True,
    ),
    ScheduledJob("council_prepare", prepare_council, "Asks the owners of cells", timedelta(hours=8), PATIENT),
    ScheduledJob("council", post_council, "Posts the weekly council", timedelta(hours=12), PATIENT),
    ScheduledJob("nudge", send_digests, "Sends digests in each person's morning", timedelta(hours=1), SOON),
    ScheduledJob("escalate", escalate, "Warns owners, then tells managers", timedelta(hours=6), PATIENT),
    ScheduledJob(
        "manager_digest", send_manager_digests, "Tells managers of their teams", timedelta(hours=8), PATIENT
    ),
    ScheduledJob(
        "recover", recover_writes, "Finishes changes that were interrupted", timedelta(hours=1), SOON
    ),
    ScheduledJob("remind", remind_owners, "Reminds owners of actions", timedelta(hours=8), PATIENT),
    ScheduledJob(
        "measure_actions",
        measure_actions,
        "Measures cells again, weeks after an action",
        timedelta(days=3),
        PATIENT,
        in_child=True,
    ),
    ScheduledJob("council_recap", post_recap, "What the council decided", timedelta(hours=12), PATIENT),
    ScheduledJob(
        "reconcile",
        reconcile,
        "Finds deals that came or went unheard",
        timedelta(hours=6),
        PATIENT,
        in_child=True,
    ),
    ScheduledJob("retention", remove_old_rows, "Removes old rows", timedelta(days=3), PATIENT),
)

JOBS: Mapping[str, ScheduledJob] = {job.name: job for job in _JOBS}
"""By name, in the order in which `council jobs` lists them."""


def find_job(name: str) -> ScheduledJob:
    """Raises `UnknownName` with the nearest right one."""
    job = JOBS.get(name)
    if job is None:
        hint = did_you_mean(name, JOBS) or f"; there are {', '.join(JOBS)}"
        raise UnknownName(f"There is no job “{name}”{hint}")
    return job
