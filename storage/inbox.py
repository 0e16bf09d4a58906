"""Each event counts once: received before it is handled, done with its effect."""

from datetime import datetime

from sqlalchemy import Connection

from pipeline.errors import CouncilError
from storage.chat_tables import inbox


class EventAlreadyDone(CouncilError):
    """This was done already; nothing happened a second time."""


def finish_event(connection: Connection, event: str, now: datetime) -> None:
    """Mark an event done, in the transaction of its effect. Raises `EventAlreadyDone`."""
    done = connection.execute(
        inbox.update()
        .where(inbox.c.event == event, inbox.c.done_at.is_(None))
        .values(done_at=int(now.timestamp()))
    )
    if done.rowcount == 0:
        raise EventAlreadyDone("This was done already; nothing happened a second time.")


def receive_event(connection: Connection, event: str, content: str, now: datetime) -> bool:
    """Take an event in. False where it is there already and done."""
    known = connection.execute(inbox.select().where(inbox.c.event == event)).one_or_none()
    if known is not None:
        return known.done_at is None
    connection.execute(
        inbox.insert().values(event=event, content=content, received_at=int(now.timestamp()), done_at=None)
    )
    return True
