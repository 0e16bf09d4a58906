"""Texts of HubSpot as values, and values as texts of HubSpot."""

from datetime import UTC, datetime, time
from decimal import Decimal
from zoneinfo import ZoneInfo

from pipeline.crm_records import FieldKind, FieldValue
from pipeline.money import SCALE, parse_amount

_NOON = time(12)


class HubspotValues:
    """Reads and writes in the organisation's time zone. What cannot be read raises `ValueError`."""

    def __init__(self, timezone: str) -> None:
        self._zone = ZoneInfo(timezone)

    def read(self, text: str | None, kind: FieldKind) -> FieldValue:
        """A property's text as the kind of value that is wanted; empty text is `None`."""
        if not text:
            return None
        match kind:
            case FieldKind.TEXT:
                return text
            case FieldKind.NUMBER:
                return parse_amount(text)
            case FieldKind.DAY:
                return self.day(text)
            case FieldKind.FLAG:
                return int(_flag(text))

    def day(self, text: str | None) -> int | None:
        """The ordinal of a date, or of the day on which a moment falls here.

        Midnight UTC sharp is how imports and other apps write a day, so it is that day everywhere.
        """
        if not text:
            return None
        moment = _moment(text)
        if moment.time() == time(0):
            return moment.toordinal()
        return moment.astimezone(self._zone).toordinal()

    def write(self, value: FieldValue, kind: FieldKind, *, with_time: bool = False) -> str:
        """`with_time`: a property of type datetime; the day's noon here is that day for most who look."""
        if value is None:
            return ""
        match kind:
            case FieldKind.NUMBER:
                return format(Decimal(int(value)) / SCALE, "f")
            case FieldKind.DAY:
                day = datetime.fromordinal(int(value))
                if not with_time:
                    return day.date().isoformat()
                noon = datetime.combine(day, _NOON, self._zone).astimezone(UTC)
                return noon.isoformat(timespec="milliseconds").replace("+00:00", "Z")
            case FieldKind.FLAG:
                return "true" if value else "false"
            case FieldKind.TEXT:
                return str(value)


def seconds(text: str | None) -> int | None:
    """Whole seconds since 1970 of a moment."""
    thousandths = milliseconds(text)
    return None if thousandths is None else thousandths // 1000


def milliseconds(text: str | None) -> int | None:
    """Milliseconds since 1970 of a moment, which HubSpot writes in either form."""
    return round(_moment(text).timestamp() * 1000) if text else None


def _moment(text: str) -> datetime:
    """`2026-09-30`, `2026-09-30T10:00:00.000Z` and `1790762400000`."""
    try:
        if text.isdecimal():
            return datetime.fromtimestamp(int(text) / 1000, UTC)
        moment = datetime.fromisoformat(text)
    except (ValueError, OverflowError, OSError):
        raise ValueError("expected a date or time such as 2026-09-30T10:00:00Z") from None
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def _flag(text: str) -> bool:
    if text not in ("true", "false"):
        raise ValueError("expected true or false")
    return text == "true"
