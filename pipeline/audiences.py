"""For whom a message is: one person or a channel, and the people who look after the product."""

from collections.abc import Sequence
from dataclasses import dataclass

from pipeline.chat_definition import ChatDefinition
from pipeline.people import People, User


def to_person(person_id: str) -> str:
    """The audience of a direct message."""
    return f"@{person_id}"


def to_channel(name: str) -> str:
    """The audience of a channel, by its configured name (`#pipeline-council`)."""
    return name if name.startswith("#") else f"#{name}"


def person_of(audience: str) -> str | None:
    """Whose direct message it is: CRM user id or listed e-mail; `None` for a channel."""
    return audience.removeprefix("@") if audience.startswith("@") else None


@dataclass(frozen=True)
class Addressee:
    """Whom a message is for, as far as the mirror knows: the surface finds its own address for it."""

    audience: str
    """`@` and the CRM user id or listed e-mail, or a channel's configured name."""
    email: str | None = None
    name: str = ""
    user_id: str | None = None
    """The chat user that the person was linked to, on the surface that is asked."""
    address: str | None = None
    """What the surface keeps with that link, say a conversation reference."""


def operations_desk(people: People, listed: Sequence[str], chat: ChatDefinition) -> tuple[str, ...]:
    """Where sales operations are told things: their channel, else each of the people listed (as
    `PeopleDefinition.operations` names them)."""
    return _desk(people, listed, chat.operations_channel)


def administrators_desk(people: People, listed: Sequence[str], chat: ChatDefinition) -> tuple[str, ...]:
    """Where administrators are told things: their channel, else each of the people listed."""
    return _desk(people, listed, chat.administrators_channel)


def listed_people(people: People, listed: Sequence[str]) -> tuple[str, ...]:
    """The audiences of people that a configuration lists by CRM user id or e-mail, each once."""
    return tuple(dict.fromkeys(to_person(_id_of(people, name.strip())) for name in listed))


NAMED_AT_MOST = 3


def name_operations(people: People, listed: Sequence[str]) -> str:
    """Whom to ask, by name where the CRM has one: `Olga Ops (olga@example.com) in sales operations`."""
    names = [name for name in (_named(people, name.strip()) for name in listed) if name]
    if not names:
        return "sales operations"
    shown = names[:NAMED_AT_MOST]
    return f"{', '.join(shown[:-1])}{' or ' if len(shown) > 1 else ''}{shown[-1]} in sales operations"


def _named(people: People, name: str) -> str:
    """Empty for somebody who has left."""
    user = people.by_email(name) if "@" in name else people.by_id(name)
    if user is None:
        return name
    if not user.is_active:
        return ""
    return f"{user.name} ({user.email})" if user.email else user.name


def _desk(people: People, listed: Sequence[str], channel: str | None) -> tuple[str, ...]:
    return (to_channel(channel),) if channel is not None else listed_people(people, listed)


def _id_of(people: People, name: str) -> str:
    """As `pipeline.access.identify` calls the same person."""
    user: User | None = people.by_email(name) if "@" in name else people.by_id(name)
    return user.id if user is not None else name.casefold() if "@" in name else name
