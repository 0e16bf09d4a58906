"""The port of a chat platform: what delivery asks of Slack, Teams or the local room."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Protocol

from messages.card import Card


class DeliveryFailed(Exception):
    """A message was certainly not posted. `reason` is a sentence for sales operations."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class TryLater(DeliveryFailed):
    """Not now: the platform asked for patience, or could not be reached before it heard of the message."""

    def __init__(self, reason: str, after: timedelta | None = None) -> None:
        super().__init__(reason)
        self.after = after


class Unreachable(DeliveryFailed):
    """Never like this: the channel is archived, the person unknown, a right is missing."""


class OutcomeUnknown(Exception):
    """The connection broke after the message had left us: it may be posted or not."""


@dataclass(frozen=True)
class Addressee:
    """Whom a message is for, as far as the mirror knows: the surface finds its own address for it."""

    audience: str
    """`@` and the CRM user id, or a channel's configured name."""
    email: str | None = None
    name: str = ""


@dataclass(frozen=True)
class Posted:
    """Where a message stands, in the surface's own words; opaque to everybody else."""

    surface: str
    message: str


class Surface(Protocol):
    """A chat platform as delivery sees it. Implementations pass `tests/contracts/surface.py`."""

    @property
    def name(self) -> str:
        """`preview`, `slack`, `teams`."""

    @property
    def can_look_up(self) -> bool:
        """Whether `find` can tell, after a crash, if a message was posted."""

    async def post(self, to: Addressee, key: str, card: Card, thread: Posted | None) -> Posted:
        """Post a card; `thread`: in the thread of that message. Raises `DeliveryFailed`, `OutcomeUnknown`."""

    async def update(self, posted: Posted, key: str, card: Card) -> None:
        """Show another card in the place of a posted one; harmless to repeat. Raises `DeliveryFailed`."""

    async def find(self, to: Addressee, key: str) -> Posted | None:
        """Where the message of that key stands, if it was posted. Raises `DeliveryFailed`."""
