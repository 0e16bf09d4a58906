"""What a menu offers while somebody types into it, where there is more than it can hold."""

from handlers.asking import Asked
from handlers.deal import name_deals
from messages.card import Choice
from messages.home import FIND_DEAL
from pipeline.person_matching import suggest_people
from storage.people import read_people

MOST = 50


def suggest(asked: Asked, command: str, typed: str) -> tuple[Choice, ...]:
    """`command`: of the menu; those of forms have none of their own, and all of them are about people."""
    return suggest_deals(asked, typed) if command == FIND_DEAL else suggest_owners(asked, typed)


def suggest_deals(asked: Asked, typed: str) -> tuple[Choice, ...]:
    """The asker's own deals and those of their team, by their ids."""
    return tuple(name_deals(asked, typed)[:MOST])


def suggest_owners(asked: Asked, typed: str) -> tuple[Choice, ...]:
    """People of the CRM, by their user ids; whoever may open such a form sees these names anyway."""
    found = suggest_people(typed, read_people(asked.engine).users.values(), MOST)
    return tuple(
        Choice(user.id, f"{user.name} ({user.email})" if user.email else user.name) for user in found
    )
