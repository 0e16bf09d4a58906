"""Reminders of actions: some working days before they are due, on the day, and some after it."""

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
    """One reminder an action and day; it counts in the owner's weekly budget of messages. Whoever is on leave
    is asked nothing, and nobody in their quiet hours."""
    people = read_people(run.engine)
    with reading(run.engine) as connection:
        leaves = read_leaves(connection)
        actions = [
            action
            for action in read_actions(connection, statuses=UNFINISHED)
            if _is_reminded_of(action, run) and not _is_away(leaves.get(action.owner.id), run)
        ]
    letters = []
    cards: list[Card] = []
    for action in actions:
        audience = to_person(action.owner.id)
        copy = ActionCopy(reminder_key(action.no, run.today, action.owner.id), audience)
        card = compose_copy(copy, action, run.company, people)
        text = card_to_text(card)
        letters.append(
            Letter(
                key=copy.key,
                kind="reminder",
                audience=audience,
                card=text,
                not_before=run.when_told(people.by_id(action.owner.id)),
                counts=True,
            )
        )
        cards.append(card)
    if not run.dry_run and letters:
        with writing(run.engine) as connection:
            for letter in letters:
                put_letter(connection, letter, run.now)
    return Outcome(f"{len(cards)} {'reminder' if len(cards) == 1 else 'reminders'}", tuple(cards))


def _is_reminded_of(action: CouncilAction, run: JobRun) -> bool:
    days = reminder_days(action.due, run.company.actions, run.company.working_days)
    return action.opened_on < run.today and run.today in days


def _is_away(leave: Leave | None, run: JobRun) -> bool:
    return leave is not None and leave.since <= run.today <= leave.until
