"""A clock that is moved by hand, for both ends of a connection."""

import threading


class HandClock:
    """Stands still but for who sleeps by it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._now = 1_000.0
        self.slept: list[float] = []

    def __call__(self) -> float:
        with self._lock:
            return self._now

    def sleep(self, seconds: float) -> None:
        with self._lock:
            self._now += seconds
            self.slept.append(seconds)
