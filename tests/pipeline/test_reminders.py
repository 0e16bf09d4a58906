"""The days on which the owner of an action is reminded of it."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from pipeline.actions_definition import ActionsDefinition
from pipeline.reminders import last_reminder_day, reminder_days
from pipeline.working_days import WorkingDays

THANKSGIVING = date(2026, 11, 26)
WORKING_DAYS = WorkingDays("US", {"US": frozenset({THANKSGIVING})})
STANDARD = ActionsDefinition()
DUE_DAYS = st.dates(date(2020, 1, 1), date(2030, 1, 1))


def november(*days: int) -> set[date]:
    return {date(2026, 10, 31) + timedelta(days=day) for day in days}


@pytest.mark.parametrize(
    ("due", "reminded"),
    [
        (date(2026, 11, 18), november(16, 18, 19, 25)),  # a Wednesday: Monday, the day, Thursday, Wednesday
        (date(2026, 11, 20), november(18, 20, 23, 30)),  # five working days later, the holiday is none
        (date(2026, 11, 21), november(18, 20, 23, 30)),  # a Saturday counts from the Friday before
        (THANKSGIVING, november(23, 25, 27, 33)),  # Thursday 3 December
    ],
)
def test_two_before_the_day_itself_and_one_and_five_after(due: date, reminded: set[date]) -> None:
    assert reminder_days(due, STANDARD, WORKING_DAYS) == reminded
    assert last_reminder_day(due, STANDARD, WORKING_DAYS) == max(reminded)


def test_nothing_is_asked_after_the_day_where_the_configuration_says_so() -> None:
    silent = ActionsDefinition(remind_days_before=(), remind_days_after=())
    due = date(2026, 11, 18)
    assert reminder_days(due, silent, WORKING_DAYS) == set()
    assert last_reminder_day(due, silent, WORKING_DAYS) == due


@given(DUE_DAYS, st.lists(st.integers(1, 20), max_size=4), st.lists(st.integers(0, 20), max_size=4))
def test_reminders_come_on_working_days_and_at_most_as_many_as_configured(
    due: date, after: list[int], before: list[int]
) -> None:
    definition = ActionsDefinition(remind_days_before=tuple(before), remind_days_after=tuple(after))
    days = reminder_days(due, definition, WORKING_DAYS)
    assert all(WORKING_DAYS.is_working(day) for day in days)
    assert sum(day > due for day in days) == len(set(after))
    assert sum(day <= due for day in days) == len(set(before))


@pytest.mark.parametrize("days", [(0,), (-1,), (21,)])
def test_a_day_after_is_a_working_day_of_the_next_month(days: tuple[int, ...]) -> None:
    with pytest.raises(ValidationError, match="expected working days between 1 and 20"):
        ActionsDefinition(remind_days_after=days)
