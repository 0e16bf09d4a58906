"""What sales operations alone see and change, and whom others are told to ask."""

from handlers.asking import Asked
from pipeline.access import Action, Rulebook, may
from pipeline.audiences import name_operations
from pipeline.errors import AccessDenied
from storage.people import read_people


def require_operations(asked: Asked, action: Action) -> None:
    """Raises `AccessDenied`, which names the people of sales operations where they are configured."""
    decision = may(asked.member, action, Rulebook())
    if not decision.allowed:
        ask = name_operations(read_people(asked.engine), asked.company.people.operations)
        raise AccessDenied(f"{decision.reason} Ask {ask}.")
