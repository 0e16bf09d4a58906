"""Keeping to a person's weekly budget of messages (`pipeline.message_budget`)."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, and_, func, or_, select

from pipeline.audiences import person_of
from pipeline.letters import LetterState
from pipeline.message_budget import MessageBudget
from storage.chat_tables import outbox
from storage.tables import person


def hold_if_over_budget(connection: Connection, row: Row[Any], budget: MessageBudget, now: datetime) -> bool:
    """Hold a message back where its person has had this week's share; whether it was held."""
    if not row.counts or not _is_used_up(connection, row.audience, budget, now):
        return False
    connection.execute(
        outbox.update()
        .where(outbox.c.no == row.no, outbox.c.state == LetterState.PENDING)
        .values(state=LetterState.HELD.value, reason="The week's share of messages was used up.")
    )
    return True


def _is_used_up(connection: Connection, audience: str, budget: MessageBudget, now: datetime) -> bool:
    person_id = person_of(audience)
    if person_id is None:
        return False
    timezone = connection.execute(select(person.c.timezone).where(person.c.crm_id == person_id)).scalar()
    began = int(budget.week_began(now, timezone).timestamp())
    left_us = outbox.c.state.in_((LetterState.SENT, LetterState.UNKNOWN))
    had: int = connection.execute(
        select(func.count()).where(
            outbox.c.audience == audience,
            outbox.c.counts,
            or_(outbox.c.state == LetterState.SENDING, and_(left_us, outbox.c.sent_at >= began)),
        )
    ).scalar_one()
    return had >= budget.messages_per_week


def tell_what_was_held(connection: Connection, audience: str, key: str) -> tuple[str, ...]:
    """The kinds of the letters held back of which the message `key` tells; each is told of once.

    The message keeps telling of them when it is sent again or changes in place.
    """
    if person_of(audience) is None:
        return ()
    connection.execute(
        outbox.update()
        .where(
            outbox.c.audience == audience,
            outbox.c.state == LetterState.HELD,
            outbox.c.told_in.is_(None),
        )
        .values(told_in=key)
    )
    held = (
        select(outbox.c.kind)
        .where(outbox.c.audience == audience, outbox.c.state == LetterState.HELD, outbox.c.told_in == key)
        .order_by(outbox.c.no)
    )
    return tuple(connection.execute(held).scalars())


@dataclass(frozen=True, slots=True)
class CountedLetter:
    """A message that counted in somebody's weekly share."""

    kind: str
    sent_at: int


def counted_letters(connection: Connection, since: datetime) -> Mapping[str, Sequence[CountedLetter]]:
    """By CRM user id, the messages that counted and were sent from a moment on."""
    left_us = outbox.c.state.in_((LetterState.SENT, LetterState.UNKNOWN))
    rows = connection.execute(
        select(outbox.c.audience, outbox.c.kind, outbox.c.sent_at).where(
            outbox.c.counts, left_us, outbox.c.sent_at >= int(since.timestamp())
        )
    )
    letters: defaultdict[str, list[CountedLetter]] = defaultdict(list)
    for audience, kind, sent_at in rows:
        person_id = person_of(audience)
        if person_id is not None:
            letters[person_id].append(CountedLetter(kind, sent_at))
    return letters
