"""Writes what a next migration has to do: the difference between the migrated schema and the tables.

`./dev migration` prints it, to be put into a file of `versions` and read before it is committed.
"""

import sys
import tempfile
from pathlib import Path

from alembic.autogenerate import produce_migrations, render_python_code
from alembic.migration import MigrationContext
from sqlalchemy import create_engine

from storage.migrating import migrate
from storage.schema import metadata


def written_steps() -> str:
    """The body of `upgrade`, as Alembic writes it."""
    with tempfile.TemporaryDirectory() as folder:
        engine = create_engine(f"sqlite:///{Path(folder) / 'schema.db'}")
        migrate(engine)
        with engine.connect() as connection:
            steps = produce_migrations(MigrationContext.configure(connection), metadata)
        engine.dispose()
    if steps.upgrade_ops is None:
        return "pass"
    return render_python_code(steps.upgrade_ops)


if __name__ == "__main__":
    sys.stdout.write(written_steps() + "\n")
