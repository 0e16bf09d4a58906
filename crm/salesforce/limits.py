"""How much of the organisation's API calls is used, and who may use the rest."""

import re
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from enum import StrEnum

from crm.salesforce.errors import LimitReached

HEADER = "Sforce-Limit-Info"
_USAGE = re.compile(r"api-usage=(\d+)/(\d+)")
_BELIEVED_SECONDS = 15 * 60
"""An older count is not believed: the calls are counted over the last 24 hours, and fall off all the time."""
_LEFT_TO_PEOPLE = 2


class Purpose(StrEnum):
    """For whom a call is made."""

    PERSON = "person"
    """Somebody waits for it in chat."""
    FORM = "form"
    """A form is about to open, which the chat platform allows three seconds: late is as bad as never."""
    BACKGROUND = "background"


@dataclass(frozen=True)
class Usage:
    """Calls of all apps in the last 24 hours, as Salesforce last told us."""

    used: int
    allowed: int
    at: float

    @property
    def share(self) -> float:
        return self.used / self.allowed if self.allowed else 1.0


class CallBudget:
    """Watches the count in every answer; work in the background stops at a share of it."""

    def __init__(self, share: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._share = share
        self._clock = clock
        self._usage: Usage | None = None

    @property
    def usage(self) -> Usage | None:
        return self._usage

    def note(self, header: str | None) -> None:
        """`api-usage=18/5000`, and perhaps more behind it."""
        found = _USAGE.search(header or "")
        if found:
            self._usage = Usage(int(found[1]), int(found[2]), self._clock())

    def check(self, purpose: Purpose) -> None:
        """Raises `LimitReached` for work in the background where people need what is left."""
        usage = self._usage
        if purpose is not Purpose.BACKGROUND or usage is None or usage.share < self._share:
            return
        if self._clock() - usage.at < _BELIEVED_SECONDS:
            raise LimitReached(
                f"Salesforce is limiting us: {usage.used:,} of {usage.allowed:,} API calls of the last "
                f"24 hours are used, and from {self._share:.0%} on the rest is left to people's fixes. "
                "Pulls go on by themselves when there is room again."
            )


class Lanes:
    """Calls that are under way at once, some of them kept free for people."""

    def __init__(self, calls: int) -> None:
        self._all = threading.BoundedSemaphore(calls)
        self._background = threading.BoundedSemaphore(max(1, calls - _LEFT_TO_PEOPLE))

    @contextmanager
    def taken(self, purpose: Purpose) -> Iterator[None]:
        """Waits for a free lane."""
        with ExitStack() as held:
            if purpose is Purpose.BACKGROUND:
                held.enter_context(self._background)
            held.enter_context(self._all)
            yield
