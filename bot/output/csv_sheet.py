"""CSV that is safe to open: what a spreadsheet would take for a formula comes out as text."""

import csv
from collections.abc import Iterable, Sequence
from io import StringIO

Value = str | int | float | None

_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")


def csv_sheet(header: Sequence[str], lines: Iterable[Sequence[Value]]) -> str:
    """A header and lines. Numbers stay numbers; nothing is an empty cell."""
    sheet = StringIO()
    writer = csv.writer(sheet, lineterminator="\n")
    writer.writerow(header)
    for line in lines:
        writer.writerow([harmless(value) for value in line])
    return sheet.getvalue()


def harmless(value: Value) -> Value:
    """Text that starts like a formula gets an apostrophe in front, by which spreadsheets know text."""
    if isinstance(value, str) and value.startswith(_FORMULA_STARTS):
        return f"'{value}"
    return value
