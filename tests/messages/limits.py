"""What the platforms refuse, as checks on what is rendered."""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from tests.messages.surfaces import texts

Json = dict[str, Any]

SHOWN = ("text", "alt_text")
SLACK_CELL_TYPES = {"rich_text", "raw_text"}


def check_slack(messages: Sequence[Json]) -> None:
    """Fails where a message breaks a limit of Slack (docs.slack.dev, Block Kit reference)."""
    assert messages
    for message in messages:
        assert set(message) == {"blocks", "text"}
        assert len(message["text"]) <= 40_000
        blocks = message["blocks"]
        assert 1 <= len(blocks) <= 50
        everything = list(_walk(blocks))
        assert sum(block.get("type") == "table" for block in everything) <= 1
        shown = sum(len(block[key]) for block in everything for key in SHOWN if _is_text(block, key))
        assert shown <= 13_000
        for block in everything:
            _check_slack_block(block)
        json.dumps(message).encode()


def _is_text(block: Json, key: str) -> bool:
    return isinstance(block.get(key), str)


def _check_slack_block(block: Json) -> None:
    match block.get("type"):
        case "header":
            assert 1 <= len(block["text"]["text"]) <= 150
        case "section":
            assert 1 <= len(block["text"]["text"]) <= 3000
        case "context":
            assert 1 <= len(block["elements"]) <= 10
            assert all(1 <= len(element["text"]) <= 2000 for element in block["elements"])
        case "rich_text" | "rich_text_section":
            assert block["elements"]
            assert sum(len(element.get("text", "")) for element in block["elements"]) <= 3100
        case "text":
            assert block["text"]
        case "actions":
            assert 1 <= len(block["elements"]) <= 25
            ids = [element["action_id"] for element in block["elements"]]
            assert len(set(ids)) == len(ids)
        case "button":
            assert 1 <= len(block["text"]["text"]) <= 75
            assert len(block["action_id"]) <= 255
            assert len(block.get("value", "")) <= 2000
        case "container":
            assert 1 <= len(block["child_blocks"]) <= 10
            assert 1 <= len(block["title"]["text"]) <= 150
        case "table":
            assert 1 <= len(block["rows"]) <= 100
            assert all(1 <= len(row) <= 20 for row in block["rows"])
            assert all(cell["type"] in SLACK_CELL_TYPES for row in block["rows"] for cell in row)
        case "static_select":
            assert 1 <= len(block.get("options", [None])) <= 100
            assert all(len(option["value"]) <= 150 for option in block.get("options", ()))
            _check_picker(block)
        case "external_select":
            assert 0 <= block["min_query_length"] <= 20
            _check_picker(block)
        case "datepicker":
            _check_picker(block)
        case "image":
            assert 1 <= len(block["alt_text"]) <= 2000


def _check_picker(element: Json) -> None:
    assert 1 <= len(element["action_id"]) <= 255
    assert 1 <= len(element.get("placeholder", {"text": "–"})["text"]) <= 150


def check_adaptive(cards: Sequence[Json]) -> None:
    """Fails where a card breaks a limit of Teams, or lets Teams look for Markdown."""
    assert cards
    for card in cards:
        assert card["type"] == "AdaptiveCard"
        assert card["version"] == "1.5"
        assert len(json.dumps(card, ensure_ascii=False).encode()) <= 28 * 1024
        assert _visible_buttons(card["body"]) <= 6
        for element in _walk(card["body"]):
            assert element.get("type") not in {"TextBlock", "FactSet"}
            assert len(element.get("actions", ())) <= 6
            if element.get("type") == "TextRun":
                assert element["text"]
                assert "{{" not in element["text"]
            if element.get("type") == "RichTextBlock":
                assert element["inlines"]


def _visible_buttons(elements: Sequence[Json]) -> int:
    return sum(
        len(element.get("actions", ()))
        + _visible_buttons((*element.get("items", ()), *element.get("columns", ())))
        for element in elements
        if element.get("isVisible", True)
    )


def _walk(value: object) -> Iterator[Json]:
    if isinstance(value, Mapping):
        yield dict(value)
        for item in value.values():
            yield from _walk(item)
    elif isinstance(value, list | tuple):
        for item in value:
            yield from _walk(item)


def count_words(rendered: object, words: str) -> int:
    """In how many strings of a JSON value the words stand."""
    return sum(words in found for found in texts(rendered))
