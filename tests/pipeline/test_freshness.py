"""From when on readers are warned that the mirror is old."""

from datetime import UTC, datetime, time
from zoneinfo import ZoneInfo

from pipeline.freshness import Staleness, find_staleness
from pipeline.schedule import Interval, WallClock, Weekday

PULLED = datetime(2026, 11, 20, 8, 15, 20, tzinfo=UTC)
"""A Friday."""
EVERY_15_MINUTES = Interval(15)


def test_a_mirror_is_stale_from_the_second_pull_that_it_missed() -> None:
    assert find_staleness(PULLED, EVERY_15_MINUTES, "", datetime(2026, 11, 20, 8, 44, 59, tzinfo=UTC)) is None
    assert find_staleness(
        PULLED, EVERY_15_MINUTES, "", datetime(2026, 11, 20, 8, 45, tzinfo=UTC)
    ) == Staleness(PULLED)


def test_a_weekend_without_pulls_makes_nothing_stale() -> None:
    working_days = frozenset(set(Weekday) - {Weekday.SATURDAY, Weekday.SUNDAY})
    at_eight = WallClock(time(8), working_days, ZoneInfo("UTC"))
    assert find_staleness(PULLED, at_eight, "", datetime(2026, 11, 24, 7, 59, tzinfo=UTC)) is None
    assert find_staleness(PULLED, at_eight, "", datetime(2026, 11, 24, 8, tzinfo=UTC)) is not None


def test_a_limit_of_the_crm_is_said_at_once_and_other_failures_are_not() -> None:
    soon = datetime(2026, 11, 20, 8, 31, tzinfo=UTC)
    limited = "Salesforce is limiting us: all API calls of the last 24 hours are used up."
    assert find_staleness(PULLED, EVERY_15_MINUTES, limited, soon) == Staleness(
        PULLED, "Salesforce is limiting us"
    )
    assert find_staleness(PULLED, EVERY_15_MINUTES, "The key was refused.", soon) is None


def test_a_mirror_that_is_pulled_by_hand_promises_no_age() -> None:
    assert find_staleness(PULLED, None, "", datetime(2027, 1, 1, tzinfo=UTC)) is None
