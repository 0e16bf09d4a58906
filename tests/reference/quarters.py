"""Fiscal quarters and the point of last year's quarter with which one compares."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal

Alignment = Literal["day_of_quarter", "days_to_quarter_end", "calendar_date"]
ONE_DAY = timedelta(days=1)


@dataclass(frozen=True)
class Quarter:
    label: str
    start: date
    end: date
    """Inclusive."""

    @property
    def days(self) -> int:
        return (self.end - self.start).days + 1

    def day_of(self, on: date) -> int:
        return (on - self.start).days + 1

    def holds(self, on: date | None) -> bool:
        return on is not None and self.start <= on <= self.end


@dataclass(frozen=True)
class Year:
    """A fiscal year of twelve calendar months."""

    start_month: int
    name_by: Literal["ending_year", "starting_year"]

    def quarter_of(self, on: date) -> Quarter:
        since = (on.month - self.start_month) % 12
        first_year = on.year if on.month >= self.start_month else on.year - 1
        number = since // 3
        start = _month(first_year, self.start_month + 3 * number)
        end = _month(first_year, self.start_month + 3 * number + 3) - ONE_DAY
        last_day_of_year = _month(first_year, self.start_month + 12) - ONE_DAY
        named = last_day_of_year.year if self.name_by == "ending_year" else first_year
        return Quarter(f"FY{named % 100:02d} Q{number + 1}", start, end)

    def later(self, quarter: Quarter, by: int) -> Quarter:
        for _ in range(by):
            quarter = self.quarter_of(quarter.end + ONE_DAY)
        for _ in range(-by):
            quarter = self.quarter_of(quarter.start - ONE_DAY)
        return quarter

    def same_point_last_year(self, on: date, alignment: Alignment) -> date:
        quarter = self.quarter_of(on)
        prior = self.later(quarter, -4)
        if alignment == "day_of_quarter":
            return min(prior.start + (on - quarter.start), prior.end)
        if alignment == "days_to_quarter_end":
            return max(prior.end - (quarter.end - on), prior.start)
        try:
            return on.replace(year=on.year - 1)
        except ValueError:
            return date(on.year - 1, 2, 28)


def _month(year: int, month: int) -> date:
    """The first day of a month that may lie beyond December."""
    return date(year + (month - 1) // 12, (month - 1) % 12 + 1, 1)
