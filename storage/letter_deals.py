"""Messages about single deals that are no digests: managers' digests, warnings, escalations."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, insert, select

from storage.chat_tables import outbox
from storage.nudge_tables import letter_deal

KEPT_CURRENT = timedelta(days=30)
"""Older messages are left as they were: nobody looks for news in them."""


def note_deals(connection: Connection, letter: str, deal_ids: Iterable[str], now: datetime) -> None:
    """Write down which deals a message shows, in the transaction that puts it into the outbox."""
    rows = [{"letter": letter, "deal": deal, "at": int(now.timestamp())} for deal in dict.fromkeys(deal_ids)]
    if rows:
        connection.execute(insert(letter_deal), rows)


@dataclass(frozen=True)
class LetterShowing:
    """A message in which a deal stands."""

    key: str
    kind: str
    card: str


def letters_showing(
    connection: Connection, deal_id: str, now: datetime, *, audience: str | None = None
) -> tuple[LetterShowing, ...]:
    """The newer messages in which a deal stands and whose card is kept, the oldest first.

    `audience`: only those to it."""
    since = int((now - KEPT_CURRENT).timestamp())
    query = (
        select(outbox.c.key, outbox.c.kind, outbox.c.card)
        .join(letter_deal, outbox.c.key == letter_deal.c.letter)
        .where(letter_deal.c.deal == deal_id, letter_deal.c.at >= since, outbox.c.card != "")
        .order_by(letter_deal.c.no)
    )
    if audience is not None:
        query = query.where(outbox.c.audience == audience)
    return tuple(LetterShowing(row.key, row.kind, row.card) for row in connection.execute(query))
