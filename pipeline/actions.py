"""What the council decides to do about a cell: the action, how it stands, and what was measured after it.

An action never causes anything here: a cell is measured when the action is opened and again some weeks
later, and what is said is that it moved after (docs/decisions/0013).
"""

from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction

from pipeline.cell_names import CellName
from pipeline.findings import PersonName
from pipeline.matrix import TOTAL, Cell, Matrix, Row, Status


class ActionStatus(StrEnum):
    OPEN = "open"
    IN_PROGRESS = "in_progress"
    DONE = "done"
    DROPPED = "dropped"


UNFINISHED = (ActionStatus.OPEN, ActionStatus.IN_PROGRESS)
"""What somebody still has to do."""


class Verdict(StrEnum):
    """What the cell did after an action was opened; it says nothing of why."""

    HELPED = "helped"
    NO_CHANGE = "no_change"
    UNCLEAR = "unclear"


@dataclass(frozen=True)
class CellReading:
    """One cell as it stood at the end of a day. Amounts in the corporate currency, exact."""

    as_of: date
    period: str
    """Label of the fiscal quarter."""
    status: Status
    figure: Fraction | None
    """Money, or for coverage a ratio; `None` where the cell has no value (no target, target met)."""
    measure: Fraction | None
    required: Fraction | None
    gap: Fraction | None
    """Money to green; `None` without a target."""
    target: Fraction | None

    @property
    def share_of_required(self) -> Fraction | None:
        """`measure / required`, which decides the colour; `None` where nothing is required or measured."""
        return self.measure / self.required if self.measure is not None and self.required else None


@dataclass(frozen=True)
class Measured:
    """The cell so many weeks after the day of the baseline, and what that says."""

    weeks: int
    reading: CellReading
    verdict: Verdict
    reason: str
    """One sentence with the numbers."""


@dataclass(frozen=True)
class Comment:
    by: PersonName
    at: datetime
    text: str


@dataclass(frozen=True, kw_only=True)
class CouncilAction:
    """One action, with everything that was said and measured of it."""

    no: int
    kind: str
    """Key of its type (`spiff`)."""
    cell: CellName
    title: str
    owner: PersonName
    assigner: PersonName
    due: date
    cost: Decimal | None
    currency: str
    """Of the cost, an ISO code."""
    expected: str
    """What it is hoped to bring, in the assigner's words; may be empty."""
    status: ActionStatus
    opened_on: date
    """The organisation's day."""
    changed_on: date
    """The day of the last change of status."""
    drop_reason: str = ""
    quoted: str = ""
    """The message from which it was assigned."""
    link: str | None = None
    thread_key: str | None = None
    """Key of the message in whose thread it shows."""
    baseline: CellReading | None = None
    """`None` where the cell had no figures when the action was opened."""
    measured: tuple[Measured, ...] = ()
    """In the order of weeks."""
    comments: tuple[Comment, ...] = ()
    """The oldest first."""

    @property
    def is_unfinished(self) -> bool:
        return self.status in UNFINISHED

    def is_overdue(self, today: date) -> bool:
        return self.is_unfinished and self.due < today

    def without_figures(self) -> "CouncilAction":
        """As somebody may see it who sees no figures of the company."""
        return replace(self, baseline=None, measured=())


@dataclass(frozen=True)
class ActionSince:
    """An action, and its cell as it stands now, for "before and after"."""

    action: CouncilAction
    now: CellReading | None


def read_cell(matrix: Matrix, cell: CellName) -> CellReading | None:
    """The reading of a cell in a table of its dimension; `None` where the table has no such row."""
    row = _row(matrix, cell.value)
    return None if row is None else reading_of(row.cells[cell.metric], matrix)


def reading_of(cell: Cell, matrix: Matrix) -> CellReading:
    return CellReading(
        as_of=matrix.as_of,
        period=matrix.period.label,
        status=cell.status,
        figure=_exact(cell.figure),
        measure=_exact(cell.measure),
        required=_exact(cell.required),
        gap=_exact(cell.gap),
        target=_exact(cell.target),
    )


def _row(matrix: Matrix, value: str) -> Row | None:
    if value == TOTAL:
        return matrix.total
    return next((row for row in matrix.rows if row.value == value), None)


def _exact(number: Decimal | Fraction | None) -> Fraction | None:
    return None if number is None else Fraction(number)
