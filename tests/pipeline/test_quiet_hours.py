"""What nobody asked for waits until the person's own quiet hours are over."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.nudges_definition import NudgesDefinition
from pipeline.people import User
from pipeline.quiet_hours import after_quiet_hours

BERLIN = ZoneInfo("Europe/Berlin")
MONDAY_AT_EIGHT = datetime(2026, 10, 5, 8, tzinfo=BERLIN)


def told_at(timezone: str | None, now: datetime, **nudges: str) -> str:
    moment = after_quiet_hours(
        User("005A", "Ana", timezone=timezone), now, NudgesDefinition.model_validate(nudges), BERLIN
    )
    return moment.isoformat(timespec="minutes")


@pytest.mark.parametrize(
    ("timezone", "told"),
    [
        (None, "2026-10-05T08:00+02:00"),
        ("Asia/Tokyo", "2026-10-05T15:00+09:00"),
        ("America/Los_Angeles", "2026-10-05T08:00-07:00"),  # there it is Sunday, 23:00
        ("Nowhere/Special", "2026-10-05T08:00+02:00"),
    ],
)
def test_eight_in_berlin_is_told_in_each_ones_own_day(timezone: str | None, told: str) -> None:
    assert told_at(timezone, MONDAY_AT_EIGHT) == told


def test_before_dawn_it_waits_for_the_same_morning() -> None:
    assert told_at(None, MONDAY_AT_EIGHT.replace(hour=3)) == "2026-10-05T08:00+02:00"


def test_quiet_hours_that_end_in_the_gap_of_the_clocks_end_after_it() -> None:
    # In Santiago there was no 00:30 on 6 September 2026: clocks went from 23:59 to 01:00.
    late = datetime(2026, 9, 6, 1, tzinfo=UTC)  # 21:00 on Saturday
    quiet = {"quiet_from": "20:00", "quiet_until": "00:30", "at": "09:00", "until": "12:00"}
    assert told_at("America/Santiago", late, **quiet) == "2026-09-06T01:00-03:00"


def test_whom_the_crm_does_not_know_lives_by_the_organisations_clock() -> None:
    late = MONDAY_AT_EIGHT.replace(hour=22)
    moment = after_quiet_hours(None, late, NudgesDefinition(), BERLIN)
    assert moment == datetime(2026, 10, 6, 8, tzinfo=BERLIN)


@pytest.mark.parametrize(
    ("zone", "says", "is_said"),
    [
        ("America/Los_Angeles", "2026-11-18T08:30", "2026-11-18T08:30"),
        ("Asia/Tokyo", "2026-11-19T01:30", "2026-11-19T08:00"),
        ("Europe/Berlin", "2026-11-18T18:00", "2026-11-19T08:00"),
        ("Europe/Berlin", "2026-11-18T17:59", "2026-11-18T17:59"),
        ("Africa/Cairo", "2026-04-23T23:30", "2026-04-24T08:00"),  # midnight is missing
    ],
)
def test_nobody_is_told_in_their_quiet_hours(zone: str, says: str, is_said: str) -> None:
    now = datetime.fromisoformat(says).replace(tzinfo=ZoneInfo(zone))
    waking = after_quiet_hours(User("005A", "Ana", timezone=zone), now, NudgesDefinition(), BERLIN)
    assert waking == datetime.fromisoformat(is_said).replace(tzinfo=ZoneInfo(zone))


@given(
    st.datetimes(datetime(2026, 1, 1), datetime(2027, 12, 31), timezones=st.just(ZoneInfo("Africa/Cairo")))
)
def test_a_message_waits_less_than_a_day_and_never_into_quiet_hours(local: datetime) -> None:
    user = User("005A", "Ana", timezone="Africa/Cairo")
    waking = after_quiet_hours(user, local, NudgesDefinition(), BERLIN)
    assert not NudgesDefinition().is_quiet(waking.time())
    assert timedelta(0) <= waking - local < timedelta(days=1)
