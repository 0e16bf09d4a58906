"""Where an action shows: in its thread, with its owners, in reminders. All are revised as it changes."""

from datetime import datetime

from handlers.asking import Asked
from messages.action import compose_in_thread
from messages.action_copies import compose_copy
from messages.card import Card
from messages.card_text import card_to_text
from pipeline.access import Action, AssignedAction, CompanyCells, Member, may
from pipeline.action_copies import ActionCopy, action_key, owners_copy_key
from pipeline.actions import CouncilAction
from pipeline.company import Company
from pipeline.people import People
from storage.actions import read_copies, thread_audience
from storage.database import Connection
from storage.outbox import Letter, put_letter, revise_letter, to_channel, to_person


def visible_action(action: CouncilAction, member: Member) -> CouncilAction:
    """Without the company's figures for those who may not see them. Raises `AccessDenied`."""
    may(member, Action.SEE, AssignedAction(action.owner.id, action.assigner.id)).require()
    return action if may(member, Action.SEE, CompanyCells()).allowed else action.without_figures()


def card_for(action: CouncilAction, asked: Asked) -> Card:
    """The action as the asker may see it. Raises `AccessDenied`."""
    company = asked.company
    currency = company.definitions.money.corporate_currency
    return compose_in_thread(visible_action(action, asked.member), company.actions, currency)


def announce_action(
    connection: Connection, company: Company, people: People, action: CouncilAction, now: datetime
) -> None:
    """Put the action into its thread (or channel) and before its owner, unless the owner assigned it."""
    audience = _audience(connection, company, action)
    if audience is not None:
        copy = ActionCopy(action_key(action.no), audience)
        put_letter(connection, _letter(copy, action, company, people), now)
    if action.owner.id != action.assigner.id:
        tell_owner(connection, company, people, action, now)


def tell_owner(
    connection: Connection, company: Company, people: People, action: CouncilAction, now: datetime
) -> None:
    """The owner's own message, unless it was sent before. It does not count in the weekly budget: a person
    asked for it."""
    copy = ActionCopy(owners_copy_key(action.no, action.owner.id), to_person(action.owner.id))
    put_letter(connection, _letter(copy, action, company, people), now)


def revise_action(
    connection: Connection, company: Company, people: People, action: CouncilAction
) -> frozenset[str]:
    """Show the action as it stands now, wherever it was sent to. Returns the keys of those messages."""
    copies = read_copies(connection, action.no)
    for copy in copies:
        revise_letter(connection, copy.key, card_to_text(compose_copy(copy, action, company, people)))
    return frozenset(copy.key for copy in copies)


def _letter(copy: ActionCopy, action: CouncilAction, company: Company, people: People) -> Letter:
    return Letter(
        key=copy.key,
        kind="action",
        audience=copy.audience,
        card=card_to_text(compose_copy(copy, action, company, people)),
        thread_of=None if copy.person_id is not None else action.thread_key,
    )


def _audience(connection: Connection, company: Company, action: CouncilAction) -> str | None:
    if action.thread_key is not None:
        return thread_audience(connection, action.thread_key)
    channels = company.council.channels
    return to_channel(channels[0]) if company.actions.announced == "channel" and channels else None
