"""A deal's record as the mirror holds it, for a form that must not wait for the CRM."""

from sqlalchemy import Connection, select

from pipeline.crm_records import OpportunityRecord
from pipeline.errors import UnknownName
from pipeline.records import Category
from storage.current_deals import read_current
from storage.tables import opportunity, opportunity_version, stage


def read_deal_record(connection: Connection, deal_id: str) -> OpportunityRecord:
    """Raises `UnknownName` for a deal that the mirror does not hold (any more).

    Further fields are those that the configuration names; the creation is not held as a moment.
    """
    row = read_current(
        connection,
        deal_id,
        *opportunity.c,
        opportunity_version.c.category.label("version_category"),
        opportunity_version.c.close_day,
        stage.c.name.label("stage_name"),
    )
    if row is None:
        raise UnknownName("This deal is not in the CRM any more, and nothing was done. See /hygiene.")
    return OpportunityRecord(
        id=row.crm_id,
        name=row.name,
        stage=row.stage_name,
        category=None if row.version_category is None else Category(row.version_category),
        amount=row.amount,
        close_day=row.close_day,
        created_at=None,
        modified_at=None,
        owner_id=row.owner_id,
        creator_id=None,
        account_id=row.account_id,
        currency=row.currency,
        next_step=row.next_step,
        last_activity_day=row.last_activity_day,
        is_deleted=False,
        fields=row.fields,
    )


def read_lost_stages(connection: Connection) -> tuple[str, ...]:
    """The stages of lost deals, in the CRM's order."""
    names = connection.execute(
        select(stage.c.name)
        .where(stage.c.is_closed.is_(True), stage.c.is_won.is_(False))
        .order_by(stage.c.sort_order, stage.c.no)
    )
    return tuple(names.scalars())
