"""Slots by the clock on the wall: each once, whatever the clocks do."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.schedule import (
    Interval,
    Slot,
    WallClock,
    Weekday,
    latest_slot,
    next_slot,
    slots_between,
    wall_instant,
    weekday_of,
)

EVERY_DAY = frozenset(Weekday)


def _daily(at: str, zone: str) -> WallClock:
    return WallClock(time.fromisoformat(at), EVERY_DAY, ZoneInfo(zone))


def _utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def test_a_weekly_slot_keeps_its_time_on_the_wall_over_a_change_of_clocks() -> None:
    """09:00 in New York is 13:00 UTC until the first Sunday of November, 14:00 after it."""
    schedule = WallClock(time(9), frozenset({Weekday.MONDAY}), ZoneInfo("America/New_York"))
    assert slots_between(schedule, _utc("2026-10-25T00:00"), _utc("2026-11-03T00:00")) == [
        Slot("2026-10-26T09:00", _utc("2026-10-26T13:00")),
        Slot("2026-11-02T09:00", _utc("2026-11-02T14:00")),
    ]


def test_a_time_that_comes_twice_counts_the_first_time() -> None:
    found = slots_between(
        _daily("01:30", "America/New_York"), _utc("2026-11-01T00:00"), _utc("2026-11-01T23:00")
    )
    assert found == [Slot("2026-11-01T01:30", _utc("2026-11-01T05:30"))]


def test_a_time_that_never_comes_is_due_at_the_first_minute_after_the_gap() -> None:
    """02:30 on 29 March 2026 is missing in Berlin: from 02:00 clocks go to 03:00, which is 01:00 UTC."""
    found = slots_between(
        _daily("02:30", "Europe/Berlin"), _utc("2026-03-28T12:00"), _utc("2026-03-29T12:00")
    )
    assert found == [Slot("2026-03-29T02:30", _utc("2026-03-29T01:00"))]


@pytest.mark.parametrize(
    ("zone", "day", "due"),
    [
        ("America/Santiago", "2026-09-06", "2026-09-06T04:00"),  # 24:00 becomes 01:00 at UTC-4
        ("Africa/Cairo", "2026-04-24", "2026-04-23T22:00"),  # at UTC+2
        ("America/Sao_Paulo", "2018-11-04", "2018-11-04T03:00"),  # at UTC-3
    ],
)
def test_a_missing_midnight_runs_when_the_day_begins(zone: str, day: str, due: str) -> None:
    instant = wall_instant(datetime.fromisoformat(day), ZoneInfo(zone))
    assert instant == _utc(due)
    assert instant.astimezone(ZoneInfo(zone)).isoformat()[:16] == f"{day}T01:00"


def test_a_day_that_a_zone_skipped_runs_at_the_beginning_of_the_next() -> None:
    """Samoa had no 30 December 2011."""
    found = slots_between(_daily("09:00", "Pacific/Apia"), _utc("2011-12-29T19:30"), _utc("2011-12-30T20:00"))
    assert found == [
        Slot("2011-12-30T09:00", _utc("2011-12-30T10:00")),
        Slot("2011-12-31T09:00", _utc("2011-12-30T19:00")),
    ]


def test_an_interval_is_not_touched_by_a_change_of_clocks() -> None:
    """Three hours are twelve quarters, also when the wall shows one of them twice."""
    found = slots_between(Interval(15), _utc("2026-11-01T04:30"), _utc("2026-11-01T07:30"))
    assert len({slot.name for slot in found}) == len(found) == 12
    assert found[0] == Slot("2026-11-01T04:45Z", _utc("2026-11-01T04:45"))


def test_of_several_missed_slots_the_latest_is_the_one_to_run() -> None:
    assert latest_slot(Interval(15), _utc("2026-11-01T04:00"), _utc("2026-11-01T07:40")) == Slot(
        "2026-11-01T07:30Z", _utc("2026-11-01T07:30")
    )
    assert latest_slot(Interval(60), _utc("2026-11-01T04:10"), _utc("2026-11-01T04:40")) is None
    daily = _daily("09:00", "UTC")
    assert latest_slot(daily, _utc("2026-11-01T00:00"), _utc("2026-11-04T08:00")) == Slot(
        "2026-11-03T09:00", _utc("2026-11-03T09:00")
    )


def test_the_next_slot_of_a_week_day_is_up_to_a_week_away() -> None:
    schedule = WallClock(time(9), frozenset({Weekday.MONDAY}), ZoneInfo("UTC"))
    assert next_slot(schedule, _utc("2026-11-23T09:00")).name == "2026-11-30T09:00"
    assert next_slot(Interval(1440), _utc("2026-11-23T00:00")).name == "2026-11-24T00:00Z"


def test_days_have_the_names_that_the_calendar_gives_them() -> None:
    assert [weekday_of(date(2026, 11, day)).value for day in range(23, 30)] == [
        "mon", "tue", "wed", "thu", "fri", "sat", "sun"
    ]  # fmt: skip


ZONES = st.sampled_from(
    [
        "America/New_York",
        "Europe/Berlin",
        "America/Santiago",
        "Africa/Cairo",
        "America/Sao_Paulo",
        "Australia/Lord_Howe",
        "Asia/Kathmandu",
        "Pacific/Apia",
        "UTC",
    ]
)
TIMES = st.times().map(lambda at: at.replace(second=0, microsecond=0))
WALLS = st.builds(WallClock, TIMES, st.frozensets(st.sampled_from(Weekday), min_size=1), ZONES.map(ZoneInfo))
STARTS = st.datetimes(datetime(2005, 1, 1), datetime(2030, 1, 1), timezones=st.just(UTC))


@given(WALLS, STARTS)
def test_a_month_has_every_chosen_day_once(schedule: WallClock, start: datetime) -> None:
    """By names: as many slots as days of those names, none twice, though instants move."""
    found = slots_between(schedule, start, start + timedelta(days=30))
    names = [slot.name for slot in found]
    assert len(set(names)) == len(names)
    days = [date.fromisoformat(name[:10]) for name in names]
    first, last = days[0], days[-1]
    between = [first + timedelta(days=number) for number in range((last - first).days + 1)]
    assert sorted(days) == [day for day in between if weekday_of(day) in schedule.days]
    assert all(name[11:] == schedule.at.isoformat("minutes") for name in names)


@given(WALLS, STARTS, st.lists(st.integers(1, 3 * 24 * 60), min_size=1, max_size=12))
def test_slots_of_adjoining_stretches_are_those_of_the_whole(
    schedule: WallClock, start: datetime, minutes: list[int]
) -> None:
    """However often the clock is looked at, nothing falls between two looks and nothing is seen twice."""
    seen: list[Slot] = []
    moment = start
    for step in minutes:
        seen += slots_between(schedule, moment, moment + timedelta(minutes=step))
        moment += timedelta(minutes=step)
    assert seen == slots_between(schedule, start, moment)


@given(WALLS, STARTS)
def test_a_slot_is_due_when_the_wall_shows_it_or_right_after_a_gap(
    schedule: WallClock, start: datetime
) -> None:
    for slot in slots_between(schedule, start, start + timedelta(days=10)):
        shown = slot.due.astimezone(schedule.zone).replace(tzinfo=None)
        wanted = datetime.fromisoformat(slot.name)
        before = (slot.due - timedelta(seconds=1)).astimezone(schedule.zone).replace(tzinfo=None)
        assert shown == wanted or before < wanted < shown


@given(WALLS, STARTS)
def test_the_next_slot_is_the_first_of_those_to_come(schedule: WallClock, start: datetime) -> None:
    found = next_slot(schedule, start)
    assert start < found.due <= start + timedelta(days=10)
    assert slots_between(schedule, start, found.due)[0] == found
