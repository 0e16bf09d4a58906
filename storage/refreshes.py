"""Which deals were refreshed from the CRM since when, so that neither a pull nor a measuring undoes one."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, delete, func, select

from storage.bulk import insert_rows
from storage.fix_tables import refreshed_deal


@dataclass(frozen=True)
class Refreshed:
    """The deals that were refreshed after some number, each once, and the number of the last refresh."""

    opportunity_ids: Sequence[str]
    last: int


def last_refresh(connection: Connection) -> int:
    """The number of the latest refresh; 0 before the first."""
    return connection.execute(select(func.max(refreshed_deal.c.no))).scalar() or 0


def note_refresh(connection: Connection, opportunity_ids: Sequence[str], now: int) -> None:
    following = last_refresh(connection) + 1
    insert_rows(
        connection,
        refreshed_deal,
        [(following + place, one, now) for place, one in enumerate(opportunity_ids)],
    )


def refreshed_since(connection: Connection, number: int) -> Refreshed:
    rows = connection.execute(
        select(refreshed_deal.c.opportunity_id, refreshed_deal.c.no).where(refreshed_deal.c.no > number)
    ).all()
    last = max((row.no for row in rows), default=number)
    return Refreshed(sorted({row.opportunity_id for row in rows}), last)


def forget_refreshes(connection: Connection, until: int) -> None:
    """Those up to a number are part of a completed pull. The last stays, so that numbers only rise."""
    connection.execute(delete(refreshed_deal).where(refreshed_deal.c.no < until))
