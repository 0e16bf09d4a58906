"""The page's colours: readable by WCAG 2.2 AA, light and dark, and the same as those of the pictures."""

import re

import pytest

from bot.preview.static_files import FOLDER
from messages.palette import DARK, LIGHT, Palette, Rgb, contrast
from pipeline.matrix import Status

_TOKEN = re.compile(r"--([a-z-]+): (?:light-dark\()?(#[0-9a-f]{6})(?:, (#[0-9a-f]{6})\))?;")


def _rgb(written: str) -> Rgb:
    return int(written[1:3], 16), int(written[3:5], 16), int(written[5:7], 16)


def _tokens(theme: str) -> dict[str, Rgb]:
    sheets = "".join((FOLDER / name).read_text(encoding="utf-8") for name in ("room.css", "card.css"))
    return {
        name: _rgb((dark or light) if theme == "dark" else light)
        for name, light, dark in _TOKEN.findall(sheets)
    }


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize(
    ("ink", "ground"),
    [
        ("ink", "ground"),
        ("ink", "raised"),
        ("ink", "pressed"),
        ("faint", "ground"),
        ("faint", "raised"),
        ("faint", "pressed"),
        ("faint", "private"),
        ("accent", "ground"),
        ("accent", "private"),
        ("danger", "ground"),
        ("side-ink", "side"),
        ("side-faint", "side"),
        ("side-faint", "side-raised"),
        ("red-ink", "red"),
        ("yellow-ink", "yellow"),
        ("green-ink", "green"),
        ("grey-ink", "grey"),
    ],
)
def test_words_are_readable(theme: str, ink: str, ground: str) -> None:
    tokens = _tokens(theme)
    assert contrast(tokens[ink], tokens[ground]) >= 4.5


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("line", ["edge", "focus"])
@pytest.mark.parametrize("ground", ["ground", "raised", "private"])
def test_edges_of_controls_and_the_focus_are_seen(theme: str, line: str, ground: str) -> None:
    tokens = _tokens(theme)
    assert contrast(tokens[line], tokens[ground]) >= 3


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_white_words_are_readable_on_the_accent(theme: str) -> None:
    assert contrast((255, 255, 255), _tokens(theme)["accent-fill"]) >= 4.5


@pytest.mark.parametrize(("theme", "palette"), [("light", LIGHT), ("dark", DARK)])
@pytest.mark.parametrize("status", list(Status))
def test_tables_have_the_colours_of_the_pictures(theme: str, palette: Palette, status: Status) -> None:
    tokens = _tokens(theme)
    cell = palette.cells[status]
    assert (tokens[status.value], tokens[f"{status.value}-ink"]) == (cell.fill, cell.ink)
