"""When a job is due: its slots, by the clock on the wall of one time zone, or by an interval.

A slot has a name that never changes, so that it can be run exactly once. A wall-clock slot is named by
its local day and time: where clocks are put back and that time comes twice, the first counts; where they
are put forward and it never comes, the slot is due at the first moment after the gap. Slots of an
interval are counted in UTC, which no change of clocks touches.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

_DAY = timedelta(days=1)
_SECOND = timedelta(seconds=1)
LONGEST_GAP = 2 * _DAY
"""Zones that changed sides of the date line skipped a whole day."""


class Weekday(StrEnum):
    """Days by name only: numbers begin on Sunday here and on Monday there."""

    MONDAY = "mon"
    TUESDAY = "tue"
    WEDNESDAY = "wed"
    THURSDAY = "thu"
    FRIDAY = "fri"
    SATURDAY = "sat"
    SUNDAY = "sun"


_WEEK = tuple(Weekday)


def weekday_of(day: date) -> Weekday:
    return _WEEK[day.weekday()]


@dataclass(frozen=True)
class Slot:
    """One time at which a job is to run."""

    name: str
    """`2026-11-02T09:00` on the wall, or `2026-11-02T08:15Z` of an interval."""
    due: datetime
    """In UTC."""


@dataclass(frozen=True)
class WallClock:
    """At one time of some days."""

    at: time
    days: frozenset[Weekday]
    zone: ZoneInfo


@dataclass(frozen=True)
class Interval:
    """Again and again, counted from midnight UTC of 1 January 1970."""

    minutes: int


Schedule = WallClock | Interval


def slots_between(schedule: Schedule, after: datetime, until: datetime) -> Sequence[Slot]:
    """The slots due after one instant up to and with another, the earliest first."""
    match schedule:
        case WallClock():
            return sorted(_wall_slots(schedule, after, until), key=lambda slot: (slot.due, slot.name))
        case Interval():
            return list(_interval_slots(schedule, after, until))


def latest_slot(schedule: Schedule, after: datetime, until: datetime) -> Slot | None:
    """The one slot to run when several were missed."""
    if isinstance(schedule, Interval):
        after = max(after, until - timedelta(minutes=schedule.minutes))
    found = slots_between(schedule, after, until)
    return found[-1] if found else None


def next_slot(schedule: Schedule, after: datetime) -> Slot:
    """The first slot to come."""
    reach = timedelta(minutes=schedule.minutes) if isinstance(schedule, Interval) else 8 * _DAY + LONGEST_GAP
    return slots_between(schedule, after, after + reach)[0]


def wall_instant(local: datetime, zone: ZoneInfo) -> datetime:
    """The instant in UTC at which clocks in the zone first show a local time; where they never show it, the
    first instant after the gap."""
    before = local.replace(tzinfo=zone, fold=0).utcoffset() or timedelta()
    after = local.replace(tzinfo=zone, fold=1).utcoffset() or timedelta()
    as_utc = local.replace(tzinfo=UTC)
    if before >= after:
        return as_utc - before
    return _end_of_gap(as_utc - after, as_utc - before, zone)


def _end_of_gap(standing: datetime, changed: datetime, zone: ZoneInfo) -> datetime:
    """The instant between the two at which the zone's offset changes, to the second."""
    new = changed.astimezone(zone).utcoffset()
    while changed - standing > _SECOND:
        middle = standing + (changed - standing) // 2
        middle = middle.replace(microsecond=0) if middle.replace(microsecond=0) > standing else middle
        if middle.astimezone(zone).utcoffset() == new:
            changed = middle
        else:
            standing = middle
    return changed


def _wall_slots(schedule: WallClock, after: datetime, until: datetime) -> Iterator[Slot]:
    day = after.astimezone(schedule.zone).date() - LONGEST_GAP
    last = until.astimezone(schedule.zone).date() + _DAY
    while day <= last:
        if weekday_of(day) in schedule.days:
            local = datetime.combine(day, schedule.at)
            due = wall_instant(local, schedule.zone)
            if after < due <= until:
                yield Slot(local.isoformat(timespec="minutes"), due)
        day += _DAY


def _interval_slots(schedule: Interval, after: datetime, until: datetime) -> Iterator[Slot]:
    step = schedule.minutes * 60
    first = int(after.timestamp() // step) + 1
    last = int(until.timestamp() // step)
    for number in range(first, last + 1):
        due = datetime.fromtimestamp(number * step, UTC)
        yield Slot(f"{due:%Y-%m-%dT%H:%M}Z", due)
