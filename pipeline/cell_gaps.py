"""The cells that a council has to speak about, and how far each is from green."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from math import ceil

from pipeline.cell_names import CellName
from pipeline.matrix import Cell, Matrix, Metric, Row, Status

_TO_SPEAK_ABOUT = (Status.RED, Status.YELLOW)
_DECIDING = (Metric.FORECAST, Metric.COVERAGE)
"""The worse of these two is the row's colour (DOMAIN section 7)."""


@dataclass(frozen=True)
class CellCase:
    """A cell with the row and the table in which it stands."""

    table: Matrix
    row: Row
    metric: Metric

    @property
    def cell(self) -> Cell:
        return self.row.cells[self.metric]

    @property
    def name(self) -> CellName:
        return CellName(self.table.dimension, self.row.value, self.metric)

    @property
    def deals_to_green(self) -> int | None:
        """How many deals of the average open size close the gap; `None` without a gap or without any."""
        size = average_open_deal(self.row) or average_open_deal(self.table.total)
        if not self.cell.gap or size is None:
            return None
        return ceil(self.cell.gap / size)


def average_open_deal(row: Row) -> Decimal | None:
    """The average value of the row's open deals; `None` where none is open or they are worth nothing."""
    cell = row.cells[Metric.OPEN_PIPELINE]
    if not cell.deals or not isinstance(cell.figure, Decimal) or cell.figure <= 0:
        return None
    return cell.figure / cell.deals


def worst_cell(row: Row) -> Metric:
    """The cell that a row's thread is about: the worst colour, inside it the largest gap in money; of equals
    the one that decides the row's colour."""
    return min(row.cells, key=lambda metric: (_rank(row.cells[metric]), metric not in _DECIDING))


def cells_of_row(row: Row) -> list[Cell]:
    """A row's red and yellow cells, the worst first."""
    cells = (cell for cell in row.cells.values() if cell.status in _TO_SPEAK_ABOUT)
    return sorted(cells, key=_rank)


def row_gap(row: Row) -> Decimal:
    """What the row's worst cell lacks to green, in money; 0 where no cell has a target."""
    return max((cell.gap for cell in row.cells.values() if cell.gap is not None), default=Decimal(0))


def by_gap(matrix: Matrix, status: Status) -> list[Row]:
    """The rows of one colour, the one with the largest gap in money first."""
    rows = [row for row in matrix.rows if row.status is status]
    return sorted(rows, key=lambda row: (-row_gap(row), row.value))


def cells_to_speak_about(tables: Iterable[Matrix]) -> list[CellCase]:
    """Every red and yellow cell, the worst first; of the rows, not of the total."""
    cases = [
        CellCase(table, row, metric)
        for table in tables
        for row in table.rows
        for metric, cell in row.cells.items()
        if cell.status in _TO_SPEAK_ABOUT
    ]
    return sorted(cases, key=lambda case: _rank(case.cell))


def first_of_each_row(cases: Sequence[CellCase]) -> list[CellCase]:
    """The same cells, the worst of every row before the second of any."""
    seen: dict[tuple[str, str], int] = {}
    places: list[tuple[int, int]] = []
    for place, case in enumerate(cases):
        row = (case.table.dimension.value, case.row.value)
        places.append((seen.get(row, 0), place))
        seen[row] = seen.get(row, 0) + 1
    return [cases[place] for _, place in sorted(places)]


def _rank(cell: Cell) -> tuple[int, Decimal]:
    return -cell.status.severity, -(cell.gap or Decimal(0))


def red_twice(matrix: Matrix, last_week: Matrix | None) -> tuple[str, ...]:
    """Rows that are red now and were red a week ago, the one with the largest gap first."""
    if last_week is None:
        return ()
    before = {row.value for row in last_week.rows if row.status is Status.RED}
    return tuple(row.value for row in by_gap(matrix, Status.RED) if row.value in before)
