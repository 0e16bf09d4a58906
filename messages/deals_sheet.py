"""The deals behind a cell as a file, and the message that goes with it."""

from collections.abc import Iterable
from datetime import date

from messages.card import Card, Paragraph, text
from messages.csv_sheet import csv_sheet
from messages.figures import METRIC_LABELS
from messages.numbers import money
from messages.wording import Wording
from pipeline.cell_names import CellName
from pipeline.deals import DealLine


def deals_csv(deals: Iterable[DealLine]) -> str:
    """A line per deal behind a cell."""
    header = ("deal", "owner", "stage", "close_date", "value", "trusted")
    return csv_sheet(
        header,
        (
            (
                deal.name,
                deal.owner.name if deal.owner else None,
                deal.stage,
                deal.close_date.isoformat() if deal.close_date else None,
                money(deal.value),
                "no" if deal.untrusted else "yes",
            )
            for deal in deals
        ),
    )


def deals_file_name(cell: CellName, as_of: date) -> str:
    """`emea-coverage-2026-11-22.csv`: letters and digits alone, whatever the row is called."""
    words = f"{cell.value} {cell.metric.value}".casefold()
    plain = "".join(letter if letter.isascii() and letter.isalnum() else "-" for letter in words)
    return f"{'-'.join(part for part in plain.split('-') if part)}-{as_of.isoformat()}.csv"


def compose_deals_file(cell: CellName, as_of: date, deals: int, wording: Wording | None = None) -> Card:
    """How many deals the file holds, and of which cell."""
    wording = wording or Wording()
    name = f"{cell.value} {METRIC_LABELS[cell.metric].lower()}"
    count = wording.count(deals, "deal", "deals")
    said = f"{count} that you may see, as of {wording.full_day(as_of).words}."
    return Card("deals_file", f"Deals behind {name}", (Paragraph(text(said)),), f"{name}: {said}")
