"""How a cell of the matrix is written, and the footnotes that its marks need."""

from collections.abc import Iterable, Iterator
from decimal import Decimal
from fractions import Fraction

from messages.card import Align, Column, FigureCell, Paragraph, RowKind, Table, TableRow, Tone, text
from messages.wording import NO_VALUE, Wording
from pipeline.matrix import Basis, Cell, Dimension, Matrix, Metric, PeriodStamp, Row, TargetState

METRIC_LABELS = {
    Metric.FORECAST: "Forecast",
    Metric.CLOSED_WON: "Closed won",
    Metric.OPEN_PIPELINE: "Open pipeline",
    Metric.PIPE_GEN: "Pipe gen",
    Metric.COVERAGE: "Coverage",
}

APPROXIMATE, FLIPS, DERIVED = "≈", "⚑", "†"

MARK_MEANINGS = {
    APPROXIMATE: "approximate, rebuilt from the CRM's history",
    FLIPS: "another colour without stale deals",
    DERIVED: "target derived from last year",
}


def dimension_label(dimension: Dimension, by: Dimension | None = None) -> str:
    """`Region`, `Region by product`."""
    return dimension.value.capitalize() + (f" by {by.value}" if by else "")


def row_label(matrix: Matrix, row: Row) -> str:
    return "Total" if row is matrix.total else row.value


def figure_words(cell: Cell, state: TargetState, currency: str, wording: Wording) -> str:
    """The cell's figure in its short form; for coverage without a value, why it has none."""
    if cell.figure is not None:
        return value_words(cell.figure, currency, wording)
    if cell.is_ratio and state is TargetState.TARGET_MET:
        return "target met"
    if cell.is_ratio and state is TargetState.NO_TARGET:
        return "no target"
    return NO_VALUE


def value_words(value: Decimal | Fraction | None, currency: str, wording: Wording) -> str:
    """Money in its short form, a ratio as `2.4×`, nothing as a dash."""
    if value is None:
        return NO_VALUE
    return wording.ratio(value) if isinstance(value, Fraction) else wording.short_money(value, currency)


def marks(cell: Cell) -> str:
    """The marks of a cell's footnotes, in one order."""
    wanted = (
        (APPROXIMATE, cell.basis is not Basis.EXACT),
        (FLIPS, cell.trusted.flips),
        (DERIVED, cell.target_derived),
    )
    return "".join(mark for mark, is_wanted in wanted if is_wanted)


def figure_cell(cell: Cell, state: TargetState, currency: str, wording: Wording) -> FigureCell:
    return FigureCell(
        figure_words(cell, state, currency, wording), cell.status, wording.trend(cell.yoy), marks(cell)
    )


def matrix_table(matrix: Matrix, rows: Iterable[Row], wording: Wording) -> Table:
    """Rows of the matrix with their colours, a pair's parts below each, the total last."""
    lines = [line for row in rows for line in _with_parts(row, matrix.currency, wording)]
    return Table(
        f"{dimension_label(matrix.dimension, matrix.by)}, {matrix.period.label}",
        (
            Column(dimension_label(matrix.dimension, matrix.by)),
            *(Column(label, Align.RIGHT) for label in METRIC_LABELS.values()),
        ),
        (*lines, _table_row("Total", matrix.total, RowKind.TOTAL, matrix.currency, wording)),
    )


def _with_parts(row: Row, currency: str, wording: Wording) -> Iterator[TableRow]:
    yield _table_row(row.value, row, RowKind.PLAIN, currency, wording)
    for part in row.rows:
        yield _table_row(part.value, part, RowKind.PART, currency, wording)


def _table_row(label: str, row: Row, kind: RowKind, currency: str, wording: Wording) -> TableRow:
    cells = (figure_cell(row.cells[metric], row.state, currency, wording) for metric in METRIC_LABELS)
    return TableRow((FigureCell(label, row.status), *cells), kind)


def footnotes(rows: Iterable[Row]) -> tuple[Paragraph, ...]:
    """One line that explains the marks which the rows (and their parts) carry, if any."""
    seen = "".join(marks(cell) for row in rows for part in (row, *row.rows) for cell in part.cells.values())
    legend = " · ".join(f"{mark} {words}" for mark, words in MARK_MEANINGS.items() if mark in seen)
    return (Paragraph(text(legend), Tone.NOTE),) if legend else ()


def period_words(period: PeriodStamp) -> str:
    """`FY27 Q4, day 23 of 92`."""
    return f"{period.label}, day {period.day} of {period.days}"


def all_rows(matrix: Matrix) -> tuple[Row, ...]:
    return (*matrix.rows, matrix.total)
