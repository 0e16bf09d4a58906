"""Each event counts once: received before it is handled, done with its effect, settled once it is answered.

A process has an event in hand for `WORKING`; whoever else is told of it meanwhile (surfaces repeat events
that they think lost) stays quiet. After a crash the event is unfinished, and `claim_unfinished` hands it out:
to be done where it had no effect, to be answered where it had, and to be told the answer that was kept where
there is one. An event whose change may have reached the CRM is nobody's until `jobs.recover` has found out,
or it would be made twice.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import Enum, auto

from sqlalchemy import ColumnElement, Connection, exists, func, select

from pipeline.errors import CouncilError
from storage.bulk import insert_new
from storage.chat_tables import inbox
from storage.fix_tables import write_intent

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
    received_at: datetime
    was_done: bool
    """It had its effect; what is missing is the answer."""
    resumed: int
    """How often it was handed out, this time included."""
    answer: str | None = None
    """The answer that was found and may never have been shown, as `keep_answer` took it."""


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
    if received.first() is not None or _take_over(connection, now, inbox.c.event == event, _NOT_DONE):
        return Received.NEW
    done_at = connection.execute(select(inbox.c.done_at).where(inbox.c.event == event)).scalar()
    return Received.IN_HAND if done_at is None else Received.DONE


def finish_event(connection: Connection, event: str, now: datetime) -> None:
    """Mark an event done, in the transaction of its effect. Raises `EventAlreadyDone`."""
    done = connection.execute(
        inbox.update().where(inbox.c.event == event, _NOT_DONE).values(done_at=int(now.timestamp()))
    )
    if done.rowcount == 0:
        raise EventAlreadyDone("This was done already; nothing happened a second time.")


def keep_answer(connection: Connection, event: str, answer: str, now: datetime) -> None:
    """The answer is found, be it that it failed, and is shown next: nothing more is done."""
    connection.execute(
        inbox.update()
        .where(inbox.c.event == event, inbox.c.answered_at.is_(None))
        .values(answer=answer, done_at=func.coalesce(inbox.c.done_at, int(now.timestamp())))
    )


def settle_event(connection: Connection, event: str, now: datetime) -> bool:
    """Whoever asked has an answer: nothing is left to do. False where that was so already."""
    moment = int(now.timestamp())
    settled = connection.execute(
        inbox.update()
        .where(inbox.c.event == event, inbox.c.answered_at.is_(None))
        .values(answered_at=moment, done_at=func.coalesce(inbox.c.done_at, moment), answer=None)
    )
    return settled.rowcount > 0


def claim_unfinished(connection: Connection, now: datetime) -> Unfinished | None:
    """The oldest event that nobody has in hand any more, now in the caller's."""
    waiting = connection.execute(
        select(inbox)
        .where(inbox.c.answered_at.is_(None), *_free(now))
        .order_by(inbox.c.received_at, inbox.c.event)
    ).all()
    for row in waiting:
        if _take_over(connection, now, inbox.c.event == row.event, resumed=row.resumed + 1):
            received_at = datetime.fromtimestamp(row.received_at, UTC)
            was_done = row.done_at is not None
            return Unfinished(row.event, row.content, received_at, was_done, row.resumed + 1, row.answer)
    return None


_NOT_DONE = inbox.c.done_at.is_(None)


def _free(now: datetime) -> tuple[ColumnElement[bool], ...]:
    """Nobody has it in hand, and no change of it may be on its way."""
    on_its_way = exists().where(write_intent.c.event == inbox.c.event, write_intent.c.closed_at.is_(None))
    return inbox.c.working_until <= int(now.timestamp()), ~on_its_way


def _take_over(
    connection: Connection, now: datetime, *which: ColumnElement[bool], resumed: int | None = None
) -> bool:
    until = {"working_until": int((now + WORKING).timestamp())}
    taken = connection.execute(
        inbox.update()
        .where(*which, inbox.c.answered_at.is_(None), *_free(now))
        .values(until if resumed is None else until | {"resumed": resumed})
    )
    return taken.rowcount > 0
