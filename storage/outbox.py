"""The outbox: whatever is to be said is written here first, in the transaction of what it tells of.

A message is known by its key, made of what it is about (`digest:2026-11-24:005A`), so the same thing is
never said twice. A changed card raises the revision of the same message: the surface updates it in place.
"""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, select

from storage.chat_tables import outbox

__all__ = ["Letter", "put_letter", "revise_letter", "to_channel", "to_person"]


def to_person(person_id: str) -> str:
    """The audience of a direct message."""
    return f"@{person_id}"


def to_channel(name: str) -> str:
    """The audience of a channel, by its configured name (`#pipeline-council`)."""
    return name if name.startswith("#") else f"#{name}"


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
    not_before: datetime | None = None
    counts: bool = False
    """It counts in the person's weekly budget of messages: what nobody asked for does."""


def put_letter(connection: Connection, letter: Letter, now: datetime) -> bool:
    """Write a message down. False where its key is there already: then nothing changes."""
    if connection.execute(select(outbox.c.no).where(outbox.c.key == letter.key)).first() is not None:
        return False
    moment = int(now.timestamp())
    connection.execute(
        outbox.insert().values(
            key=letter.key,
            kind=letter.kind,
            audience=letter.audience,
            thread_of=letter.thread_of,
            card=letter.card,
            revision=1,
            shown_revision=0,
            state="pending",
            created_at=moment,
            not_before=int(letter.not_before.timestamp()) if letter.not_before else moment,
            attempts=0,
            counts=letter.counts,
        )
    )
    return True


def revise_letter(connection: Connection, key: str, card: str) -> bool:
    """Put another card in the place of a message. False where there is no such message."""
    revised = connection.execute(
        outbox.update().where(outbox.c.key == key).values(card=card, revision=outbox.c.revision + 1)
    )
    return revised.rowcount > 0


def read_letter_card(connection: Connection, key: str) -> str | None:
    """The card of a message as it stands now."""
    card: str | None = connection.execute(select(outbox.c.card).where(outbox.c.key == key)).scalar()
    return card
