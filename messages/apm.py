"""`/apm`: a table of the matrix, one of its rows, and why a cell has its colour."""

from collections.abc import Sequence

from messages.card import (
    Align,
    Block,
    Buttons,
    Card,
    Colour,
    Column,
    Fact,
    Facts,
    FigureCell,
    Folded,
    Paragraph,
    Table,
    TableRow,
    Text,
    TextCell,
    Tone,
    spoken,
    text,
)
from messages.caveats import caveat_blocks, pulled_at_of
from messages.cell_buttons import why_button
from messages.figures import (
    FLIPS,
    METRIC_LABELS,
    Marking,
    all_rows,
    dimension_label,
    figure_cell,
    figure_words,
    footnotes,
    gap_words,
    matrix_table,
    next_quarter_words,
    period_words,
    row_label,
    value_words,
)
from messages.freshness import records_words, stale_words
from messages.reasons import (
    call_words,
    further_reasons,
    overdue_words,
    row_reason,
    spend_blocks,
    spend_words,
)
from messages.restated import restated_blocks
from messages.wording import NO_VALUE, Wording
from pipeline.cell_names import CellName
from pipeline.deals import DealLine
from pipeline.matrix import Cell, Matrix, Metric, Row, Status, TargetState
from pipeline.restating import Restatement

FIRST_DEALS = 10
"""So many deals behind a figure are shown before the fold."""


def compose_matrix(
    matrix: Matrix, wording: Wording | None = None, restated: Sequence[Restatement] = ()
) -> Card:
    """The whole table, worst row first, with its footnotes and caveats.

    `restated`: what a council saw otherwise of the same day.
    """
    wording = wording or Wording()
    label = dimension_label(matrix.dimension, matrix.by)
    blocks: tuple[Block, ...] = (
        Paragraph(_summary(matrix, wording)),
        *restated_blocks(restated, matrix.as_of, matrix.currency, wording),
        *_next_quarter(matrix, wording),
        *_overdue(matrix, wording),
        matrix_table(matrix, matrix.rows, wording),
        *renewals_line(matrix, wording),
        *spend_blocks(matrix, wording),
        *footnotes(all_rows(matrix), FLIPS if matrix.by is None else ""),
        *_comparison(matrix, wording),
        *caveat_blocks(matrix, wording),
    )
    return Card(
        key=f"apm:{matrix.dimension}:{matrix.by or ''}:{matrix.as_of}",
        title=f"{label} · {period_words(matrix.period)}",
        blocks=blocks,
        fallback=f"{label}, {matrix.period.label}: {spoken(_summary(matrix, wording))}",
    )


def compose_row(
    matrix: Matrix, row: Row, wording: Wording | None = None, restated: Sequence[Restatement] = ()
) -> Card:
    """One row of the table: every cell with its target, its gap and the sentence that explains it."""
    wording = wording or Wording()
    name = row_label(matrix, row)
    parts = (matrix_parts(matrix, row, wording),) if row.rows else ()
    blocks: tuple[Block, ...] = (
        row_reason(row),
        *_stale(matrix, wording),
        *restated_blocks(
            [one for one in restated if one.row == row.value], matrix.as_of, matrix.currency, wording
        ),
        _cells_table(matrix, row, wording),
        *parts,
        *footnotes((row,)),
        *_other_colours(row),
        Facts(_row_facts(matrix, row, wording)),
        *_comparison(matrix, wording),
        *_age(matrix, wording),
        Buttons(tuple(why_button(CellName(matrix.dimension, row.value, metric)) for metric in METRIC_LABELS)),
    )
    return Card(
        key=f"apm:{matrix.dimension}:{row.value}:{matrix.as_of}",
        title=f"{name} · {period_words(matrix.period)}",
        blocks=blocks,
        fallback=f"{name}, {matrix.period.label}: {row.status}. {row.why}",
    )


def compose_why(
    matrix: Matrix,
    row: Row,
    metric: Metric,
    deals: Sequence[DealLine] | None = None,
    wording: Wording | None = None,
) -> Card:
    """Why one cell has its colour. `deals` is `None` where the reader may not see them."""
    wording = wording or Wording()
    cell = row.cells[metric]
    name = f"{row_label(matrix, row)} {METRIC_LABELS[metric].lower()}"
    blocks: tuple[Block, ...] = (
        Paragraph(text(Colour(cell.status), f"  {cell.why}")),
        *_stale(matrix, wording),
        Facts(_cell_facts(matrix, row, cell, wording)),
        *_deal_blocks(matrix, cell, deals, wording),
        *_table_notes(matrix, wording),
    )
    return Card(
        key=f"why:{matrix.dimension}:{row.value}:{metric}:{matrix.as_of}",
        title=f"Why {name} is {cell.status}",
        blocks=blocks,
        fallback=f"{name} is {cell.status}. {cell.why}",
    )


# --- The table ------------------------------------------------------------------------------------


def _summary(matrix: Matrix, wording: Wording) -> Text:
    total = matrix.total
    counts = [
        (status, sum(row.status is status for row in matrix.rows))
        for status in dict.fromkeys(row.status for row in matrix.rows)
    ]
    reached = (
        f"{wording.percent(total.attainment)} of the target of "
        f"{value_words(total.target, matrix.currency, wording)} is won. "
        if total.attainment is not None and total.target is not None
        else f"{figure_words(total.cells[Metric.CLOSED_WON], total.state, matrix.currency, wording)} is won; "
        "there is no target. "
    )
    spans = [text(reached)]
    for number, (status, count) in enumerate(counts):
        spans.append(text(", " if number else "", f"{count} ", Colour(status)))
    return tuple(span for part in spans for span in part)


def _stale(matrix: Matrix, wording: Wording) -> tuple[Paragraph, ...]:
    """The warning where it is not seen: a row has no notes, and those of a cell are folded."""
    return () if matrix.stale is None else (Paragraph(text(stale_words(matrix.stale, wording)), Tone.NOTE),)


def _age(matrix: Matrix, wording: Wording) -> tuple[Paragraph, ...]:
    pulled_at = None if matrix.stale is not None else pulled_at_of(matrix)
    return () if pulled_at is None else (Paragraph(text(records_words(pulled_at, wording)), Tone.NOTE),)


def _comparison(matrix: Matrix, wording: Wording) -> tuple[Paragraph, ...]:
    if matrix.prior_as_of is None or matrix.prior_label is None:
        return (Paragraph(text("There is no earlier year to compare with."), Tone.NOTE),)
    day = wording.full_day(matrix.prior_as_of)
    words = text("Arrows compare with ", matrix.prior_label, " at the same point, ", day, ".")
    return (Paragraph(words, Tone.NOTE),)


def renewals_line(matrix: Matrix, wording: Wording) -> tuple[Paragraph, ...]:
    """Configured renewals, which stay out of the table, on a line of their own."""
    if matrix.renewals is None:
        return ()
    row = matrix.renewals
    figures = ", ".join(
        f"{label.lower()} {figure_words(row.cells[metric], row.state, matrix.currency, wording)}"
        for metric, label in METRIC_LABELS.items()
        if metric in row.cells
    )
    return (Paragraph(text("Renewals, kept apart: ", Colour(row.status), f"  {figures}.")),)


def _next_quarter(matrix: Matrix, wording: Wording) -> tuple[Paragraph, ...]:
    words = next_quarter_words(matrix, wording)
    return (Paragraph(words),) if words else ()


def _overdue(matrix: Matrix, wording: Wording) -> tuple[Paragraph, ...]:
    overdue = overdue_words(matrix, wording)
    if overdue is None:
        return ()
    total = matrix.total
    coverage = figure_words(total.cells[Metric.COVERAGE], total.state, matrix.currency, wording)
    return (Paragraph(text(f"Coverage {coverage}, and beside it {overdue}.")),)


# --- One row --------------------------------------------------------------------------------------


def matrix_parts(matrix: Matrix, row: Row, wording: Wording) -> Table:
    """The parts of a pair's row as a table of their own."""
    label = matrix.by.value.capitalize() if matrix.by else "Part"
    marking = Marking.of((row,))
    return Table(
        f"{row.value} by {label.lower()}",
        (Column(label), *(Column(words, Align.RIGHT) for words in METRIC_LABELS.values())),
        tuple(
            TableRow(
                (
                    FigureCell(part.value, part.status),
                    *(
                        figure_cell(part.cells[metric], part.state, matrix.currency, wording, marking)
                        for metric in METRIC_LABELS
                    ),
                )
            )
            for part in row.rows
        ),
    )


def _row_facts(matrix: Matrix, row: Row, wording: Wording) -> tuple[Fact, ...]:
    currency = matrix.currency
    facts = [Fact("Target", text(value_words(row.target, currency, wording)))]
    if row.attainment is not None:
        facts.append(Fact("Reached", text(wording.percent(row.attainment))))
    if row.state is TargetState.OPEN:
        facts.append(Fact("Still to win", text(value_words(row.remaining, currency, wording))))
    facts.append(Fact("Forecast with best case", text(wording.short_money(row.forecast_best_case, currency))))
    if row.call is not None:
        words = call_words(row.call, row.cells[Metric.FORECAST], currency, wording)
        facts.append(Fact("The top manager's call", text(words)))
    if row.coverage_next is not None:
        facts.append(Fact("Coverage of next quarter", text(wording.ratio(row.coverage_next))))
    overdue = overdue_words(matrix, wording) if row is matrix.total else None
    if overdue is not None:
        facts.append(Fact("Beside coverage", text(overdue)))
    if row.spend is not None:
        facts.append(Fact("Spend", text(spend_words(row.spend, currency, wording))))
    if row.open_pipeline_rolling_4q:
        quarters = ", ".join(
            f"{label} {wording.short_money(amount, currency)}"
            for label, amount in row.open_pipeline_rolling_4q.items()
        )
        facts.append(Fact("Open pipeline, four quarters", text(quarters)))
    if row.prior_full_quarter:
        full = ", ".join(
            f"{METRIC_LABELS[metric].lower()} {wording.short_money(amount, currency)}"
            for metric, amount in row.prior_full_quarter.items()
        )
        facts.append(Fact(f"{matrix.prior_label or 'Last year'}, whole quarter", text(full)))
    return tuple(facts)


def _cells_table(matrix: Matrix, row: Row, wording: Wording) -> Table:
    marking = Marking.of((row,))
    lines = tuple(
        TableRow(
            (
                TextCell(text(METRIC_LABELS[metric])),
                figure_cell(row.cells[metric], row.state, matrix.currency, wording, marking),
                TextCell(text(value_words(row.cells[metric].target, matrix.currency, wording))),
                TextCell(text(gap_words(row.cells[metric].gap, matrix.currency, wording))),
            )
        )
        for metric in METRIC_LABELS
    )
    columns = (
        Column("Metric"),
        Column("Figure", Align.RIGHT),
        Column("Target", Align.RIGHT),
        Column("To green", Align.RIGHT),
    )
    return Table(f"{row_label(matrix, row)}, {matrix.period.label}", columns, lines)


def _other_colours(row: Row) -> tuple[Block, ...]:
    lines = further_reasons(row, (row.cells[metric] for metric in METRIC_LABELS))
    return (Folded("Why the other colours", lines),) if lines else ()


# --- One cell -------------------------------------------------------------------------------------


def _cell_facts(matrix: Matrix, row: Row, cell: Cell, wording: Wording) -> tuple[Fact, ...]:
    currency = matrix.currency
    figure = figure_words(cell, row.state, currency, wording)
    facts = [Fact("Figure", text(figure, *_of_deals(cell, wording)))]
    if cell.gap and cell.status is not Status.GREEN:
        facts.append(Fact("To green", text(gap_words(cell.gap, currency, wording))))
    if cell.target is not None:
        derived = " (derived from last year)" if cell.target_derived else ""
        facts.append(Fact("Target", text(value_words(cell.target, currency, wording), derived)))
    if cell.prior is not None:
        trend = wording.trend(cell.yoy)
        change = f" ({trend.direction.arrow} {trend.words})" if trend else ""
        label = f"A year before ({matrix.prior_label})" if matrix.prior_label else "A year before"
        facts.append(Fact(label, text(value_words(cell.prior, currency, wording), change)))
    overdue = overdue_words(matrix, wording) if row is matrix.total and cell.is_ratio else None
    if overdue is not None:
        facts.append(Fact("Beside it", text(overdue)))
    if cell.trusted.figure is not None:
        trusted = value_words(cell.trusted.figure, currency, wording)
        facts.append(Fact("Without stale deals", text(trusted, "  ", Colour(cell.trusted.status))))
    facts.append(Fact("How it is known", text(_BASIS[cell.basis.word])))
    return tuple(facts)


_BASIS = {
    "exact": "exactly, from our own pulls",
    "reconstructed": "rebuilt from the CRM's history",
    "approximate": "approximately: history lacks a value that it needs",
}


def _of_deals(cell: Cell, wording: Wording) -> tuple[str, ...]:
    return (f" in {wording.count(cell.deals, 'deal', 'deals')}",) if cell.deals else ()


def _deal_blocks(
    matrix: Matrix, cell: Cell, deals: Sequence[DealLine] | None, wording: Wording
) -> tuple[Block, ...]:
    if deals is None:
        return ()
    if not deals:
        return (Paragraph(text("No deal makes up this figure.")),)
    count = wording.count(max(len(deals), cell.deals), "deal", "deals")
    title = count if len(deals) >= cell.deals else f"{len(deals)} of {count}, the largest first"
    first, rest = deals[:FIRST_DEALS], deals[FIRST_DEALS:]
    table = _deals_table(title, first, matrix.currency, wording)
    if not rest:
        return (table,)
    more = f"Show {wording.count(len(rest), 'more deal', 'more deals')}"
    return (table, Folded(more, (_deals_table("The next deals", rest, matrix.currency, wording),)))


def _table_notes(matrix: Matrix, wording: Wording) -> tuple[Block, ...]:
    """What the table's caveats say, folded: they are about more than this cell."""
    notes = tuple(
        note
        for block in caveat_blocks(matrix, wording)
        for note in (block.blocks if isinstance(block, Folded) else (block,))
    )
    return (Folded("Notes on the whole table", notes),) if notes else ()


def _deals_table(title: str, deals: Sequence[DealLine], currency: str, wording: Wording) -> Table:
    lines = tuple(
        TableRow(
            (
                TextCell(text(deal.name, " (stale record)" if deal.untrusted else "")),
                TextCell(text(deal.owner.name if deal.owner else NO_VALUE)),
                TextCell(
                    text(
                        deal.stage, ", ", wording.full_day(deal.close_date) if deal.close_date else "no date"
                    )
                ),
                TextCell(text(value_words(deal.value, currency, wording))),
            )
        )
        for deal in deals
    )
    columns = (Column("Deal"), Column("Owner"), Column("Stage, closes"), Column("Value", Align.RIGHT))
    return Table(title, columns, lines)
