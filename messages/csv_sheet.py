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
        writer.writerow([_one_kind_of_newline(harmless(value)) for value in line])
    return sheet.getvalue()


def _one_kind_of_newline(value: Value) -> Value:
    """A lone return inside a cell would end the line for many readers; a line feed is quoted."""
    return value.replace("\r\n", "\n").replace("\r", "\n") if isinstance(value, str) else value


def harmless(value: Value) -> Value:
    """Text that starts like a formula gets an apostrophe in front, by which spreadsheets know text."""
    if isinstance(value, str) and value.startswith(_FORMULA_STARTS):
        return f"'{value}"
    return value
