"""Accounts that changed: their deals take something over from them, and are read again."""

from collections.abc import Collection, Sequence

from sqlalchemy import Connection, select

from pipeline.crm_records import AccountRecord
from storage.current_deals import is_seen
from storage.deals_to_read import note_deals_to_read
from storage.staging import replace_accounts
from storage.tables import account, opportunity


def take_accounts(connection: Connection, records: Sequence[AccountRecord]) -> None:
    """Write down accounts, and which deals of those that are different from before are to be read again."""
    stored = {
        row.crm_id: AccountRecord(row.crm_id, row.name, row.master_id, row.fields)
        for row in connection.execute(
            select(account).where(account.c.crm_id.in_({one.id for one in records}))
        )
    }
    different = {one.id: one for one in records if stored.get(one.id) != one}
    if not different:
        return
    before = {stored[id].master_id for id in different if id in stored}
    note_deals_to_read(connection, _deals_of({*different, *filter(None, before)}, connection))
    replace_accounts(connection, different.values())


def _deals_of(account_ids: Collection[str], connection: Connection) -> Collection[str]:
    """A merged account's deals count as those of the one that it was merged into."""
    deals = select(opportunity.c.crm_id).where(
        opportunity.c.account_id.in_(account_ids), is_seen(opportunity), opportunity.c.is_deleted.is_(False)
    )
    return connection.execute(deals).scalars().all()
