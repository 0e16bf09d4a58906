"""Tables as Slack's own `table` block: at most 100 rows, the header among them, and one in a message."""

from collections.abc import Iterator, Sequence
from typing import assert_never

from messages.card import (
    STATUS_WORDS,
    Align,
    Bold,
    Colour,
    FigureCell,
    RowKind,
    Table,
    TableCell,
    TableRow,
    TextCell,
)
from messages.inert import SYMBOLS, inert, shortened, span_words, trend_words
from messages.render.blockkit_text import Json, notes, rich_text, text_run
from messages.render.parts import which_rows

MAX_ROWS = 100
MAX_TABLE_CHARACTERS = 9000
MAX_CELL = 400
"""A longer cell is shortened, and stands below the table in full."""


def table_blocks(table: Table) -> Iterator[Json]:
    """The table in as many `table` blocks as it needs, each with the header and saying which rows it has."""
    groups = list(_groups(table))
    seen = 0
    for rows in groups:
        if len(groups) > 1:
            words = which_rows(seen + 1, seen + len(rows), len(table.rows))
            yield from notes(f"{shortened(inert(table.title), 150)}: {words}")
        seen += len(rows)
        yield _table(table, rows)
    if not groups:
        yield from notes(f"{shortened(inert(table.title), 150)}: no rows")
    for row in table.rows:
        yield from _long_cells(table, row)


def _groups(table: Table) -> Iterator[list[TableRow]]:
    header = sum(len(column.title) for column in table.columns)
    group: list[TableRow] = []
    used = header
    for row in table.rows:
        size = sum(min(len(_cell_words(cell)), MAX_CELL) + 2 for cell in row.cells)
        if group and (len(group) + 2 > MAX_ROWS or used + size > MAX_TABLE_CHARACTERS):
            yield group
            group, used = [], header
        group.append(row)
        used += size
    if group:
        yield group


def _table(table: Table, rows: Sequence[TableRow]) -> Json:
    header = [_rich([text_run(inert(column.title), bold=True)]) for column in table.columns]
    return {
        "type": "table",
        "column_settings": [
            {"align": "right" if column.align is Align.RIGHT else "left", "is_wrapped": True}
            for column in table.columns
        ],
        "rows": [
            header,
            *([_cell(cell, row, index) for index, cell in enumerate(row.cells)] for row in rows),
        ],
    }


def _cell(cell: TableCell, row: TableRow, index: int) -> Json:
    words = _cell_words(cell)
    indent = "↳ " if row.kind is RowKind.PART and index == 0 else ""
    if len(words) > MAX_CELL:
        return _rich([text_run(indent + shortened(words, MAX_CELL))])
    match cell:
        case TextCell(text=spans):
            strong = row.kind is RowKind.TOTAL
            runs = [
                text_run(span_words(span), bold=strong or isinstance(span, Bold | Colour)) for span in spans
            ]
            return _rich([text_run(indent), *runs] if indent else runs)
        case FigureCell():
            first, second = _figure_lines(cell)
            runs = [text_run(indent + first, bold=row.kind is RowKind.TOTAL)]
            return _rich([*runs, text_run(f"\n{second}")] if second else runs)
        case _:
            assert_never(cell)


def _figure_lines(cell: FigureCell) -> tuple[str, str]:
    """The figure with its marks, and below it colour and trend."""
    figure = f"{inert(cell.words)}\N{NO-BREAK SPACE}{inert(cell.marks)}".strip()
    colour = f"{SYMBOLS[cell.status]}\u00a0{STATUS_WORDS[cell.status]}" if cell.status else ""
    trend = trend_words(cell.trend).replace(" ", "\u00a0") if cell.trend else ""
    return figure, " ".join(part for part in (colour, trend) if part)


def _cell_words(cell: TableCell) -> str:
    match cell:
        case TextCell(text=spans):
            return "".join(span_words(span) for span in spans)
        case FigureCell():
            return " ".join(_figure_lines(cell)).strip()
        case _:
            assert_never(cell)


def _long_cells(table: Table, row: TableRow) -> Iterator[Json]:
    for column, cell in zip(table.columns, row.cells, strict=True):
        words = _cell_words(cell)
        if len(words) > MAX_CELL:
            lead = f"{inert(column.title)} of {shortened(_cell_words(row.cells[0]), 60)} in full: "
            yield from notes(lead + words)


def _rich(runs: list[Json]) -> Json:
    return rich_text(runs or [text_run("–")])
