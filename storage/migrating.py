"""Bringing a database's schema up to date."""

from sqlalchemy import Engine

from storage.tables import metadata


def migrate(engine: Engine) -> None:
    metadata.create_all(engine)
