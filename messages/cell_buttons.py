"""The buttons that lead from a cell to what decided it, to its deals, and to what is done about it."""

from datetime import date

from messages.card import Button, ButtonStyle
from messages.figures import METRIC_LABELS
from pipeline.editions import CellName

SHOW_WHY = "why"
"""Command of the buttons that lead to a cell; the argument is `cell_argument`."""
ASSIGN = "assign"
"""Command of the button that assigns an action to a cell."""
PROPOSE_ACTION = "propose_action"
"""Command of the button by which a cell's owner proposes an action."""
GIVE_CONTEXT = "give_context"
"""Command of the button that asks for a word about a cell; `/` and the council's day follow the cell."""
DEALS_CSV = "deals_csv"
"""Command of the button that gives a cell's deals as a file, to those who may see them."""


def cell_argument(cell: CellName, day: date | None = None) -> str:
    """`region/EMEA/coverage`, and a day behind it where one is meant; the row's name may hold a slash."""
    parts = [cell.dimension.value, cell.value, cell.metric.value, *([day.isoformat()] if day else [])]
    return "/".join(parts)


def why_button(cell: CellName, day: date | None = None) -> Button:
    return Button(f"Why {METRIC_LABELS[cell.metric].lower()}?", SHOW_WHY, cell_argument(cell, day))


def assign_button(cell: CellName) -> Button:
    return Button("Assign an action", ASSIGN, cell_argument(cell), ButtonStyle.PRIMARY)


def deals_button(cell: CellName, day: date) -> Button:
    return Button("Deals as CSV", DEALS_CSV, cell_argument(cell, day))
