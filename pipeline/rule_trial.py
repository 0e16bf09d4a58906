"""What a hygiene rule would have done over the last weeks, for sales operations to judge it by."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction

from pipeline.findings import Audience, PersonName
from pipeline.schedule import Weekday, weekday_of
from pipeline.working_days import WorkingDays


@dataclass(frozen=True)
class WeekOfCourse:
    """One week of a rule's course."""

    monday: date
    findings: int
    """First seen in that week."""
    asks: int
    """Questions about a finding in the messages."""
    messages: int
    """Digests that would have asked something of this rule: one a person and day."""
    people: int
    """Who would have got one."""
    held: int = 0
    """Digests that the weekly budget of messages would have held back."""


@dataclass(frozen=True)
class PersonOfCourse:
    """What one person would have got."""

    person: PersonName
    messages: int
    asks: int
    findings: int
    held: int = 0


@dataclass(frozen=True)
class Course:
    """What one version of a rule would have done."""

    days: tuple[date, ...]
    """The days on which it was asked, the first of them with all that was there already."""
    weeks: tuple[WeekOfCourse, ...]
    people: tuple[PersonOfCourse, ...]
    """Those who would have got most messages first."""
    standing: int
    """Findings on the first day; they count in its week."""
    open_at_end: int
    fixed_anyway: int
    """Findings that were gone within the days to wait, although we asked nobody about them."""
    told_apart: int
    """Findings of which it is known whether they were: those that we asked about, whose deal the rule
    left alone (it closed, say) or that are younger than the days to wait are not among them."""
    problem_days: tuple[date, ...]
    """Days on which so many deals broke it that it would have asked nobody."""

    @property
    def findings(self) -> int:
        return sum(week.findings for week in self.weeks)

    @property
    def asks(self) -> int:
        return sum(week.asks for week in self.weeks)

    @property
    def messages(self) -> int:
        return sum(week.messages for week in self.weeks)

    @property
    def held(self) -> int:
        return sum(week.held for week in self.weeks)

    @property
    def fixed_anyway_share(self) -> Fraction | None:
        """`None` where nothing can be told."""
        return Fraction(self.fixed_anyway, self.told_apart) if self.told_apart else None


@dataclass(frozen=True)
class LeftOut:
    """Days that could not be replayed."""

    before: date
    because: str
    """What is known only since then, in words: `the next step`."""


@dataclass(frozen=True)
class RuleTrial:
    """A rule as it is proposed beside the rule as it is set."""

    rule: str
    audience: Audience
    """Only what owners can fix is asked about in digests."""
    weeks: int
    """As asked for; what is known can be shorter."""
    wait_days: int
    """A finding that is gone within so many days counts as fixed anyway."""
    proposed: Course | None
    """As if it nudged, whatever it is set to; `None` where it cannot be asked, which the notices say."""
    current: Course | None
    """`None`: there is no such rule yet, or it is switched off or cannot be asked."""
    is_same: bool
    """The proposed rule is the current one, so nothing stands beside it."""
    nudges_now: bool
    left_out: LeftOut | None
    rebuilt_before: date | None
    """Days before this one were rebuilt from the CRM's history, with today's owners."""
    notices: tuple[str, ...]
    """Why it could not be asked, in words."""


def digest_days(
    working_days: WorkingDays,
    weekdays: Collection[Weekday],
    countries: Collection[str],
    *,
    last: date,
    weeks: int,
) -> tuple[date, ...]:
    """The days within so many weeks up to and with `last` on which somebody can get a digest, at home or in
    one of the countries."""
    days = (last - timedelta(days=back) for back in range(7 * weeks - 1, -1, -1))
    places = (None, *countries)
    return tuple(
        day
        for day in days
        if weekday_of(day) in weekdays and any(working_days.is_working(day, place) for place in places)
    )
