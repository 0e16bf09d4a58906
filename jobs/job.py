"""What a job is given when its time has come, and what it says of itself afterwards."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime

from crm.records import Crm
from messages.card import Card
from pipeline.company import Company
from pipeline.crm_records import FieldKind
from pipeline.jobs_definition import JobsDefinition
from pipeline.people import User
from pipeline.quiet_hours import after_quiet_hours
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

    @property
    def council_day(self) -> date:
        """The day of `now` in the council's time zone, which may be another than `today`."""
        return self.now.astimezone(self.company.council_zone).date()

    def when_told(self, user: User | None) -> datetime:
        """When a person may be told what nobody asked for, on their own clock: now, or after quiet hours."""
        company = self.company
        return after_quiet_hours(user, self.now, company.nudges, company.definitions.calendar.zone)


@dataclass(frozen=True)
class Outcome:
    """What came of a run. What it wanted said stands in the outbox; in a dry run, in `cards`."""

    says: str
    """One line for `council jobs`: `31 digests, 4 people had nothing new`."""
    cards: tuple[Card, ...] = ()


Job = Callable[[JobRun], Outcome]
"""Raises `CouncilError` for what an administrator can mend; whatever it raises, the schedule tries again by
its policy. It may be run twice for one slot (after a crash), so all it writes carries keys of its own."""
