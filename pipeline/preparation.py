"""What the owner of cells is told on the working day before the council."""

from collections.abc import Sequence
from dataclasses import dataclass

from pipeline.cell_gaps import CellCase, first_of_each_row
from pipeline.deals import DealLine

CELLS = 3
"""Nobody is asked about more cells before one council."""


@dataclass(frozen=True)
class FixableDeal:
    """A deal behind a cell whose record needs a fix, and what is wrong with it."""

    deal: DealLine
    says: tuple[str, ...]


@dataclass(frozen=True)
class CellAsk:
    """One cell that somebody is asked about."""

    case: CellCase
    fixable: tuple[FixableDeal, ...]
    """Those that the person may see, the largest first."""
    fixable_in_all: int


def choose_cells(cases: Sequence[CellCase]) -> Sequence[CellCase]:
    """At most three, the worst of every row before the second of any."""
    return first_of_each_row(cases)[:CELLS]
