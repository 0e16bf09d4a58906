"""How a cell of the matrix is written, and the footnotes that its marks need."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from messages.card import (
    Align,
    Bold,
    Column,
    FigureCell,
    Paragraph,
    RowKind,
    Table,
    TableRow,
    Text,
    Tone,
    text,
)
from messages.wording import NO_VALUE, Wording
from pipeline.matrix import Basis, Cell, Dimension, Matrix, Metric, PeriodStamp, Row, TargetState

METRIC_LABELS = {
    Metric.FORECAST: "Forecast",
    Metric.CLOSED_WON: "Closed won",
    Metric.OPEN_PIPELINE: "Open pipeline",
    Metric.PIPE_GEN: "Pipe gen",
    Metric.COVERAGE: "Coverage",
}

NEXT_QUARTER_FROM = Fraction(3, 5)
"""From this share of the quarter on, next quarter's coverage stands first."""

APPROXIMATE, EXACT, FLIPS, DERIVED = "≈", "=", "⚑", "†"

MARK_MEANINGS = {
    APPROXIMATE: "approximate, rebuilt from the CRM's history",
    EXACT: "known exactly; the other figures are approximate, rebuilt from the CRM's history",
    FLIPS: "another colour without stale deals",
    DERIVED: "target derived from last year",
}


@dataclass(frozen=True)
class Marking:
    """Which marks the cells of a table carry: of exact and approximate figures, the fewer are marked."""

    mostly_approximate: bool

    @classmethod
    def of(cls, rows: Iterable[Row]) -> "Marking":
        """The marking of a table that shows these rows and their parts."""
        cells = [cell for row in rows for part in (row, *row.rows) for cell in part.cells.values()]
        bases = [cell.basis for cell in cells if cell.figure]
        return cls(2 * sum(basis is not Basis.EXACT for basis in bases) > len(bases))

    def marks(self, cell: Cell) -> str:
        """The marks of a cell's footnotes, in one order; only a figure is marked for how it is known."""
        is_exact = cell.basis is Basis.EXACT
        wanted = (
            (APPROXIMATE, bool(cell.figure) and not is_exact and not self.mostly_approximate),
            (EXACT, bool(cell.figure) and is_exact and self.mostly_approximate),
            (FLIPS, cell.trusted.flips),
            (DERIVED, cell.target_derived),
        )
        return "".join(mark for mark, is_wanted in wanted if is_wanted)

    def meanings(self, cells: Iterable[Cell]) -> Iterator[tuple[str, str]]:
        """Each mark that these cells carry, with its meaning; without a mark, what is true of all."""
        seen = "".join(self.marks(cell) for cell in cells)
        if self.mostly_approximate and EXACT not in seen:
            yield "", "All figures are approximate, rebuilt from the CRM's history"
        for mark, meaning in MARK_MEANINGS.items():
            if mark in seen:
                yield mark, meaning


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


def gap_words(gap: Decimal | None, currency: str, wording: Wording) -> str:
    """Money to green, rounded up so that it is enough; a dash where nothing is missing."""
    return wording.enough_money(gap, currency) if gap else NO_VALUE


def next_quarter_words(matrix: Matrix, wording: Wording) -> Text:
    """`Next quarter's pipeline covers 1.2× of its target`, late in the quarter; else nothing."""
    late = Fraction(matrix.period.day, matrix.period.days) >= NEXT_QUARTER_FROM
    if not late or matrix.total.coverage_next is None:
        return ()
    covered = Bold(wording.ratio(matrix.total.coverage_next))
    return text("Next quarter's open pipeline is ", covered, " of its target.")


def figure_cell(
    cell: Cell, state: TargetState, currency: str, wording: Wording, marking: Marking
) -> FigureCell:
    return FigureCell(
        figure_words(cell, state, currency, wording),
        cell.status,
        wording.trend(cell.yoy),
        marking.marks(cell),
    )


def matrix_table(matrix: Matrix, rows: Iterable[Row], wording: Wording) -> Table:
    """Rows of the matrix with their colours, a pair's parts below each, the total last."""
    marking = Marking.of(all_rows(matrix))
    lines = [line for row in rows for line in _with_parts(row, matrix.currency, wording, marking)]
    return Table(
        f"{dimension_label(matrix.dimension, matrix.by)}, {matrix.period.label}",
        (
            Column(dimension_label(matrix.dimension, matrix.by)),
            *(Column(label, Align.RIGHT) for label in METRIC_LABELS.values()),
        ),
        (*lines, _table_row("Total", matrix.total, RowKind.TOTAL, matrix.currency, wording, marking)),
    )


def _with_parts(row: Row, currency: str, wording: Wording, marking: Marking) -> Iterator[TableRow]:
    yield _table_row(row.value, row, RowKind.PLAIN, currency, wording, marking)
    for part in row.rows:
        yield _table_row(part.value, part, RowKind.PART, currency, wording, marking)


def _table_row(
    label: str, row: Row, kind: RowKind, currency: str, wording: Wording, marking: Marking
) -> TableRow:
    cells = (
        figure_cell(row.cells[metric], row.state, currency, wording, marking) for metric in METRIC_LABELS
    )
    return TableRow((FigureCell(label, row.status), *cells), kind)


def footnotes(rows: Iterable[Row], explained: str = "") -> tuple[Paragraph, ...]:
    """One line that explains the marks which a table of these rows (and their parts) carries, if any.

    `explained`: marks that another line explains.
    """
    shown = tuple(rows)
    cells = [cell for row in shown for part in (row, *row.rows) for cell in part.cells.values()]
    legend = " · ".join(
        f"{mark} {words}".strip()
        for mark, words in Marking.of(shown).meanings(cells)
        if not mark or mark not in explained
    )
    return (Paragraph(text(legend), Tone.NOTE),) if legend else ()


def period_words(period: PeriodStamp) -> str:
    """`FY27 Q4, day 23 of 92`."""
    return f"{period.label}, day {period.day} of {period.days}"


def all_rows(matrix: Matrix) -> tuple[Row, ...]:
    return (*matrix.rows, matrix.total)
