"""Days and moments as exports write them, in the organisation's time zone."""

import re
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

EPOCH_DAY = date(1970, 1, 1).toordinal()
SECONDS_A_DAY = 86_400

_DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_TIME = re.compile(
    r"[T ](\d{2}):(\d{2})(?::(\d{2})(?:\.\d{1,9})?)? ?(Z|[+-]\d{2}:?\d{2})?", re.ASCII | re.IGNORECASE
)
_DAY_EXPECTED = "expected a date such as 2026-09-30"
_MOMENT_EXPECTED = "expected a date or time such as 2026-09-30 or 2026-09-30T10:00:00.000Z"


def day_number(text: str) -> int | None:
    """The ordinal of `2026-09-30`; `None` for anything else, a day that no calendar has included."""
    if not _DAY.fullmatch(text):
        return None
    try:
        return date.fromisoformat(text).toordinal()
    except ValueError:
        return None


def time_seconds(text: str) -> int | None:
    """Seconds from midnight UTC of the written day: `T10:00:00.000+0200` is 8 hours; `None` otherwise."""
    match = _TIME.fullmatch(text)
    if match is None:
        return None
    hours, minutes, seconds = (int(part or 0) for part in match.group(1, 2, 3))
    if hours > 23 or minutes > 59 or seconds > 60:
        return None
    offset = _offset_seconds(match.group(4))
    return None if offset is None else hours * 3600 + minutes * 60 + seconds - offset


def _offset_seconds(text: str | None) -> int | None:
    if text is None or text in "Zz":
        return 0
    hours, minutes = int(text[1:3]), int(text[-2:])
    if hours > 14 or minutes > 59:
        return None
    return (-1 if text[0] == "-" else 1) * (hours * 3600 + minutes * 60)


class Clock:
    """The organisation's days: a moment falls on one, and a day begins at one."""

    def __init__(self, timezone_name: str) -> None:
        self._zone = ZoneInfo(timezone_name)

    def parse_day(self, text: str) -> int:
        """The ordinal of a date, or of the day on which a moment falls. Raises `ValueError`."""
        day = day_number(text)
        if day is None:
            moment = self._moment(text)
            if moment is None:
                raise ValueError(_DAY_EXPECTED)
            return self.day_of(moment)
        return day

    def parse_moment(self, text: str) -> int:
        """Seconds since 1970 of a moment (UTC where no offset is written), or of a date's first second.

        Raises `ValueError`.
        """
        day = day_number(text)
        moment = self._moment(text) if day is None else self.start_of(day)
        if moment is None:
            raise ValueError(_MOMENT_EXPECTED)
        return moment

    def day_of(self, moment: int) -> int:
        """The day in the organisation's time zone."""
        return (datetime.fromtimestamp(0, UTC) + timedelta(seconds=moment)).astimezone(self._zone).toordinal()

    def start_of(self, day: int) -> int:
        """The day's first second; where midnight is skipped by a clock change, the first one after it."""
        midnight = datetime.fromordinal(day).replace(tzinfo=self._zone)
        return int(midnight.astimezone(UTC).timestamp())

    def _moment(self, text: str) -> int | None:
        day, seconds = day_number(text[:10]), time_seconds(text[10:])
        if day is None or seconds is None:
            return None
        return (day - EPOCH_DAY) * SECONDS_A_DAY + seconds
