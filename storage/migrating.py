"""Bringing a database's schema up to date, by one process at a time."""

from pathlib import Path

from sqlalchemy import Connection, Engine, inspect, text

from pipeline.errors import CouncilError
from storage.migrations import HEAD

_MIGRATION_LOCK = 7_231_905_418
"""Key of the PostgreSQL advisory lock under which a migration runs."""


class DatabaseTooNew(CouncilError):
    """The database was made by a newer version of the program."""


def migrate(engine: Engine) -> None:
    """Run the steps that are missing, under a lock; a database that is up to date is only asked.

    Raises `DatabaseTooNew` for a step that this program does not know.
    """
    with engine.connect() as connection:
        if _revision(connection) == HEAD:
            return
    with engine.connect().execution_options(begins="IMMEDIATE") as connection, connection.begin():
        if engine.dialect.name == "postgresql":
            connection.execute(text(f"SELECT pg_advisory_xact_lock({_MIGRATION_LOCK})"))
        if _revision(connection) != HEAD:
            _upgrade(connection)


def _revision(connection: Connection) -> str | None:
    if not inspect(connection).has_table("alembic_version"):
        return None
    found: str | None = connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
    if found is not None and found > HEAD:
        raise DatabaseTooNew(
            "This database was made by a newer version of Pipeline Council. Install that version, or "
            "name another database in storage.url."
        )
    return found


def _upgrade(connection: Connection) -> None:
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    config.attributes["connection"] = connection
    command.upgrade(config, "head")
