"""What an act needs to know of a deal before it does anything: whose it is, and how it stands."""

from dataclasses import dataclass

from sqlalchemy import Connection

from pipeline.errors import UnknownName
from storage.current_deals import read_current
from storage.tables import opportunity, opportunity_version


@dataclass(frozen=True)
class DealHead:
    """A deal of the mirror."""

    id: str
    number: int
    name: str
    owner_id: str | None
    is_confidential: bool
    stage: int | None
    """Number of the stage of its current version; `None` where it has none."""
    pushes: int


def read_deal_head(connection: Connection, deal_id: str) -> DealHead:
    """Raises `UnknownName` for a deal that the mirror does not hold (any more)."""
    head = find_deal_head(connection, deal_id)
    if head is None:
        raise UnknownName("This deal is not in the CRM any more, and nothing was done. See /hygiene.")
    return head


def find_deal_head(connection: Connection, deal_id: str) -> DealHead | None:
    """`None` for a deal that the mirror does not hold (any more)."""
    row = read_current(
        connection,
        deal_id,
        opportunity.c.no,
        opportunity.c.crm_id,
        opportunity.c.name,
        opportunity.c.owner_id,
        opportunity.c.confidential,
        opportunity_version.c.stage,
        opportunity_version.c.pushes,
    )
    if row is None:
        return None
    return DealHead(
        row.crm_id, row.no, row.name, row.owner_id, bool(row.confidential), row.stage, int(row.pushes or 0)
    )
