"""Fiscal quarters, the organisation's days, and which day of last year to compare with (DOMAIN section 2)."""

import difflib
import itertools
import re
from bisect import bisect_right
from collections.abc import Collection, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import MAXYEAR, MINYEAR, date, datetime, timedelta
from fractions import Fraction
from typing import Literal, Protocol
from zoneinfo import ZoneInfo

from pipeline.definitions import CalendarDefinition
from pipeline.errors import CouncilError, PeriodMissing, UnknownName
from pipeline.matrix import PeriodStamp

QUARTERS_A_YEAR = 4
_SECONDS_A_DAY = 86_400
_EPOCH_ORDINAL = date(1970, 1, 1).toordinal()
_CHANGES_WITHIN_THE_DAY = None

Alignment = Literal["day_of_quarter", "days_to_quarter_end", "calendar_date"]


def in_words(day: date) -> str:
    """`3 Feb 2026`, as the sentences of the rules write a day."""
    return f"{day.day} {day:%b} {day.year}"


@dataclass(frozen=True)
class Period:
    """One fiscal quarter."""

    label: str
    start: date
    end: date
    """The last day, inclusive."""

    @property
    def days(self) -> int:
        return (self.end - self.start).days + 1

    def contains(self, day: date) -> bool:
        return self.start <= day <= self.end

    def day_on(self, as_of: date) -> int:
        """Which day of the quarter it is, counted inclusively: the first day is 1.

        Raises `ValueError` for a day outside the quarter.
        """
        if not self.contains(as_of):
            raise ValueError(f"{in_words(as_of)} is not a day of {self.label}")
        return (as_of - self.start).days + 1

    def share_elapsed(self, as_of: date) -> Fraction:
        """Day over days: above 0, and 1 on the last day."""
        return Fraction(self.day_on(as_of), self.days)

    def stamp(self, as_of: date) -> PeriodStamp:
        return PeriodStamp(self.label, self.start, self.end, self.days, self.day_on(as_of))


class Quarters(Protocol):
    """An unbroken row of quarters, each with a number one above that of the quarter before it."""

    def number_of(self, day: date) -> int:
        """The number of the quarter that holds the day. Raises `PeriodMissing`."""

    def numbered(self, number: int) -> Period:
        """Raises `PeriodMissing`."""

    def named(self, label: str) -> Period:
        """Raises `UnknownName`."""


@dataclass(frozen=True)
class StandardQuarters:
    """Quarters of three calendar months each, without end in either direction."""

    start_month: int
    name_by: Literal["ending_year", "starting_year"]

    def number_of(self, day: date) -> int:
        return (day.year * 12 + day.month - self.start_month) // 3

    def numbered(self, number: int) -> Period:
        first_month = number * 3 + self.start_month - 1
        if not MINYEAR <= first_month // 12 <= (first_month + 3) // 12 <= MAXYEAR:
            raise PeriodMissing(
                f"The calendar has no fiscal quarter in the year {first_month // 12}: "
                f"check the date that was asked for."
            )
        start = _first_of_month(first_month)
        end = _first_of_month(first_month + 3) - timedelta(days=1)
        return Period(self._label(number), start, end)

    def named(self, label: str) -> Period:
        match = re.fullmatch(r"\s*FY\s*(\d{4}|\d{2})[\s-]*Q([1-4])\s*", label, re.IGNORECASE)
        if match is None:
            raise UnknownName(self._unknown(label))
        return self.numbered(self._number(int(match[1]), int(match[2])))

    def _label(self, number: int) -> str:
        year = number // QUARTERS_A_YEAR + self._naming_offset
        shown = f"{year % 100:02d}" if _century_is_clear(year) else str(year)
        return f"FY{shown} Q{number % QUARTERS_A_YEAR + 1}"

    def _number(self, year: int, quarter: int) -> int:
        full_year = year if year >= 100 else year + (2000 if year < 70 else 1900)
        return (full_year - self._naming_offset) * QUARTERS_A_YEAR + quarter - 1

    @property
    def _naming_offset(self) -> int:
        """A year that starts in January also ends in the year in which it started."""
        return 1 if self.name_by == "ending_year" and self.start_month > 1 else 0

    def _unknown(self, label: str) -> str:
        year = re.search(r"\d{4}|\d{2}", label)
        if year is None:
            return f"There is no fiscal quarter {label!r}. Labels look like FY27 Q1."
        first = self._number(int(year[0]), 1)
        nearest = ", ".join(self._label(first + quarter) for quarter in range(QUARTERS_A_YEAR))
        return f"There is no fiscal quarter {label!r}. Did you mean one of {nearest}?"


def _first_of_month(months: int) -> date:
    return date(months // 12, months % 12 + 1, 1)


def _century_is_clear(year: int) -> bool:
    """Two digits name one year only within these; outside, labels carry four."""
    return 1970 <= year < 2070


@dataclass(frozen=True)
class PeriodTable:
    """Quarters as a company wrote them down: 4-4-5 and other years, in order and without gaps."""

    periods: tuple[Period, ...]
    starts: tuple[date, ...]

    def number_of(self, day: date) -> int:
        number = bisect_right(self.starts, day) - 1
        if number < 0 or day > self.periods[number].end:
            raise PeriodMissing(f"The fiscal period that holds {in_words(day)} is missing: {self._reach()}")
        return number

    def numbered(self, number: int) -> Period:
        if 0 <= number < len(self.periods):
            return self.periods[number]
        beyond = number - len(self.periods) + 1
        if not self.periods or beyond < 1:
            first = self.periods[0].label if self.periods else "the first"
            raise PeriodMissing(
                f"The fiscal period {_quarters(-number)} before {first} is missing: {self._reach()}"
            )
        raise PeriodMissing(
            f"The fiscal period {_quarters(beyond)} after {self.periods[-1].label} is missing: "
            f"{self._reach()}"
        )

    def named(self, label: str) -> Period:
        wanted = label.strip().casefold()
        for period in self.periods:
            if period.label.casefold() == wanted:
                return period
        raise UnknownName(f"There is no fiscal period {label!r}. {self._nearest(label)}")

    def _nearest(self, label: str) -> str:
        near = difflib.get_close_matches(label, [period.label for period in self.periods], n=4, cutoff=0.5)
        return f"Did you mean one of {', '.join(near)}?" if near else self._reach()

    def _reach(self) -> str:
        if not self.periods:
            return "the table of periods is empty. Fill it, and pull."
        first, last = self.periods[0], self.periods[-1]
        return (
            f"the table of periods runs from {first.label} ({in_words(first.start)}) "
            f"to {last.label} ({in_words(last.end)}). Add the missing period to the table, and pull."
        )


def _quarters(count: int) -> str:
    return "one quarter" if count == 1 else f"{count} quarters"


@dataclass(frozen=True)
class FiscalCalendar:
    """The company's quarters and days. Build it with `build_calendar`."""

    quarters: Quarters
    zone: ZoneInfo
    alignment: Alignment
    _offsets: dict[int, int | None] = field(default_factory=dict, init=False, repr=False, compare=False)
    """Seconds east of UTC by day of UTC, kept because millions of moments fall on a few thousand days."""

    def period_of(self, day: date) -> Period:
        """The quarter that holds the day. Raises `PeriodMissing` where a custom table does not reach."""
        return self.quarters.numbered(self.quarters.number_of(day))

    def period_named(self, label: str) -> Period:
        """Raises `UnknownName` with the nearest right labels."""
        return self.quarters.named(label)

    def shift(self, period: Period, quarters: int) -> Period:
        """The quarter so many later, or earlier where negative. Raises `PeriodMissing`."""
        return self.quarters.numbered(self.quarters.number_of(period.start) + quarters)

    def following(self, period: Period, count: int) -> tuple[Period, ...]:
        """The next quarters, in order; fewer where a custom table ends."""
        periods: list[Period] = []
        with suppress(PeriodMissing):
            for step in range(1, count + 1):
                periods.append(self.shift(period, step))
        return tuple(periods)

    def same_quarter_last_year(self, period: Period) -> Period | None:
        """`None` only where a custom table does not reach."""
        try:
            return self.shift(period, -QUARTERS_A_YEAR)
        except PeriodMissing:
            return None

    def prior_as_of(self, as_of: date) -> date | None:
        """The same point of the same quarter last year; `None` where the calendar does not reach.

        It always is a day of that quarter: a shorter quarter gives its first or last day instead.
        """
        period = self.period_of(as_of)
        prior = self.same_quarter_last_year(period)
        if prior is None:
            return None
        if self.alignment == "day_of_quarter":
            aligned = prior.start + (as_of - period.start)
        elif self.alignment == "days_to_quarter_end":
            aligned = prior.end - (period.end - as_of)
        else:
            aligned = _a_year_before(as_of)
        return max(prior.start, min(aligned, prior.end))

    def day_of(self, moment_seconds: int) -> date:
        """The organisation's day at a moment (seconds since 1970-01-01 UTC)."""
        return date.fromordinal(self.ordinal_of(moment_seconds))

    def ordinal_of(self, moment_seconds: int) -> int:
        """The same as `day_of(...).toordinal()`, without the cost of a date."""
        utc_day = moment_seconds // _SECONDS_A_DAY
        if utc_day not in self._offsets:
            self._offsets[utc_day] = self._offset_during(utc_day)
        offset = self._offsets[utc_day]
        if offset is _CHANGES_WITHIN_THE_DAY:
            offset = self._offset_at(moment_seconds)
        return (moment_seconds + offset) // _SECONDS_A_DAY + _EPOCH_ORDINAL

    def end_of_day(self, day: date) -> int:
        """The last second of the organisation's day, in seconds since 1970-01-01 UTC.

        The state at the end of a day is that of the versions with `valid_from` <= this < `valid_to`.
        """
        # Where clocks change around midnight it can be missing (only fold 0 is right) or come twice
        # (either can be); the end of the day is the later of those that do not reach the next day.
        midnight = datetime(day.year, day.month, day.day, tzinfo=self.zone) + timedelta(days=1)
        seconds = [int(midnight.replace(fold=fold).timestamp()) - 1 for fold in (0, 1)]
        return max(second for second in seconds if self.ordinal_of(second) <= day.toordinal())

    def _offset_during(self, utc_day: int) -> int | None:
        first = utc_day * _SECONDS_A_DAY
        at_start, at_end = self._offset_at(first), self._offset_at(first + _SECONDS_A_DAY - 1)
        return at_start if at_start == at_end else _CHANGES_WITHIN_THE_DAY

    def _offset_at(self, moment_seconds: int) -> int:
        offset = datetime.fromtimestamp(moment_seconds, self.zone).utcoffset()
        return round(offset.total_seconds()) if offset is not None else 0


def build_calendar(definition: CalendarDefinition, periods: Sequence[Period] = ()) -> FiscalCalendar:
    """The calendar of a definition; periods that are given replace its months (custom years).

    A definition that names a table of periods never falls back to months: without periods every
    question for a quarter raises `PeriodMissing`. Raises `CouncilError` for periods that overlap, leave
    a gap, end before they start or share a label.
    """
    quarters: Quarters
    if periods or definition.periods is not None:
        quarters = _period_table(periods)
    else:
        quarters = StandardQuarters(definition.start_month, definition.name_by)
    return FiscalCalendar(quarters, definition.zone, definition.yoy_alignment)


def _period_table(periods: Sequence[Period]) -> PeriodTable:
    ordered = tuple(sorted(periods, key=lambda period: period.start))
    for period in ordered:
        if period.end < period.start:
            raise CouncilError(
                f"Fiscal period {period.label} ends on {in_words(period.end)}, before it starts on "
                f"{in_words(period.start)}. Correct its dates."
            )
    for before, after in itertools.pairwise(ordered):
        _check_neighbours(before, after)
    _check_labels(ordered)
    return PeriodTable(ordered, tuple(period.start for period in ordered))


def _check_neighbours(before: Period, after: Period) -> None:
    between = (after.start - before.end).days - 1
    if between < 0:
        raise CouncilError(
            f"Fiscal periods {before.label} and {after.label} overlap: {before.label} ends on "
            f"{in_words(before.end)}, {after.label} starts on {in_words(after.start)}. "
            f"Each day belongs to one."
        )
    if between > 0:
        raise CouncilError(
            f"Fiscal periods {before.label} and {after.label} leave a gap of {between} "
            f"{'day' if between == 1 else 'days'}, from {in_words(before.end + timedelta(days=1))} to "
            f"{in_words(after.start - timedelta(days=1))}. Each day belongs to one."
        )


def _check_labels(ordered: Sequence[Period]) -> None:
    seen: dict[str, Period] = {}
    for period in ordered:
        twin = seen.setdefault(period.label.casefold(), period)
        if twin is not period:
            raise CouncilError(
                f"Two fiscal periods are called {period.label}: the one from {in_words(twin.start)} and the "
                f"one from {in_words(period.start)}. Give each a label of its own."
            )


def _a_year_before(day: date) -> date:
    is_leap_day = (day.month, day.day) == (2, 29)
    return date(day.year - 1, day.month, 28 if is_leap_day else day.day)


def working_days_between(start: date, end: date, holidays: Collection[date] = ()) -> int:
    """Mondays to Fridays without holidays, after `start` up to and including `end`; 0 where end <= start."""
    if end <= start:
        return 0
    weekdays = _weekdays_up_to(end) - _weekdays_up_to(start)
    return weekdays - sum(1 for day in set(holidays) if start < day <= end and day.weekday() < 5)


def _weekdays_up_to(day: date) -> int:
    weeks, rest = divmod(day.toordinal(), 7)  # ordinal 1 is a Monday
    return weeks * 5 + min(rest, 5)


def is_in_first_working_days(period: Period, as_of: date, n: int, holidays: Collection[date] = ()) -> bool:
    """Whether the quarter's n-th working day is still under way or to come; its weekends count along."""
    if not period.contains(as_of):
        return False
    day_before_start, day_before = period.start - timedelta(days=1), as_of - timedelta(days=1)
    return working_days_between(day_before_start, day_before, holidays) < n
