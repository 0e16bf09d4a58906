"""What the tests of the storage share."""

from collections.abc import Iterator

import pytest
from sqlalchemy import Engine, create_engine

from storage.schema import metadata
from tests.storage.hygiene_mirror import HygieneMirror


@pytest.fixture
def engine() -> Iterator[Engine]:
    """A new database with all tables."""
    engine = create_engine("sqlite://")
    metadata.create_all(engine)
    yield engine
    engine.dispose()


@pytest.fixture
def mirror(engine: Engine) -> Iterator[HygieneMirror]:
    """A mirror without deals."""
    with engine.begin() as connection:
        mirror = HygieneMirror(connection)
        mirror.fill()
        yield mirror
