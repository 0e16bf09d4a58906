"""What changes seldom and is asked often: kept for a while, read again behind the back of whoever waits."""

import threading
import time
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from typing import Any, TypeVar

from crm.salesforce.errors import LimitReached, SalesforceError, Unavailable
from crm.salesforce.session import Session

_Thing = TypeVar("_Thing")

_STILL_SHOWN_SECONDS = 24 * 60 * 60
"""So long something that has expired is still answered with, while it is read again."""
_NEXT_TRY_SECONDS = 60
"""How long nobody asks again after Salesforce did not answer."""
_MOST_KEPT = 20_000
"""Things at once; the one that was put in first goes first."""


@dataclass(frozen=True)
class _Kept:
    thing: Any
    fresh_until: float
    shown_until: float


class Remembered:
    """Things by key. Safe to use from several threads; a thing is read by one of them at a time.

    A form must not wait for Salesforce: what has expired is answered with for another day, and read again
    by a thread of its own. Where Salesforce does not answer, the old is better than nothing.

    `minutes`: how long a thing counts as fresh; 0: it is read each time. `later`: runs what nobody waits
    for.
    """

    def __init__(
        self,
        session: Session,
        minutes: int,
        clock: Callable[[], float] = time.monotonic,
        later: Callable[[Callable[[], None]], None] | None = None,
    ) -> None:
        self._session = session
        self._seconds = minutes * 60
        self._clock = clock
        self._later = later or _in_thread
        self._lock = threading.Lock()
        self._kept: dict[Hashable, _Kept] = {}
        self._reading: dict[Hashable, threading.Lock] = {}
        self._waiting: set[Hashable] = set()

    def get(self, key: Hashable, read: Callable[[Session], _Thing]) -> _Thing:
        """The thing, from memory where it is there. Raises what `read` raises."""
        kept, now = self._kept.get(key), self._clock()
        if kept is None or now >= kept.shown_until:
            return self._read_in_front(key, read)
        if now >= kept.fresh_until:
            self._read_behind(key, kept, read)
        thing: _Thing = kept.thing
        return thing

    def kept(self, key: Hashable) -> tuple[Any] | None:
        """The thing, alone in a tuple, where memory still answers with it."""
        kept = self._kept.get(key)
        return None if kept is None or self._clock() >= kept.shown_until else (kept.thing,)

    def keep(self, key: Hashable, thing: _Thing) -> _Thing:
        """Remembers what was read in another way."""
        return self._keep(key, thing)

    def forget(self) -> None:
        """The next answer is what Salesforce says then."""
        with self._lock:
            self._kept = {key: _Kept(kept.thing, 0, 0) for key, kept in self._kept.items()}

    def _read_in_front(self, key: Hashable, read: Callable[[Session], _Thing]) -> _Thing:
        before = self._kept.get(key)
        with self._lock:
            turn = self._reading.setdefault(key, threading.Lock())
        with turn:
            kept = self._kept.get(key)
            if kept is not None and kept is not before and self._clock() < kept.fresh_until:
                thing: _Thing = kept.thing
                return thing
            try:
                return self._keep(key, read(self._session))
            except (Unavailable, LimitReached):
                if kept is None:
                    raise
                self._put_off(key, kept)
                old: _Thing = kept.thing
                return old

    def _read_behind(self, key: Hashable, kept: _Kept, read: Callable[[Session], Any]) -> None:
        with self._lock:
            if key in self._waiting:
                return
            self._waiting.add(key)

        def read_again() -> None:
            try:
                self._keep(key, read(self._session.in_background()))
            except SalesforceError:
                # Nobody waits for it, and the old is still shown; who needs it fresh is told then.
                self._put_off(key, kept)
            finally:
                with self._lock:
                    self._waiting.discard(key)

        self._later(read_again)

    def _keep(self, key: Hashable, thing: _Thing) -> _Thing:
        now = self._clock()
        if self._seconds:
            with self._lock:
                until = now + self._seconds
                self._kept[key] = _Kept(thing, until, until + _STILL_SHOWN_SECONDS)
                if len(self._kept) > _MOST_KEPT:
                    oldest = next(iter(self._kept))
                    del self._kept[oldest]
                    self._reading.pop(oldest, None)
        return thing

    def _put_off(self, key: Hashable, kept: _Kept) -> None:
        soon = self._clock() + _NEXT_TRY_SECONDS
        with self._lock:
            self._kept[key] = _Kept(kept.thing, soon, max(soon, kept.shown_until))


def _in_thread(act: Callable[[], None]) -> None:
    threading.Thread(target=act, name="salesforce-describing", daemon=True).start()
