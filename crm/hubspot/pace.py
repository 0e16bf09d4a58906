"""How fast we ask: so many requests in so many seconds, whatever thread asks."""

import threading
from collections import deque
from collections.abc import Callable


class Pace:
    """Lets `most` requests pass in any `seconds`; the next one waits until there is room."""

    def __init__(
        self, most: int, seconds: float, clock: Callable[[], float], sleep: Callable[[float], None]
    ) -> None:
        self._most = most
        self._seconds = seconds
        self._clock = clock
        self._sleep = sleep
        self._lock = threading.Lock()
        self._passed: deque[float] = deque()

    def wait(self) -> None:
        """Returns when the request may be sent. Who came first goes first."""
        with self._lock:
            if len(self._passed) >= self._most:
                pause = self._passed.popleft() + self._seconds - self._clock()
                if pause > 0:
                    self._sleep(pause)
            self._passed.append(self._clock())
