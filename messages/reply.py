"""What a handler answers: cards, a form or a few words, and who may see them."""

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
    cards: tuple[Card, ...] = ()
    visibility: Visibility = Visibility.ASKER
    """Of the cards; forms and notes are always the asker's alone."""
    form: Form | None = None
    """Opened in front of the asker, in the place of the form that was sent. None: an open form closes."""
    attachment: Attachment | None = None
    note: str = ""
    """A sentence for the asker that passes and leaves no message behind: "Saved."."""
