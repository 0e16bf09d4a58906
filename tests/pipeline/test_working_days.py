"""Working days: weekends, public holidays by country, and days on which the company is closed."""

from datetime import date

from hypothesis import given
from hypothesis import strategies as st

from bot.working_days import build_working_days
from pipeline.definitions import CalendarDefinition
from pipeline.working_days import WorkingDays

THURSDAY, FRIDAY, MONDAY = date(2026, 11, 26), date(2026, 11, 27), date(2026, 11, 30)
DAYS = WorkingDays("US", {"US": frozenset({THURSDAY})}, frozenset({FRIDAY}))
DATES = st.dates(date(2020, 1, 1), date(2030, 1, 1))


def test_holidays_and_closed_days_and_weekends_are_free() -> None:
    assert [day for day in range(23, 31) if DAYS.is_working(date(2026, 11, day))] == [23, 24, 25, 30]


def test_somebody_in_another_country_works_on_a_holiday_but_not_while_the_company_is_closed() -> None:
    assert DAYS.is_working(THURSDAY, "DE")
    assert not DAYS.is_working(FRIDAY, "DE")


def test_a_day_moves_over_everything_free() -> None:
    assert DAYS.on_or_after(THURSDAY) == MONDAY
    assert DAYS.before(MONDAY) == date(2026, 11, 25)
    assert DAYS.after(date(2026, 11, 24), 2) == MONDAY
    assert DAYS.after(THURSDAY, 0) == THURSDAY


@given(DATES, st.integers(0, 30))
def test_after_so_many_working_days_as_many_have_passed(day: date, count: int) -> None:
    assert DAYS.passed(day, DAYS.after(day, count)) == count


def test_the_holidays_come_from_the_country_that_is_configured() -> None:
    days = build_working_days(CalendarDefinition(holidays="US"), THURSDAY)
    assert not days.is_working(THURSDAY)
    assert days.is_working(THURSDAY, "DE")
    assert not days.is_working(date(2026, 12, 25), "DE")
