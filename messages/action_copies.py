"""An action in each message that shows it: its thread's, its owners', and the reminders of it."""

from datetime import date

from messages.action import compose_for_owner, compose_in_thread
from messages.action_reminder import compose_reminder
from messages.card import Card
from pipeline.action_copies import ActionCopy, as_seen_by
from pipeline.actions import CouncilAction
from pipeline.company import Company
from pipeline.people import People
from pipeline.reminders import last_reminder_day


def compose_copy(copy: ActionCopy, action: CouncilAction, company: Company, people: People) -> Card:
    """The action as that message says it now."""
    currency = company.definitions.money.corporate_currency
    seen = as_seen_by(copy.audience, action, company, people)
    if copy.person_id is None:
        return compose_in_thread(seen, company.actions, currency)
    if copy.reminded_on is not None and copy.person_id == action.owner.id:
        return _reminder(copy.key, copy.reminded_on, seen, company)
    return compose_for_owner(copy.key, seen, copy.person_id, company.actions, currency)


def _reminder(key: str, day: date, action: CouncilAction, company: Company) -> Card:
    last = last_reminder_day(action.due, company.actions, company.working_days)
    return compose_reminder(key, action, day, company.actions, is_last=day >= last)
