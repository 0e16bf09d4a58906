"""What Teams refuses in what a bot sends, as checks: cards, answers to clicks, dialogs.

`adaptive-card-1.5.0.json` is the schema that Microsoft publishes. A validator of all of its alternatives
takes seconds a card, so elements are found by their `type` here, as a client finds them.
"""

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from tests.messages.limits import check_adaptive

Json = dict[str, Any]

CARD = "application/vnd.microsoft.card.adaptive"
_SCHEMA = Path(__file__).with_name("adaptive-card-1.5.0.json")
_PLAIN = frozenset({"data", "fallbackText", "lang", "requires", "speak"})
"""What holds no elements, whatever stands in it."""
_UNTYPED = {"rows": "TableRow", "cells": "TableCell", "inlines": "TextRun", "choices": "Input.Choice",
            "facts": "Fact"}  # fmt: skip
_ACTIONS_IN_MESSAGE = {"Action.Execute", "Action.Submit", "Action.OpenUrl", "Action.ToggleVisibility"}


def check_message_card(card: Json) -> None:
    """Fails where Teams would not show a card in a message."""
    _check_card(card)
    kinds = {action["type"] for action in actions_of(card)}
    assert kinds <= _ACTIONS_IN_MESSAGE, kinds
    for action in actions_of(card):
        if action["type"] == "Action.Submit":  # without it the client says "Something went wrong"
            assert action["data"]["msteams"] == {"type": "task/fetch"}, action
        if action["type"] == "Action.Execute":
            assert action["verb"], action


def check_dialog(answer: Mapping[str, Any]) -> None:
    """Fails where Teams would not show what a task module is answered with."""
    if not answer:
        return
    task = answer["task"]
    match task["type"]:
        case "message":
            assert isinstance(task["value"], str), "words alone"
            assert task["value"]
        case "continue":
            value = task["value"]
            assert value["title"]
            assert value["height"] in ("small", "medium", "large")
            assert value["width"] in ("small", "medium", "large")
            assert value["card"]["contentType"] == CARD
            card = value["card"]["content"]
            _check_card(card)
            kinds = {action["type"] for action in actions_of(card)}
            assert "Action.Execute" not in kinds, "a dialog does not know Action.Execute"
        case other:
            raise AssertionError(f"no kind of answer: {other}")


def check_click_answer(answer: Mapping[str, Any]) -> None:
    """Fails where Teams would say that something went wrong after a click on `Action.Execute`."""
    assert set(answer) == {"statusCode", "type", "value"}
    assert answer["statusCode"] == 200
    match answer["type"]:
        case "application/vnd.microsoft.activity.message":
            assert isinstance(answer["value"], str), "words alone"
            assert answer["value"]
        case other:
            assert other == CARD
            check_message_card(answer["value"])


def actions_of(content: Any) -> Iterator[Json]:
    """Every action of a card, in order."""
    if isinstance(content, Mapping):
        if str(content.get("type", "")).startswith("Action."):
            yield dict(content)
        for name, value in content.items():
            if name != "data":
                yield from actions_of(value)
    elif isinstance(content, list):
        for one in content:
            yield from actions_of(one)


def inputs_of(content: Any) -> Iterator[Json]:
    """Every input of a card, in order."""
    if isinstance(content, Mapping):
        if str(content.get("type", "")).startswith("Input."):
            yield dict(content)
        for name, value in content.items():
            if name != "data":
                yield from inputs_of(value)
    elif isinstance(content, list):
        for one in content:
            yield from inputs_of(one)


def _check_card(card: Json) -> None:
    check_adaptive([card])
    known = {name: value for name, value in card.items() if name != "msteams"}  # Teams' own, in no schema
    assert set(card.get("msteams", {})) <= {"width", "entities"}
    _check_element(known, "AdaptiveCard")
    _check_folds(card)
    ids = Counter(one["id"] for one in inputs_of(card))
    assert not [name for name, times in ids.items() if times > 1], "a client shows no card with two of one id"
    for one in inputs_of(card):
        assert one.get("label") or one.get("placeholder") or one.get("title"), f"an unnamed field {one}"


def _check_folds(card: Json) -> None:
    """What is hidden can be opened in the card in which it stands, and every line opens something."""
    named = Counter(one["id"] for one in _elements_of(card) if "id" in one)
    assert not [name for name, times in named.items() if times > 1], "two elements of one id"
    opened = {
        target
        for one in actions_of(card)
        if one["type"] == "Action.ToggleVisibility"
        for target in one["targetElements"]
    }
    assert opened <= set(named), opened - set(named)
    hidden = {one.get("id") for one in _elements_of(card) if one.get("isVisible") is False}
    assert hidden <= opened, hidden - opened


def _elements_of(content: Any) -> Iterator[Mapping[str, Any]]:
    if isinstance(content, Mapping):
        yield content
        for name, value in content.items():
            if name not in _PLAIN:
                yield from _elements_of(value)
    elif isinstance(content, list):
        for one in content:
            yield from _elements_of(one)


def _check_element(element: Any, kind: str) -> None:
    if isinstance(element, str) and kind == "TextRun":
        return
    kind = element.get("type", kind)
    known = _properties()
    assert kind in known, f"no element {kind!r}"
    for name, value in element.items():
        assert name in known[kind], f"{kind} has no {name!r}"
        choices = known[kind][name]
        if choices and isinstance(value, str):
            assert value.casefold() in choices, f"{kind}.{name} is never {value!r}"
        if name not in _PLAIN:
            _check_inside(kind, name, value)
    missing = _required()[kind] - set(element)
    assert not missing, f"{kind} lacks {missing}"


def _check_inside(kind: str, name: str, value: Any) -> None:
    columns = "TableColumnDefinition" if kind == "Table" else "Column"
    untyped = columns if name == "columns" else _UNTYPED.get(name)
    for one in value if isinstance(value, list) else [value]:
        if untyped is not None or (isinstance(one, Mapping) and "type" in one):
            _check_element(one, untyped or "")


@cache
def _definitions() -> Json:
    definitions: Json = json.loads(_SCHEMA.read_text())["definitions"]
    return definitions


@cache
def _properties() -> dict[str, dict[str, frozenset[str]]]:
    """What an element may have, and the words allowed there (none where anything is)."""
    return {kind: _properties_of(kind) for kind in _definitions()}


def _properties_of(kind: str) -> dict[str, frozenset[str]]:
    found: dict[str, frozenset[str]] = {}
    for shape in _shapes(_definitions()[kind]):
        for base in shape.get("allOf", ()):
            found |= _properties_of(_name(base["$ref"])) if "$ref" in base else {}
        for name, value in shape.get("properties", {}).items():
            found[name] = _words(value) or found.get(name, frozenset())
    return found


@cache
def _required() -> dict[str, set[str]]:
    return {
        kind: {name for shape in _shapes(one) for name in shape.get("required", ())}
        for kind, one in _definitions().items()
    }


def _shapes(definition: Json) -> list[Json]:
    """A definition, or those of its alternatives that are objects."""
    if "properties" in definition or "allOf" in definition:
        return [definition]
    return [one for one in definition.get("anyOf", ()) if "properties" in one]


def _words(value: Json) -> frozenset[str]:
    """The words of an enumeration, in small letters: clients do not mind their size."""
    if "$ref" in value:
        return _words(_definitions()[_name(value["$ref"])])
    if "enum" in value:
        return frozenset(str(one).casefold() for one in value["enum"])
    alternatives = value.get("anyOf", ())
    known = [one for one in alternatives if "enum" in one or "$ref" in one]
    others = [one for one in alternatives if one not in known and one.get("type") != "null"]
    if not known or any("pattern" not in one for one in others):
        return frozenset()
    return frozenset().union(*(_words(one) for one in known))


def _name(reference: str) -> str:
    return reference.rpartition("/")[2]
