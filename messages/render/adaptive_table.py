"""Tables as Adaptive Card tables: the cell's style shows the colour, and the word says it."""

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
from messages.inert import SHAPES, pieces, shortened, span_words, trend_words
from messages.render.adaptive_text import Json, count_bytes, note, run, safe
from pipeline.matrix import Status

MAX_TABLE_BYTES = 18_000
MAX_FIGURE_COLUMNS = 4
MAX_CELL = 300
"""A longer cell is shortened, and stands below the table in full."""
SMALL_FROM = 4
"""A table of so many columns has small letters: a phone cannot show it otherwise."""
PADDING = 3
"""The room around a cell's words, in letters."""
MAX_WIDTH = 20
"""In letters: a longer word may break, and a longer sentence takes several lines."""
LINES = 3
"""A sentence shall not take more, where there is room for that."""

STYLES = {Status.RED: "attention", Status.YELLOW: "warning", Status.GREEN: "good", Status.GREY: "emphasis"}


def table_elements(table: Table) -> Iterator[Json]:
    """The table in as many `Table` elements as its width and size need, each with the header."""
    for band in _bands(table):
        yield from _band_elements(band)


def _bands(table: Table) -> Iterator[Table]:
    """Figures do not wrap: a wide table becomes several that a phone can show, each with the first column."""
    has_figures = any(isinstance(cell, FigureCell) for row in table.rows for cell in row.cells)
    if not has_figures or len(table.columns) <= MAX_FIGURE_COLUMNS:
        yield table
        return
    step = MAX_FIGURE_COLUMNS - 1
    for start in range(1, len(table.columns), step):
        kept = (0, *range(start, min(start + step, len(table.columns))))
        yield Table(
            table.title,
            tuple(table.columns[index] for index in kept),
            tuple(TableRow(tuple(row.cells[index] for index in kept), row.kind) for row in table.rows),
        )


def _band_elements(table: Table) -> Iterator[Json]:
    groups = list(_groups(table))
    seen = 0
    for rows in groups:
        if len(groups) > 1:
            words = f"{shortened(safe(table.title), 150)}: rows {seen + 1} to {seen + len(rows)}"
            yield note(f"{words} of {len(table.rows)}")
        seen += len(rows)
        yield _table(table, rows)
    if not groups:
        yield note(f"{shortened(safe(table.title), 150)}: no rows")
    for row in table.rows:
        yield from _long_cells(table, row)


def _groups(table: Table) -> Iterator[list[Json]]:
    used = count_bytes([_header(table)])
    group: list[Json] = []
    size = used
    for row in table.rows:
        rendered = _row(row)
        length = count_bytes([rendered])
        if group and size + length > MAX_TABLE_BYTES:
            yield group
            group, size = [], used
        group.append(rendered)
        size += length
    if group:
        yield group


def _table(table: Table, rows: Sequence[Json]) -> Json:
    return {
        "type": "Table",
        "columns": [
            {
                "width": _width(table, number),
                "horizontalCellContentAlignment": "Right" if column.align is Align.RIGHT else "Left",
            }
            for number, column in enumerate(table.columns)
        ],
        "firstRowAsHeader": True,
        "showGridLines": False,
        "spacing": "Small",
        "rows": [_header(table), *rows],
    }


def _width(table: Table, number: int) -> int:
    """The share of a column: its longest word must fit; names, in a first one without figures, have room."""
    cells = [row.cells[number] for row in table.rows]
    has_names = number == 0 and not any(isinstance(cell, FigureCell) for cell in cells)
    widest = max((_letters(cell) for cell in cells), default=0)
    title = max(len(word) for word in table.columns[number].title.split(" "))
    return min(max(title, widest), MAX_WIDTH) + PADDING + (PADDING if has_names else 0)


def _letters(cell: TableCell) -> int:
    """How many letters a column needs for the cell: its longest word, and a sentence more."""
    match cell:
        case FigureCell():
            return max(len(line) for line in _figure_lines(cell))
        case TextCell():
            words = cell_words(cell)
            return max(len(words) // LINES, *(len(word) for word in words.split(" ")))
        case _:
            assert_never(cell)


def _header(table: Table) -> Json:
    return {
        "type": "TableRow",
        "cells": [
            _table_cell([[run(shortened(safe(column.title), MAX_CELL), weight="Bolder", size="Small")]])
            for column in table.columns
        ],
    }


def _row(row: TableRow) -> Json:
    return {"type": "TableRow", "cells": [_cell(cell, row, index) for index, cell in enumerate(row.cells)]}


def _cell(cell: TableCell, row: TableRow, index: int) -> Json:
    indent = [run("↳ ")] if row.kind is RowKind.PART and index == 0 else []
    size: Json = {"size": "Small"} if len(row.cells) >= SMALL_FROM else {}
    weight: Json = {"weight": "Bolder"} if row.kind is RowKind.TOTAL else {}
    words = cell_words(cell)
    if len(words) > MAX_CELL:
        return _table_cell([[*indent, run(shortened(words, MAX_CELL), **weight, **size)]])
    match cell:
        case TextCell(text=spans):
            inlines = [
                run(
                    safe(span_words(span)), **(_strong if isinstance(span, Bold | Colour) else weight), **size
                )
                for span in spans
            ]
            return _table_cell([[*indent, *inlines]])
        case FigureCell():
            first, *rest = _figure_lines(cell)
            strong = {"weight": "Bolder", "size": "Small"} if index == 0 else weight
            lines = [[*indent, run(first, **strong)], *([run(line, size="Small")] for line in rest)]
            return _table_cell(lines, STYLES[cell.status] if cell.status else None)
        case _:
            assert_never(cell)


_strong = {"weight": "Bolder"}


def _figure_lines(cell: FigureCell) -> list[str]:
    """The figure; below it the colour; below that the trend with the marks, so that no line is wide."""
    colour = f"{SHAPES[cell.status]}\u00a0{STATUS_WORDS[cell.status]}" if cell.status else ""
    trend = trend_words(cell.trend).replace(" ", "\N{NO-BREAK SPACE}") if cell.trend else ""
    below = " ".join(part for part in (trend, safe(cell.marks)) if part)
    return [line for line in (safe(cell.words).strip() or "–", colour, below) if line]


def cell_words(cell: TableCell) -> str:
    match cell:
        case TextCell(text=spans):
            return "".join(safe(span_words(span)) for span in spans)
        case FigureCell():
            return " ".join(_figure_lines(cell))
        case _:
            assert_never(cell)


def _long_cells(table: Table, row: TableRow) -> Iterator[Json]:
    for column, cell in zip(table.columns, row.cells, strict=True):
        words = cell_words(cell)
        if len(words) > MAX_CELL:
            name = shortened(cell_words(row.cells[0]), 60)
            yield from (
                note(part) for part in pieces(f"{safe(column.title)} of {name} in full: {words}", 2000)
            )


def _table_cell(lines: Sequence[list[Json]], style: str | None = None) -> Json:
    cell: Json = {
        "type": "TableCell",
        "items": [
            {"type": "RichTextBlock", "inlines": inlines or [run("–")], "spacing": "None"}
            for inlines in lines
        ],
    }
    return cell | ({"style": style} if style else {})
