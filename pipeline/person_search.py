"""Which person somebody means who types a name, an e-mail or a user id."""

from pipeline.errors import UnknownName
from pipeline.matching import match_name
from pipeline.people import People, User


def find_person(people: People, whose: str) -> User:
    """Raises `UnknownName` where nobody is meant, or several people are."""
    found = people.by_id(whose) or people.by_email(whose)
    if found is not None:
        return found
    name = match_name(whose, list(dict.fromkeys(user.name for user in people.users.values())), "person")
    named = [user for user in people.users.values() if user.name == name]
    if len(named) > 1:
        emails = ", ".join(user.email or user.id for user in named)
        raise UnknownName(f"Several people are called {name}: name one by e-mail or user id ({emails}).")
    return named[0]
