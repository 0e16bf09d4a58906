"""A strict surface in memory: it holds delivery to the port, and fails when it is told to."""

from collections import deque
from dataclasses import dataclass, field

from bot.surface import UNHURRIED, AccessRefused, Addressee, OutcomeUnknown, Pace, Posted, Unreachable
from messages.card import Card


@dataclass
class Said:
    """One message as people see it now."""

    audience: str
    key: str
    card: Card
    thread: str | None


@dataclass(frozen=True)
class PostedThenLost:
    """The message arrives, and the answer does not."""


@dataclass
class FakeSurface:
    """Its own record, `said`, is what people would see; nothing is ever taken back."""

    can_look_up: bool = True
    pace: Pace = UNHURRIED
    name: str = "fake"
    tenant: str = "T01"
    said: list[Said] = field(default_factory=list)
    updates: int = 0
    failures: deque[Exception | PostedThenLost] = field(default_factory=deque)
    """What goes wrong at the next calls, one each."""
    locks_us_out: AccessRefused | None = None
    """What everybody hears while it does not accept who we are."""
    deaf: set[str] = field(default_factory=set)
    """Audiences that cannot be reached."""
    asked_for: list[Addressee] = field(default_factory=list)

    async def post(self, to: Addressee, key: str, card: Card, thread: Posted | None) -> Posted:
        self._check(thread)
        self.asked_for.append(to)
        if self.locks_us_out is not None:
            raise self.locks_us_out
        failure = self.failures.popleft() if self.failures else None
        if isinstance(failure, Exception):
            raise failure
        if to.audience in self.deaf:
            raise Unreachable(f"{to.name or to.audience} has no address here.")
        self.said.append(Said(to.audience, key, card, thread.message if thread else None))
        if isinstance(failure, PostedThenLost):
            raise OutcomeUnknown("The connection broke.")
        return Posted(self.name, str(len(self.said) - 1))

    async def update(self, posted: Posted, key: str, card: Card) -> Posted:
        self._check(posted)
        if self.failures and isinstance(failure := self.failures.popleft(), Exception):
            raise failure
        if int(posted.message) >= len(self.said):
            raise Unreachable("The message is gone.")
        message = self.said[int(posted.message)]
        assert message.key == key, "an update names the message by its own key"
        message.card = card
        self.updates += 1
        return posted

    async def find(self, to: Addressee, key: str) -> Posted | None:
        assert self.can_look_up, "a surface that cannot look up is not asked"
        if self.failures and isinstance(failure := self.failures.popleft(), Exception):
            raise failure
        for number, message in enumerate(self.said):
            if (message.audience, message.key) == (to.audience, key):
                return Posted(self.name, str(number))
        return None

    def _check(self, posted: Posted | None) -> None:
        assert posted is None or posted.surface == self.name, "a message of another surface"

    def keys(self, audience: str | None = None) -> list[str]:
        return [one.key for one in self.said if audience in (None, one.audience)]
