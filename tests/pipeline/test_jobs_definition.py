"""`[jobs]`: days by name only, a time or an interval, and what is left out keeps its default."""

from datetime import time
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from pydantic import ValidationError

from pipeline.jobs_definition import JobsDefinition
from pipeline.schedule import Interval, WallClock, Weekday

UTC = ZoneInfo("UTC")
BERLIN = ZoneInfo("Europe/Berlin")


def _jobs(**written: Any) -> JobsDefinition:
    return JobsDefinition.model_validate(written)


def test_what_is_left_out_keeps_the_default() -> None:
    jobs = _jobs(council={"days": ["tue"]})
    assert jobs.schedule_of("council", UTC) == WallClock(time(9), frozenset({Weekday.TUESDAY}), UTC)
    assert jobs.schedule_of("pull", UTC) == Interval(15)
    assert _jobs(retention={"keep_days": 90}).schedule_of("retention", UTC) == WallClock(
        time(3), frozenset({Weekday.SUNDAY}), UTC
    )


def test_a_time_replaces_an_interval_and_an_interval_a_time() -> None:
    assert _jobs(pull={"at": "06:00"}).schedule_of("pull", UTC) == WallClock(time(6), frozenset(Weekday), UTC)
    assert _jobs(council={"every_minutes": 60}).schedule_of("council", UTC) == Interval(60)


def test_jobs_of_the_council_keep_the_council_s_time_zone() -> None:
    jobs = _jobs(council={"timezone": "Europe/Berlin"}, council_recap={"timezone": "UTC"})
    zones = {}
    for name in ("council", "council_prepare", "council_recap", "remind"):
        schedule = jobs.schedule_of(name, ZoneInfo("America/New_York"))
        assert isinstance(schedule, WallClock)
        zones[name] = schedule.zone.key
    assert zones == {
        "council": "Europe/Berlin",
        "council_prepare": "Europe/Berlin",
        "council_recap": "UTC",
        "remind": "America/New_York",
    }


def test_a_job_that_is_switched_off_has_no_times() -> None:
    assert _jobs(nudge={"enabled": False}).schedule_of("nudge", UTC) is None


@pytest.mark.parametrize(
    ("job", "says"),
    [
        ({"days": [1]}, "1 is no day: expected names from mon, tue, wed, thu, fri, sat, sun, never numbers"),
        ({"days": ["monday"]}, "'monday' is no day"),
        ({"days": "mon"}, 'expected a list of days by name, such as ["mon", "thu"]'),
        ({"days": ["mon", "mon"]}, "a day stands twice"),
        ({"at": "9:00"}, 'expected a time of day from "00:00" to "23:59", such as "09:00"'),
        ({"at": "24:00"}, "expected a time of day"),
        ({"timezone": "Europe/Berln"}, "expected an IANA time zone"),
        ({"every_minutes": 5, "at": "09:00"}, "not both"),
        ({"every_minutes": 5, "days": ["mon"]}, "`days` belong to `at`"),
        ({"every_minutes": 0}, "greater than or equal to 1"),
    ],
)
def test_a_mistake_says_what_is_expected(job: dict[str, Any], says: str) -> None:
    with pytest.raises(ValidationError) as mistake:
        _jobs(council=job)
    assert says in str(mistake.value)
