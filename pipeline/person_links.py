"""Which person of the company a chat user is: linked once, by an e-mail that is one person's alone, else by
sales operations. Pure: the storage keeps the links, `handlers.recognising` acts on what is decided here.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from pipeline.errors import UnknownName
from pipeline.people import People, User, is_same_id


@dataclass(frozen=True, order=True)
class ChatAccount:
    """A user of a chat platform. The same user id means somebody else on another platform or tenant."""

    surface: str
    """`slack`, `teams`, `preview`."""
    tenant: str
    """The workspace or organisation, by the platform's own id."""
    user_id: str

    def __str__(self) -> str:
        """As people type it, and as `read_account` reads it: `slack:T01:U123`."""
        return f"{self.surface}:{self.tenant}:{self.user_id}"


def read_account(typed: str) -> ChatAccount:
    """Raises `UnknownName` for what is not `PLATFORM:TENANT:USER`; a user id may hold colons itself."""
    parts = [part.strip() for part in typed.split(":", 2)]
    if len(parts) != 3 or not all(parts):
        raise UnknownName(
            f"“{typed[:80]}” is no chat user: write platform, tenant and user id with colons between them, "
            "such as slack:T01ABC:U123."
        )
    return ChatAccount(parts[0].casefold(), parts[1], parts[2])


@dataclass(frozen=True)
class Sender:
    """Somebody who writes to us, as the platform vouches for them."""

    account: ChatAccount
    name: str
    email: str | None
    """Only one that the platform has verified; `None` where it shows none."""
    timezone: str | None = None
    """IANA name; `None` where the platform does not say."""


class LinkedBy(StrEnum):
    EMAIL = "email"
    OPERATIONS = "operations"


@dataclass(frozen=True, kw_only=True)
class PersonLink:
    """A chat user and the person whom it belongs to."""

    account: ChatAccount
    person: str
    """CRM user id, or the e-mail of somebody whom only the configuration lists."""
    how: LinkedBy
    linked_at: datetime
    name: str | None = None
    """What the platform called the chat user then."""
    email: str | None = None
    """The e-mail that the platform showed then, in small letters."""
    timezone: str | None = None
    """Where the platform saw the chat user last; it tells where the CRM does not."""


class WhyUnmatched(StrEnum):
    """Why nobody was recognised."""

    NO_EMAIL = "no_email"
    NOBODY = "nobody"
    """Neither the CRM nor the configuration knows the e-mail."""
    SEVERAL = "several"
    """Several active CRM users have it."""
    INACTIVE = "inactive"
    """Only a CRM user has it that is not active."""
    TAKEN = "taken"
    """Whoever has it speaks as another chat user of the same tenant already."""
    UNLINKED = "unlinked"
    """Operations have undone a link: what an e-mail says does not make another."""


@dataclass(frozen=True)
class Linked:
    """The chat user has a link, and it holds."""

    person: str
    email_is_of: tuple[User, ...] = ()
    """Other people to whom the chat user's e-mail belongs by now; the link stays all the same."""


@dataclass(frozen=True)
class Matched:
    """The e-mail is one person's alone: a link can be made."""

    person: str


@dataclass(frozen=True)
class Unmatched:
    why: WhyUnmatched
    candidates: tuple[User, ...] = ()
    """Who could be meant, by name."""


@dataclass(frozen=True)
class Stranger:
    """Somebody who wrote to us and could not be matched."""

    sender: Sender
    why: WhyUnmatched
    asked_at: datetime
    """When they did so last, or were unlinked."""


Recognition = Linked | Matched | Unmatched


def recognise(
    sender: Sender,
    link: PersonLink | None,
    before: Stranger | None,
    people: People,
    *,
    listed: Collection[str],
    taken: Collection[str],
) -> Recognition:
    """Who writes. A link decides alone; without one an e-mail does that is one active person's.

    `before`: why they were not recognised last. `listed`: e-mails of people whom the configuration names.
    `taken`: people who have a link on the same platform and tenant: whoever comes with their e-mail as
    another chat user is for operations to judge.
    """
    email = fold_email(sender.email)
    holders = _holders(people, email)
    if link is not None:
        return Linked(link.person, _new_holders(link, email, holders))
    active = tuple(user for user in holders if user.is_active)
    if before is not None and before.why is WhyUnmatched.UNLINKED:
        return Unmatched(WhyUnmatched.UNLINKED, active)
    if email is None:
        return Unmatched(WhyUnmatched.NO_EMAIL)
    if len(active) > 1:
        return Unmatched(WhyUnmatched.SEVERAL, active)
    if holders and not active:
        return Unmatched(WhyUnmatched.INACTIVE, holders)
    if not active and email not in {fold_email(one) for one in listed}:
        return Unmatched(WhyUnmatched.NOBODY)
    if _is_taken(active, email, taken):
        return Unmatched(WhyUnmatched.TAKEN, active)
    return Matched(active[0].id if active else email)


def fold_email(email: str | None) -> str | None:
    """An e-mail as it is compared; `None` for an empty one."""
    return (email or "").strip().casefold() or None


def _holders(people: People, email: str | None) -> tuple[User, ...]:
    """People, not machines, with this e-mail."""
    holders = [
        user
        for user in people.users.values()
        if email is not None and fold_email(user.email) == email and not user.is_integration
    ]
    return tuple(sorted(holders, key=lambda user: (user.name, user.id)))


def _new_holders(link: PersonLink, email: str | None, holders: tuple[User, ...]) -> tuple[User, ...]:
    """Active people to whom a changed e-mail points, none of whom is the linked one."""
    active = tuple(user for user in holders if user.is_active)
    is_theirs = any(is_same_id(user.id, link.person) for user in active) or email == fold_email(link.person)
    return () if email == link.email or is_theirs else active


def _is_taken(active: tuple[User, ...], email: str, taken: Collection[str]) -> bool:
    """A link that was made while only the configuration knew the person is theirs too."""
    return email in taken or any(is_same_id(user.id, person) for user in active for person in taken)
