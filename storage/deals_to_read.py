"""Deals that are to be read again although they have not changed themselves, since something has that they
take over: their account, or a person. Kept until they were read, whatever comes between."""

from collections.abc import Collection, Sequence

from sqlalchemy import Connection, delete, func, select

from storage.bulk import insert_new
from storage.tables import deal_to_read


def note_deals_to_read(connection: Connection, opportunity_ids: Collection[str]) -> None:
    if opportunity_ids:
        rows = [{"crm_id": one} for one in sorted(opportunity_ids)]
        connection.execute(insert_new(connection, deal_to_read), rows)


def next_deals_to_read(connection: Connection, after: str, at_most: int) -> Sequence[str]:
    """In order of their ids."""
    ids = select(deal_to_read.c.crm_id).where(deal_to_read.c.crm_id > after)
    return connection.execute(ids.order_by(deal_to_read.c.crm_id).limit(at_most)).scalars().all()


def count_deals_to_read(connection: Connection) -> int:
    return connection.execute(select(func.count()).select_from(deal_to_read)).scalar_one()


def forget_deals_to_read(connection: Connection, opportunity_ids: Collection[str] | None = None) -> None:
    """Those that were read, in the transaction that brings them up to date; by default all."""
    read = delete(deal_to_read)
    connection.execute(
        read if opportunity_ids is None else read.where(deal_to_read.c.crm_id.in_(opportunity_ids))
    )
