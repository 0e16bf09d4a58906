"""Handing messages out to be sent: claimed right before sending, so that nobody sends one twice.

A claim is a lease. Whoever holds it says what came of it (`storage.outbox_outcomes`); where a process dies
with a message on its way, the lease ends and the next claim of that message is to look whether it arrived
(`Task.FIND`), never to send it again blindly.

One message at a time is on its way to a conversation, so what was written first is read first.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Select, and_, exists, or_, select, text

from pipeline.audiences import Addressee
from pipeline.letters import ON_ITS_WAY, LetterState
from pipeline.message_budget import MessageBudget
from storage.addressees import read_addressee
from storage.chat_tables import delivery_pace, outbox
from storage.outbox_budget import hold_if_over_budget, tell_what_was_held
from storage.outbox_pace import Pace, enter_turnstile, keep_pace, milliseconds

LEASE = timedelta(seconds=120)
"""Long after any answer of a surface would have come, or been given up."""

_PENDING = text("outbox.state = 'pending'")
_SENDING = text("outbox.state = 'sending'")
_OUT_OF_DATE = text("outbox.state = 'sent' AND outbox.revision > outbox.shown_revision")
"""Written out, not bound: only so does SQLite see that its partial indexes apply."""

_parent = outbox.alias("parent")
_before = outbox.alias("before")
_under_way = outbox.alias("under_way")


class Task(StrEnum):
    POST = "post"
    UPDATE = "update"
    """Show the present card in the place of the posted one."""
    FIND = "find"
    """Look whether a message arrived whose sender died or lost the connection."""


@dataclass(frozen=True)
class Claimant:
    """One process that delivers to one surface."""

    name: str
    """Unique among processes and starts."""
    surface: str
    tenant: str
    """The surface's workspace or organisation, in which people are found."""
    pace: Pace
    budget: MessageBudget


@dataclass(frozen=True)
class Claim:
    """A message in hand, until the lease ends."""

    task: Task
    by: Claimant
    until: datetime
    key: str
    kind: str
    to: Addressee
    card: str
    revision: int
    message: str | None
    """Where the surface put it, if it was posted."""
    thread: str | None
    """Where the surface put the head of the thread in which it belongs."""
    attempts: int
    """With this one."""
    held_kinds: tuple[str, ...]
    """Kinds of the letters held back of which this one tells."""


def is_anything_due(connection: Connection, claimant: Claimant, now: datetime) -> bool:
    """Whether a claim would find something, as far as reading tells: it takes no lock."""
    return any(_first(connection, due) is not None for due in _due(claimant, now).values())


def claim_letter(connection: Connection, claimant: Claimant, now: datetime) -> Claim | None:
    """The next message that is due, now in the claimant's hand; `None` where nothing is due.

    Messages over a person's budget are held on the way. To be called in a transaction of its own.
    """
    if not enter_turnstile(connection, claimant.surface, now):
        return None
    for task, due in _due(claimant, now).items():
        while (row := _first(connection, due)) is not None:
            if task is Task.POST and hold_if_over_budget(connection, row, claimant.budget, now):
                continue
            claim = _take(connection, claimant, task, row, now)
            if claim is not None:
                return claim
    return None


def _first(connection: Connection, due: Select[Any]) -> Row[Any] | None:
    return connection.execute(due.limit(1)).first()


def _due(claimant: Claimant, now: datetime) -> dict[Task, Select[Any]]:
    """By task, in the order in which they are done: first know what happened, then mend what is shown."""
    moment = int(now.timestamp())
    here = outbox.c.surface == claimant.surface
    free = or_(outbox.c.claimed_until.is_(None), outbox.c.claimed_until <= moment)
    its_time = outbox.c.not_before <= moment
    return {
        Task.FIND: _letters(claimant, now).where(_SENDING, here, free),
        Task.UPDATE: _letters(claimant, now).where(_OUT_OF_DATE, here, free, its_time),
        Task.POST: _letters(claimant, now).where(
            _PENDING,
            its_time,
            or_(_parent.c.no.is_(None), _parent.c.state == LetterState.SENT),
            ~exists().where(_before.c.key == outbox.c.follows, _before.c.state.in_(ON_ITS_WAY)),
        ),
    }


def _letters(claimant: Claimant, now: datetime) -> Select[Any]:
    """Letters whose conversation is quiet, in the order of their time."""
    may_speak = or_(delivery_pace.c.next_at_ms.is_(None), delivery_pace.c.next_at_ms <= milliseconds(now))
    return (
        select(
            outbox,
            _parent.c.message.label("thread_message"),
            _parent.c.surface.label("thread_surface"),
        )
        .outerjoin(_parent, _parent.c.key == outbox.c.thread_of)
        .outerjoin(
            delivery_pace,
            and_(
                delivery_pace.c.surface == claimant.surface,
                delivery_pace.c.scope == outbox.c.audience,
            ),
        )
        .where(may_speak, ~exists().where(*_is_under_way(claimant, now)))
        .order_by(outbox.c.not_before, outbox.c.no)
    )


def _is_under_way(claimant: Claimant, now: datetime) -> tuple[ColumnElement[bool], ...]:
    """Another message that this conversation waits for; one whose sender died lets earlier ones pass."""
    return (
        _under_way.c.audience == outbox.c.audience,
        _under_way.c.state == LetterState.SENDING,
        _under_way.c.surface == claimant.surface,
        _under_way.c.no != outbox.c.no,
        or_(_under_way.c.claimed_until > int(now.timestamp()), _under_way.c.no < outbox.c.no),
    )


def _take(
    connection: Connection, claimant: Claimant, task: Task, row: Row[Any], now: datetime
) -> Claim | None:
    """`None` where somebody decided about the message meanwhile."""
    until = now + LEASE
    taken = connection.execute(
        outbox.update()
        .where(outbox.c.no == row.no, outbox.c.state == row.state)
        .values(
            state=LetterState.SENDING.value if task is Task.POST else outbox.c.state,
            surface=claimant.surface,
            claimed_by=claimant.name,
            claimed_until=int(until.timestamp()),
            claimed_revision=outbox.c.claimed_revision if task is Task.FIND else outbox.c.revision,
            attempts=outbox.c.attempts + 1,
        )
        .returning(outbox.c.card, outbox.c.claimed_revision, outbox.c.attempts)
    ).one_or_none()
    if taken is None:
        return None
    if task is not Task.FIND:
        keep_pace(connection, claimant.surface, row.audience, claimant.pace, now)
    return Claim(
        task=task,
        by=claimant,
        until=until,
        key=row.key,
        kind=row.kind,
        to=read_addressee(connection, row.audience, claimant.surface, claimant.tenant),
        card=taken.card,
        revision=taken.claimed_revision,
        message=row.message,
        thread=row.thread_message if row.thread_surface == claimant.surface else None,
        attempts=taken.attempts,
        held_kinds=tell_what_was_held(connection, row.audience, row.key),
    )
