"""The last council's message about a row, revised as actions for it are opened and change."""

from datetime import date

from messages.card_text import card_to_text
from messages.council_threads import compose_posted_row
from pipeline.cell_names import CellName
from storage.database import Connection
from storage.outbox import revise_letter
from storage.posted_rows import read_posted_rows


def show_in_council(connection: Connection, cell: CellName, today: date) -> None:
    """In every channel of the council; nothing where the row got no message there."""
    for row in read_posted_rows(connection, cell.dimension, cell.value):
        revise_letter(connection, row.key, card_to_text(compose_posted_row(row, today)))
