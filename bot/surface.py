"""The port of a chat platform: what delivery asks of Slack, Teams or the local room."""

from dataclasses import dataclass
from datetime import timedelta
from enum import Enum, auto
from typing import Protocol

from messages.card import Card
from pipeline.audiences import Addressee
from storage.outbox_pace import UNHURRIED, Pace

__all__ = [
    "UNHURRIED",
    "AccessRefused",
    "Addressee",
    "DeliveryFailed",
    "OutcomeUnknown",
    "Pace",
    "Posted",
    "Surface",
    "TryLater",
    "Unreachable",
    "Waits",
]


ASKED_AGAIN_AFTER = timedelta(minutes=5)
"""How long a platform that does not accept us is left in peace."""


class DeliveryFailed(Exception):
    """A message was certainly not posted. `reason` is a sentence for sales operations."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Waits(Enum):
    """Who has to wait when the platform asks for patience."""

    MESSAGE = auto()
    CONVERSATION = auto()
    WORKSPACE = auto()


class TryLater(DeliveryFailed):
    """Not now: the platform asked for patience, or could not be reached before it heard of the message.

    `after` is the platform's `Retry-After`; `None`: by the message's own back-off.
    """

    def __init__(
        self, reason: str, after: timedelta | None = None, waits: Waits = Waits.CONVERSATION
    ) -> None:
        super().__init__(reason)
        self.after = after
        self.waits = waits if after is not None else Waits.MESSAGE


class AccessRefused(TryLater):
    """The platform does not accept who we are: everything waits until somebody changes something.

    `reason` says what; whether it helped is tried every few minutes, and when the program starts.
    """

    def __init__(self, reason: str) -> None:
        super().__init__(reason, ASKED_AGAIN_AFTER, Waits.WORKSPACE)


class Unreachable(DeliveryFailed):
    """Never like this: the channel is archived, the person unknown, a right is missing."""


class OutcomeUnknown(Exception):
    """The connection broke after the message had left us: it may be posted or not."""


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
    def tenant(self) -> str:
        """The workspace or organisation whose people it speaks with, by the platform's own id."""

    @property
    def pace(self) -> Pace:
        """How fast the platform may be spoken to."""

    @property
    def can_look_up(self) -> bool:
        """Whether `find` can tell, after a crash, if a message was posted."""

    async def post(self, to: Addressee, key: str, card: Card, thread: Posted | None) -> Posted:
        """Post a card; `thread`: in the thread of that message. Raises `DeliveryFailed`, `OutcomeUnknown`."""

    async def update(self, posted: Posted, key: str, card: Card) -> Posted:
        """Show another card in the place of a posted one, and where it stands now; harmless to repeat.
        Raises `DeliveryFailed`."""

    async def find(self, to: Addressee, key: str) -> Posted | None:
        """Where the message of that key stands, if it was posted. Raises `DeliveryFailed`."""
