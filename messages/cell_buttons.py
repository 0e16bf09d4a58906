"""The buttons that lead from a cell to what decided it, to its deals, and to what is done about it."""

from datetime import date

from messages.card import Button, ButtonStyle
from messages.figures import METRIC_LABELS
from pipeline.cell_names import CellName

SHOW_WHY = "why"
"""Command of the buttons that lead to a cell; the argument is the cell as it is written."""
ASSIGN = "assign"
"""Command of the button that assigns an action to a cell."""
PROPOSE_ACTION = "propose_action"
"""Command of the button by which a cell's owner proposes an action."""
GIVE_CONTEXT = "give_context"
"""Command of the button that asks for a word about a cell; `/` and the council's day follow the cell."""
DEALS_CSV = "deals_csv"
"""Command of the button that gives a cell's deals as a file, to those who may see them."""


def why_button(cell: CellName, day: date | None = None) -> Button:
    return Button(f"Why {METRIC_LABELS[cell.metric].lower()}?", SHOW_WHY, cell.written(day))


def assign_button(cell: CellName) -> Button:
    return Button("Assign an action", ASSIGN, cell.written(), ButtonStyle.PRIMARY)


def deals_button(cell: CellName, day: date) -> Button:
    return Button("Deals as CSV", DEALS_CSV, cell.written(day))
