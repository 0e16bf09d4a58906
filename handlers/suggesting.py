"""What a menu offers while somebody types into it, where there is more than it can hold."""

from handlers.asking import Asked
from messages.card import Choice
from pipeline.person_matching import suggest_people
from storage.people import read_people

MOST = 50


def suggest_owners(asked: Asked, typed: str) -> tuple[Choice, ...]:
    """People of the CRM, by their user ids; whoever may open such a form sees these names anyway."""
    found = suggest_people(typed, read_people(asked.engine).users.values(), MOST)
    return tuple(
        Choice(user.id, f"{user.name} ({user.email})" if user.email else user.name) for user in found
    )
