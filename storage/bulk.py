"""Bulk rows: the driver's `executemany` on SQLite, COPY on PostgreSQL. Both stream."""

import gc
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Connection, Select, Table
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.sql.dml import Insert

Row = Sequence[Any]


ALLOCATIONS_A_COLLECTION = 100_000


@contextmanager
def collecting_rarely() -> Iterator[None]:
    """Look for cyclic garbage a hundred times less often while millions of rows, which hold none, go by.

    A third of a pull's time went into looking.
    """
    usual = gc.get_threshold()
    gc.set_threshold(ALLOCATIONS_A_COLLECTION, *usual[1:])
    try:
        yield
    finally:
        gc.set_threshold(*usual)


def insert_rows(connection: Connection, table: Table, rows: Iterable[Row]) -> None:
    """Insert rows whose values stand in the order of the table's columns."""
    if connection.dialect.name == "postgresql":
        _copy(connection, table, rows)
    else:
        marks = ", ".join("?" * len(table.columns))
        batch = rows if isinstance(rows, list) else list(rows)
        if batch:
            connection.exec_driver_sql(f"INSERT INTO {_quoted(table)} VALUES ({marks})", batch)


def read_rows(connection: Connection, statement: Select[Any]) -> list[tuple[Any, ...]]:
    """All rows of a statement as the driver gives them, at a third of the cost of SQLAlchemy's.

    Flags come as 0 and 1 from SQLite, and JSON as text: cast it to text, so that it does on PostgreSQL.
    """
    result = connection.execute(statement)
    if result.cursor is None:
        raise TypeError("a statement that yields no rows cannot be read")
    rows: list[tuple[Any, ...]] = result.cursor.fetchall()  # type: ignore[assignment]
    result.close()
    return rows


def insert_new(connection: Connection, table: Table) -> Insert:
    """An insert that leaves a row of the same key as it is; it then returns none, if asked to return any."""
    return insert_or_update(connection, table).on_conflict_do_nothing()


def insert_or_update(connection: Connection, table: Table) -> postgresql.Insert | sqlite.Insert:
    """An insert that can be told what to do with a row of the same key."""
    if connection.dialect.name == "postgresql":
        return postgresql.insert(table)
    return sqlite.insert(table)


def remove_some(connection: Connection, table: Table, at_most: int) -> bool:
    """Remove so many rows of a table, and say whether there were any; PostgreSQL removes all at the cost of
    none."""
    name = _quoted(table)
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql(f"TRUNCATE {name}")
        return False
    key = ", ".join(f'"{column.name}"' for column in table.primary_key.columns) or "rowid"
    first = f"SELECT {key} FROM {name} LIMIT {at_most}"
    return connection.exec_driver_sql(f"DELETE FROM {name} WHERE ({key}) IN ({first})").rowcount > 0


def _copy(connection: Connection, table: Table, rows: Iterable[Row]) -> None:
    names = ", ".join(f'"{column.name}"' for column in table.columns)
    cursor = connection.connection.cursor()
    with cursor.copy(f"COPY {_quoted(table)} ({names}) FROM STDIN") as copy:
        for row in rows:
            copy.write_row(row)


def _quoted(table: Table) -> str:
    return f'"{table.name}"'
