"""What is known of a job's runs: their states, and how a job stands."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from pipeline.schedule import Schedule


class RunState(StrEnum):
    RUNNING = "running"
    WAITING = "waiting"
    """For its next attempt."""
    DONE = "done"
    FAILED = "failed"
    """After the last attempt."""
    SKIPPED = "skipped"
    """A later slot took its place, or its time had passed."""


@dataclass(frozen=True, kw_only=True)
class PastRun:
    """One slot of a job and what became of it. Moments are in UTC."""

    job: str
    slot: str
    state: RunState
    attempts: int
    started: datetime | None
    ended: datetime | None = None
    reason: str = ""
    """Why the last attempt failed."""
    says: str = ""
    """What the job said of itself."""
    next_try: datetime | None = None


@dataclass(frozen=True, kw_only=True)
class JobStanding:
    """How one job stands: when it runs, and how it went last."""

    name: str
    says: str
    """What it does."""
    schedule: Schedule | None
    """`None`: it has no times of its own."""
    after: str | None
    """The job that it follows."""
    is_enabled: bool
    next: datetime | None
    last: PastRun | None
