"""The rows of a deal that readers see, also while a pull writes those of the next generation."""

from typing import Any

from sqlalchemy import ColumnElement, Connection, FromClause, Row, and_, select

from pipeline.records import DealClass
from storage.tables import FOREVER, Mirror, opportunity, opportunity_key, opportunity_version, stage

_mirror = Mirror.__table__  # type: ignore[attr-defined]


def is_seen(table: FromClause) -> ColumnElement[bool]:
    """That a row belongs to the generation of the last completed pull, as part of a statement.

    The newest row of a deal can be of the next one: a pull writes it long before readers are switched over,
    and what people fix meanwhile stands in theirs first.
    """
    generation = select(_mirror.c.generation).scalar_subquery()
    return and_(table.c.gen_from <= generation, table.c.gen_to > generation)


def read_current(connection: Connection, deal_id: str, *columns: ColumnElement[Any]) -> Row[Any] | None:
    """Columns of a deal's record, its current version and its stage. `None` where the mirror does not hold
    it (any more)."""
    version = opportunity_version
    return connection.execute(
        select(*columns)
        .select_from(opportunity_key)
        .join(opportunity, opportunity.c.no == opportunity_key.c.no)
        .outerjoin(stage, stage.c.no == opportunity.c.stage)
        .outerjoin(
            version,
            and_(
                version.c.opportunity == opportunity.c.no,
                version.c.part == 0,
                version.c.valid_to == FOREVER,
                is_seen(version),
            ),
        )
        .where(opportunity_key.c.crm_id == deal_id, opportunity.c.is_deleted.is_(False), is_seen(opportunity))
    ).first()


def read_owners_of_open_deals(connection: Connection) -> tuple[str, ...]:
    """CRM user ids of everybody who owns an open deal now, each once."""
    version = opportunity_version
    is_open = version.c.deal_class.in_([int(DealClass.OPEN_QUALIFIED), int(DealClass.OPEN_UNQUALIFIED)])
    statement = (
        select(opportunity.c.owner_id)
        .join(version, version.c.opportunity == opportunity.c.no)
        .where(
            opportunity.c.owner_id.is_not(None),
            is_seen(opportunity),
            is_seen(version),
            version.c.valid_to == FOREVER,
            version.c.part == 0,
            is_open,
        )
        .distinct()
        .order_by(opportunity.c.owner_id)
    )
    return tuple(connection.execute(statement).scalars())


def read_standing_ids(connection: Connection) -> set[str]:
    """The CRM's ids of all deals that are not deleted."""
    statement = select(opportunity.c.crm_id).where(is_seen(opportunity), opportunity.c.is_deleted.is_(False))
    return set(connection.execute(statement).scalars())
