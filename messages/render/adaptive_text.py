"""Text runs of Adaptive Cards: the one text element that Teams does not search for Markdown."""

from collections.abc import Iterator
from typing import Any

from messages.card import Bold, Plain, Span, Text
from messages.inert import inert, pieces


def safe(words: str) -> str:
    """Inert, and without the `{{DATE(…)}}` functions that cards evaluate in any text."""
    return inert(words).replace("{{", "{\u2060{")


def run(words: str, **style: object) -> dict[str, Any]:
    return {"type": "TextRun", "text": words or " ", **style}


def runs(words: Text, limit: int) -> Iterator[Span]:
    """The spans, those of free length cut to at most `limit` characters."""
    for span in words:
        match span:
            case Plain(text=content):
                yield from (Plain(piece) for piece in pieces(inert(content), limit))
            case Bold(text=content):
                yield from (Bold(piece) for piece in pieces(inert(content), limit))
            case _:
                yield span
