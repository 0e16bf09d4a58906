"""What people were asked about their cells before a council, and what they said."""

from collections.abc import Mapping
from datetime import UTC, date, datetime

from sqlalchemy import ColumnElement, Connection, Table, and_, select

from pipeline.cell_names import CellName
from pipeline.editions import Context
from pipeline.matrix import Dimension, Metric
from storage.edition_tables import cell_context, cell_request
from storage.tables import person


def record_request(connection: Connection, edition: date, cell: CellName, person_id: str) -> None:
    """Remember who was asked about a cell; who is asked later takes the earlier one's place."""
    connection.execute(cell_request.delete().where(_about(cell_request, edition, cell)))
    connection.execute(cell_request.insert().values(**_key(edition, cell), person=person_id))


def read_requests(connection: Connection, edition: date) -> Mapping[CellName, str]:
    """Names of those who were asked; where the CRM does not know them, what they are listed as."""
    statement = (
        select(cell_request, person.c.name)
        .outerjoin(person, person.c.crm_id == cell_request.c.person)
        .where(cell_request.c.edition == edition.toordinal())
    )
    return {
        CellName(Dimension(row.dimension), row.value, Metric(row.metric)): row.name or row.person
        for row in connection.execute(statement)
    }


def is_asked(connection: Connection, edition: date, cell: CellName, person_id: str) -> bool:
    """Whether somebody was asked about a cell."""
    asked = select(cell_request.c.person).where(_about(cell_request, edition, cell))
    return connection.execute(asked).scalar() == person_id


def store_context(connection: Connection, edition: date, said: Context) -> str | None:
    """Keep what somebody says about a cell, and return what they said before; each has one say."""
    mine = and_(_about(cell_context, edition, said.cell), cell_context.c.person == said.person_id)
    before: str | None = connection.execute(select(cell_context.c.words).where(mine)).scalar()
    connection.execute(cell_context.delete().where(mine))
    if said.words:
        connection.execute(
            cell_context.insert().values(
                **_key(edition, said.cell),
                person=said.person_id,
                name=said.name,
                words=said.words,
                at=int(said.said_at.timestamp()),
            )
        )
    return before


def read_contexts(connection: Connection, edition: date) -> tuple[Context, ...]:
    """Everything that was said for a council, in the order in which it was said."""
    statement = (
        select(cell_context)
        .where(cell_context.c.edition == edition.toordinal())
        .order_by(cell_context.c.at, cell_context.c.person)
    )
    return tuple(
        Context(
            CellName(Dimension(row.dimension), row.value, Metric(row.metric)),
            row.person,
            row.name,
            row.words,
            datetime.fromtimestamp(row.at, UTC),
        )
        for row in connection.execute(statement)
    )


def _about(table: Table, edition: date, cell: CellName) -> ColumnElement[bool]:
    return and_(*(table.c[name] == value for name, value in _key(edition, cell).items()))


def _key(edition: date, cell: CellName) -> dict[str, str | int]:
    return {
        "edition": edition.toordinal(),
        "dimension": cell.dimension.value,
        "value": cell.value,
        "metric": cell.metric.value,
    }
