"""On which days the weekly council meets: on its weekday, or on the next day on which people work."""

from collections.abc import Iterator
from datetime import date, timedelta
from itertools import count

from pipeline.definitions import Weekday
from pipeline.working_days import WorkingDays

_NUMBERS: dict[Weekday, int] = {"monday": 0, "tuesday": 1, "wednesday": 2, "thursday": 3, "friday": 4}
_WEEK = timedelta(days=7)
_LATE = timedelta(days=2)
"""A council whose post was missed is still held so much later."""


def next_council(weekday: Weekday, working_days: WorkingDays, since: date) -> date:
    """The first council on or after a day."""
    return next(day for day in _councils(weekday, working_days, since - _WEEK, 1) if day >= since)


def last_council(weekday: Weekday, working_days: WorkingDays, until: date) -> date:
    """The last council on or before a day."""
    return next(day for day in _councils(weekday, working_days, until, -1) if day <= until)


def council_to_hold(
    weekday: Weekday, working_days: WorkingDays, today: date, first_pull: date | None
) -> date | None:
    """Today's council, or one that a standstill has kept from being held; `None` on any other day.

    A council from before the first pull is not made up for: there was nobody to hold it.
    """
    day = last_council(weekday, working_days, today)
    if day == today:
        return day
    is_missed = today - day <= _LATE and first_pull is not None and first_pull <= day
    return day if is_missed else None


def is_before_council(weekday: Weekday, working_days: WorkingDays, day: date) -> bool:
    """Whether it is the working day on which the next council is prepared."""
    council = next_council(weekday, working_days, day + timedelta(days=1))
    return working_days.before(council) == day


def _councils(weekday: Weekday, working_days: WorkingDays, around: date, step: int) -> Iterator[date]:
    """The councils of the week that holds a day and of the weeks after it, or before it."""
    planned = around + timedelta(days=_NUMBERS[weekday] - around.weekday())
    for weeks in count():
        yield working_days.on_or_after(planned + step * weeks * _WEEK)
