"""Due days in natural words, from Wednesday 25 Nov 2026 in a fiscal quarter that ends on 31 Jan 2027."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.calendar import build_calendar
from pipeline.definitions import CalendarDefinition
from pipeline.errors import CouncilError
from pipeline.natural_dates import (
    LONGEST_AHEAD_DAYS,
    DateAmbiguous,
    DateNotUnderstood,
    DatePassed,
    looks_like_a_day,
    read_due_day,
)

WEDNESDAY = date(2026, 11, 25)
FRIDAY = date(2026, 11, 27)
CALENDAR = build_calendar(CalendarDefinition(start_month=2))

days = st.dates(date(2020, 1, 1), date(2040, 12, 31))


@pytest.mark.parametrize(
    ("words", "day"),
    [
        ("Friday", date(2026, 11, 27)),
        ("fri", date(2026, 11, 27)),
        ("on Friday.", date(2026, 11, 27)),
        ("this Friday", date(2026, 11, 27)),
        ("coming Tuesday", date(2026, 12, 1)),
        ("next Tuesday", date(2026, 12, 1)),
        ("Wednesday week", None),
        ("today", date(2026, 11, 25)),
        ("tomorrow", date(2026, 11, 26)),
        ("the day after tomorrow", date(2026, 11, 27)),
        ("in 2 weeks", date(2026, 12, 9)),
        ("in a week", date(2026, 12, 2)),
        ("in 10 days", date(2026, 12, 5)),
        ("in three months", date(2027, 2, 25)),
        ("end of week", date(2026, 11, 27)),
        ("end of next week", date(2026, 12, 4)),
        ("end of month", date(2026, 11, 30)),
        ("the end of the month", date(2026, 11, 30)),
        ("EOM", date(2026, 11, 30)),
        ("end of quarter", date(2027, 1, 31)),
        ("eoq", date(2027, 1, 31)),
        ("end of next quarter", date(2027, 4, 30)),
        ("end of year", date(2026, 12, 31)),
        ("28 Nov", date(2026, 11, 28)),
        ("Nov 28", date(2026, 11, 28)),
        ("28th of November 2026", date(2026, 11, 28)),
        ("November 28th, 2026", date(2026, 11, 28)),
        ("15 Jan", date(2027, 1, 15)),
        ("1 sept 2027", date(2027, 9, 1)),
        ("2026-12-24", date(2026, 12, 24)),
        ("12/24", date(2026, 12, 24)),
        ("24/12", date(2026, 12, 24)),
        ("24.12.", date(2026, 12, 24)),
        ("24.12.2026", date(2026, 12, 24)),
        ("12/12", date(2026, 12, 12)),
        ("  in\u00a02 weeks ", date(2026, 12, 9)),
    ],
)
def test_natural_words_mean_the_day_that_people_mean(words: str, day: date | None) -> None:
    if day is None:
        with pytest.raises(DateNotUnderstood, match="Write Friday, in 2 weeks"):
            read_due_day(words, WEDNESDAY, CALENDAR)
    else:
        assert read_due_day(words, WEDNESDAY, CALENDAR) == day


@pytest.mark.parametrize(
    ("words", "today", "could_be"),
    [
        ("next Friday", WEDNESDAY, (date(2026, 11, 27), date(2026, 12, 4))),
        ("Friday", FRIDAY, (date(2026, 11, 27), date(2026, 12, 4))),
        ("next week", WEDNESDAY, (date(2026, 11, 30), date(2026, 12, 4))),
        ("12/1", WEDNESDAY, (date(2026, 12, 1), date(2027, 1, 12))),
        ("3/4/2027", WEDNESDAY, (date(2027, 3, 4), date(2027, 4, 3))),
    ],
)
def test_what_could_be_two_days_is_asked_with_both(
    words: str, today: date, could_be: tuple[date, ...]
) -> None:
    with pytest.raises(DateAmbiguous) as raised:
        read_due_day(words, today, CALENDAR)
    assert raised.value.days == could_be
    assert str(could_be[0]) in str(raised.value)
    assert str(could_be[1]) in str(raised.value)


def test_next_friday_said_on_a_friday_is_in_a_week() -> None:
    assert read_due_day("next Friday", FRIDAY, CALENDAR) == date(2026, 12, 4)


@pytest.mark.parametrize("words", ["yesterday", "14 Nov", "2026-11-24", "this Monday", "1.11.", "11/14"])
def test_a_day_that_has_passed_is_refused_with_what_to_type(words: str) -> None:
    with pytest.raises(DatePassed, match=r"has passed\. Write a day from today on"):
        read_due_day(words, WEDNESDAY, CALENDAR)


def test_a_day_in_another_decade_is_taken_for_a_slip() -> None:
    with pytest.raises(DatePassed, match="Saturday 25 Nov 2062 is more than two years away"):
        read_due_day("2062-11-25", WEDNESDAY, CALENDAR)


@pytest.mark.parametrize("words", ["", "soon", "t", "31 Feb", "13/13", "in x weeks", "2x", "e" * 5000, "s"])
def test_other_words_are_no_day(words: str) -> None:
    assert not looks_like_a_day(words, WEDNESDAY, CALENDAR)


@given(st.text(max_size=80), days)
def test_whatever_is_said_is_a_day_ahead_or_a_kind_refusal(words: str, today: date) -> None:
    try:
        day = read_due_day(words, today, CALENDAR)
    except CouncilError:
        return
    assert today <= day <= today + timedelta(LONGEST_AHEAD_DAYS)


@given(days, st.integers(0, LONGEST_AHEAD_DAYS))
def test_a_day_written_in_full_is_that_day(today: date, ahead: int) -> None:
    day = today + timedelta(ahead)
    for words in (str(day), f"{day.day} {day:%b} {day.year}", f"{day:%B} {day.day}, {day.year}"):
        assert read_due_day(words, today, CALENDAR) == day


@given(days, st.sampled_from(["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"]))
def test_a_weekday_is_within_a_week_and_next_within_two(today: date, name: str) -> None:
    for words, within in ((name, 7), (f"next {name}", 13)):
        try:
            found: tuple[date, ...] = (read_due_day(words, today, CALENDAR),)
        except DateAmbiguous as ambiguous:
            found = ambiguous.days
        assert all(f"{day:%A}" == name and (day - today).days <= within for day in found)


@given(days, st.integers(0, 104))
def test_so_many_weeks_ahead_is_the_same_weekday(today: date, weeks: int) -> None:
    day = read_due_day(f"in {weeks} weeks", today, CALENDAR)
    assert (day - today).days == 7 * weeks


@given(days)
def test_the_end_of_the_quarter_is_the_fiscal_one(today: date) -> None:
    assert read_due_day("end of quarter", today, CALENDAR) == CALENDAR.period_of(today).end
