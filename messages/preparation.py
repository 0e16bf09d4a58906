"""What the owner of cells gets before the council: why, how far to green, and a place for a word."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date

from messages.card import (
    Block,
    Bold,
    Button,
    Buttons,
    ButtonStyle,
    Card,
    Colour,
    Divider,
    Fact,
    Facts,
    Form,
    Heading,
    Paragraph,
    PlainBlock,
    Text,
    TextInput,
    TextPick,
    Tone,
    text,
)
from messages.cell_buttons import GIVE_CONTEXT, PROPOSE_ACTION, why_button
from messages.figures import METRIC_LABELS, figure_words, gap_words, value_words
from messages.wording import Wording
from pipeline.cell_gaps import CellCase, average_open_deal
from pipeline.cell_names import CellName
from pipeline.preparation import CellAsk, FixableDeal

FIXABLE_SHOWN = 3
WORDS = "words"
"""Key of the input that holds the word."""
LONGEST_WORDS = 1_000
LONGEST_IN_A_FORM = 3_000
"""What an input of every surface can show again, in characters."""


def preparation_key(council: date, person_id: str) -> str:
    """The key of the message by which it is found again."""
    return f"preparation:{council.isoformat()}:{person_id}"


def compose_preparation(
    person_id: str,
    council: date,
    asks: Sequence[CellAsk],
    *,
    more: int,
    instead_of: Sequence[str],
    actions: Mapping[CellName, tuple[PlainBlock, ...]],
    wording: Wording | None = None,
) -> Card:
    """The cells of one person.

    `more`: how many further ones are theirs. `instead_of`: for whom they stand in, by name. `actions`: what
    is being done about each cell.
    """
    wording = wording or Wording()
    count = wording.count(len(asks), "cell", "cells")
    day = wording.weekday(council)
    blocks: list[Block] = [Paragraph(text(_opening(asks, instead_of, wording)))]
    for ask in asks:
        blocks.extend(_ask_blocks(ask, council, actions.get(ask.case.name, ()), wording))
    blocks.append(Divider())
    blocks.append(Paragraph(text(_closing(more, wording)), Tone.NOTE))
    worst = ", ".join(_cell_words(ask.case) for ask in asks)
    return Card(
        key=preparation_key(council, person_id),
        title=f"Before {day}'s council: your word on {count}",
        blocks=tuple(blocks),
        fallback=f"The council on {day} will ask about {worst}.",
    )


def _opening(asks: Sequence[CellAsk], instead_of: Sequence[str], wording: Wording) -> str:
    as_of = wording.day(asks[0].case.table.as_of).words
    provisional = f"The figures are provisional, as of {as_of}; the council sees those of the day before it."
    if not instead_of:
        return provisional
    return f"You are asked because {_listed(instead_of)} cannot be reached. {provisional}"


def _closing(more: int, wording: Wording) -> str:
    until = "You can change what you say until the council is posted."
    if not more:
        return until
    return f"{wording.count(more, 'more cell', 'more cells')} of yours: ask /apm. {until}"


def _ask_blocks(
    ask: CellAsk, council: date, actions: tuple[PlainBlock, ...], wording: Wording
) -> tuple[PlainBlock, ...]:
    case = ask.case
    return (
        Divider(),
        Heading(_cell_words(case)),
        Paragraph(text(Colour(case.cell.status), f"  {case.cell.why}")),
        Facts(_facts(ask, wording)),
        *_fixable(ask, wording),
        *([Paragraph(text(Bold("What is being done:")))] if actions else []),
        *actions,
        context_line(None),
        TextPick("What should the council know?", GIVE_CONTEXT, case.name.written(council)),
        Buttons(_buttons(case.name, council)),
    )


def _facts(ask: CellAsk, wording: Wording) -> tuple[Fact, ...]:
    case, currency = ask.case, ask.case.table.currency
    facts = [Fact("Now", text(figure_words(case.cell, case.row.state, currency, wording)))]
    if case.cell.target is not None:
        facts.append(Fact("Target of the quarter", text(value_words(case.cell.target, currency, wording))))
    if case.cell.gap:
        facts.append(Fact("To green", _gap(case, wording)))
    return tuple(facts)


def _gap(case: CellCase, wording: Wording) -> Text:
    currency = case.table.currency
    gap = gap_words(case.cell.gap, currency, wording)
    size = average_open_deal(case.row) or average_open_deal(case.table.total)
    if size is None or case.deals_to_green is None:
        return text(Bold(gap))
    deals = wording.count(case.deals_to_green, "deal", "deals")
    return text(Bold(gap), f", about {deals} of the average open size, {wording.short_money(size, currency)}")


def _fixable(ask: CellAsk, wording: Wording) -> tuple[Paragraph, ...]:
    """By name for those who may see the deals, else how many there are."""
    if not ask.fixable_in_all:
        return ()
    head = wording.count(ask.fixable_in_all, "deal in it needs a fix", "deals in it need a fix")
    if not ask.fixable:
        return (Paragraph(text(f"{head} by their owners.")),)
    currency = ask.case.table.currency
    lines = [_deal_line(one, currency, wording) for one in ask.fixable[:FIXABLE_SHOWN]]
    rest = ask.fixable_in_all - len(lines)
    more = [Paragraph(text(f"and {rest} more"), Tone.NOTE)] if rest else []
    return (Paragraph(text(f"{head}:")), *lines, *more)


def _deal_line(one: FixableDeal, currency: str, wording: Wording) -> Paragraph:
    owner = f", {one.deal.owner.name}" if one.deal.owner else ""
    value = value_words(one.deal.value, currency, wording)
    wrong = " ".join(one.says)
    return Paragraph(text("• ", Bold(one.deal.name), f" ({value}{owner}): {wrong}"))


def _buttons(cell: CellName, council: date) -> tuple[Button, ...]:
    return (
        Button("Propose an action", PROPOSE_ACTION, cell.written(), ButtonStyle.PRIMARY),
        Button("Say more", GIVE_CONTEXT, cell.written(council)),
        why_button(cell),
    )


# --- The word -------------------------------------------------------------------------------------


def context_line(words: str | None) -> Paragraph:
    """What the person has said so far; it stands right above the field of its cell."""
    if not words:
        return Paragraph(text("The council has no word from you yet."), Tone.NOTE)
    return Paragraph(text(Bold("You say: "), words))


def show_context(card: Card, cell: CellName, council: date, words: str) -> Card:
    """The same message with what its reader now says about one of its cells."""
    blocks = list(card.blocks)
    for place, block in enumerate(blocks):
        if isinstance(block, TextPick) and block.argument == cell.written(council):
            blocks[place - 1 : place + 1] = [context_line(words), replace(block, value=words)]
    return replace(card, blocks=tuple(blocks))


def compose_context_form(cell: CellName, council: date, words: str = "", problem: str = "") -> Form:
    """One text field; what was typed stays, with what is wrong with it."""
    name = f"{cell.value} {METRIC_LABELS[cell.metric].lower()}"
    hint = "What is behind it, what you do about it. It stands in the council's post, with your name."
    return Form(
        key=f"context:{cell.written(council)}",
        title=f"Your word on {name}",
        blocks=(
            TextInput(WORDS, "What should the council know?", words, hint, lines=4, problem=problem),
            Paragraph(text("Left empty, it is taken back."), Tone.NOTE),
        ),
        command=GIVE_CONTEXT,
        argument=cell.written(council),
    )


def compose_context_saved(cell: CellName, council: date, words: str, wording: Wording | None = None) -> Card:
    """What was kept, and until when it can be changed."""
    wording = wording or Wording()
    name = f"{cell.value} {METRIC_LABELS[cell.metric].lower()}"
    day = wording.weekday(council)
    if not words:
        said = text(f"Taken back: the council on {day} has no word from you on {name}.")
        return Card("context_saved", f"{name}: taken back", (Paragraph(said),), f"{name}: taken back.")
    return Card(
        key="context_saved",
        title=f"{name}: noted for {day}",
        blocks=(
            Paragraph(text(Bold("You say: "), words)),
            Buttons((Button("Change it", GIVE_CONTEXT, cell.written(council)),)),
        ),
        fallback=f"Noted for the council on {day}: {name}.",
    )


def compose_context_said(cell: CellName, council: date, words: str, wording: Wording | None = None) -> Card:
    """What was said after the post, and where it stands now."""
    wording = wording or Wording()
    name = f"{cell.value} {METRIC_LABELS[cell.metric].lower()}"
    day = wording.weekday(council)
    if not words:
        taken = f"Taken back: the thread of {cell.value} has no word from you on {name} any more."
        return Card("context_said", f"{name}: taken back", (Paragraph(text(taken)),), taken)
    where = f"The council of {day} is posted, so it stands in its thread of {cell.value}. The figures stay."
    return Card(
        key="context_said",
        title=f"{name}: said in the thread",
        blocks=(
            Paragraph(text(Bold("You say: "), words)),
            Paragraph(text(where), Tone.NOTE),
            Buttons((Button("Change it", GIVE_CONTEXT, cell.written(council)),)),
        ),
        fallback=f"{name}: said in the thread of the council of {day}.",
    )


def compose_context_too_long(cell: CellName, council: date, words: str) -> Card:
    """All that was typed, to be copied and shortened."""
    name = f"{cell.value} {METRIC_LABELS[cell.metric].lower()}"
    problem = (
        f"That has {len(words):,} characters; at most {LONGEST_WORDS:,} fit into the post, so nothing was "
        "saved. Here it is to copy from:"
    )
    return Card(
        key="context_too_long",
        title=f"Your word on {name} is too long",
        blocks=(
            Paragraph(text(problem)),
            Paragraph(text(words)),
            Buttons((Button("Write a shorter one", GIVE_CONTEXT, cell.written(council)),)),
        ),
        fallback=f"Your word on {name} is too long: {problem}",
    )


def _cell_words(case: CellCase) -> str:
    return f"{case.row.value} {METRIC_LABELS[case.metric].lower()}"


def _listed(words: Sequence[str]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"
