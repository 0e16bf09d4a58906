"""The picture of the matrix can be read: size, contrast, colours in their places, and words for it all."""

from io import BytesIO

import pytest
from PIL import Image as Picture

from messages.figures import matrix_table
from messages.heatmap import MAX_ROWS, WIDTH, compose_heatmap, draw_heatmap
from messages.palette import DARK, LIGHT, Palette, contrast
from messages.sheet import SCALE, drawable, fitted, fitting_size, text_width, wrapped
from messages.wording import Wording
from pipeline.matrix import Status
from tests.messages.finding_examples import NAUGHTY_NAMES
from tests.messages.matrix_examples import many_rows, matrix

both_variants = pytest.mark.parametrize("palette", [LIGHT, DARK], ids=["light", "dark"])


def opened(png: bytes) -> Picture.Image:
    return Picture.open(BytesIO(png)).convert("RGB")


def colours_of(picture: Picture.Image) -> dict[tuple[int, ...], int]:
    counted = picture.getcolors(picture.width * picture.height)
    assert counted is not None
    return {colour: count for count, colour in counted if isinstance(colour, tuple)}


def test_contrast_is_that_of_the_definition() -> None:
    assert contrast((0, 0, 0), (255, 255, 255)) == pytest.approx(21)
    assert contrast((255, 255, 255), (255, 255, 255)) == pytest.approx(1)
    assert contrast((119, 119, 119), (255, 255, 255)) == pytest.approx(4.48, abs=0.005)


@both_variants
@pytest.mark.parametrize("status", Status)
def test_ink_is_readable_on_every_cell_colour(palette: Palette, status: Status) -> None:
    assert contrast(palette.cells[status].fill, palette.cells[status].ink) >= 4.5


@both_variants
def test_names_and_small_print_are_readable_on_the_background(palette: Palette) -> None:
    assert contrast(palette.background, palette.ink) >= 7
    assert contrast(palette.background, palette.faint) >= 4.5


@both_variants
def test_red_yellow_and_green_differ_in_lightness_for_people_who_see_no_hue(palette: Palette) -> None:
    fills = [palette.cells[status].fill for status in (Status.RED, Status.YELLOW, Status.GREEN)]
    pairs = [(one, other) for number, one in enumerate(fills) for other in fills[number + 1 :]]
    assert all(contrast(one, other) >= 1.2 for one, other in pairs)


@both_variants
def test_every_colour_of_the_matrix_is_in_the_picture_on_its_own_background(palette: Palette) -> None:
    picture = opened(draw_heatmap(matrix(), palette, Wording()))
    colours = colours_of(picture)
    assert picture.getpixel((0, 0)) == palette.background
    cell_of_pixels = 100 * 70 * SCALE * SCALE
    reds = 3  # EMEA: forecast, open pipeline, coverage
    assert colours[palette.cells[Status.RED].fill] > reds * cell_of_pixels * 0.7
    assert all(palette.cells[status].fill in colours for status in Status)


@pytest.mark.parametrize("rows", [1, 2, 30, 60])
def test_each_row_takes_the_same_room(rows: int) -> None:
    one_row, picture = (opened(draw_heatmap(many_rows(count), LIGHT, Wording())) for count in (1, rows))
    assert picture.width == WIDTH * SCALE
    assert picture.height == one_row.height + (rows - 1) * 86 * SCALE


def test_rows_beyond_the_most_are_counted_and_stand_in_the_table() -> None:
    more = many_rows(MAX_ROWS + 3)
    full, crowded = (opened(draw_heatmap(m, LIGHT, Wording())) for m in (many_rows(MAX_ROWS), more))
    assert crowded.height == full.height + 24 * SCALE
    assert len(matrix_table(more, more.rows, Wording()).rows) == MAX_ROWS + 3 + 1


def test_the_words_of_the_picture_say_every_cell() -> None:
    alt = compose_heatmap(matrix()).alt
    assert alt.startswith("Region, FY27 Q4, day 23 of 92. EMEA red: forecast red $1.95M,")
    assert "(Unassigned) grey:" in alt
    assert "coverage grey no target" in alt
    assert "Total yellow: forecast yellow $8.76M" in alt


@pytest.mark.parametrize("name", NAUGHTY_NAMES, ids=ascii)
def test_any_name_can_be_drawn(name: str) -> None:
    from dataclasses import replace

    table = matrix()
    rows = (replace(table.rows[0], value=name), *table.rows[1:])
    assert opened(draw_heatmap(replace(table, rows=rows), DARK, Wording())).width == WIDTH * SCALE


def test_letters_that_the_font_lacks_become_plain_ones_or_a_question_mark() -> None:
    assert drawable("Łódź – Zürich, 2.4×, €512K") == "Lodz - Zurich, 2.4x, EUR 512K"
    assert drawable("שלום 12") == "? 12"


def test_long_names_are_wrapped_and_end_in_an_ellipsis() -> None:
    lines = wrapped("Territory of the long and winding road to the sea", 18, 138, lines=2)
    assert len(lines) == 2
    assert lines[-1].endswith("…")
    assert all(text_width(line, 18) <= 138 for line in lines)
    assert text_width(fitted("N" * 255, 18, 138), 18) <= 138


def test_a_figure_that_is_too_wide_is_written_smaller() -> None:
    assert fitting_size("$1M", (22, 18, 15), 94) == 22
    assert fitting_size("EUR 12.3M", (22, 18, 15), 94) < 22
