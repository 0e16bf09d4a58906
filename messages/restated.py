"""What today's records say otherwise about figures that a council has seen."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal

from messages.card import Block, Card, Colour, Folded, Paragraph, Text, Tone, text
from messages.figures import METRIC_LABELS, value_words
from messages.wording import Wording
from pipeline.matrix import TOTAL
from pipeline.restating import Restatement

SHOWN = 3
"""So many stand open, the others are folded."""


def restated_blocks(
    restated: Sequence[Restatement], seen_of: date, currency: str, wording: Wording
) -> tuple[Block, ...]:
    """`Restated since the council saw it: EMEA forecast $1.2M → $1.1M`; nothing where all still stands.

    `seen_of`: the day whose figures they are.
    """
    if not restated:
        return ()
    lines = [_line(one, currency, wording) for one in restated]
    head = text("Restated since the council saw the figures of ", wording.day(seen_of), ":")
    shown = tuple(Paragraph(line, Tone.NOTE) for line in lines[:SHOWN])
    blocks: tuple[Block, ...] = (Paragraph(head, Tone.NOTE), *shown)
    if len(lines) <= SHOWN:
        return blocks
    rest = tuple(Paragraph(line, Tone.NOTE) for line in lines[SHOWN:])
    return (*blocks, Folded(wording.count(len(rest), "more restated cell", "more restated cells"), rest))


def mark_restated(
    card: Card, restated: Sequence[Restatement], seen_of: date, currency: str, wording: Wording | None = None
) -> Card:
    """A message as the council saw it, with what was restated since at its head."""
    blocks = restated_blocks(restated, seen_of, currency, wording or Wording())
    return replace(card, blocks=(*blocks, *card.blocks))


def _line(one: Restatement, currency: str, wording: Wording) -> Text:
    row = "Total" if one.row == TOTAL else one.row
    seen, now = _figures(one, currency, wording)
    figures = seen if seen == now else f"{seen} → {now}"
    colours = (
        ()
        if one.seen_status is one.now_status
        else text("  ", Colour(one.seen_status), " → ", Colour(one.now_status))
    )
    return (*text(f"{row} {METRIC_LABELS[one.metric].lower()} {figures}"), *colours)


def _figures(one: Restatement, currency: str, wording: Wording) -> tuple[str, str]:
    """Both in their short form; to the cent where that is all in which they differ."""
    seen, now = (value_words(figure, currency, wording) for figure in (one.seen, one.now))
    if seen == now and isinstance(one.seen, Decimal) and isinstance(one.now, Decimal):
        return wording.full_money(one.seen, currency), wording.full_money(one.now, currency)
    return seen, now
