"""Tables as Adaptive Card tables: the cell's style shows the colour, and the word says it."""

import re
from collections.abc import Iterator, Sequence
from math import ceil
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
from messages.render.adaptive_rows import row_elements
from messages.render.adaptive_text import Json, count_bytes, note, run, safe
from messages.render.parts import which_rows
from pipeline.matrix import Status

MAX_TABLE_BYTES = 18_000
MAX_FIGURE_COLUMNS = 4
MAX_CELL = 300
"""A longer cell is shortened, and stands below the table in full."""
SMALL_FROM = 4
"""A table of so many columns has small letters: a phone cannot show it otherwise."""
PHONE_PX = 288
"""So much a phone of 320 pixels shows side by side, within the edges of a card."""
SMALL_PX = 6.0
"""A small letter, on the average."""
FIGURE_PX = 8.5
"""A letter of a figure, which is not small, and bold in the line of the total."""
GAP_PX, COLOURED_GAP_PX = 12.0, 14.0
"""The room around a cell's words; a cell with a colour has edges."""
LONGEST_PIECE = 12
"""A longer word in the name of a row may be broken, or it would leave the figures no room."""
LINES = 3
"""A sentence shall not take more, where there is room for that; a name in the first column one less."""

SOFT_HYPHEN, BREAK = "\u00ad", "\u200b"
_JOINTS = re.compile(r"[/_&.-](?=.)")

STYLES = {Status.RED: "attention", Status.YELLOW: "warning", Status.GREEN: "good", Status.GREY: "emphasis"}


def table_elements(table: Table) -> Iterator[Json]:
    """The table in as many `Table` elements as its width and size need, each with the header."""
    for band in _bands(table):
        yield from _band_elements(band)


def _bands(table: Table) -> Iterator[Table]:
    """Figures do not wrap: a wide table becomes several that a phone can show, each with the first column."""
    if not _has_figures(table):
        yield table
        return
    name, *figures = _least_widths(table)
    kept, used = [0], name
    for index, width in enumerate(figures, start=1):
        if len(kept) > 1 and (len(kept) == MAX_FIGURE_COLUMNS or used + width > PHONE_PX):
            yield _with_columns(table, kept)
            kept, used = [0], name
        kept.append(index)
        used += width
    yield _with_columns(table, kept)


def _with_columns(table: Table, kept: Sequence[int]) -> Table:
    return Table(
        table.title,
        tuple(table.columns[index] for index in kept),
        tuple(TableRow(tuple(row.cells[index] for index in kept), row.kind) for row in table.rows),
    )


def _has_figures(table: Table) -> bool:
    return any(isinstance(cell, FigureCell) for row in table.rows for cell in row.cells)


def _band_elements(table: Table) -> Iterator[Json]:
    if not table.rows:
        yield note(f"{shortened(safe(table.title), 150)}: no rows")
        return
    if _is_too_wide(table):
        yield from _rows_below_each_other(table)
        return
    groups = list(_groups(table))
    columns = _columns(table)
    seen = 0
    for rows in groups:
        if len(groups) > 1:
            words = which_rows(seen + 1, seen + len(rows), len(table.rows))
            yield note(f"{shortened(safe(table.title), 150)}: {words}")
        seen += len(rows)
        yield _table(columns, [_header(table), *rows])
    for row in table.rows:
        yield from _long_cells(table, row)


def _is_too_wide(table: Table) -> bool:
    """Its words would stand on each other on a phone. Figures are parted into bands before."""
    return not _has_figures(table) and sum(_least_widths(table)) > PHONE_PX


def _rows_below_each_other(table: Table) -> Iterator[Json]:
    titles = [shortened(safe(column.title), MAX_CELL) for column in table.columns]
    for row in table.rows:
        first, *others = (shortened(cell_words(cell), MAX_CELL) for cell in row.cells)
        indent = "↳ " if row.kind is RowKind.PART else ""
        yield from row_elements(titles, [indent + first, *others])
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


def _table(columns: Sequence[Json], rows: Sequence[Json]) -> Json:
    return {
        "type": "Table",
        "columns": columns,
        "firstRowAsHeader": True,
        "showGridLines": False,
        "spacing": "Small",
        "rows": rows,
    }


def _columns(table: Table) -> list[Json]:
    """Of every element that shows some of its rows: the figures of all stand below each other."""
    return [
        {
            "width": width,
            "horizontalCellContentAlignment": "Right" if column.align is Align.RIGHT else "Left",
        }
        for width, column in zip(_widths(table), table.columns, strict=True)
    ]


def _widths(table: Table) -> list[int]:
    """The shares of the columns: the longest word of each fits, and sentences get what is left."""
    least = _least_widths(table)
    wishes = [max(0, _wish(table, number) - width) for number, width in enumerate(least)]
    spare = max(0, PHONE_PX - sum(least))
    wished = max(sum(wishes), spare, 1)
    return [round(width + wish * spare / wished) for width, wish in zip(least, wishes, strict=True)]


def _least_widths(table: Table) -> list[float]:
    """In pixels: the longest of what is not broken in each column, and the room around it."""
    gap = COLOURED_GAP_PX if _has_figures(table) else GAP_PX
    columns = zip(table.columns, zip(*(row.cells for row in table.rows), strict=True), strict=True)
    return [
        max(_word_px(column.title), *(_cell_px(cell, is_name=index == 0) for cell in cells), 0.0) + gap
        for index, (column, cells) in enumerate(columns)
    ]


def _cell_px(cell: TableCell, *, is_name: bool) -> float:
    if not isinstance(cell, FigureCell):
        return _word_px(cell_words(cell))
    first, *rest = _figure_lines(cell)
    if is_name:
        return max(_word_px(words) for words in (_with_spaces(first), *rest))
    return max(_word_px(first, FIGURE_PX), *(_word_px(words) for words in rest), 0.0)


def _word_px(words: str, letter_px: float = SMALL_PX) -> float:
    """Of the longest word; lines break at spaces."""
    return max(len(word) for word in words.split(" ")) * letter_px


def _with_spaces(name: str) -> str:
    return _with_breaks(name).replace(SOFT_HYPHEN, "- ").replace(BREAK, " ")


def _with_breaks(name: str) -> str:
    """Where a long word may be broken, into parts of about one length; nothing shows unless it is."""
    words = (
        _JOINTS.sub(rf"\g<0>{BREAK}", word) if len(word) > LONGEST_PIECE else word for word in name.split(" ")
    )
    return " ".join(BREAK.join(_hyphenated(part) for part in word.split(BREAK)) for word in words)


def _hyphenated(word: str) -> str:
    if len(word) <= LONGEST_PIECE:
        return word
    parts = ceil(len(word) / (LONGEST_PIECE - 1))
    return SOFT_HYPHEN.join(pieces(word, ceil(len(word) / parts)))


def _wish(table: Table, number: int) -> float:
    """How wide a column would be in which no text takes more lines than are good to read."""
    texts = [cell_words(row.cells[number]) for row in table.rows if isinstance(row.cells[number], TextCell)]
    lines = LINES - 1 if number == 0 else LINES
    return max((len(words) // lines for words in texts), default=0) * SMALL_PX + GAP_PX


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
            first = _with_breaks(first) if index == 0 else first
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
