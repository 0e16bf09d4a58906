"""Messages about single deals that are no digests: managers' digests, warnings, escalations."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from sqlalchemy import Connection, insert, select

from storage.chat_tables import outbox
from storage.nudge_tables import finding_life, letter_deal
from storage.tables import opportunity_key

KEPT_CURRENT = timedelta(days=30)
"""Older messages are left as they were: nobody looks for news in them."""


def note_deals(connection: Connection, letter: str, deal_ids: Iterable[str], now: datetime) -> None:
    """Write down which deals a message shows, in the transaction that puts it into the outbox."""
    rows = [{"letter": letter, "deal": deal, "at": int(now.timestamp())} for deal in dict.fromkeys(deal_ids)]
    if rows:
        connection.execute(insert(letter_deal), rows)


def letters_showing(
    connection: Connection, deal_id: str, now: datetime, *, audience: str | None = None
) -> tuple[str, ...]:
    """Keys of the newer messages in which a deal stands, the oldest first. `audience`: only those to it."""
    since = int((now - KEPT_CURRENT).timestamp())
    query = (
        select(letter_deal.c.letter)
        .join(outbox, outbox.c.key == letter_deal.c.letter)
        .where(letter_deal.c.deal == deal_id, letter_deal.c.at >= since)
        .order_by(letter_deal.c.no)
    )
    if audience is not None:
        query = query.where(outbox.c.audience == audience)
    return tuple(connection.execute(query).scalars())


def has_open_finding(connection: Connection, deal_id: str) -> bool:
    """Whether anything of a rule that nudges is still open on a deal."""
    found = connection.execute(
        select(finding_life.c.rule)
        .join(opportunity_key, opportunity_key.c.no == finding_life.c.opportunity)
        .where(
            opportunity_key.c.crm_id == deal_id, finding_life.c.closed_day.is_(None), finding_life.c.nudges
        )
    )
    return found.first() is not None
