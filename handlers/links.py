"""Making and undoing a link between a person and a chat user, with all that hangs on it."""

from dataclasses import dataclass
from datetime import datetime

from messages.card_text import card_to_text
from messages.people import compose_stranger, compose_stranger_known
from pipeline.audiences import operations_desk
from pipeline.company import Company
from pipeline.errors import CouncilError
from pipeline.people import People
from pipeline.person_links import (
    ChatAccount,
    LinkedBy,
    PersonLink,
    Sender,
    Stranger,
    WhyUnmatched,
    fold_email,
)
from storage.audit import AuditEntry, record_audit
from storage.database import Connection
from storage.outbox import revise_letter, send_waiting_for_link
from storage.person_links import put_link, read_link, read_links_of_person, remove_link
from storage.strangers import put_stranger, read_stranger, remove_stranger

STRANGER = "stranger"
FIELD = "chat user"


@dataclass(frozen=True)
class Linker:
    """Who links, and where: the person themselves where their e-mail does it."""

    id: str
    name: str
    """Empty where an e-mail links."""
    surface: str


class NoSuchLink(CouncilError):
    """There is nothing to undo."""


class LinkInTheWay(CouncilError):
    """The chat user, or the person on that platform, is linked already."""


def link_by_operations(
    connection: Connection,
    company: Company,
    people: People,
    account: ChatAccount,
    person: str,
    by: Linker,
    now: datetime,
) -> PersonLink:
    """Link a chat user to a person, whatever any e-mail says, in the caller's transaction.

    Raises `LinkInTheWay`, which says what to undo first: a link is never moved silently.
    """
    known = read_stranger(connection, account)
    sender = known.sender if known is not None else None
    link = PersonLink(
        account=account,
        person=person,
        how=LinkedBy.OPERATIONS,
        linked_at=now,
        name=sender.name if sender is not None else None,
        email=fold_email(sender.email) if sender is not None else None,
        timezone=sender.timezone if sender is not None else None,
    )
    if not make_link(connection, company, people, link, by):
        raise LinkInTheWay(_what_is_in_the_way(connection, people, link))
    return link


def _what_is_in_the_way(connection: Connection, people: People, link: PersonLink) -> str:
    present = read_link(connection, link.account)
    if present is not None and present.person == link.person:
        return f"{link.account} is {name_of(people, link.person)} already."
    if present is not None:
        return f"{link.account} is {name_of(people, present.person)}. Undo that first: /unlink {link.account}"
    others = read_links_of_person(connection, person_names(people, link.person))
    here = [each.account for each in others if each.account.tenant == link.account.tenant]
    other = next(iter(here), link.account)
    return (
        f"{name_of(people, link.person)} speaks as {other} there already, and one person has one chat user. "
        f"Undo that first: /unlink {other}"
    )


def name_of(people: People, person: str) -> str:
    """What the CRM calls somebody; a listed e-mail calls itself."""
    user = people.by_id(person)
    return user.name if user is not None else person


def person_names(people: People, person: str) -> tuple[str, ...]:
    """Under what a link or letter of somebody can stand: CRM user id, and the e-mail that was listed before
    the CRM knew them."""
    user = people.by_id(person)
    email = fold_email(user.email) if user is not None else None
    return tuple(dict.fromkeys([person, *([email] if email else [])]))


def make_link(connection: Connection, company: Company, people: People, link: PersonLink, by: Linker) -> bool:
    """Link, release what waited for it, and settle what operations were asked, in the caller's transaction.

    False, and nothing done, where the chat user or the person has a link there already.
    """
    if not put_link(connection, link):
        return False
    for name in person_names(people, link.person):
        send_waiting_for_link(connection, name, link.linked_at)
    remove_stranger(connection, link.account)
    for audience in operations_desk(people, company.people.operations, company.chat):
        key = stranger_key(link.account, audience)
        card = compose_stranger_known(key, link, name_of(people, link.person), by.name)
        revise_letter(connection, key, card_to_text(card))
    _record(connection, by, "link", link, old=None, new=str(link.account))
    return True


def undo_link(
    connection: Connection, company: Company, people: People, account: ChatAccount, by: Linker, now: datetime
) -> PersonLink:
    """The link that there was. From then on operations alone link this chat user.

    Raises `NoSuchLink`.
    """
    link = remove_link(connection, account)
    if link is None:
        raise NoSuchLink(f"{account} is linked to nobody (any more).")
    sender = Sender(account, link.name or account.user_id, link.email, link.timezone)
    stranger = Stranger(sender, WhyUnmatched.UNLINKED, now)
    put_stranger(connection, stranger)
    for audience in operations_desk(people, company.people.operations, company.chat):
        key = stranger_key(account, audience)
        revise_letter(connection, key, card_to_text(compose_stranger(key, stranger, ())))
    _record(connection, by, "unlink", link, old=str(account), new=None, at=now)
    return link


def stranger_key(account: ChatAccount, audience: str) -> str:
    """The key of the letter that asks operations who a chat user is: once for each, whatever they write."""
    return f"{STRANGER}:{account}:{audience}"


def _record(
    connection: Connection,
    by: Linker,
    act: str,
    link: PersonLink,
    *,
    old: str | None,
    new: str | None,
    at: datetime | None = None,
) -> None:
    entry = AuditEntry(
        by=by.id,
        surface=by.surface,
        act=act,
        object=f"person:{link.person}",
        field=FIELD,
        old=old,
        new=new,
        note="" if by.name else "by e-mail",
    )
    record_audit(connection, entry, at or link.linked_at)
