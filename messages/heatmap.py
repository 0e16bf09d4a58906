"""The matrix as a picture that is read in five seconds: worst row first, colour and word in every cell.

The picture draws its own background, in a light and a dark variant, and uses Pillow's own font, so
that it is the same on every machine. A colour is told in four ways: hue (chosen so that red, yellow
and green differ in lightness too), shape, word, and the order of the rows.
"""

from fractions import Fraction

from messages.card import STATUS_WORDS, Image
from messages.figures import (
    APPROXIMATE,
    DERIVED,
    EXACT,
    FLIPS,
    METRIC_LABELS,
    Marking,
    all_rows,
    dimension_label,
    figure_words,
    matrix_table,
    period_words,
    row_label,
    value_words,
)
from messages.palette import DARK, LIGHT, Palette
from messages.sheet import Sheet, fitting_size, wrapped
from messages.wording import Wording
from pipeline.matrix import Cell, Matrix, Metric, Row

MAX_ROWS = 60
"""More rows make a picture that nobody reads; the rest is counted in its last line."""

_NAME, _CELL, _ROW, _GAP, _MARGIN = 176, 110, 82, 4, 18
_HEADER, _COLUMNS, _LINE = 84, 28, 24
_SIGNS = {APPROXIMATE: "~", EXACT: "=", FLIPS: "!", DERIVED: "*"}
"""The marks of the footnotes in letters that the picture's font has."""
_NAME_SIZE = 18
_FIGURE_SIZES = (22, 18, 15)
"""The largest in which a figure fits its cell."""
WIDTH = _MARGIN * 2 + _NAME + len(METRIC_LABELS) * (_CELL + _GAP)
"""In points; the file has two dots to a point."""


def compose_heatmap(matrix: Matrix, wording: Wording | None = None) -> Image:
    """The picture with its words for people and machines that do not see it."""
    wording = wording or Wording()
    by = f"-by-{matrix.by}" if matrix.by else ""
    return Image(
        name=f"heatmap-{matrix.dimension}{by}-{matrix.as_of.isoformat()}.png",
        alt=describe(matrix, wording),
        png=draw_heatmap(matrix, LIGHT, wording),
        dark_png=draw_heatmap(matrix, DARK, wording),
        instead=matrix_table(matrix, matrix.rows, wording),
    )


def describe(matrix: Matrix, wording: Wording) -> str:
    """`Region, FY27 Q4, day 23 of 92. EMEA red: forecast red $1.9M, …`"""
    rows = "; ".join(_describe_row(matrix, row, wording) for row in (*matrix.rows[:MAX_ROWS], matrix.total))
    return f"{dimension_label(matrix.dimension, matrix.by)}, {period_words(matrix.period)}. {rows}."


def _describe_row(matrix: Matrix, row: Row, wording: Wording) -> str:
    cells = ", ".join(
        f"{label.lower()} {row.cells[metric].status} "
        f"{figure_words(row.cells[metric], row.state, matrix.currency, wording)}"
        for metric, label in METRIC_LABELS.items()
    )
    return f"{row_label(matrix, row)} {row.status}: {cells}"


def draw_heatmap(matrix: Matrix, palette: Palette, wording: Wording) -> bytes:
    """The PNG file."""
    shown = matrix.rows[:MAX_ROWS]
    notes = _notes(matrix)
    height = _HEADER + _COLUMNS + (len(shown) + 1) * (_ROW + _GAP) + 8 + _LINE * len(notes) + _MARGIN
    sheet = Sheet.blank(WIDTH, height, palette)
    _draw_header(sheet, matrix, wording)
    _draw_columns(sheet)
    top = _HEADER + _COLUMNS
    for row in shown:
        _draw_row(sheet, matrix, row, top, wording)
        top += _ROW + _GAP
    top += 4
    sheet.line(top - 5, _MARGIN, WIDTH - _MARGIN)
    _draw_row(sheet, matrix, matrix.total, top, wording)
    top += _ROW + _GAP + 6
    for note in notes:
        sheet.write(_MARGIN, top, note, 14, palette.faint, WIDTH - 2 * _MARGIN)
        top += _LINE
    return sheet.png()


def _notes(matrix: Matrix) -> list[str]:
    notes = []
    left_out = len(matrix.rows) - MAX_ROWS
    if left_out > 0:
        notes.append(f"{left_out} more rows are in the table, not in this picture.")
    cells = [cell for row in (*matrix.rows[:MAX_ROWS], matrix.total) for cell in row.cells.values()]
    for mark, meaning in Marking.of(all_rows(matrix)).meanings(cells):
        notes.append(f"{_SIGNS.get(mark, '')} {meaning}".strip())
    return notes


# --- Parts of the picture -------------------------------------------------------------------------


def _draw_header(sheet: Sheet, matrix: Matrix, wording: Wording) -> None:
    total = matrix.total
    title = f"{dimension_label(matrix.dimension, matrix.by)} · {matrix.period.label}"
    sheet.write(_MARGIN, 16, title, 24, None, WIDTH - 2 * _MARGIN)
    day = f"Day {matrix.period.day} of {matrix.period.days}"
    if total.attainment is None or total.target is None:
        reached = "no target"
    else:
        target = value_words(total.target, matrix.currency, wording)
        reached = f"{wording.percent(total.attainment)} of {target} reached"
    expected = total.cells[Metric.CLOSED_WON].required
    if expected is not None and total.attainment is not None:
        reached += f", {wording.percent(Fraction(expected))} expected"
    sheet.write(_MARGIN, 50, f"{day}   ·   {reached}", 16, sheet.palette.faint)


def _draw_columns(sheet: Sheet) -> None:
    for number, label in enumerate(METRIC_LABELS.values()):
        sheet.write(_cell_left(number) + 8, _HEADER + 4, label, 15, sheet.palette.faint)


def _draw_row(sheet: Sheet, matrix: Matrix, row: Row, top: int, wording: Wording) -> None:
    colours = sheet.palette.cells[row.status]
    sheet.box(_MARGIN, top, 6, _ROW, colours.fill)
    room = _NAME - 20
    for number, line in enumerate(wrapped(row_label(matrix, row), _NAME_SIZE, room, lines=2)):
        sheet.write(_MARGIN + 14, top + 7 + number * 23, line, _NAME_SIZE)
    note = f"{STATUS_WORDS[row.status]} · {_reached(matrix, row, wording)}"
    sheet.write(_MARGIN + 14, top + 58, note, 14, sheet.palette.faint, room)
    marking = Marking.of(all_rows(matrix))
    for number, metric in enumerate(METRIC_LABELS):
        cell = row.cells[metric]
        signs = "".join(_SIGNS[mark] for mark in marking.marks(cell))
        _draw_cell(sheet, matrix, row, cell, (_cell_left(number), top), wording)
        if signs:
            ink = sheet.palette.cells[cell.status].ink
            sheet.write_right(_cell_left(number) + _CELL - 8, top + 57, signs, 16, ink)


def _reached(matrix: Matrix, row: Row, wording: Wording) -> str:
    if row.attainment is None or row.target is None:
        return "no target"
    target = value_words(row.target, matrix.currency, wording)
    return f"{wording.percent(row.attainment)} of {target}"


def _draw_cell(
    sheet: Sheet, matrix: Matrix, row: Row, cell: Cell, corner: tuple[int, int], wording: Wording
) -> None:
    left, top = corner
    colours = sheet.palette.cells[cell.status]
    sheet.box(left, top, _CELL, _ROW, colours.fill)
    words = figure_words(cell, row.state, matrix.currency, wording)
    size = fitting_size(words, _FIGURE_SIZES, _CELL - 16)
    sheet.write(left + 9, top + 7, words, size, colours.ink, _CELL - 16)
    sheet.shape(left + 9, top + 37, cell.status, colours.ink)
    sheet.write(left + 27, top + 34, STATUS_WORDS[cell.status], 15, colours.ink)
    trend = wording.trend(cell.yoy)
    if trend:
        sheet.arrow(left + 10, top + 61, trend.direction, colours.ink)
        sheet.write(left + 27, top + 57, trend.words, 15, colours.ink)


def _cell_left(number: int) -> int:
    return _MARGIN + _NAME + number * (_CELL + _GAP)
