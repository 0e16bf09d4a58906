"""Each event counts once: received before it is handled, done with its effect.

A process has an event in hand for `WORKING`; whoever else is told of it meanwhile (surfaces repeat events
that they think lost) stays quiet. After a crash the event is unfinished, and `claim_unfinished` hands it out.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum, auto

from sqlalchemy import Connection, select

from pipeline.errors import CouncilError
from storage.bulk import insert_new
from storage.chat_tables import inbox

WORKING = timedelta(minutes=5)
"""Longer than any answer takes."""


class EventAlreadyDone(CouncilError):
    """This was done already; nothing happened a second time."""


class Received(Enum):
    NEW = auto()
    """It is for the receiver to handle."""
    IN_HAND = auto()
    """Somebody else is at it."""
    DONE = auto()


@dataclass(frozen=True)
class Unfinished:
    """An event that somebody received and did not finish."""

    event: str
    content: str


def receive_event(connection: Connection, event: str, content: str, now: datetime) -> Received:
    """Take an event in, in a transaction of its own, before anything is done about it."""
    received = connection.execute(
        insert_new(connection, inbox)
        .values(
            event=event,
            content=content,
            received_at=int(now.timestamp()),
            working_until=int((now + WORKING).timestamp()),
        )
        .returning(inbox.c.event)
    )
    if received.first() is not None or _take_over(connection, event, now):
        return Received.NEW
    done_at = connection.execute(select(inbox.c.done_at).where(inbox.c.event == event)).scalar()
    return Received.IN_HAND if done_at is None else Received.DONE


def finish_event(connection: Connection, event: str, now: datetime) -> None:
    """Mark an event done, in the transaction of its effect. Raises `EventAlreadyDone`."""
    if not settle_event(connection, event, now):
        raise EventAlreadyDone("This was done already; nothing happened a second time.")


def settle_event(connection: Connection, event: str, now: datetime) -> bool:
    """Mark an event done that had nothing but an answer. False where its effect has done so."""
    done = connection.execute(
        inbox.update()
        .where(inbox.c.event == event, inbox.c.done_at.is_(None))
        .values(done_at=int(now.timestamp()))
    )
    return done.rowcount > 0


def claim_unfinished(connection: Connection, now: datetime) -> Unfinished | None:
    """The oldest event that nobody has in hand any more, now in the caller's."""
    moment = int(now.timestamp())
    waiting = connection.execute(
        select(inbox.c.event, inbox.c.content)
        .where(inbox.c.done_at.is_(None), inbox.c.working_until <= moment)
        .order_by(inbox.c.received_at, inbox.c.event)
    ).all()
    for row in waiting:
        if _take_over(connection, row.event, now):
            return Unfinished(row.event, row.content)
    return None


def _take_over(connection: Connection, event: str, now: datetime) -> bool:
    taken = connection.execute(
        inbox.update()
        .where(
            inbox.c.event == event,
            inbox.c.done_at.is_(None),
            inbox.c.working_until <= int(now.timestamp()),
        )
        .values(working_until=int((now + WORKING).timestamp()))
    )
    return taken.rowcount > 0
