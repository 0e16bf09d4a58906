"""When somebody is told what nobody asked for: never in their quiet hours, wherever they live."""

from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from pipeline.local_time import local_now
from pipeline.nudges_definition import NudgesDefinition
from pipeline.people import User
from pipeline.schedule import wall_instant


def after_quiet_hours(
    user: User | None, now: datetime, nudges: NudgesDefinition, organisation: ZoneInfo
) -> datetime:
    """The first moment from `now` on outside a person's quiet hours, on their own clock.

    Somebody whom the CRM does not know lives by the organisation's clock.
    """
    local = now.astimezone(organisation) if user is None else local_now(user, now, organisation)
    zone = local.tzinfo
    if not nudges.is_quiet(local.time()) or not isinstance(zone, ZoneInfo):
        return local
    end = time.fromisoformat(nudges.quiet_until)
    day = local.date() if local.time() < end else local.date() + timedelta(days=1)
    return wall_instant(datetime.combine(day, end), zone).astimezone(zone)
