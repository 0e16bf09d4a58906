"""The colours of pictures, light and dark, with the ink that is read on each.

Red leans to orange, green to blue, and the three differ in lightness, so that they stay apart for
people who do not tell red from green. Every ink has a contrast of at least 4.5 on its fill
(WCAG 2.2, success criterion 1.4.3).
"""

from collections.abc import Mapping
from dataclasses import dataclass

from pipeline.matrix import Status

Rgb = tuple[int, int, int]


@dataclass(frozen=True)
class CellColours:
    fill: Rgb
    ink: Rgb


@dataclass(frozen=True)
class Palette:
    background: Rgb
    ink: Rgb
    faint: Rgb
    """Small print, still readable on the background."""
    rule: Rgb
    cells: Mapping[Status, CellColours]


LIGHT = Palette(
    background=(255, 255, 255),
    ink=(24, 28, 34),
    faint=(84, 91, 102),
    rule=(208, 212, 218),
    cells={
        Status.RED: CellColours((190, 50, 24), (255, 255, 255)),
        Status.YELLOW: CellColours((248, 207, 92), (54, 40, 0)),
        Status.GREEN: CellColours((140, 200, 195), (4, 50, 50)),
        Status.GREY: CellColours((234, 236, 239), (74, 80, 90)),
    },
)

DARK = Palette(
    background=(26, 29, 33),
    ink=(236, 238, 241),
    faint=(168, 174, 183),
    rule=(66, 71, 79),
    cells={
        Status.RED: CellColours((203, 62, 34), (255, 255, 255)),
        Status.YELLOW: CellColours((222, 175, 58), (36, 26, 0)),
        Status.GREEN: CellColours((22, 82, 84), (206, 240, 238)),
        Status.GREY: CellColours((46, 50, 57), (186, 191, 199)),
    },
)


def contrast(one: Rgb, other: Rgb) -> float:
    """Contrast ratio of two colours, 1 to 21 (WCAG 2.2, definition of contrast ratio)."""
    lighter, darker = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def _luminance(colour: Rgb) -> float:
    red, green, blue = (_linear(channel / 255) for channel in colour)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _linear(channel: float) -> float:
    return float(channel / 12.92 if channel <= 0.04045 else ((channel + 0.055) / 1.055) ** 2.4)
