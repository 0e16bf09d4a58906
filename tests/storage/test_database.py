"""Opening a database: migrations, transactions, and words for what goes wrong."""

from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Engine, inspect, select, text

from storage.database import DatabaseUnavailable, open_database, reading, writing
from storage.migrating import DatabaseTooNew
from storage.migrations import HEAD
from storage.schema import metadata
from storage.tables import role


def test_the_steps_lead_to_exactly_the_tables_that_the_code_knows(empty_database_url: str) -> None:
    database = open_database(empty_database_url)
    with database.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": False})
        assert compare_metadata(context, metadata) == []
    database.dispose()


def test_the_newest_step_is_the_one_that_migrating_asks_for() -> None:
    import storage.migrations

    scripts = ScriptDirectory(str(Path(str(storage.migrations.__file__)).parent))
    assert scripts.get_current_head() == HEAD


def test_opening_twice_changes_nothing(empty_database_url: str) -> None:
    first = open_database(empty_database_url)
    tables = set(inspect(first).get_table_names())
    second = open_database(empty_database_url)
    assert set(inspect(second).get_table_names()) == tables
    first.dispose()
    second.dispose()


def test_a_database_of_a_newer_program_is_refused_in_words(database: Engine, database_url: str) -> None:
    with writing(database) as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(DatabaseTooNew, match="newer version"):
        open_database(database_url)


@pytest.mark.parametrize("url", ["council.db", "mongodb://host/db", "sqlite:////no/such/folder/council.db"])
def test_an_address_that_cannot_be_opened_is_named_with_what_to_check(url: str) -> None:
    with pytest.raises(DatabaseUnavailable, match=r"storage\.url"):
        open_database(url)


def test_an_address_is_shown_without_its_password() -> None:
    with pytest.raises(DatabaseUnavailable) as raised:
        open_database("postgresql://council:hunter2@127.0.0.1:1/council")
    assert "hunter2" not in str(raised.value)


def test_a_write_that_fails_leaves_nothing(database: Engine) -> None:
    def write_half() -> None:
        with writing(database) as connection:
            connection.execute(role.insert().values(crm_id="00E1", name="CRO"))
            raise RuntimeError

    with pytest.raises(RuntimeError):
        write_half()
    with reading(database) as connection:
        assert connection.execute(select(role)).all() == []


def test_a_reader_sees_one_state_while_somebody_writes(database: Engine) -> None:
    with reading(database) as reader:
        before = reader.execute(select(role)).all()
        with writing(database) as connection:
            connection.execute(role.insert().values(crm_id="00E1", name="CRO"))
        assert reader.execute(select(role)).all() == before
