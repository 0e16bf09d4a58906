"""What became of messages: those in trouble, those held back, and what a surface shows."""

from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import Connection, and_, func, or_, select

from pipeline.audiences import to_person
from pipeline.letters import LetterState, TroubledLetter
from storage.chat_tables import outbox
from storage.outbox import is_in_trouble
from storage.tables import person


@dataclass(frozen=True)
class ShownLetter:
    """A message as it stands on a surface."""

    key: str
    audience: str
    card: str
    thread_of: str | None
    sent_at: datetime
    """In UTC."""


_NOBODY_CAME_BACK = "The program ended while the message was on its way."


def read_troubled(connection: Connection, now: datetime) -> tuple[TroubledLetter, ...]:
    """Messages whose fate is unknown or that failed, the oldest first."""
    statement = (
        select(outbox, person.c.name)
        .outerjoin(person, outbox.c.audience == "@" + person.c.crm_id)
        .where(is_in_trouble(now))
        .order_by(outbox.c.no)
    )
    return tuple(
        TroubledLetter(
            key=row.key,
            kind=row.kind,
            audience=row.audience,
            addressee=row.name or row.audience.removeprefix("@"),
            state=LetterState.FAILED if row.state == LetterState.FAILED else LetterState.UNKNOWN,
            reason=row.reason or (_NOBODY_CAME_BACK if row.state == LetterState.SENDING else ""),
            since=_moment(row.sent_at or row.created_at),
        )
        for row in connection.execute(statement)
    )


def count_failed_by_person(connection: Connection) -> dict[str, int]:
    """How many messages to each person found no way, by CRM user id or listed e-mail."""
    statement = (
        select(outbox.c.audience, func.count().label("letters"))
        .where(outbox.c.state == LetterState.FAILED, outbox.c.audience.like("@%"))
        .group_by(outbox.c.audience)
    )
    return {row.audience.removeprefix("@"): row.letters for row in connection.execute(statement)}


def read_held_cards(connection: Connection, person_id: str, since: datetime) -> tuple[str, ...]:
    """The cards of messages to a person that were held back since a moment, the latest first."""
    statement = (
        select(outbox.c.card)
        .where(
            outbox.c.audience == to_person(person_id),
            outbox.c.state == LetterState.HELD,
            outbox.c.created_at >= int(since.timestamp()),
        )
        .order_by(outbox.c.no.desc())
    )
    return tuple(connection.execute(statement).scalars())


def read_shown(connection: Connection, surface: str) -> tuple[ShownLetter, ...]:
    """Every message that a surface shows and whose card is kept still, in the order of sending."""
    statement = (
        select(outbox)
        .where(outbox.c.state == LetterState.SENT, outbox.c.surface == surface, outbox.c.card != "")
        .order_by(outbox.c.sent_at, outbox.c.no)
    )
    return tuple(
        ShownLetter(row.key, row.audience, row.card, row.thread_of, _moment(row.sent_at))
        for row in connection.execute(statement)
    )


@dataclass(frozen=True)
class LetterPlace:
    """To whom a message speaks, and in whose thread."""

    audience: str
    thread_of: str | None


def read_place(connection: Connection, key: str) -> LetterPlace | None:
    """Where the message of that key stands; `None` where we sent no such message."""
    row = connection.execute(
        select(outbox.c.audience, outbox.c.thread_of).where(outbox.c.key == key)
    ).one_or_none()
    return None if row is None else LetterPlace(row.audience, row.thread_of)


def _moment(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


def read_card_within(connection: Connection, surface: str, key: str, conversation: str) -> str | None:
    """The card of a message as it stands now, if it stands in that conversation; empty where it was too old
    to be kept. The first word of a place on such a surface is its conversation."""
    card: str | None = connection.execute(
        select(outbox.c.card).where(
            outbox.c.key == key,
            outbox.c.surface == surface,
            outbox.c.message.startswith(f"{conversation} ", autoescape=True),
        )
    ).scalar()
    return card


def read_key_at(connection: Connection, surface: str, place: str) -> str | None:
    """The key of the message that stands at a place of a surface; `place` is the first line of its words."""
    key: str | None = connection.execute(
        select(outbox.c.key)
        .where(
            outbox.c.surface == surface,
            or_(
                outbox.c.message == place,
                and_(outbox.c.message > f"{place}\n", outbox.c.message < f"{place}\v"),
            ),
        )
        .order_by(outbox.c.no)
        .limit(1)
    ).scalar()
    return key
