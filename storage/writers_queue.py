"""Who writes next to a SQLite database, which itself keeps no queue.

SQLite lets a waiting writer look for the lock at growing intervals, and so starve behind work that writes
part after part. Writers of one process therefore stand in a queue here, and who has come to its head looks
for the lock, which a writer of another process may hold, often enough to find any gap.
"""

import sqlite3
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Event, Lock, get_ident
from time import monotonic, sleep
from weakref import WeakValueDictionary

from sqlalchemy.exc import OperationalError

BUSY_SECONDS = 30
LOOKING_SECONDS = 0.002
"""Between two looks for a lock that another process holds."""

BEGIN = "BEGIN IMMEDIATE"
BYTE = 0xFF
"""The part of an extended result code of SQLite that tells its kind."""


class Place:
    """A writer's place in a queue."""

    def __init__(self, writer: int) -> None:
        self.writer = writer
        self._is_first = Event()

    def call_up(self) -> None:
        self._is_first.set()

    def comes_up(self, seconds: float) -> bool:
        """Whether the writer's turn comes within that time."""
        return self._is_first.wait(seconds)


class WritersQueue:
    """First come, first served: the first in the queue is the one that writes."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._places: deque[Place] = deque()

    def join(self, writer: int) -> Place:
        """Raises `RuntimeError` for who writes already, and would wait for itself."""
        place = Place(writer)
        with self._lock:
            if self._places and self._places[0].writer == writer:
                raise RuntimeError("A write transaction was begun within another one of the same thread.")
            self._places.append(place)
            self._places[0].call_up()
        return place

    def leave(self, place: Place) -> None:
        """After writing, or tired of waiting."""
        with self._lock:
            self._places.remove(place)
            if self._places:
                self._places[0].call_up()


_queues: WeakValueDictionary[Path, WritersQueue] = WeakValueDictionary()
"""By the database's file, whichever engine writes to it; a queue lasts as long as somebody stands in it."""
_queues_lock = Lock()


@contextmanager
def turn_to_write(file: Path) -> Iterator[None]:
    """The only one in this process that writes to a database.

    Raises `OperationalError` as SQLite does, for who has waited too long.
    """
    queue = _queue_of(file.resolve())
    place = queue.join(get_ident())
    try:
        if not place.comes_up(BUSY_SECONDS):
            raise OperationalError(BEGIN, None, sqlite3.OperationalError("database is locked"))
        yield
    finally:
        queue.leave(place)


def begin_writing(connection: sqlite3.Connection) -> None:
    """Begin a transaction with the write lock, for which other processes are waited for.

    Raises `OperationalError` where none of them gives it up in time.
    """
    connection.execute("PRAGMA busy_timeout = 0")
    try:
        _look_for_the_lock(connection)
    except sqlite3.OperationalError as error:
        raise OperationalError(BEGIN, None, error) from error
    finally:
        connection.execute(f"PRAGMA busy_timeout = {BUSY_SECONDS * 1000}")


def _look_for_the_lock(connection: sqlite3.Connection) -> None:
    until = monotonic() + BUSY_SECONDS
    while True:
        try:
            connection.execute(BEGIN)
            return
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & BYTE != sqlite3.SQLITE_BUSY or monotonic() >= until:
                raise
        sleep(LOOKING_SECONDS)


def _queue_of(file: Path) -> WritersQueue:
    with _queues_lock:
        return _queues.setdefault(file, WritersQueue())
