"""A message about deals after something was done about one: that deal says so, in its place."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

from messages.card import Block, Bold, Buttons, Card, Folded, Paragraph, Plain, PlainBlock, Tone, text
from messages.deal_findings import sentence
from messages.given import GIVEN
from messages.nudge import done_words
from messages.wording import Wording
from pipeline.digests import Done, DoneKind, is_gone
from pipeline.findings import Finding
from pipeline.nudges_definition import NudgesDefinition
from pipeline.nudging import is_the_owners, is_told_of, wants_the_manager

BULLET, DONE = "• ", "✓ "
"""With which the lines about a deal begin: what is wrong, and what was done."""
WARNING, NOT_MINE = "warning", "not_mine"
"""Kinds of letters that show less of a deal than a manager's digest does."""
_TOLD_TO_ALL = frozenset(
    {DoneKind.CHANGED, DoneKind.SNOOZED, DoneKind.WAIVED, DoneKind.HANDED_OVER, DoneKind.LOST}
)
"""What messages beside the owner's digest say of a deal; of the rest, managers get a message of its own."""

Kind = TypeVar("Kind", PlainBlock, Block)


@dataclass(frozen=True)
class DealNews:
    """What was done about a deal, for every message that shows it."""

    deal_id: str
    words: str
    """What was done, and by whom."""
    is_gone: bool
    """It is lost or handed over, so nothing is left to be asked of its owner."""
    findings: tuple[Finding, ...]
    """What is open on it now."""


def deal_news(deal_id: str, done: Sequence[Done], by: str, findings: Iterable[Finding]) -> DealNews | None:
    """`None` where nothing of it is for others than the owner. `by`: the name of whoever did it."""
    wording = Wording()
    words = " · ".join(done_words(one, wording) for one in done if one.kind in _TOLD_TO_ALL)
    if not words:
        return None
    return DealNews(deal_id, f"{words}, by {by}", is_gone(done), tuple(findings))


def with_news(card: Card, kind: str, news: DealNews, nudges: NudgesDefinition) -> Card:
    """A message of that kind (`storage.outbox.Letter`) with the news in it."""
    if kind == NOT_MINE:
        return say_settled(card, news.words) if news.is_gone else card
    shown = (one for one in news.findings if _is_shown(one, kind, nudges))
    left = () if news.is_gone else tuple(sentence(one.says) for one in shown)
    return say_done(card, news.deal_id, news.words, left)


def _is_shown(one: Finding, kind: str, nudges: NudgesDefinition) -> bool:
    if kind == WARNING:
        return is_told_of(one, nudges)
    return is_the_owners(one) if kind == GIVEN else wants_the_manager(one)


def say_settled(card: Card, words: str) -> Card:
    """A message about one deal of which nothing is left to be done: its title, and what was done."""
    return replace(card, blocks=(_done_line(words),), actions=(), fallback=f"{card.title}: {words}")


def say_done(card: Card, deal_id: str, words: str, left: Sequence[str]) -> Card:
    """The card with what was done at the controls of the deal.

    `left`: what is still to be done about the deal, in the place of its listed problems; where that is
    nothing, the controls go too. A card without controls for the deal stays as it is.
    """
    blocks: tuple[Block, ...] = tuple(
        replace(block, blocks=_marked(block.blocks, deal_id, words, left))
        if isinstance(block, Folded)
        else block
        for block in card.blocks
    )
    return replace(card, blocks=_marked(blocks, deal_id, words, left))


def _marked(blocks: Sequence[Kind], deal_id: str, words: str, left: Sequence[str]) -> tuple[Kind, ...]:
    marked: list[Kind] = []
    for block in blocks:
        if not (isinstance(block, Buttons) and _is_about(block, deal_id)):
            marked.append(block)
            continue
        lines = len(marked)
        while lines and _begins_with(marked[lines - 1], BULLET, DONE):
            lines -= 1
        listed = [one for one in marked[lines:] if _begins_with(one, BULLET)]
        marked[lines:] = [one for one in marked[lines:] if one not in listed]
        marked.append(_done_line(words))
        if left:
            marked.extend(Paragraph(text(f"{BULLET}{problem}")) for problem in left if listed)
            marked.append(block)
    return tuple(marked)


def _done_line(words: str) -> Paragraph:
    return Paragraph(text(DONE, Bold(words)), Tone.NOTE)


def _is_about(buttons: Buttons, deal_id: str) -> bool:
    return any(button.argument.partition(":")[0] == deal_id for button in buttons.buttons)


def _begins_with(block: Block, *signs: str) -> bool:
    if not isinstance(block, Paragraph) or not block.text:
        return False
    first = block.text[0]
    return isinstance(first, Plain) and first.text.startswith(signs)
