"""What a handler answers: cards, or a form, and who may see them."""

from dataclasses import dataclass
from enum import StrEnum

from messages.card import Card, Form


class Visibility(StrEnum):
    ASKER = "asker"
    """Only the person who asked."""
    CHANNEL = "channel"
    """Everybody in the conversation."""


@dataclass(frozen=True)
class Attachment:
    """A file beside the message, say a CSV export."""

    name: str
    content: bytes
    media_type: str = "text/csv"


@dataclass(frozen=True)
class Reply:
    cards: tuple[Card, ...]
    visibility: Visibility = Visibility.ASKER
    form: Form | None = None
    """Opened in front of the asker, where there is something to fill in."""
    attachment: Attachment | None = None
