"""Whether a chat platform accepts who we are: a row while it does not, shared by all processes."""

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, func, select

from pipeline.letters import AccessRefusal, LetterState
from storage.bulk import insert_new
from storage.chat_tables import access_refusal, outbox

_columns = access_refusal.c


def note_refusal(connection: Connection, surface: str, reason: str, now: datetime) -> bool:
    """The platform does not accept us. True where that is news; later ones only say the reason anew."""
    made = connection.execute(
        insert_new(connection, access_refusal)
        .values(surface=surface, since=int(now.timestamp()), reason=reason)
        .returning(_columns.surface)
    )
    if made.first() is not None:
        return True
    connection.execute(access_refusal.update().where(_columns.surface == surface).values(reason=reason))
    return False


def end_refusal(connection: Connection, surface: str, begun: datetime, now: datetime) -> AccessRefusal | None:
    """The platform did as we asked, at an attempt that was `begun` then. `None` where it never refused us,
    or only after that: several attempts are under way at once."""
    ended = connection.execute(
        access_refusal.delete()
        .where(_columns.surface == surface, _columns.since < int(begun.timestamp()))
        .returning(access_refusal)
    ).one_or_none()
    return None if ended is None else _refusal(ended, _count_waiting(connection, now))


def is_refused(connection: Connection, surface: str) -> bool:
    """Whether the platform refused us when we last asked it something."""
    return connection.execute(select(_columns.since).where(_columns.surface == surface)).first() is not None


def read_refusals(connection: Connection, now: datetime) -> tuple[AccessRefusal, ...]:
    """The platforms that do not accept us now."""
    rows = connection.execute(select(access_refusal).order_by(_columns.surface)).all()
    waiting = _count_waiting(connection, now) if rows else 0
    return tuple(_refusal(row, waiting) for row in rows)


def _count_waiting(connection: Connection, now: datetime) -> int:
    is_due = (outbox.c.state == LetterState.PENDING, outbox.c.not_before <= int(now.timestamp()))
    return connection.execute(select(func.count()).select_from(outbox).where(*is_due)).scalar_one()


def _refusal(row: Any, waiting: int) -> AccessRefusal:
    return AccessRefusal(row.surface, row.reason, datetime.fromtimestamp(row.since, UTC), waiting)
