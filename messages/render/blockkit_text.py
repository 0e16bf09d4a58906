"""The smallest parts of Block Kit: text that Slack shows as it is, without looking for markup."""

from collections.abc import Iterator
from typing import Any

from messages.inert import inert, pieces, shortened

Json = dict[str, Any]

MAX_TEXT = 3000
MAX_CONTEXT = 2000
MAX_LABEL = 75


def plain_text(words: str, limit: int) -> Json:
    return {"type": "plain_text", "text": shortened(inert(words), limit) or "–", "emoji": False}


def section(words: str) -> Json:
    return {"type": "section", "text": {"type": "plain_text", "text": words or "–", "emoji": False}}


def notes(words: str) -> Iterator[Json]:
    for part in pieces(words, MAX_CONTEXT):
        yield {
            "type": "context",
            "elements": [{"type": "plain_text", "text": part or "–", "emoji": False}],
        }


def rich_text(elements: list[Json]) -> Json:
    return {"type": "rich_text", "elements": [{"type": "rich_text_section", "elements": elements}]}


def text_run(words: str, *, bold: bool = False) -> Json:
    return {"type": "text", "text": words or " "} | ({"style": {"bold": True}} if bold else {})


def count_characters(value: object) -> int:
    """Everything a reader or screen reader is given, counted generously."""
    if isinstance(value, dict):
        return sum(
            len(item) if isinstance(item, str) and key in {"text", "alt_text"} else count_characters(item)
            for key, item in value.items()
        )
    if isinstance(value, list | tuple):
        return sum(count_characters(item) for item in value)
    return 0
