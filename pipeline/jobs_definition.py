"""The section `[jobs]` of the configuration: when each scheduled job runs."""

import re
from collections.abc import Mapping
from datetime import time
from typing import Any, Self
from zoneinfo import ZoneInfo, available_timezones

from pydantic import Field, field_validator, model_validator

from pipeline.definitions import Definition
from pipeline.nearest import did_you_mean
from pipeline.schedule import Interval, Schedule, WallClock, Weekday

_CLOCK = re.compile(r"([01]\d|2[0-3]):[0-5]\d")
_WEEKDAYS = ("mon", "tue", "wed", "thu", "fri")
_IN_WORDS = ", ".join(day.value for day in Weekday)


class JobSettings(Definition):
    """When one job runs. What is left out keeps the job's default."""

    enabled: bool = Field(True, description="Whether it runs on its schedule; by hand it always can.")
    at: str | None = Field(None, description='Time of day, as "09:00"; with `days` instead of an interval.')
    days: tuple[Weekday, ...] = Field((), description="Days by name (mon to sun); empty: every day.")
    every_minutes: int | None = Field(
        None, ge=1, le=1440, description="Instead of a time of day: again after so many minutes."
    )
    timezone: str | None = Field(
        None,
        description="IANA time zone of `at`; default: for council_ jobs that of [jobs.council], else the "
        "organisation's. That of [jobs.council] also says when the council's day begins.",
    )

    @field_validator("at")
    @classmethod
    def _time_of_day(cls, at: str | None) -> str | None:
        if at is not None and not _CLOCK.fullmatch(at):
            raise ValueError('expected a time of day from "00:00" to "23:59", such as "09:00"')
        return at

    @field_validator("days", mode="before")
    @classmethod
    def _by_name(cls, days: Any) -> Any:
        if not isinstance(days, list | tuple):
            raise ValueError('expected a list of days by name, such as ["mon", "thu"]')
        for day in days:
            if day not in _IN_WORDS.split(", "):
                raise ValueError(f"{day!r} is no day: expected names from {_IN_WORDS}, never numbers")
        if len(set(days)) != len(days):
            raise ValueError("a day stands twice")
        return days

    @field_validator("timezone")
    @classmethod
    def _known_timezone(cls, name: str | None) -> str | None:
        known = available_timezones()
        if name is not None and name not in known:
            raise ValueError(
                f"expected an IANA time zone such as America/Los_Angeles{did_you_mean(name, known)}"
            )
        return name

    @model_validator(mode="after")
    def _one_kind(self) -> Self:
        if self.at is not None and self.every_minutes is not None:
            raise ValueError("expected `at` (with `days`) or `every_minutes`, not both")
        if self.every_minutes is not None and self.days:
            raise ValueError("`days` belong to `at`; a job with `every_minutes` runs on every day")
        return self

    def schedule(self, zone: ZoneInfo) -> Schedule | None:
        """`zone`: where the settings name none. `None`: it has no times of its own."""
        if self.every_minutes is not None:
            return Interval(self.every_minutes)
        if self.at is None:
            return None
        own = ZoneInfo(self.timezone) if self.timezone else zone
        return WallClock(time.fromisoformat(self.at), frozenset(self.days or Weekday), own)


class RetentionSettings(JobSettings):
    """When old rows are removed, and which count as old."""

    keep_days: int = Field(
        180,
        ge=30,
        description="Events, cards of delivered messages and runs of jobs are kept so long; the audit log "
        "is never shortened.",
    )


def _every(minutes: int) -> JobSettings:
    return JobSettings(every_minutes=minutes)


def _at(at: str, *days: str) -> JobSettings:
    return JobSettings(at=at, days=tuple(Weekday(day) for day in days))


class JobsDefinition(Definition):
    """When the scheduled jobs run."""

    pull: JobSettings = Field(_every(15), description="Bring the mirror up to date; every 15 minutes.")
    measure: JobSettings = Field(
        _at("00:05"), description="Measure the day's figures: after each pull, and at 00:05 for the new day."
    )
    nudge: JobSettings = Field(
        _every(15), description="Look whose local morning it is, and send the digests; every 15 minutes."
    )
    manager_digest: JobSettings = Field(
        _at("08:00", "mon"), description="The managers' weekly digest; Mondays at 08:00."
    )
    escalate: JobSettings = Field(
        _at("10:00", *_WEEKDAYS), description="Warn, and a day later tell the manager; weekdays at 10:00."
    )
    council_freeze: JobSettings = Field(
        JobSettings(), description="Store the week's edition: after each pull, from the council's day on."
    )
    council_prepare: JobSettings = Field(
        _at("09:00"), description="Ask the owners of red and yellow cells, the working day before; 09:00."
    )
    council: JobSettings = Field(
        _at("09:00"), description="Post the weekly council, on its day ([council] weekday); at 09:00."
    )
    council_recap: JobSettings = Field(
        _at("17:00"), description="What the council decided, on its day; at 17:00."
    )
    remind: JobSettings = Field(
        _at("08:30"),
        description="Remind of actions that are due, by each owner's own day; every day at 08:30.",
    )
    measure_actions: JobSettings = Field(
        _at("06:00"), description="Measure again what became of actions' cells; at 06:00."
    )
    recover: JobSettings = Field(
        _every(1), description="Finish what was interrupted: open saves to the CRM; every minute."
    )
    reconcile: JobSettings = Field(
        _at("02:30"),
        description="Find deals that came or went unheard, where pulls read only what changed: compare all "
        "ids with the CRM's; every night at 02:30.",
    )
    retention: RetentionSettings = Field(
        RetentionSettings(at="03:00", days=(Weekday.SUNDAY,)),
        description="Remove old rows; Sundays at 03:00.",
    )

    @model_validator(mode="before")
    @classmethod
    def _over_defaults(cls, written: Any) -> Any:
        """What is left out of a job's table keeps that job's default, unless it is of the other kind."""
        if not isinstance(written, Mapping):
            return written
        return {name: _completed(cls, name, given) for name, given in written.items()}

    def settings_of(self, job: str) -> JobSettings:
        settings: JobSettings = getattr(self, job)
        return settings

    def schedule_of(self, job: str, organisation: ZoneInfo) -> Schedule | None:
        """When a job runs by itself; `None`: never, or only after another."""
        settings = self.settings_of(job)
        if not settings.enabled:
            return None
        council = self.council.timezone if job.startswith("council_") else None
        return settings.schedule(ZoneInfo(council) if council else organisation)


def _completed(definition: type[JobsDefinition], job: str, given: Any) -> Any:
    field = definition.model_fields.get(job)
    if field is None or not isinstance(given, Mapping):
        return given
    default = field.default.model_dump(exclude_none=True)
    if "every_minutes" in given:
        default.pop("at", None)
        default.pop("days", None)
    if "at" in given:
        default.pop("every_minutes", None)
    return {**default, **given}
