"""Editions as they are kept: frozen tables, and the cells that the council's messages are about."""

from datetime import date

from sqlalchemy import Connection, select

from pipeline.editions import ThreadCell
from pipeline.matrix import Dimension, Metric
from storage.edition_tables import thread_cell


def record_thread_cell(connection: Connection, key: str, about: ThreadCell) -> None:
    """Remember what a message is about; saying it again changes nothing."""
    if find_thread_cell(connection, key) is not None:
        return
    connection.execute(
        thread_cell.insert().values(
            key=key,
            edition=about.edition.toordinal(),
            dimension=about.dimension.value,
            value=about.value,
            metric=about.metric.value,
        )
    )


def find_thread_cell(connection: Connection, key: str) -> ThreadCell | None:
    """The cell that the message of that key is about; `None` for a message that is about none."""
    row = connection.execute(select(thread_cell).where(thread_cell.c.key == key)).one_or_none()
    if row is None:
        return None
    return ThreadCell(date.fromordinal(row.edition), Dimension(row.dimension), row.value, Metric(row.metric))
