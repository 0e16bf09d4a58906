"""A message about several deals after something was done about one: that deal says so, in its place."""

from collections.abc import Sequence
from dataclasses import replace
from typing import TypeVar

from messages.card import Block, Bold, Buttons, Card, Folded, Paragraph, Plain, PlainBlock, Tone, text

BULLET = "• "

Kind = TypeVar("Kind", PlainBlock, Block)


def say_done(card: Card, deal_id: str, words: str, *, settled: bool) -> Card:
    """The card with what was done at the controls of the deal.

    `settled`: nothing is left to be done about the deal, so the words take the place of its problems and
    controls. A card without controls for the deal stays as it is.
    """
    blocks: tuple[Block, ...] = tuple(
        replace(block, blocks=_marked(block.blocks, deal_id, words, settled))
        if isinstance(block, Folded)
        else block
        for block in card.blocks
    )
    return replace(card, blocks=_marked(blocks, deal_id, words, settled))


def _marked(blocks: Sequence[Kind], deal_id: str, words: str, settled: bool) -> tuple[Kind, ...]:
    line = Paragraph(text("✓ ", Bold(words)), Tone.NOTE)
    marked: list[Kind] = []
    for block in blocks:
        if not (isinstance(block, Buttons) and _is_about(block, deal_id)):
            marked.append(block)
            continue
        while settled and marked and _is_problem(marked[-1]):
            marked.pop()
        marked.append(line)
        if not settled:
            marked.append(block)
    return tuple(marked)


def _is_about(buttons: Buttons, deal_id: str) -> bool:
    return any(button.argument.partition(":")[0] == deal_id for button in buttons.buttons)


def _is_problem(block: Block) -> bool:
    if not isinstance(block, Paragraph) or not block.text:
        return False
    first = block.text[0]
    return isinstance(first, Plain) and first.text.startswith(BULLET)
