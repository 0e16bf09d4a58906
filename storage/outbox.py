"""The outbox: whatever is to be said is written here first, in the transaction of what it tells of.

A message is known by its key, made of what it is about (`digest:2026-11-24:005A`), so the same thing is
never said twice. A changed card raises the revision of the same message: the surface updates it in place.
`storage.outbox_claims` hands messages out to be sent; `storage.outbox_reading` says what became of them.
"""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, and_, or_, select

from pipeline.audiences import to_channel, to_person
from pipeline.letters import LetterState
from storage.bulk import insert_new
from storage.chat_tables import outbox

__all__ = [
    "Letter",
    "drop_letter",
    "put_letter",
    "read_letter_card",
    "revise_letter",
    "send_again",
    "send_waiting_for_link",
    "to_channel",
    "to_person",
]


@dataclass(frozen=True, kw_only=True)
class Letter:
    """A message to be said once."""

    key: str
    kind: str
    """`digest`, `council`, `council_thread`, `reminder`, ...: for pace, budget and statistics."""
    audience: str
    """Of `to_person` or `to_channel`."""
    card: str
    """`messages.card_text.card_to_text` of the card."""
    thread_of: str | None = None
    """Key of the message in whose thread it belongs: it waits until that one is sent."""
    follows: str | None = None
    """Key of a message of its own after which it is read: it waits while that one is on its way, and goes
    out also where that one failed or was dropped, for it says something of its own."""
    not_before: datetime | None = None
    counts: bool = False
    """It counts in the person's weekly budget of messages: what nobody asked for does."""


def put_letter(connection: Connection, letter: Letter, now: datetime) -> bool:
    """Write a message down. False where its key is there already: then nothing changes."""
    moment = int(now.timestamp())
    written = connection.execute(
        insert_new(connection, outbox)
        .values(
            key=letter.key,
            kind=letter.kind,
            audience=letter.audience,
            thread_of=letter.thread_of,
            follows=letter.follows,
            card=letter.card,
            revision=1,
            shown_revision=0,
            state=LetterState.PENDING.value,
            created_at=moment,
            not_before=int(letter.not_before.timestamp()) if letter.not_before else moment,
            attempts=0,
            counts=letter.counts,
        )
        .returning(outbox.c.no)
    )
    return written.first() is not None


def revise_letter(connection: Connection, key: str, card: str) -> bool:
    """Put another card in the place of a message. False where there is no such message."""
    revised = connection.execute(
        outbox.update()
        .where(outbox.c.key == key, outbox.c.card != card)
        .values(card=card, revision=outbox.c.revision + 1)
    )
    return revised.rowcount > 0 or read_letter_card(connection, key) is not None


def read_letter_card(connection: Connection, key: str) -> str | None:
    """The card of a message as it stands now; empty where it was too old to be kept."""
    card: str | None = connection.execute(select(outbox.c.card).where(outbox.c.key == key)).scalar()
    return card


# --- What people decide about messages in trouble ---------------------------------------------------


def is_in_trouble(now: datetime) -> ColumnElement[bool]:
    """Messages about which people may decide: nobody knows their fate, or it is known to be bad.

    Of one that was on its way when its sender died, the next sender finds out; where none comes for it, say
    after the company has moved to another chat, it is in trouble once the dead one's lease has ended.
    """
    nobody_has_it = outbox.c.claimed_until <= int(now.timestamp())
    return or_(
        outbox.c.state.in_((LetterState.UNKNOWN, LetterState.FAILED)),
        and_(outbox.c.state == LetterState.SENDING, nobody_has_it),
    )


def send_again(connection: Connection, key: str, now: datetime) -> bool:
    """Send a message whose fate is unknown, or that failed. False where it is neither (any more)."""
    return _release(connection, now, outbox.c.key == key, is_in_trouble(now))


def send_waiting_for_link(connection: Connection, person_id: str, now: datetime) -> bool:
    """Send what failed for want of a way to reach the person. False where nothing waited."""
    return _release(
        connection, now, outbox.c.audience == to_person(person_id), outbox.c.state == LetterState.FAILED
    )


def _release(connection: Connection, now: datetime, *which: ColumnElement[bool]) -> bool:
    released = connection.execute(
        outbox.update()
        .where(*which)
        .values(
            state=LetterState.PENDING.value,
            not_before=int(now.timestamp()),
            attempts=0,
            sent_at=None,
            claimed_by=None,
            claimed_until=None,
            reason=None,
        )
    )
    return released.rowcount > 0


def drop_letter(connection: Connection, key: str, now: datetime) -> bool:
    """Give up a message in trouble, and with it the replies that wait for it. False where it is in none."""
    dropped = connection.execute(
        outbox.update().where(outbox.c.key == key, is_in_trouble(now)).values(state=LetterState.DROPPED.value)
    )
    if dropped.rowcount == 0:
        return False
    connection.execute(
        outbox.update()
        .where(outbox.c.thread_of == key, outbox.c.state == LetterState.PENDING)
        .values(state=LetterState.DROPPED.value)
    )
    return True
