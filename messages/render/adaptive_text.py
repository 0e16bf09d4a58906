"""Text runs of Adaptive Cards: the one text element that Teams does not search for Markdown."""

import json
from collections.abc import Sequence
from typing import Any

from messages.inert import inert

Json = dict[str, Any]


def safe(words: str) -> str:
    """Inert, and without the `{{DATE(…)}}` functions that cards evaluate in any text."""
    return inert(words).replace("{{", "{\u2060{")


def run(words: str, **style: object) -> dict[str, Any]:
    return {"type": "TextRun", "text": words or " ", **style}


def note(words: str) -> Json:
    return {"type": "RichTextBlock", "inlines": [run(words, size="Small", isSubtle=True)]}


def count_bytes(elements: Sequence[Json]) -> int:
    return len(json.dumps(elements, ensure_ascii=False).encode())
