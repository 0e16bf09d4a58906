"""Not too many messages at once: when the next may go to a conversation, and to the whole workspace.

The row of the workspace is also the turnstile of claiming: whoever claims holds it, so that two processes
on PostgreSQL never count the same message or the same second twice. SQLite has one writer anyway.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, select

from storage.bulk import insert_new
from storage.chat_tables import delivery_pace

WORKSPACE = "*"


@dataclass(frozen=True)
class Pace:
    """The shortest time between two messages."""

    in_conversation: timedelta = timedelta(seconds=1)
    in_workspace: timedelta = timedelta(milliseconds=250)


UNHURRIED = Pace(timedelta(0), timedelta(0))
"""For a surface without limits, such as the local room."""


def enter_turnstile(connection: Connection, surface: str, now: datetime) -> bool:
    """Take the workspace's turn, held until the transaction ends. False where it must not speak yet."""
    connection.execute(
        insert_new(connection, delivery_pace).values(surface=surface, scope=WORKSPACE, next_at_ms=0)
    )
    next_at: int = connection.execute(
        select(delivery_pace.c.next_at_ms)
        .where(delivery_pace.c.surface == surface, delivery_pace.c.scope == WORKSPACE)
        .with_for_update()
    ).scalar_one()
    return next_at <= milliseconds(now)


def keep_pace(connection: Connection, surface: str, audience: str, pace: Pace, now: datetime) -> None:
    """A message goes to this audience now: the next one has to wait its time."""
    waits = {WORKSPACE: pace.in_workspace, audience: pace.in_conversation}
    _wait(connection, surface, {scope: now + wait for scope, wait in waits.items() if wait})


def pause(connection: Connection, surface: str, scope: str, until: datetime) -> None:
    """The surface asked for patience: an audience, or the whole workspace (`WORKSPACE`), waits until then."""
    _wait(connection, surface, {scope: until})


def end_pause(connection: Connection, surface: str, scope: str) -> None:
    """Whoever waits for that may ask again now."""
    is_that = (delivery_pace.c.surface == surface, delivery_pace.c.scope == scope)
    connection.execute(delivery_pace.update().where(*is_that).values(next_at_ms=0))


def _wait(connection: Connection, surface: str, until: Mapping[str, datetime]) -> None:
    """Waits only ever grow: a pause that is asked for outlives the pace."""
    for scope, moment in until.items():
        key = (delivery_pace.c.surface == surface, delivery_pace.c.scope == scope)
        next_at = milliseconds(moment)
        connection.execute(
            insert_new(connection, delivery_pace).values(surface=surface, scope=scope, next_at_ms=next_at)
        )
        connection.execute(
            delivery_pace.update()
            .where(*key, delivery_pace.c.next_at_ms < next_at)
            .values(next_at_ms=next_at)
        )


def milliseconds(moment: datetime) -> int:
    return int(moment.timestamp() * 1000)
