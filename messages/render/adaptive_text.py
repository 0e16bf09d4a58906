"""Text runs of Adaptive Cards: the one text element that Teams does not search for Markdown."""

from typing import Any

from messages.inert import inert


def safe(words: str) -> str:
    """Inert, and without the `{{DATE(…)}}` functions that cards evaluate in any text."""
    return inert(words).replace("{{", "{\u2060{")


def run(words: str, **style: object) -> dict[str, Any]:
    return {"type": "TextRun", "text": words or " ", **style}
