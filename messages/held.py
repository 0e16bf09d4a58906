"""What was held back to keep to a person's weekly budget: one line in the next message, and `/held`."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

from messages.card import Card, Paragraph, Tone, text

_KINDS = {
    "digest": ("a digest", "digests"),
    "manager_digest": ("a team digest", "team digests"),
    "escalation": ("an escalation", "escalations"),
    "escalation_warning": ("a warning of an escalation", "warnings of escalations"),
    "reminder": ("a reminder", "reminders"),
    "preparation": ("a council preparation", "council preparations"),
}
_OTHER = ("a message", "messages")


def tell_of_held(card: Card, kinds: Sequence[str]) -> Card:
    """The card with a last line about letters of these kinds; as it is where none was held back."""
    if not kinds:
        return card
    line = f"Held back to spare you: {_listed(kinds)}. Type /held to read what it was."
    return replace(card, blocks=(*card.blocks, Paragraph(text(line), Tone.NOTE)))


def compose_nothing_held() -> Card:
    words = "Nothing was held back from you in the last four weeks."
    return Card("held", "Nothing was held back", (Paragraph(text(words)),), words)


def compose_held(count: int, cards: Sequence[Card]) -> tuple[Card, ...]:
    """The messages themselves below a word on why they come only now; `count` there are in all."""
    words = "These were over your week’s share of messages, so they waited here for you. Some may be settled."
    shown = f"latest {len(cards)} of {count} are" if len(cards) > 1 else f"latest of {count} is"
    more = f" Only the {shown} shown." if count > len(cards) else ""
    return (Card("held", "Held back to spare you", (Paragraph(text(words + more)),), words), *cards)


def _listed(kinds: Sequence[str]) -> str:
    """`a reminder and an escalation`, `2 digests, a reminder and a message`."""
    counted = Counter(_KINDS.get(kind, _OTHER) for kind in kinds)
    phrases = [one if count == 1 else f"{count} {many}" for (one, many), count in counted.items()]
    return phrases[0] if len(phrases) == 1 else f"{', '.join(phrases[:-1])} and {phrases[-1]}"
