"""What was measured of a day, kept in memory: the next question about it only puts another table together.

A part is kept together with everything that it follows from, and serves where all of that is the same again.
What follows from too much, as which deals' records nobody can believe, is not kept.
"""

from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from threading import Lock
from typing import Generic, TypeVar
from weakref import WeakKeyDictionary

from sqlalchemy import Engine

from pipeline.calendar import FiscalCalendar
from pipeline.learning import Learnt
from pipeline.matrix import Caveats
from pipeline.money import RateTable
from storage.base import Base

DAYS_WITH_SUMS = 4
"""Of a large company those of one day take tens of megabytes."""
DAYS = 8

Part = TypeVar("Part")


@dataclass(frozen=True)
class Ground:
    """All that a part of what is measured follows from.

    A deal changes with the generation, or in it with a refresh. The small tables change without a number, so
    that what they hold stands here itself.
    """

    generation: int
    last_refresh: int
    as_of: date
    definitions_hash: str
    calendar: FiscalCalendar
    rates: RateTable
    currencies: Mapping[int, str]
    renewal_slices: frozenset[int]
    owners: frozenset[int] | None = None
    """Numbers of the people whose deals alone are measured."""


class Recent(Generic[Part]):
    """One part of the last few days that were asked for."""

    def __init__(self, days: int) -> None:
        self._lock = Lock()
        self._kept: deque[tuple[Ground, Part]] = deque(maxlen=days)

    def of(self, ground: Ground, measure: Callable[[], Part]) -> Part:
        with self._lock:
            kept = next((one for one in self._kept if one[0] == ground), None)
            if kept is not None:
                self._kept.remove(kept)
                self._kept.append(kept)
                return kept[1]
        part = measure()
        with self._lock:
            self._kept.append((ground, part))
        return part


class DayMemory:
    """The parts that are kept. Only of what has been committed: the number of a refresh that was rolled back
    is given to another one."""

    def __init__(self) -> None:
        self.sums = Recent[Base](DAYS_WITH_SUMS)
        self.learnt = Recent[Learnt](DAYS)
        self.caveats = Recent[Caveats](DAYS)
        """Without notices."""


_memories: WeakKeyDictionary[Engine, DayMemory] = WeakKeyDictionary()
_lock = Lock()


def memory_of(engine: Engine) -> DayMemory:
    with _lock:
        return _memories.setdefault(engine, DayMemory())
