"""Erasing a person: whatever tells who it was goes, what tells how the company did stays.

What goes: name, e-mail, time zone and further fields of the CRM user, the links to chat users, what was noted
of strangers with that e-mail, the messages to the person, what the person typed to us, and the names wherever
else they stand: in other people's messages, audit, digests, actions, contexts and reasons. A token takes
their place.

What stays, and why: deals, versions, figures, findings and scores under the CRM user's id, for the company's
totals must still add up and the id tells nothing without the CRM; who changed what, under the same id, for
an audit with holes is none. Names inside records of the CRM (a deal, an account) are the CRM's to change, and
what a chat shows already is the chat's to erase.

No pull brings the name back (`storage.registries.replace_people`).
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, Engine, Table, func, or_, select

from pipeline.audiences import to_person
from pipeline.erasure import ErasedPerson
from pipeline.letters import LetterState
from pipeline.person_links import ChatAccount
from storage.bulk import insert_new
from storage.chat_places import remove_chats_with
from storage.chat_tables import inbox, outbox, person_link
from storage.database import writing
from storage.name_texts import count_rows_with_names, take_names_out
from storage.people_tables import council_member, erased_person, stranger
from storage.tables import person


@dataclass(frozen=True)
class Erasable:
    """One person and all under which something is kept of them."""

    person: str
    """CRM user id, or the e-mail of somebody whom the CRM never knew."""
    name: str
    """What the CRM calls them."""
    names: tuple[str, ...]
    """Person, and the e-mail under which they may have been listed: as links and audiences have them."""
    email: str | None
    accounts: tuple[ChatAccount, ...]
    erased: ErasedPerson


@dataclass(frozen=True)
class KeptOf:
    """How much is kept of somebody, or was erased."""

    links: int
    letters: int
    """To the person."""
    texts: int
    """Rows that name the person."""


def count_kept(connection: Connection, who: Erasable) -> KeptOf:
    """What `erase_person` would erase; texts are counted with some that only seem to name the person."""
    return KeptOf(
        len(who.accounts),
        _count(connection, outbox, _letters(who)),
        count_rows_with_names(connection, who.erased),
    )


def erase_person(engine: Engine, who: Erasable, now: datetime) -> KeptOf:
    """Erase; what ties the names together goes last, so that an interrupted erasure can begin again."""
    with writing(engine) as connection:
        letters = connection.execute(outbox.delete().where(_letters(who))).rowcount
        connection.execute(
            inbox.update().where(inbox.c.answered_at.is_not(None), _asked_by(who.names)).values(content="")
        )
    texts = take_names_out(engine, who.erased)
    with writing(engine) as connection:
        remove_chats_with(connection, who.accounts)
        links = connection.execute(person_link.delete().where(person_link.c.person.in_(who.names))).rowcount
        if who.email is not None:
            connection.execute(stranger.delete().where(func.lower(stranger.c.email) == who.email))
            connection.execute(council_member.delete().where(council_member.c.email == who.email))
        _erase_user(connection, who, now)
    return KeptOf(links, letters, texts)


def _erase_user(connection: Connection, who: Erasable, now: datetime) -> None:
    erased = connection.execute(
        person.update()
        .where(person.c.crm_id == who.person)
        .values(name=who.erased.token, email=None, timezone=None, is_active=False, fields={})
    )
    if erased.rowcount:
        connection.execute(
            insert_new(connection, erased_person).values(person=who.person, erased_at=int(now.timestamp()))
        )


def _letters(who: Erasable) -> ColumnElement[bool]:
    """To the person, and to operations about their chat users; what is on its way ends first."""
    about = [
        outbox.c.key.startswith(f"{kind}:{account}:", autoescape=True)
        for account in who.accounts
        for kind in ("stranger", "email_moved")
    ]
    to_them = outbox.c.audience.in_([to_person(name) for name in who.names])
    return or_(to_them, *about) & (outbox.c.state != LetterState.SENDING)


def _asked_by(names: Collection[str]) -> ColumnElement[bool]:
    """As `bot.event_text` writes who asked."""
    return or_(*(inbox.c.content.contains(f'"who": "{name}"', autoescape=True) for name in names))


def _count(connection: Connection, table: Table, which: ColumnElement[bool]) -> int:
    return int(connection.execute(select(func.count()).select_from(table).where(which)).scalar_one())
