"""The heads of the weekly threads: a message for each red row, about its worst cell."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from fractions import Fraction

from messages.action_lines import action_line
from messages.card import Bold, Button, Buttons, Card, Fact, Facts, Paragraph, PlainBlock, text
from messages.cell_buttons import assign_button, deals_button, why_button
from messages.figures import METRIC_LABELS, figure_words, gap_words, value_words
from messages.reasons import further_reasons, row_reason
from messages.wording import Wording
from pipeline.cell_gaps import cells_of_row, row_gap, worst_cell
from pipeline.cell_names import CellName
from pipeline.editions import Context
from pipeline.matrix import Matrix, Metric, Row
from pipeline.posted_rows import PostedRow
from pipeline.restating import Restatement

WHY_BUTTONS = 3
"""With the two others a surface shows them all."""


@dataclass(frozen=True)
class Around:
    """What stands around the figures: what was done, said and left open. Empty where nothing was."""

    last_actions: tuple[PlainBlock, ...] = ()
    """Last week's actions with before and after: they lead the post."""
    actions_by_row: Mapping[str, tuple[PlainBlock, ...]] = field(default_factory=dict)
    """Open actions of a row, in its thread."""
    contexts: tuple[Context, ...] = ()
    asked: Mapping[CellName, str] = field(default_factory=dict)
    """Who was asked for a word, by name."""
    restated: tuple[Restatement, ...] = ()
    """What has changed in the figures of the last council."""
    restated_of: date | None = None
    inspected_share: Fraction | None = None
    """Share of open deals that a manager has looked at in the last fortnight."""
    red_again: tuple[str, ...] = ()
    """Rows that are red for the second week."""
    red_without_action: tuple[str, ...] = ()
    """Those of them for which nobody has an action."""


@dataclass(frozen=True)
class RowThread:
    """A thread's head, and the cell that it is about."""

    card: Card
    cell: CellName
    is_red_again: bool
    """It was red a week before too."""


def compose_thread(matrix: Matrix, row: Row, post_key: str, around: Around, wording: Wording) -> RowThread:
    """One red row: its worst cell in numbers, why, what its owner says, and what is being done."""
    worst = CellName(matrix.dimension, row.value, worst_cell(row))
    gap = gap_words(row_gap(row), matrix.currency, wording)
    cells = cells_of_row(row)
    card = Card(
        key=thread_key(post_key, row.value),
        title=f"{row.value} · {gap} to green",
        blocks=(
            row_reason(row),
            Facts(_facts(matrix, row, worst.metric, wording)),
            *further_reasons(row, cells),
            *context_lines(around, worst),
            *_action_lines(row, around),
            Buttons(_buttons(matrix, worst, [cell.metric for cell in cells])),
        ),
        fallback=f"{row.value} is red, {gap} to green. {row.why}",
    )
    return RowThread(card, worst, row.value in around.red_again)


def compose_posted_row(posted: PostedRow, today: date, wording: Wording | None = None) -> Card:
    """The message of a row as it is to be shown now: its figures stay, words and actions are of today."""
    wording = wording or Wording()
    row = next(row for row in posted.table.rows if row.value == posted.value)
    is_left_alone = posted.is_red_again and not any(one.is_unfinished for one in posted.actions)
    around = Around(
        actions_by_row={
            posted.value: tuple(action_line(one, today, wording) for one in posted.shown_actions)
        },
        contexts=posted.contexts,
        asked=posted.asked,
        red_without_action=(posted.value,) if is_left_alone else (),
    )
    return replace(compose_thread(posted.table, row, "", around, wording).card, key=posted.key)


def thread_key(post_key: str, row: str) -> str:
    """The key of a row's thread, of the key of the post that it belongs to."""
    return f"{post_key}:{row}"


def late_word_key(row_key: str, cell: CellName, person_id: str) -> str:
    """The key of what somebody says about a cell in the thread of its row, after the post."""
    return f"{row_key}:word:{cell.metric.value}:{person_id}"


def compose_late_word(key: str, name: str, cell: CellName, words: str) -> Card:
    """A reply that names who said it; without words: that they took it back."""
    figure = f"{cell.value} {_label(cell.metric)}"
    if not words:
        said = f"{name} took their word on {figure} back."
        return Card(key, f"{name} on {figure}", (Paragraph(text(said)),), said)
    return Card(key, f"{name} on {figure}", (Paragraph(text(words)),), f"{name} on {figure}: {words}")


def context_lines(around: Around, cell: CellName) -> tuple[Paragraph, ...]:
    """What people said about the row, or from whom there is no word."""
    said = [one for one in around.contexts if _is_same_row(one.cell, cell)]
    lines = [Paragraph(text(Bold(f"{one.name} on {_label(one.cell.metric)}: "), one.words)) for one in said]
    spoken = {one.name for one in said}
    silent = dict.fromkeys(
        name for asked, name in around.asked.items() if _is_same_row(asked, cell) and name not in spoken
    )
    silence = [Paragraph(text(f"No word from {' or '.join(silent)}."))] if silent else []
    return (*lines, *silence)


def _is_same_row(one: CellName, other: CellName) -> bool:
    return (one.dimension, one.value) == (other.dimension, other.value)


def _action_lines(row: Row, around: Around) -> tuple[PlainBlock, ...]:
    actions = around.actions_by_row.get(row.value, ())
    if row.value in around.red_without_action:
        return (*actions, Paragraph(text("Red for the second week, and nobody has an action for it yet.")))
    return actions or (Paragraph(text("No open action.")),)


def _facts(matrix: Matrix, row: Row, metric: Metric, wording: Wording) -> tuple[Fact, ...]:
    cell, currency = row.cells[metric], matrix.currency
    figure = figure_words(cell, row.state, currency, wording)
    facts = [Fact(METRIC_LABELS[metric], text(Bold(figure)))]
    if cell.target is not None:
        facts.append(Fact("Target of the quarter", text(value_words(cell.target, currency, wording))))
    facts.append(Fact("To green", text(gap_words(cell.gap, currency, wording))))
    return tuple(facts)


def _buttons(matrix: Matrix, worst: CellName, metrics: Sequence[Metric]) -> tuple[Button, ...]:
    day = matrix.as_of
    whys = (why_button(replace(worst, metric=metric), day) for metric in metrics[:WHY_BUTTONS])
    return (assign_button(worst), *whys, deals_button(worst, day))


def _label(metric: Metric) -> str:
    return METRIC_LABELS[metric].lower()
