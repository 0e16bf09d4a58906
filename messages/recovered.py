"""What a person is told of a change that was under way when the program stopped."""

from collections.abc import Sequence
from dataclasses import dataclass

from messages.card import Block, Bold, Button, Card, Fact, Facts, Paragraph, text
from messages.nudge import FIX, value_words
from messages.wording import Wording


@dataclass(frozen=True)
class ChangedField:
    """A field in words: its label, what it was and what it was to be."""

    label: str
    old: str
    new: str


def recovered_key(number: int) -> str:
    """Of the message about the interrupted change with that number."""
    return f"recovered:{number}"


def compose_finished(key: str, deal_name: str, changes: Sequence[ChangedField]) -> Card:
    """The change had arrived in the CRM, and counts now."""
    says = "We were interrupted while this was saved. It did arrive, and it counts now."
    blocks: tuple[Block, ...] = (Paragraph(text(Bold(deal_name))), _facts(changes), Paragraph(text(says)))
    return Card(key, "Saved after all", blocks, f"Saved after all: {deal_name}. {says}")


def compose_not_written(key: str, deal_id: str, deal_name: str, changes: Sequence[ChangedField]) -> Card:
    """The change never arrived: nothing was saved."""
    says = "We were interrupted before this was saved. Nothing was changed. Please do it once more."
    return Card(
        key,
        "Not saved",
        (Paragraph(text(Bold(deal_name))), _facts(changes), Paragraph(text(says))),
        f"Not saved: {deal_name}. {says}",
        actions=(Button("Fix it now", FIX, deal_id),),
    )


def compose_deal_gone(key: str) -> Card:
    """The deal was deleted before the change arrived."""
    says = (
        "A change of yours was interrupted, and meanwhile the deal was deleted in the CRM. "
        "Nothing was saved, and nothing is left to do."
    )
    return Card(key, "The deal is gone", (Paragraph(text(says)),), says)


def _facts(changes: Sequence[ChangedField]) -> Facts:
    wording = Wording()
    return Facts(
        tuple(
            Fact(one.label, text(f"{value_words(one.old, wording)} → {value_words(one.new, wording)}"))
            for one in changes
        )
    )
