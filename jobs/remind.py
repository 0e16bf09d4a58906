"""Reminders of actions: some working days before they are due, on the day, and some after it."""

from datetime import date

from jobs.job import JobRun, Outcome
from messages.action_copies import compose_copy
from messages.card import Card
from messages.card_text import card_to_text
from pipeline.action_copies import ActionCopy, reminder_key
from pipeline.actions import UNFINISHED, CouncilAction
from pipeline.reminders import reminder_days
from storage.actions import read_actions
from storage.database import reading, writing
from storage.nudge_memory import Leave, read_leaves
from storage.outbox import Letter, put_letter, to_person
from storage.people import read_people


def remind_owners(run: JobRun) -> Outcome:
    """One reminder an action and day; it counts in the owner's weekly budget of messages.

    "Today" is the owner's own day, at which they are told: nobody is in their quiet hours, and whoever is on
    leave is asked nothing. So it runs every day, for somewhere a working day has begun.
    """
    people = read_people(run.engine)
    with reading(run.engine) as connection:
        leaves = read_leaves(connection)
        unfinished = read_actions(connection, statuses=UNFINISHED)
    letters = []
    cards: list[Card] = []
    for action in unfinished:
        told_at = run.when_told(people.by_id(action.owner.id))
        day = told_at.date()
        if not _is_reminded_of(action, day, run) or _is_away(leaves.get(action.owner.id), day):
            continue
        audience = to_person(action.owner.id)
        copy = ActionCopy(reminder_key(action.no, day, action.owner.id), audience)
        card = compose_copy(copy, action, run.company, people)
        letters.append(
            Letter(
                key=copy.key,
                kind="reminder",
                audience=audience,
                card=card_to_text(card),
                not_before=told_at,
                counts=True,
            )
        )
        cards.append(card)
    if not run.dry_run and letters:
        with writing(run.engine) as connection:
            for letter in letters:
                put_letter(connection, letter, run.now)
    return Outcome(f"{len(cards)} {'reminder' if len(cards) == 1 else 'reminders'}", tuple(cards))


def _is_reminded_of(action: CouncilAction, day: date, run: JobRun) -> bool:
    days = reminder_days(action.due, run.company.actions, run.company.working_days)
    return action.opened_on < day and day in days


def _is_away(leave: Leave | None, day: date) -> bool:
    return leave is not None and leave.since <= day <= leave.until
