"""On which days the owner of an action is reminded of it: before it is due, on the day, and after."""

from datetime import date

from pipeline.actions_definition import ActionsDefinition
from pipeline.working_days import WorkingDays


def reminder_days(due: date, definition: ActionsDefinition, working_days: WorkingDays) -> frozenset[date]:
    """Working days all of them; behind the last one it is silent, and the council sees what is overdue."""
    before = {_before(due, count, working_days) for count in definition.remind_days_before}
    after = {working_days.after(due, count) for count in definition.remind_days_after}
    return frozenset(before | after)


def last_reminder_day(due: date, definition: ActionsDefinition, working_days: WorkingDays) -> date:
    """After which nothing is asked any more. The due day itself where nothing reminds of it at all."""
    return max(reminder_days(due, definition, working_days), default=due)


def _before(due: date, count: int, working_days: WorkingDays) -> date:
    """The working day so many before the due day; a due day that is none is reminded of before it."""
    day = due if working_days.is_working(due) else working_days.before(due)
    for _ in range(count):
        day = working_days.before(day)
    return day
