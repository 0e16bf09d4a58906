"""Everybody whom we know, as sales operations look after them: roles, links, and who cannot be reached."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from pipeline.access import Role, identify, listed_emails
from pipeline.definitions import CouncilDefinition, PeopleDefinition
from pipeline.errors import AccessDenied
from pipeline.people import People, User
from pipeline.person_links import PersonLink, fold_email


@dataclass(frozen=True, kw_only=True)
class DirectoryEntry:
    """One person, not a machine."""

    id: str
    """CRM user id, or the e-mail of somebody whom only the configuration lists."""
    name: str
    email: str | None
    is_in_crm: bool
    is_active: bool
    roles: frozenset[Role]
    """None for somebody who has left."""
    links: tuple[PersonLink, ...]
    waiting: int
    """Messages to them that found no way."""

    @property
    def is_reachable(self) -> bool:
        """A message has a way to them: a link, or an e-mail by which a chat finds them, and none failed."""
        return bool(self.links or self.email) and not self.waiting


def list_people(
    people: People,
    definition: PeopleDefinition,
    council: CouncilDefinition,
    links: Sequence[PersonLink],
    waiting: Mapping[str, int],
) -> tuple[DirectoryEntry, ...]:
    """CRM users and listed e-mails, by name. `waiting`: failed messages by CRM user id or listed e-mail."""
    of_person: defaultdict[str, list[PersonLink]] = defaultdict(list)
    for link in links:
        of_person[link.person].append(link)
    entries = [
        DirectoryEntry(
            id=who.id,
            name=who.name,
            email=who.email,
            is_in_crm=who.id in people.users,
            is_active=who.is_active,
            roles=_roles(people, definition, council, who),
            links=tuple(link for name in _names(who) for link in of_person[name]),
            waiting=sum(waiting.get(name, 0) for name in _names(who)),
        )
        for who in _everybody(people, definition)
    ]
    return tuple(sorted(entries, key=lambda entry: (entry.name.casefold(), entry.id)))


def without_way(entries: Sequence[DirectoryEntry]) -> tuple[DirectoryEntry, ...]:
    """Active people whom no message reaches."""
    return tuple(entry for entry in entries if entry.is_active and not entry.is_reachable)


def _everybody(people: People, definition: PeopleDefinition) -> Iterator[User]:
    known = {fold_email(user.email) for user in people.users.values()}
    yield from (user for user in people.users.values() if not user.is_integration)
    listed = listed_emails(definition) | people.council
    yield from (User(email, email, email) for email in listed if email not in known)


def _names(user: User) -> tuple[str, ...]:
    """A link can stand under the e-mail by which somebody was listed before the CRM knew them."""
    return tuple(dict.fromkeys(name for name in (user.id, fold_email(user.email)) if name))


def _roles(
    people: People, definition: PeopleDefinition, council: CouncilDefinition, who: User
) -> frozenset[Role]:
    """None where access would be denied; of those who have left that is known without asking."""
    if not who.is_active:
        return frozenset()
    try:
        return identify(people, definition, council, who.id).roles
    except AccessDenied:
        return frozenset()
