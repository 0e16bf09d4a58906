"""The weekly post to the pipeline council: one summary, and a message with a thread for each red row."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction

from messages.apm import renewals_line
from messages.card import (
    Block,
    Bold,
    Buttons,
    Card,
    Colour,
    Fact,
    Facts,
    Folded,
    Heading,
    Image,
    Paragraph,
    Text,
    Tone,
    text,
)
from messages.caveats import caveat_blocks
from messages.cell_buttons import why_button
from messages.council_threads import Around, RowThread, compose_thread, context_lines
from messages.figures import (
    FLIPS,
    METRIC_LABELS,
    all_rows,
    dimension_label,
    figure_words,
    footnotes,
    gap_words,
    next_quarter_words,
    period_words,
    row_label,
    value_words,
)
from messages.reasons import overdue_words, spend_blocks
from messages.restated import restated_blocks
from messages.wording import Wording
from pipeline.cell_gaps import by_gap, row_gap, worst_cell
from pipeline.cell_names import CellName
from pipeline.matrix import Matrix, Metric, Row, Status

THREADS = 5
"""At most so many red rows get a message of their own; the others are folded and named."""
LAST_ACTIONS = 5
"""So many of last week's actions are read at once; the others are folded."""
CHANGES = 6
"""So many changes of colour are read at once; the others are folded."""


@dataclass(frozen=True)
class CouncilPost:
    """The summary, and the cards that follow it, each the head of a thread, worst row first."""

    summary: Card
    threads: tuple[RowThread, ...]

    @property
    def cards(self) -> tuple[Card, ...]:
        """The summary first."""
        return (self.summary, *(thread.card for thread in self.threads))


@dataclass(frozen=True)
class ColourChange:
    """A cell that has another colour than a week ago."""

    row: str
    metric: Metric
    before: Status
    after: Status


def compose_council(
    matrix: Matrix,
    last_week: Matrix | None,
    picture: Image,
    around: Around | None = None,
    wording: Wording | None = None,
) -> CouncilPost:
    """The post of one week, from the matrix of the leading dimension and last week's where there is one."""
    wording = wording or Wording()
    around = around or Around()
    red = by_gap(matrix, Status.RED)
    key = council_key(matrix.period.label, matrix.as_of)
    title = f"Pipeline council · {period_words(matrix.period)}"
    summary = Card(
        key=key,
        title=title,
        blocks=(
            *_last_actions(around),
            *_next_quarter(matrix, wording),
            Facts(_headline(matrix, wording)),
            *renewals_line(matrix, wording),
            picture,
            *_changes(matrix, last_week, wording),
            *_rows_by_colour(matrix, red, around, wording),
            *_words_on_other_tables(matrix, around),
            *_restated(matrix, around, wording),
            *spend_blocks(matrix, wording),
            Heading("How far to trust it"),
            *footnotes(all_rows(matrix), FLIPS),
            *_discipline(around, wording),
            *caveat_blocks(matrix, wording),
            *_ways_to_the_deals(matrix),
        ),
        fallback=f"{title}: {_fallback(matrix, wording)}",
    )
    threads = tuple(compose_thread(matrix, row, key, around, wording) for row in red[:THREADS])
    return CouncilPost(summary, threads)


def council_key(period: str, as_of: date) -> str:
    """The key of the post of one day, by which its message is found again."""
    return f"council:{period}:{as_of.isoformat()}"


def in_channel(key: str, channel: str) -> str:
    """The key of a message of the post in one of its channels."""
    return f"{key}@{channel.removeprefix('#')}"


def colour_changes(matrix: Matrix, last_week: Matrix) -> tuple[ColourChange, ...]:
    """Cells (and those of the total) with another colour than a week ago, what became worse first."""
    before = {row_label(last_week, row): row for row in (*last_week.rows, last_week.total)}
    changes = [
        ColourChange(row_label(matrix, row), metric, old.cells[metric].status, row.cells[metric].status)
        for row in (*matrix.rows, matrix.total)
        if (old := before.get(row_label(matrix, row))) is not None
        for metric in METRIC_LABELS
        if old.cells[metric].status is not row.cells[metric].status
    ]
    return tuple(sorted(changes, key=lambda change: change.before.severity - change.after.severity))


# --- The summary ----------------------------------------------------------------------------------


def _last_actions(around: Around) -> tuple[Block, ...]:
    if not around.last_actions:
        return ()
    shown, further = around.last_actions[:LAST_ACTIONS], around.last_actions[LAST_ACTIONS:]
    folded = (Folded(f"{len(further)} more", further),) if further else ()
    return (Heading("Last week's actions"), *shown, *folded)


def _restated(matrix: Matrix, around: Around, wording: Wording) -> tuple[Block, ...]:
    if around.restated_of is None:
        return ()
    return restated_blocks(around.restated, around.restated_of, matrix.currency, wording)


def _discipline(around: Around, wording: Wording) -> tuple[Paragraph, ...]:
    """How well deals are looked at."""
    if around.inspected_share is None:
        return ()
    share = wording.percent(around.inspected_share)
    line = f"Inspected: managers have looked at {share} of the open deals in the last fortnight."
    return (Paragraph(text(line), Tone.NOTE),)


def _ways_to_the_deals(matrix: Matrix) -> tuple[Block, ...]:
    """Buttons for the total's figures; every other figure is asked for by name."""
    total = (CellName(matrix.dimension, matrix.total.value, metric) for metric in _HEADLINE)
    example = matrix.rows[0].value if matrix.rows else "total"
    words = f"Every figure leads to its deals: /apm why {example} coverage."
    return (
        Paragraph(text(words), Tone.NOTE),
        Buttons(tuple(why_button(cell, matrix.as_of) for cell in total)),
    )


_HEADLINE = (Metric.CLOSED_WON, Metric.FORECAST, Metric.COVERAGE)
"""The metrics of the headline, in its order."""


def _next_quarter(matrix: Matrix, wording: Wording) -> tuple[Block, ...]:
    words = next_quarter_words(matrix, wording)
    return (Paragraph(words),) if words else ()


def _headline(matrix: Matrix, wording: Wording) -> tuple[Fact, ...]:
    total = matrix.total
    won = total.cells[Metric.CLOSED_WON]
    forecast = total.cells[Metric.FORECAST]
    expected = won.required
    if total.attainment is None or total.target is None:
        words = figure_words(won, total.state, matrix.currency, wording)
        return (Fact("Closed won", text(words, ", no target")),)
    pace = f", {wording.percent(Fraction(expected))} expected by today" if expected is not None else ""
    target = value_words(total.target, matrix.currency, wording)
    return (
        Fact(
            "Reached",
            text(Bold(wording.percent(total.attainment)), f" of {target}{pace}  ", Colour(won.status)),
        ),
        Fact(
            "Forecast",
            text(
                Bold(figure_words(forecast, total.state, matrix.currency, wording)),
                *_short_by(forecast.gap, matrix.currency, wording),
                "  ",
                Colour(forecast.status),
                *_beside_forecast(matrix, wording),
            ),
        ),
        Fact(
            "Coverage",
            text(
                Bold(figure_words(total.cells[Metric.COVERAGE], total.state, matrix.currency, wording)),
                "  ",
                Colour(total.cells[Metric.COVERAGE].status),
                *_beside_coverage(matrix, wording),
            ),
        ),
    )


def _short_by(gap: Decimal | None, currency: str, wording: Wording) -> tuple[str, ...]:
    return (f", {gap_words(gap, currency, wording)} short of green",) if gap else ()


def _beside_forecast(matrix: Matrix, wording: Wording) -> tuple[str, ...]:
    call = matrix.total.call
    if call is None:
        return ()
    return (f"  {call.by or 'The top manager'} calls {wording.short_money(call.amount, matrix.currency)}",)


def _beside_coverage(matrix: Matrix, wording: Wording) -> tuple[str, ...]:
    overdue = overdue_words(matrix, wording)
    return (f", and {overdue}",) if overdue else ()


def _changes(matrix: Matrix, last_week: Matrix | None, wording: Wording) -> tuple[Block, ...]:
    if last_week is None:
        return (Paragraph(text("There is no edition of last week to compare colours with."), Tone.NOTE),)
    lines = tuple(_change_line(change) for change in colour_changes(matrix, last_week))
    if not lines:
        return (Paragraph(text("No colour has changed since last week.")),)
    shown, further = lines[:CHANGES], lines[CHANGES:]
    rest = wording.count(len(further), "more change", "more changes")
    folded = (Folded(f"{rest} of colour", further),) if further else ()
    return (Heading("What changed colour since last week"), *shown, *folded)


def _change_line(change: ColourChange) -> Paragraph:
    cell = f"{change.row} {METRIC_LABELS[change.metric].lower()}"
    return Paragraph(text(f"{cell}: ", Colour(change.before), " → ", Colour(change.after)))


def _rows_by_colour(
    matrix: Matrix, red: Sequence[Row], around: Around, wording: Wording
) -> tuple[Block, ...]:
    """Red rows by name, for each has a message below; yellow ones folded; those that are well in one line."""
    blocks: list[Block] = []
    if red:
        threads = min(len(red), THREADS)
        names = ", ".join(row.value for row in red[:THREADS])
        blocks.append(Paragraph(text(Colour(Status.RED), f"  {names}: {_below(threads)}.")))
    if around.red_without_action:
        left_alone = ", ".join(around.red_without_action)
        blocks.append(Paragraph(text(Bold("Red for two weeks without an action: "), f"{left_alone}.")))
    if len(red) > THREADS:
        blocks.append(_fold("more red", matrix, red[THREADS:], around, wording))
    yellow = by_gap(matrix, Status.YELLOW)
    if yellow:
        blocks.append(_fold("yellow", matrix, yellow, around, wording))
    blocks.extend(_calm_rows(matrix))
    return (Heading(f"{dimension_label(matrix.dimension, matrix.by)} by colour"), *blocks)


def _below(number: int) -> str:
    return "see its own message below" if number == 1 else "each has a message of its own below"


def _fold(kind: str, matrix: Matrix, rows: Sequence[Row], around: Around, wording: Wording) -> Folded:
    """Each row with why, and what its owner says."""
    names = ", ".join(row.value for row in rows)
    lines = [line for row in rows for line in _folded_row(matrix, row, around, wording)]
    return Folded(f"{len(rows)} {kind}: {names}", tuple(lines))


def _folded_row(matrix: Matrix, row: Row, around: Around, wording: Wording) -> tuple[Paragraph, ...]:
    gap = gap_words(row_gap(row), matrix.currency, wording)
    why = text(Colour(row.status), "  ", Bold(row.value), f" · {gap} to green. {row.why}")
    cell = CellName(matrix.dimension, row.value, worst_cell(row))
    return (Paragraph(why), *context_lines(around, cell))


def _words_on_other_tables(matrix: Matrix, around: Around) -> tuple[Folded, ...]:
    """What was said about cells of the tables that the post does not lead with."""
    others = [one for one in around.contexts if one.cell.dimension is not matrix.dimension]
    if not others:
        return ()
    lines = tuple(
        Paragraph(
            text(
                Bold(f"{one.name} on {one.cell.value} {METRIC_LABELS[one.cell.metric].lower()}: "), one.words
            )
        )
        for one in others
    )
    return (Folded(f"Said about other cells: {len(lines)}", lines),)


def _calm_rows(matrix: Matrix) -> tuple[Paragraph, ...]:
    lines: list[Paragraph] = []
    for status, words in ((Status.GREEN, "on track"), (Status.GREY, "no colour, for want of a target")):
        names = ", ".join(row.value for row in matrix.rows if row.status is status)
        if names:
            lines.append(Paragraph(_line(status, names, words)))
    return tuple(lines)


def _line(status: Status, names: str, words: str) -> Text:
    return text(Colour(status), f"  {names}: {words}.")


def _fallback(matrix: Matrix, wording: Wording) -> str:
    red = [row.value for row in by_gap(matrix, Status.RED)]
    reached = (
        f"{wording.percent(matrix.total.attainment)} of the target reached"
        if matrix.total.attainment is not None
        else "no target"
    )
    return f"{reached}; red: {', '.join(red)}." if red else f"{reached}; nothing is red."
