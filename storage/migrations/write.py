"""Writes the next migration: python -m storage.migrations.write "what changes"."""

import sys
from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import create_engine


def write(message: str) -> None:
    """Compare `storage.tables` with a database made by the steps so far, and write the difference."""
    folder = Path(__file__).parent
    config = Config()
    config.set_main_option("script_location", str(folder))
    with create_engine("sqlite://").connect() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
        steps = len(list((folder / "versions").glob("0*.py")))
        command.revision(config, message, autogenerate=True, rev_id=f"{steps + 1:04d}")


if __name__ == "__main__":
    write(sys.argv[1])
