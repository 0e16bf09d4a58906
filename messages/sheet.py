"""A sheet of pixels to write and draw on, in points that do not depend on its scale."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from io import BytesIO
from unicodedata import combining, normalize

from PIL import Image, ImageDraw, ImageFont

from messages.card import Direction
from messages.inert import inert
from messages.palette import Palette, Rgb
from pipeline.matrix import Status

SCALE = 2
"""Drawn for screens with two dots to a point."""
_COLOURS = 64
"""The hues of a palette and the edges of letters on them."""

_CURRENCIES = {"€": "EUR ", "£": "GBP ", "¥": "JPY "}
_LETTERS = {"ł": "l", "Ł": "L", "ø": "o", "Ø": "O", "ß": "ss", "æ": "ae", "Æ": "AE"}
_SIGNS = {"×": "x", "–": "-", "—": "-", "’": "'", "\u2068": None, "\u2069": None}
_REPLACED = str.maketrans({**_CURRENCIES, **_LETTERS, **_SIGNS})
_NOWHERE = "\uffff"
"""A letter that no font has: what it looks like is what every missing letter looks like."""

Font = ImageFont.FreeTypeFont | ImageFont.ImageFont


@dataclass(frozen=True)
class Sheet:
    """`write` and its like take points; text that would leave its room ends in an ellipsis."""

    picture: Image.Image
    pen: ImageDraw.ImageDraw
    palette: Palette

    @classmethod
    def blank(cls, width: int, height: int, palette: Palette) -> "Sheet":
        picture = Image.new("RGB", (width * SCALE, height * SCALE), palette.background)
        return cls(picture, ImageDraw.Draw(picture), palette)

    def png(self) -> bytes:
        """In as many colours as the eye tells apart: a third of the size in every chat and the outbox."""
        file = BytesIO()
        few = self.picture.quantize(_COLOURS, dither=Image.Dither.NONE)
        few.save(file, "PNG", compress_level=9)
        return file.getvalue()

    def write(
        self,
        left: float,
        top: float,
        words: str,
        size: int,
        ink: Rgb | None = None,
        room: float | None = None,
    ) -> None:
        drawn = drawable(words)
        shown = fitted(drawn, size, room) if room is not None else drawn
        self._text(left, top, shown, size, ink or self.palette.ink)

    def write_right(self, right: float, top: float, words: str, size: int, ink: Rgb) -> float:
        """Writes to the left of `right` and says how wide it became."""
        drawn = drawable(words)
        width = text_width(drawn, size)
        self._text(right - width, top, drawn, size, ink)
        return width

    def _text(self, left: float, top: float, words: str, size: int, ink: Rgb) -> None:
        # The font has one weight only; a hair of outline makes large words as strong as they need to be.
        outline = 0.35 * SCALE if size >= 17 else 0
        place = (left * SCALE, top * SCALE)
        self.pen.text(place, words, fill=ink, font=_font(size), stroke_width=outline, stroke_fill=ink)

    def box(self, left: float, top: float, width: float, height: float, fill: Rgb) -> None:
        corners = _scaled((left, top, left + width, top + height))
        self.pen.rounded_rectangle(corners, radius=4 * SCALE, fill=fill)

    def line(self, top: float, left: float, right: float) -> None:
        self.pen.line(_scaled((left, top, right, top)), fill=self.palette.rule, width=SCALE)

    def shape(self, left: float, top: float, status: Status, ink: Rgb) -> None:
        """The status as a shape of 12 points: square, diamond, disc, ring."""
        corners = _scaled((left, top, left + 12, top + 12))
        match status:
            case Status.RED:
                self.pen.rectangle(corners, fill=ink)
            case Status.YELLOW:
                x, y, size = left * SCALE, top * SCALE, 12 * SCALE
                half = size / 2
                self.pen.polygon(
                    [(x + half, y), (x + size, y + half), (x + half, y + size), (x, y + half)], ink
                )
            case Status.GREEN:
                self.pen.ellipse(corners, fill=ink)
            case Status.GREY:
                self.pen.ellipse(corners, outline=ink, width=SCALE)

    def arrow(self, left: float, top: float, direction: Direction, ink: Rgb) -> None:
        """Up, down or flat, 9 points wide."""
        x, y, size = left * SCALE, top * SCALE, 9 * SCALE
        match direction:
            case Direction.UP:
                self.pen.polygon([(x, y + size), (x + size, y + size), (x + size / 2, y)], fill=ink)
            case Direction.DOWN:
                self.pen.polygon([(x, y), (x + size, y), (x + size / 2, y + size)], fill=ink)
            case Direction.FLAT:
                self.pen.rectangle((x, y + size * 0.4, x + size, y + size * 0.65), fill=ink)


def drawable(words: str) -> str:
    """The words in letters that the font has (it has no accents); a run of others becomes a question mark."""
    line = normalize("NFKD", inert(words).translate(_REPLACED))
    line = "".join(letter for letter in line if not combining(letter))
    return re.sub("\0+", "?", "".join(letter if _has(letter) else "\0" for letter in line))


@cache
def _has(letter: str) -> bool:
    font = _font(20)
    return letter == " " or bytes(font.getmask(letter)) != bytes(font.getmask(_NOWHERE))


def text_width(words: str, size: int) -> float:
    return _font(size).getlength(words) / SCALE


def fitting_size(words: str, sizes: Sequence[int], room: float) -> int:
    """The first of the sizes in which the words fit, else the last."""
    drawn = drawable(words)
    return next((size for size in sizes if text_width(drawn, size) <= room), sizes[-1])


def fitted(words: str, size: int, room: float) -> str:
    """The words if they fit into `room` points, else as many as do, and an ellipsis."""
    if text_width(words, size) <= room:
        return words
    kept = len(words)
    while kept > 0 and text_width(words[:kept].rstrip() + "…", size) > room:
        kept -= 1
    return words[:kept].rstrip() + "…"


def wrapped(words: str, size: int, room: float, *, lines: int) -> list[str]:
    """The words on at most so many lines, broken at spaces; what does not fit ends in an ellipsis."""
    rest = drawable(words).split()
    result: list[str] = []
    while rest and len(result) < lines - 1:
        taken = 1
        while taken < len(rest) and text_width(" ".join(rest[: taken + 1]), size) <= room:
            taken += 1
        result.append(fitted(" ".join(rest[:taken]), size, room))
        rest = rest[taken:]
    return [*result, fitted(" ".join(rest), size, room)] if rest else result


def _scaled(corners: tuple[float, float, float, float]) -> tuple[float, float, float, float]:
    left, top, right, bottom = corners
    return left * SCALE, top * SCALE, right * SCALE, bottom * SCALE


@cache
def _font(size: int) -> Font:
    return ImageFont.load_default(size * SCALE)
