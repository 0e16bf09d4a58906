"""Where somebody's day is: their own time zone, else the organisation's."""

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
