"""What becomes of a message that we want said, from the outbox to the people."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class LetterState(StrEnum):
    PENDING = "pending"
    """Waits for its time, its turn, the head of its thread, or the message that it follows."""
    SENDING = "sending"
    """Handed to the surface; whether it arrived is not known yet."""
    SENT = "sent"
    UNKNOWN = "unknown"
    """It may have arrived or not, and nobody can look it up: a person decides whether to send it again."""
    FAILED = "failed"
    """It certainly did not arrive, and trying again as it is would not help."""
    HELD = "held"
    """Kept back, for the person has had this week's share of messages."""
    DROPPED = "dropped"
    """Somebody decided that it is not sent."""


ON_ITS_WAY = (LetterState.PENDING, LetterState.SENDING)
"""Of such a message nobody can say yet whether it will stand: what is to be read after it waits."""


@dataclass(frozen=True)
class AccessRefusal:
    """A chat platform that does not accept who we are: a token was revoked, a secret has run out."""

    surface: str
    reason: str
    """What it is, and what to do."""
    since: datetime
    """In UTC."""
    waiting: int
    """Messages that would go out now."""


@dataclass(frozen=True)
class TroubledLetter:
    """A message that waits for sales operations to say what becomes of it. What it says is not in here."""

    key: str
    kind: str
    audience: str
    addressee: str
    """The person's name; a channel's as it is configured."""
    state: LetterState
    reason: str
    since: datetime
    """In UTC: when it was written, or left us."""
