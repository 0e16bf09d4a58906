"""Whom we ask about what, and when (docs/decisions/0010).

Everything here is decided from what is handed in: the day, the findings and what is known of each.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from fractions import Fraction
from functools import cached_property
from statistics import median

from pipeline.calendar import Period
from pipeline.digests import DigestItem
from pipeline.findings import Audience, Finding
from pipeline.nudges_definition import NudgesDefinition
from pipeline.records import Category
from pipeline.schedule import weekday_of
from pipeline.working_days import WorkingDays

CLOSE_DATE = "CloseDate"
_ABOUT_CLOSE_DATES = frozenset({"close_date_missing", "close_date_past"})
_DAY = timedelta(days=1)


@dataclass(frozen=True)
class AskedBefore:
    """How often a finding was asked about, and on which day last."""

    times: int
    last: date


@dataclass(frozen=True)
class DealFacts:
    """What deciding needs of a deal beside its findings."""

    category: Category
    close_date: date | None
    owner_since: date | None = None
    """The day on which the deal came to its owner; `None`: it was always theirs, as far as we know."""
    red_row: str = ""
    """The red row in which it counts; empty: none."""


@dataclass(frozen=True)
class Memory:
    """What was said before, by opportunity id and rule. A snooze of a whole deal stands under rule ``""``."""

    asked: Mapping[tuple[str, str], AskedBefore] = field(default_factory=dict)
    snoozed_until: Mapping[tuple[str, str], date] = field(default_factory=dict)


@dataclass(frozen=True)
class Morning:
    """One person's day, with the rules of asking."""

    day: date
    nudges: NudgesDefinition
    working_days: WorkingDays
    period: Period
    """The quarter in which the day lies."""
    country: str | None = None

    @cached_property
    def is_quarter_end(self) -> bool:
        """One of the last working days of the quarter."""
        return self._working_days_between(self.day, self.period.end) <= self.nudges.quarter_edge_days

    @cached_property
    def is_quarter_start(self) -> bool:
        """One of its first working days."""
        return self._working_days_between(self.period.start, self.day) <= self.nudges.quarter_edge_days

    @cached_property
    def grace_began(self) -> date:
        """Whose deal came to them after this day is still new to it."""
        day = self.day
        left = self.nudges.new_owner_grace_days
        while left > 0:
            left -= self.working_days.is_working(day, self.country)
            day -= _DAY
        return day

    def _working_days_between(self, first: date, last: date) -> int:
        """Both counted."""
        return self.working_days.passed(first - _DAY, last, self.country)


# --- Whether the person is asked today ------------------------------------------------------------


def is_digest_time(
    local: datetime,
    nudges: NudgesDefinition,
    working_days: WorkingDays,
    country: str | None,
    paused_until: date | None,
    at: time,
) -> bool:
    """Whether now, in the person's time zone, is a time for a digest: a digest day and a working day,
    between `at` (the person's own, or the company's) and `until`, not in quiet hours, not on leave (the last
    day of a pause included)."""
    day, now = local.date(), local.time()
    return (
        weekday_of(day) in nudges.days
        and working_days.is_working(day, country)
        and at <= now < nudges.time_until
        and not nudges.is_quiet(now)
        and (paused_until is None or day > paused_until)
    )


# --- What the person is asked about ---------------------------------------------------------------


def askable(
    findings: Iterable[Finding], deals: Mapping[str, DealFacts], memory: Memory, morning: Morning
) -> tuple[Finding, ...]:
    """The findings that an owner may be asked about on this day."""
    return tuple(
        one
        for one in findings
        if one.opportunity_id in deals and is_askable(one, deals[one.opportunity_id], memory, morning)
    )


def is_askable(one: Finding, deal: DealFacts, memory: Memory, morning: Morning) -> bool:
    """Whether an owner may be asked about a finding on this day.

    Of rules that nudge owners, not waived, and where `is_time_to_ask`.
    """
    if not one.nudges or one.audience is not Audience.OWNER or one.waived:
        return False
    standing = Standing(
        is_about_close_date=is_about_close_dates(one.rule, one.fixes),
        category=deal.category,
        owner_since=deal.owner_since,
        asked=memory.asked.get((one.opportunity_id, one.rule)),
        snoozed_until=_snooze_end(one, memory),
    )
    return is_time_to_ask(standing, morning)


@dataclass(frozen=True, slots=True)
class Standing:
    """What decides on a day whether the owner of an open finding is asked about it."""

    is_about_close_date: bool
    category: Category
    owner_since: date | None
    """As in `DealFacts`."""
    asked: AskedBefore | None
    snoozed_until: date | None


def is_about_close_dates(rule: str, fixes: Collection[str]) -> bool:
    """Whether a rule is asked about in the first days of a quarter: it is put right by a close date."""
    return rule in _ABOUT_CLOSE_DATES or CLOSE_DATE in fixes


def is_time_to_ask(one: Standing, morning: Morning) -> bool:
    """Not snoozed, not within a new owner's grace, allowed by the quarter's edge, and not asked too often
    or too recently."""
    is_snoozed = one.snoozed_until is not None and morning.day < one.snoozed_until
    return (
        not is_snoozed
        and not _is_in_grace(one, morning)
        and _is_allowed_by_the_quarter(one, morning)
        and _is_due(one, morning)
    )


def _snooze_end(one: Finding, memory: Memory) -> date | None:
    ends = [memory.snoozed_until.get((one.opportunity_id, rule)) for rule in (one.rule, "")]
    return max((end for end in ends if end is not None), default=None)


def _is_in_grace(one: Standing, morning: Morning) -> bool:
    if one.owner_since is None or morning.nudges.new_owner_grace_days == 0:
        return False
    return one.owner_since > morning.grace_began


def _is_allowed_by_the_quarter(one: Standing, morning: Morning) -> bool:
    if morning.is_quarter_start:
        return one.is_about_close_date
    if morning.is_quarter_end:
        return one.is_about_close_date or one.category is Category.COMMIT
    return True


def _is_due(one: Standing, morning: Morning) -> bool:
    """Never asked; or not often enough, and long enough ago. A snooze that has ended is a question more."""
    before, end = one.asked, one.snoozed_until
    if before is None:
        return True
    if end is not None and before.last < end <= morning.day:
        return True
    if before.times >= morning.nudges.asks_per_finding:
        return False
    passed = morning.working_days.passed(before.last, morning.day, morning.country)
    return passed >= morning.nudges.again_after_working_days


# --- In which order -------------------------------------------------------------------------------

RED_COUNTS = 2
"""A deal in a red row weighs so many times as much."""
DAYS_THAT_DOUBLE = 30
LONGEST_DELAY = 90
"""Beyond so many days, waiting longer adds nothing."""


def weight(value: Decimal, days_open: int, is_red: bool) -> Fraction:
    """How much a deal matters: value × (1 + days open / 30, at most 4) × 2 where it counts in a red row."""
    delay = 1 + Fraction(min(max(days_open, 0), LONGEST_DELAY), DAYS_THAT_DOUBLE)
    return Fraction(value) * delay * (RED_COUNTS if is_red else 1)


def in_order(
    items: Iterable[DigestItem], deals: Mapping[str, DealFacts], day: date
) -> tuple[DigestItem, ...]:
    """The items with what is known of their deals, the weightiest first.

    A deal of unknown value weighs like the middle one of the person's: its value may be what is missing.
    """
    completed = [
        replace(
            item,
            close_date=deals[item.opportunity_id].close_date,
            red_row=deals[item.opportunity_id].red_row,
        )
        for item in items
    ]
    stand_in = median([item.value for item in completed if item.value is not None] or [Decimal(1)])

    def key(item: DigestItem) -> tuple[Fraction, int, str]:
        value = stand_in if item.value is None else max(item.value, Decimal(0))
        return (
            -weight(value, (day - item.since).days, bool(item.red_row)),
            -item.severity.rank,
            item.opportunity_id,
        )

    return tuple(sorted(completed, key=key))


# --- The ladder -----------------------------------------------------------------------------------


@dataclass(frozen=True)
class OnTheLadder:
    """A finding that the owner was asked about, and how far it has gone."""

    finding: Finding
    first_asked: date
    leave_days: int = 0
    """Working days since then on which the owner was away: they stop the clock."""
    warned: date | None = None


def is_told_of(one: Finding, nudges: NudgesDefinition) -> bool:
    """Whether the ladder is for such a finding at all."""
    ladder = nudges.escalation
    return (
        ladder.enabled
        and one.nudges
        and not one.waived
        and one.audience is Audience.OWNER
        and one.severity.rank >= ladder.severity.rank
        and one.value is not None
        and one.value > ladder.above
    )


def is_the_owners(one: Finding) -> bool:
    """Whether the owner of its deal is asked about such a finding."""
    return one.nudges and not one.waived and one.audience is Audience.OWNER


def wants_the_manager(one: Finding) -> bool:
    """Whether a manager's messages show such a finding: it is asked about, be it by nobody's fault."""
    return one.nudges and not one.waived and one.audience is not Audience.OPERATIONS


def is_warning_due(step: OnTheLadder, morning: Morning) -> bool:
    """The owner is warned some working days before the manager is told."""
    ladder = morning.nudges.escalation
    due = ladder.after_working_days - ladder.warn_working_days
    return step.warned is None and _clock_shows(step, morning) >= due


def is_telling_due(step: OnTheLadder, morning: Morning) -> bool:
    """The manager is told: after all the days, and never without the days of warning."""
    ladder = morning.nudges.escalation
    if step.warned is None or _clock_shows(step, morning) < ladder.after_working_days:
        return False
    since_warning = morning.working_days.passed(step.warned, morning.day, morning.country)
    return since_warning >= ladder.warn_working_days


def _clock_shows(step: OnTheLadder, morning: Morning) -> int:
    passed = morning.working_days.passed(step.first_asked, morning.day, morning.country)
    return max(0, passed - step.leave_days)
