"""People kept in memory, for as long as the database says that nobody has changed them.

Tens of thousands of rows make up who is who, and every command asks for it. Only what has been committed may
be kept: the number of a change that was rolled back can be given out again, for another change.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from threading import Lock
from weakref import WeakKeyDictionary

from sqlalchemy import Connection, Engine, select

from pipeline.people import People
from storage.people_tables import people_version

Version = Mapping[str, int]
"""By the name of each table of which people are made."""


@dataclass(frozen=True)
class _Remembered:
    version: Version
    people: People


_remembered: WeakKeyDictionary[Engine, _Remembered] = WeakKeyDictionary()
_lock = Lock()


def version_of_people(connection: Connection) -> Version:
    """Which people a transaction sees; empty where the database has no triggers that would tell."""
    return {row.of_table: row.version for row in connection.execute(select(people_version))}


def recall_people(engine: Engine, version: Version) -> People | None:
    with _lock:
        remembered = _remembered.get(engine)
    return remembered.people if remembered is not None and remembered.version == version else None


def remember_people(engine: Engine, version: Version, people: People) -> None:
    """Only what a transaction has read that changes nothing itself."""
    if version:
        with _lock:
            _remembered[engine] = _Remembered(version, people)
