"""Opening the database, and the two kinds of transaction: reading and writing."""

import sqlite3
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path
from typing import Any, cast

from sqlalchemy import Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError, NoSuchModuleError, OperationalError

from pipeline.errors import CouncilError
from storage.migrating import migrate
from storage.writers_queue import BUSY_SECONDS, begin_writing, turn_to_write

__all__ = [
    "Connection",
    "DatabaseUnavailable",
    "Engine",
    "open_database",
    "reading",
    "writing",
    "writing_a_part",
]

LONGEST_GAP_SECONDS = 0.005
"""Long enough for a writer of another process, which looks for the lock at shorter intervals."""


class DatabaseUnavailable(CouncilError):
    """The database cannot be opened with the configured address."""


def open_database(url: str) -> Engine:
    """An engine on a database whose schema is up to date; a new SQLite file is created.

    Raises `DatabaseUnavailable` in words, without the password of the address.
    """
    try:
        engine = _engine(url)
    except (ArgumentError, NoSuchModuleError) as error:
        raise DatabaseUnavailable(
            "storage.url is not a database address: expected sqlite:///council.db or "
            "postgresql+psycopg://user@host/database"
        ) from error
    try:
        migrate(engine)
    except OperationalError as error:
        engine.dispose()
        raise DatabaseUnavailable(
            f"The database {engine.url.render_as_string(hide_password=True)} cannot be opened: "
            f"{_reason(error)}. Check storage.url."
        ) from error
    except CouncilError:
        engine.dispose()
        raise
    return engine


@contextmanager
def reading(engine: Engine) -> Iterator[Connection]:
    """One consistent view of the database: readers never see a pull half switched."""
    isolation = "REPEATABLE READ" if engine.dialect.name == "postgresql" else None
    connected = engine.connect()
    with (
        connected
        if isolation is None
        else connected.execution_options(isolation_level=isolation) as connection
    ):
        yield connection


@contextmanager
def writing(engine: Engine) -> Iterator[Connection]:
    """A short write transaction, committed at the end or rolled back as a whole.

    On SQLite it takes the write lock at once: a transaction that first reads and then writes would
    lose the race against another process in the middle. Who waits for its turn holds no connection
    meanwhile, lest readers find none.
    """
    with (
        _turn_to_write(engine),
        engine.connect().execution_options(begins="IMMEDIATE") as connection,
        connection.begin(),
    ):
        yield connection


@contextmanager
def writing_a_part(engine: Engine) -> Iterator[Connection]:
    """A write transaction that others of the same work follow at once: it lets whoever waits go first.

    Who waits in this process is next in SQLite's queue anyway; a writer of another process needs a gap to
    find the lock free. On PostgreSQL writers do not wait for each other.
    """
    begun = time.monotonic()
    with writing(engine) as connection:
        yield connection
    if engine.dialect.name == "sqlite":
        time.sleep(min(LONGEST_GAP_SECONDS, (time.monotonic() - begun) / 2))


def _turn_to_write(engine: Engine) -> AbstractContextManager[None]:
    file = engine.url.database
    if engine.dialect.name != "sqlite" or file in (None, "", ":memory:"):  # in memory each thread has its own
        return nullcontext()
    return turn_to_write(Path(file))


def _engine(url: str) -> Engine:
    address = make_url(url)
    if address.drivername == "postgresql":
        address = address.set(drivername="postgresql+psycopg")
    engine = create_engine(address, hide_parameters=True)
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _prepare_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
    return engine


def _prepare_sqlite(connection: Any, _record: Any) -> None:
    connection.isolation_level = None  # we begin transactions ourselves
    cursor = connection.cursor()
    cursor.execute(f"PRAGMA busy_timeout = {BUSY_SECONDS * 1000}")
    cursor.execute("PRAGMA journal_mode = WAL")
    cursor.execute("PRAGMA synchronous = NORMAL")
    cursor.execute("PRAGMA foreign_keys = ON")
    cursor.execute("PRAGMA cache_size = -65536")
    cursor.execute("PRAGMA temp_store = FILE")
    cursor.close()


def _begin_sqlite(connection: Connection) -> None:
    if connection.get_execution_options().get("begins") == "IMMEDIATE":
        begin_writing(cast(sqlite3.Connection, connection.connection.driver_connection))
    else:
        connection.exec_driver_sql("BEGIN")


def _reason(error: OperationalError) -> str:
    return str(error.orig).strip().splitlines()[0] if error.orig is not None else "it does not answer"
