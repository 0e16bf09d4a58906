"""Cards as text and back: how a message waits in the outbox.

Every type of the card model stands in the text by its name, so a card that an older version wrote is read
as what it was, and one of a type that is no more raises `UnreadableCard`.
"""

import base64
import json
from collections.abc import Callable, Mapping
from dataclasses import fields
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Any

from messages import card as model
from messages.card import Card
from pipeline.errors import CouncilError
from pipeline.matrix import Status


class UnreadableCard(CouncilError):
    """A stored card that this version of the program cannot read."""


_TYPES: Mapping[str, type] = {
    kind.__name__: kind
    for kind in vars(model).values()
    if isinstance(kind, type) and hasattr(kind, "__dataclass_fields__")
}
_ENUMS: Mapping[str, type[StrEnum]] = {
    kind.__name__: kind
    for kind in (Status, model.ButtonStyle, model.Align, model.Direction, model.RowKind, model.Tone)
}


def card_to_text(card: Card) -> str:
    return json.dumps(_encode(card), ensure_ascii=False, separators=(",", ":"))


def card_from_text(text: str) -> Card:
    """Raises `UnreadableCard`."""
    try:
        card = _decode(json.loads(text))
    except (ValueError, TypeError, KeyError) as error:
        raise UnreadableCard(f"A stored message cannot be read by this version: {error}") from error
    if not isinstance(card, Card):
        raise UnreadableCard("A stored message is not a card.")
    return card


def _encode(value: Any) -> Any:
    name = type(value).__name__
    if name in _TYPES:
        return {"is": name, **{one.name: _encode(getattr(value, one.name)) for one in fields(value)}}
    if isinstance(value, tuple):
        return [_encode(part) for part in value]
    if name in _ENUMS:
        return {"is": name, "value": value.value}
    for kind, (write, _) in _PLAIN.items():
        if isinstance(value, kind):
            return {"is": kind.__name__, "value": write(value)}
    return value


def _decode(value: Any) -> Any:
    if isinstance(value, list):
        return tuple(_decode(part) for part in value)
    if not isinstance(value, dict):
        return value
    name = value.pop("is")
    if name in _TYPES:
        return _TYPES[name](**{key: _decode(part) for key, part in value.items()})
    if name in _ENUMS:
        return _ENUMS[name](value["value"])
    read = {kind.__name__: read for kind, (_, read) in _PLAIN.items()}[name]
    return read(value["value"])


_PLAIN: Mapping[type, tuple[Callable[[Any], str], Callable[[str], Any]]] = {
    date: (date.isoformat, date.fromisoformat),
    Decimal: (str, Decimal),
    bytes: (lambda png: base64.b64encode(png).decode(), base64.b64decode),
}
