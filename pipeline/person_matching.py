"""Which person is meant by a name as people type it: `@ana`, `Ana Souza`, `ana.souza@example.com`."""

from collections.abc import Collection, Iterable, Sequence

from pipeline.errors import UnknownName
from pipeline.nearest import nearest
from pipeline.people import User

SHOWN = 5
"""So many are offered where several are meant."""


class PersonAmbiguous(UnknownName):
    """Several people are called so."""

    def __init__(self, typed: str, candidates: Sequence[User]) -> None:
        self.candidates = tuple(candidates)
        names = " or ".join(_distinct(user) for user in self.candidates[:SHOWN])
        could_be = f"“{typed}” could be {names}."
        self.question = f"{could_be} Who is it?"
        """For where one of the people can be chosen."""
        super().__init__(f"{could_be} Write the whole name or the e-mail address.")


def match_person(typed: str, users: Iterable[User]) -> User:
    """The one active person who is meant: by id, e-mail or name, else by first name, else by a beginning.

    Raises `PersonAmbiguous` and `UnknownName`, which say what to type.
    """
    return _match(typed, [user for user in users if user.is_active and not user.is_integration])


def match_owner(typed: str, users: Iterable[User]) -> User:
    """As `match_person`; where nobody active is meant, somebody who has left: their deals are still there.

    Raises `PersonAmbiguous` and `UnknownName`.
    """
    people = [user for user in users if not user.is_integration]
    try:
        return _match(typed, [user for user in people if user.is_active])
    except PersonAmbiguous:
        raise
    except UnknownName:
        return _match(typed, people)


def _match(typed: str, people: Collection[User]) -> User:
    wanted = " ".join(typed.lstrip("@").split()).casefold()
    for named in (_by_whole, _by_part, _by_beginning):
        found = [user for user in people if wanted and named(user, wanted)]
        if len(found) == 1:
            return found[0]
        if found:
            raise PersonAmbiguous(typed, sorted(found, key=lambda user: user.name))
    raise UnknownName(_nobody(typed, [user.name for user in people]))


def suggest_people(typed: str, users: Iterable[User], most: int) -> tuple[User, ...]:
    """Active people whose name or e-mail holds what was typed so far; names that begin with it first."""
    wanted = " ".join(typed.lstrip("@").split()).casefold()
    found = [
        user
        for user in users
        if user.is_active
        and not user.is_integration
        and (wanted in user.name.casefold() or wanted in (user.email or "").casefold())
    ]
    found.sort(key=lambda user: (not user.name.casefold().startswith(wanted), user.name, user.id))
    return tuple(found[:most])


def _by_whole(user: User, wanted: str) -> bool:
    return wanted in {user.id.casefold(), (user.email or "").casefold(), user.name.casefold()}


def _by_part(user: User, wanted: str) -> bool:
    return wanted in user.name.casefold().split() or wanted == (user.email or "").casefold().split("@")[0]


def _by_beginning(user: User, wanted: str) -> bool:
    return user.name.casefold().startswith(wanted)


def _nobody(typed: str, names: Collection[str]) -> str:
    near = nearest(typed.lstrip("@"), names)
    hint = f"Did you mean {near}?" if near else "Write a name or an e-mail address as the CRM has it."
    return f"There is nobody called “{typed[:60]}”. {hint}"


def _distinct(user: User) -> str:
    return f"{user.name} ({user.email})" if user.email else user.name
