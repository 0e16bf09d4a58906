"""Moments of working days in the company's own time zone."""

from datetime import date, datetime, time
from functools import cache
from zoneinfo import ZoneInfo

from crm.demo.company import TIMEZONE

_ZONE = ZoneInfo(TIMEZONE)
_OPENING = time(8)
_MINUTES_OF_WORK = 600


@cache
def _opening_of(day: int) -> int:
    return int(datetime.combine(date.fromordinal(day), _OPENING, _ZONE).timestamp())


def moment_on(day: int, number: int, order: int = 0) -> int:
    """A moment of a day, in seconds since 1970-01-01 UTC: some time at work, the same for the same
    number (a deal's, say); a higher `order` (0 to 9) is later."""
    minute = (number * 37 + day * 11) % (_MINUTES_OF_WORK - 20)
    return _opening_of(day) + minute * 60 + order * 97 + number % 60
