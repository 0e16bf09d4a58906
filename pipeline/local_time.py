"""Where somebody's day is: their own time zone and country, else the organisation's."""

from collections.abc import Mapping
from datetime import datetime
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pipeline.people import User


def zone_of(user: User, organisation: ZoneInfo) -> ZoneInfo:
    """The person's time zone; one that nobody knows counts as the organisation's."""
    if user.timezone is None:
        return organisation
    try:
        return ZoneInfo(user.timezone)
    except (ZoneInfoNotFoundError, ValueError):
        return organisation


def local_now(user: User, now: datetime, organisation: ZoneInfo) -> datetime:
    """A moment on the person's clock."""
    return now.astimezone(zone_of(user, organisation))


def country_of(user: User, countries: Mapping[str, str]) -> str | None:
    """By time zone, as configured; `None`: the organisation's own."""
    return countries.get(user.timezone or "")
