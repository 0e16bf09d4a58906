"""How old the records are of which a message speaks: a line at its end, or a warning before anything else."""

from dataclasses import replace
from datetime import datetime

from messages.card import Card, Paragraph, Tone, text
from messages.wording import Wording
from pipeline.freshness import Freshness, Staleness


def with_age(card: Card, freshness: Freshness, wording: Wording | None = None) -> Card:
    """A card that says how old its records are; before the first pull there is nothing to say."""
    wording = wording or Wording()
    if freshness.stale is not None:
        return replace(card, blocks=(_note(stale_words(freshness.stale, wording)), *card.blocks))
    if freshness.pulled_at is None:
        return card
    return replace(card, blocks=(*card.blocks, _note(records_words(freshness.pulled_at, wording))))


def stale_words(stale: Staleness, wording: Wording) -> str:
    """`Old records: figures as of 14 Nov 2026, 08:15 UTC. Salesforce is limiting us.`"""
    why = stale.why or "Pulls from the CRM have been missed since"
    return f"Old records: figures as of {wording.moment(stale.pulled_at)}. {why}."


def records_words(pulled_at: datetime, wording: Wording) -> str:
    """`Records as of 14 Nov 2026, 08:15 UTC.`"""
    return f"Records as of {wording.moment(pulled_at)}."


def _note(words: str) -> Paragraph:
    return Paragraph(text(words), Tone.NOTE)
