"""A new SQLite database with all tables: the migrations run once a process, and their file is copied."""

from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from storage.database import open_database


def write_new_database(file: Path) -> str:
    """Put one at that place; returns its address."""
    file.write_bytes(_migrated())
    return f"sqlite:///{file}"


@cache
def _migrated() -> bytes:
    with TemporaryDirectory() as folder:
        file = Path(folder) / "council.db"
        open_database(f"sqlite:///{file}").dispose()
        return file.read_bytes()
