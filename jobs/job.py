"""What a job is given when its time has come, and what it says of itself afterwards."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime

from crm.records import Crm
from messages.card import Card
from pipeline.company import Company
from pipeline.crm_records import FieldKind
from pipeline.jobs_definition import JobsDefinition
from storage.database import Engine


@dataclass(frozen=True)
class JobRun:
    """One run of a job, for one slot of its schedule."""

    engine: Engine
    company: Company
    crm: Crm
    now: datetime
    """With a time zone. A job asks no other clock."""
    today: date
    """The day of `now` in the organisation's time zone."""
    dry_run: bool = False
    """Compose everything, write and say nothing."""
    jobs: JobsDefinition = field(default_factory=JobsDefinition)
    fields: Mapping[str, FieldKind] = field(default_factory=dict)
    """The further fields of opportunities that the configuration reads."""


@dataclass(frozen=True)
class Outcome:
    """What came of a run. What it wanted said stands in the outbox; in a dry run, in `cards`."""

    says: str
    """One line for `council jobs`: `31 digests, 4 people had nothing new`."""
    cards: tuple[Card, ...] = ()


Job = Callable[[JobRun], Outcome]
"""Raises `CouncilError` for what an administrator can mend; whatever it raises, the schedule tries again by
its policy. It may be run twice for one slot (after a crash), so all it writes carries keys of its own."""
