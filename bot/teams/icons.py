"""The app's two icons, drawn here: three bars, each with its own colour, length and end."""

from io import BytesIO

from PIL import Image, ImageDraw

ACCENT = "#1f3a5f"
COLOUR_SIZE, OUTLINE_SIZE = 192, 32
"""Pixels of each side, as Teams asks for."""
_WHITE = "#ffffff"
_RED, _YELLOW, _GREEN = "#e5604d", "#f2b63c", "#4fb477"
_DRAWN_AT = 8
"""Drawn larger and made smaller, so that edges are smooth."""

_GRID = 32
"""The drawing's own units to a side."""
_LEFT, _THICK = 4, 6
_TOPS = (4, 13, 22)
_RIGHTS = (15, 22, 28)


def draw_colour_icon() -> bytes:
    """The PNG that stands in the store and beside messages: on a full square, which Teams rounds."""
    drawn = _draw(COLOUR_SIZE, ACCENT, (_RED, _YELLOW, _GREEN), margin=5)
    return _png(drawn.convert("RGB"))


def draw_outline_icon() -> bytes:
    """The PNG that stands in the bar at the side: white on nothing, which Teams colours."""
    return _png(_draw(OUTLINE_SIZE, None, (_WHITE, _WHITE, _WHITE), margin=0))


def _draw(size: int, ground: str | None, colours: tuple[str, str, str], margin: float) -> Image.Image:
    side = size * _DRAWN_AT
    image = Image.new("RGBA", (side, side), ground or "#ffffff00")
    pen = _Pen(ImageDraw.Draw(image), side, margin)
    red, yellow, green = zip(_TOPS, _RIGHTS, colours, strict=True)
    pen.cut_bar(*red)
    pen.pointed_bar(*yellow)
    pen.round_bar(*green)
    return image.resize((size, size), Image.Resampling.LANCZOS)


class _Pen:
    """Draws in units of the grid, within a margin."""

    def __init__(self, draw: ImageDraw.ImageDraw, side: int, margin: float) -> None:
        self._draw = draw
        self._margin = margin
        self._unit = side / (_GRID + 2 * margin)

    def cut_bar(self, top: float, right: float, colour: str) -> None:
        """Ends square: what stopped short."""
        self._draw.rectangle((*self._at(_LEFT, top), *self._at(right, top + _THICK)), fill=colour)

    def pointed_bar(self, top: float, right: float, colour: str) -> None:
        """Ends in a point: what is on its way."""
        middle, shoulder = top + _THICK / 2, right - _THICK / 2
        corners = [
            (_LEFT, top),
            (shoulder, top),
            (right, middle),
            (shoulder, top + _THICK),
            (_LEFT, top + _THICK),
        ]
        self._draw.polygon([self._at(*corner) for corner in corners], fill=colour)

    def round_bar(self, top: float, right: float, colour: str) -> None:
        """Ends round: what is whole."""
        box = (*self._at(_LEFT, top), *self._at(right, top + _THICK))
        self._draw.rounded_rectangle(box, radius=self._unit * _THICK / 2, fill=colour)

    def _at(self, across: float, down: float) -> tuple[float, float]:
        return (across + self._margin) * self._unit, (down + self._margin) * self._unit


def _png(image: Image.Image) -> bytes:
    written = BytesIO()
    image.save(written, "PNG")
    return written.getvalue()
