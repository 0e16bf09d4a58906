"""Making and undoing a link between a person and a chat user, with all that hangs on it."""

from dataclasses import dataclass
from datetime import datetime

from messages.card_text import card_to_text
from messages.people import compose_stranger_known
from pipeline.audiences import operations_desk
from pipeline.company import Company
from pipeline.people import People
from pipeline.person_links import ChatAccount, PersonLink, Sender, Stranger, WhyUnmatched
from storage.audit import AuditEntry, record_audit
from storage.database import Connection
from storage.outbox import revise_letter, send_waiting_for_link
from storage.person_links import put_link, remove_link
from storage.strangers import put_stranger, remove_stranger

STRANGER = "stranger"
FIELD = "chat user"


@dataclass(frozen=True)
class Linker:
    """Who links, and where: the person themselves where their e-mail does it."""

    id: str
    name: str
    """Empty where an e-mail links."""
    surface: str


def make_link(connection: Connection, company: Company, people: People, link: PersonLink, by: Linker) -> bool:
    """Link, release what waited for it, and settle what operations were asked, in the caller's transaction.

    False, and nothing done, where the chat user or the person has a link there already.
    """
    if not put_link(connection, link):
        return False
    user = people.by_id(link.person)
    for name in {link.person, (user.email or "").casefold() if user is not None else ""} - {""}:
        send_waiting_for_link(connection, name, link.linked_at)
    remove_stranger(connection, link.account)
    for audience in operations_desk(people, company.people.operations, company.chat):
        key = stranger_key(link.account, audience)
        card = compose_stranger_known(key, link, user.name if user is not None else link.person, by.name)
        revise_letter(connection, key, card_to_text(card))
    _record(connection, by, "link", link, old=None, new=str(link.account))
    return True


def undo_link(connection: Connection, account: ChatAccount, by: Linker, now: datetime) -> PersonLink | None:
    """The link that there was; `None` where there was none. From then on operations alone link them."""
    link = remove_link(connection, account)
    if link is not None:
        sender = Sender(account, link.name or account.user_id, link.email, link.timezone)
        put_stranger(connection, Stranger(sender, WhyUnmatched.UNLINKED, now))
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
