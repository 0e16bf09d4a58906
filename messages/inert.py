"""Text that cannot do anything but be read: what every renderer does before it escapes for its surface."""

import re
import unicodedata

from messages.card import STATUS_WORDS, Bold, Colour, Day, Link, Money, Person, Plain, Span, Trend
from pipeline.matrix import Status

_BIDI_CONTROLS = "\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069"
_UNWANTED = re.compile(f"[{_BIDI_CONTROLS}\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f\u200b\ufeff\ufff9-\ufffb]")
_SPACES = re.compile(r"[\s\x85\u2028\u2029]+")
_SURROGATES = re.compile("[\ud800-\udfff]")
_RIGHT_TO_LEFT = re.compile(
    "[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc\U00010800-\U00010fff\U0001e800-\U0001efff]"
    "(?:[^A-Za-z0-9\n]*[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc\U00010800-\U00010fff\U0001e800-\U0001efff])*"
)
_ISOLATE, _END_ISOLATE = "\u2068", "\u2069"

SYMBOLS = {Status.RED: "🔴", Status.YELLOW: "🟡", Status.GREEN: "🟢", Status.GREY: "⚪"}
SHAPES = {Status.RED: "■", Status.YELLOW: "◆", Status.GREEN: "●", Status.GREY: "○"}
"""For surfaces that colour the word themselves: the shape differs as well as the hue."""


def inert(text: str) -> str:
    """One line without control characters.

    Marks that would reorder the rest of the line are dropped, and right-to-left words (a Hebrew or
    Arabic name) stand in isolation, so that they cannot move the figures beside them.
    """
    line = _SPACES.sub(" ", _UNWANTED.sub("", _SURROGATES.sub("\ufffd", text)))
    return _RIGHT_TO_LEFT.sub(lambda run: f"{_ISOLATE}{run.group()}{_END_ISOLATE}", line)


def inert_lines(text: str) -> str:
    """Like `inert`, with line breaks kept: for what a person typed into a field of several lines."""
    return "\n".join(inert(line).strip() for line in re.split(r"\r\n|[\n\r\x0b\x0c\x85\u2028\u2029]", text))


def span_words(span: Span) -> str:
    """What a span says, inert; a colour as symbol and word."""
    match span:
        case Plain(text=words) | Bold(text=words) | Link(text=words) | Day(words=words) | Money(words=words):
            return inert(words)
        case Person(name=name):
            return inert(name)
        case Colour(status=status):
            return f"{SYMBOLS[status]}\N{NO-BREAK SPACE}{STATUS_WORDS[status]}"


def trend_words(trend: Trend) -> str:
    """`▲ 12%`, `▬ 0%`."""
    return f"{trend.direction.arrow} {inert(trend.words)}"


def safe_address(url: str) -> str | None:
    """The address if it is one that may become a link, else `None`."""
    clean = "".join(ch for ch in url if not unicodedata.category(ch).startswith(("C", "Z")))
    return clean if clean == url and url.lower().startswith(("https://", "http://", "mailto:")) else None


def pieces(text: str, limit: int) -> list[str]:
    """The text in pieces of at most `limit` characters, cut at a space where there is one; none is lost."""
    parts = []
    while len(text) > limit:
        cut = text.rfind(" ", 1, limit)
        cut = limit if cut <= 0 else cut + 1
        parts.append(text[:cut])
        text = text[cut:]
    return [*parts, text] if text or not parts else parts


def shortened(text: str, limit: int) -> str:
    """At most `limit` characters, an ellipsis where something was left out."""
    return text if len(text) <= limit else text[: limit - 1].rstrip() + "…"
