"""Reminders of actions: so many working days before they are due, and on the day."""

from datetime import date

from jobs.job import JobRun, Outcome
from messages.action_list import compose_reminder
from messages.card import Card
from messages.card_text import card_to_text
from pipeline.actions import UNFINISHED, CouncilAction
from pipeline.working_days import WorkingDays
from storage.actions import read_actions
from storage.database import reading, writing
from storage.outbox import Letter, put_letter, to_person


def remind_owners(run: JobRun) -> Outcome:
    """One reminder an action and day; it counts in the owner's weekly budget of messages."""
    days = run.company.actions.remind_days_before
    with reading(run.engine) as connection:
        actions = read_actions(connection, statuses=UNFINISHED)
    due = [
        (action, _reminder(run, action))
        for action in actions
        if action.opened_on < run.today
        and run.today in {reminder_day(action.due, before, run.company.working_days) for before in days}
    ]
    if not run.dry_run and due:
        with writing(run.engine) as connection:
            for action, card in due:
                letter = Letter(
                    key=card.key,
                    kind="reminder",
                    audience=to_person(action.owner.id),
                    card=card_to_text(card),
                    counts=True,
                )
                put_letter(connection, letter, run.now)
    count = len(due)
    return Outcome(f"{count} {'reminder' if count == 1 else 'reminders'}", tuple(card for _, card in due))


def reminder_day(due: date, working_days_before: int, working_days: WorkingDays) -> date:
    """The working day so many before the due day; a due day that is none is reminded of before it."""
    day = due if working_days.is_working(due) else working_days.before(due)
    for _ in range(working_days_before):
        day = working_days.before(day)
    return day


def _reminder(run: JobRun, action: CouncilAction) -> Card:
    key = f"reminder:{run.today}:{action.no}@{action.owner.id}"
    return compose_reminder(key, action, run.today, run.company.actions)
