"""What sales operations are told before a council: who owns no cell, and which cells nobody speaks for."""

from collections.abc import Sequence
from datetime import date

from messages.card import Block, Card, Paragraph, Tone, text
from messages.wording import Wording
from pipeline.access import Function

_SETTING = "Name who answers for which cells under [[council.owners]] in the configuration."


def idle_words(functions: Sequence[Function]) -> str:
    """`Marketing and operations own no cell`."""
    names = [function.value for function in functions]
    listed = names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
    return f"{listed.capitalize()} {'owns' if len(names) == 1 else 'own'} no cell of the council."


def compose_owner_notice(
    council: date,
    person_id: str,
    idle: Sequence[Function],
    unanswered: Sequence[str],
    wording: Wording | None = None,
) -> Card:
    """`unanswered`: cells for which nobody could be reached, by their names."""
    wording = wording or Wording()
    blocks: list[Block] = []
    if idle:
        blocks.append(Paragraph(text(idle_words(idle))))
    if unanswered:
        count = wording.count(len(unanswered), "cell is", "cells are")
        shown = ", ".join(unanswered[:5])
        blocks.append(Paragraph(text(f"{count} red or yellow and nobody could be asked: {shown}.")))
    blocks.append(Paragraph(text(_SETTING), Tone.NOTE))
    title = f"Before {wording.weekday(council)}'s council: owners are missing"
    return Card(f"cell_owners:{council.isoformat()}:{person_id}", title, tuple(blocks), title)
