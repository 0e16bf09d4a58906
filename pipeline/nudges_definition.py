"""The section `[nudges]` of the configuration."""

import re
from collections.abc import Mapping
from datetime import time
from decimal import Decimal
from typing import Self

from pydantic import Field, field_validator, model_validator

from pipeline.countries import check_country
from pipeline.definitions import Definition
from pipeline.findings import Severity
from pipeline.schedule import Weekday

_CLOCK = re.compile(r"([01]\d|2[0-3]):[0-5]\d")


def _clock(text: str) -> str:
    if not _CLOCK.fullmatch(text):
        raise ValueError('expected a time of day from "00:00" to "23:59", such as "08:30"')
    return text


class EscalationDefinition(Definition):
    """When a finding that nobody fixes is told to the manager."""

    enabled: bool = Field(True, description="Whether managers are told at all.")
    severity: Severity = Field(Severity.HIGH, description="The least severity that is told.")
    after_working_days: int = Field(
        5, ge=1, le=60, description="Working days without a fix since the owner was first asked."
    )
    above: Decimal = Field(
        Decimal(50_000), ge=0, description="Only deals worth more than this, in the corporate currency."
    )
    warn_working_days: int = Field(
        1, ge=1, le=10, description="So many working days before, the owner is warned."
    )

    @model_validator(mode="after")
    def _warned_in_time(self) -> Self:
        if self.warn_working_days > self.after_working_days:
            raise ValueError("expected warn_working_days to be at most after_working_days")
        return self


class NudgesDefinition(Definition):
    """Digests, their quiet times, the weekly budget of messages and the escalation ladder."""

    days: tuple[Weekday, ...] = Field(
        (Weekday.TUESDAY, Weekday.THURSDAY),
        min_length=1,
        description="Days of the digest, by name (mon to sun).",
    )
    at: str = Field(
        "08:30", description="Time of the digest in the person's own time zone, else the organisation's."
    )
    until: str = Field(
        "12:00", description="A digest that is late, say after an outage, is still sent before this time."
    )
    quiet_from: str = Field("18:00", description="From here on nobody is asked anything, local time.")
    quiet_until: str = Field("08:00", description="Until here nobody is asked anything, local time.")
    countries: Mapping[str, str] = Field(
        {},
        description='Whose public holidays hold in a time zone: "Europe/Berlin" = "DE". What `[people]` says '
        "of somebody goes before it; elsewhere those of `calendar.holidays` hold.",
    )
    messages_per_week: int = Field(
        3,
        ge=1,
        description="So many messages that nobody asked for does a person get in a week, Monday to Sunday in "
        "their time zone. The next message says what was held back; /held shows it.",
    )
    asks_per_finding: int = Field(
        2, ge=1, le=10, description="So often is a finding asked about; then it is silent and counts on."
    )
    again_after_working_days: int = Field(
        3, ge=1, le=30, description="Working days between the first question about a finding and the next."
    )
    quarter_edge_days: int = Field(
        5,
        ge=0,
        le=20,
        description="In so many last working days of a quarter only close dates and Commit deals are asked "
        "about, in so many first ones only close dates.",
    )
    new_owner_grace_days: int = Field(
        10, ge=0, le=60, description="Working days for which a deal's new owner is not asked."
    )
    longest_waiver_days: int = Field(365, ge=1, le=730, description="A waiver ends at the latest then.")
    public_scores: bool = Field(
        False,
        description="Whether everybody sees the scores of every rep, team and region in /hygiene scores. "
        "Otherwise a rep sees the own one, a manager those below, council members those of teams and "
        "regions, and sales operations all. Findings stay with the owner and the managers either way.",
    )
    escalation: EscalationDefinition = Field(EscalationDefinition(), description="The ladder.")

    @field_validator("at", "until", "quiet_from", "quiet_until")
    @classmethod
    def _time_of_day(cls, text: str) -> str:
        return _clock(text)

    @field_validator("countries")
    @classmethod
    def _iso_codes(cls, countries: Mapping[str, str]) -> Mapping[str, str]:
        for zone, country in countries.items():
            check_country(zone, country)
        return countries

    @model_validator(mode="after")
    def _speaks_when_it_is_not_quiet(self) -> Self:
        if not self.time_at < self.time_until:
            raise ValueError("expected `at` to be earlier than `until`")
        if self.is_quiet(self.time_at):
            raise ValueError(
                "the digest's time lies in the quiet hours: change `at`, or `quiet_from` and `quiet_until`"
            )
        return self

    @property
    def time_at(self) -> time:
        return time.fromisoformat(self.at)

    @property
    def time_until(self) -> time:
        return time.fromisoformat(self.until)

    @property
    def digest_times(self) -> tuple[str, ...]:
        """What a person may choose instead of `at`: each half hour before `until` that is not quiet."""
        halves = (time(minutes // 60, minutes % 60) for minutes in range(0, 24 * 60, 30))
        fitting = {f"{at:%H:%M}" for at in halves if at < self.time_until and not self.is_quiet(at)}
        return tuple(sorted(fitting | {self.at}))

    def is_quiet(self, local: time) -> bool:
        """Quiet hours may span midnight; the same time twice means none."""
        start, end = time.fromisoformat(self.quiet_from), time.fromisoformat(self.quiet_until)
        if start <= end:
            return start <= local < end
        return local >= start or local < end
