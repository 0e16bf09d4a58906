"""Where an action shows: in its thread and with its owner. Both are revised as it changes."""

from datetime import datetime

from handlers.asking import Asked
from messages.action import compose_for_owner, compose_in_thread
from messages.card import Card
from messages.card_text import card_to_text
from pipeline.access import Action, AssignedAction, CompanyCells, Member, identify, may
from pipeline.actions import CouncilAction, action_key, owners_copy_key
from pipeline.company import Company
from pipeline.errors import AccessDenied
from pipeline.people import People
from storage.actions import thread_audience
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
    currency = company.definitions.money.corporate_currency
    audience = _audience(connection, company, action)
    if audience is not None:
        seen = action if audience in _council_channels(company) else action.without_figures()
        card = compose_in_thread(seen, company.actions, currency)
        letter = Letter(
            key=action_key(action.no),
            kind="action",
            audience=audience,
            card=card_to_text(card),
            thread_of=action.thread_key,
        )
        put_letter(connection, letter, now)
    if action.owner.id != action.assigner.id:
        tell_owner(connection, company, people, action, now)


def tell_owner(
    connection: Connection, company: Company, people: People, action: CouncilAction, now: datetime
) -> None:
    """The owner's own message; one that was sent before is revised. It does not count in the weekly budget:
    a person asked for it."""
    card = card_to_text(_owners_card(company, people, action, action.owner.id))
    key = owners_copy_key(action.no, action.owner.id)
    letter = Letter(key=key, kind="action", audience=to_person(action.owner.id), card=card)
    if not put_letter(connection, letter, now):
        revise_letter(connection, key, card)


def revise_action(
    connection: Connection, company: Company, people: People, action: CouncilAction, former_owner: str = ""
) -> None:
    """Show the action as it stands now, wherever it was sent to."""
    currency = company.definitions.money.corporate_currency
    key = action_key(action.no)
    audience = thread_audience(connection, key)
    if audience is not None:
        seen = action if audience in _council_channels(company) else action.without_figures()
        revise_letter(connection, key, card_to_text(compose_in_thread(seen, company.actions, currency)))
    for owner_id in {action.owner.id, former_owner or action.owner.id}:
        card = _owners_card(company, people, action, owner_id)
        revise_letter(connection, card.key, card_to_text(card))


def _owners_card(company: Company, people: People, action: CouncilAction, owner_id: str) -> Card:
    try:
        owner = identify(people, company.people, company.council, owner_id)
        sees_figures = may(owner, Action.SEE, CompanyCells()).allowed
    except AccessDenied:
        sees_figures = False
    seen = action if sees_figures else action.without_figures()
    return compose_for_owner(seen, owner_id, company.actions, company.definitions.money.corporate_currency)


def _audience(connection: Connection, company: Company, action: CouncilAction) -> str | None:
    if action.thread_key is not None:
        return thread_audience(connection, action.thread_key)
    channels = company.council.channels
    return to_channel(channels[0]) if company.actions.announced == "channel" and channels else None


def _council_channels(company: Company) -> set[str]:
    return {to_channel(name) for name in company.council.channels}
