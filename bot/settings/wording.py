"""What pydantic found wrong, in words for the person who wrote the configuration."""

import json
import re
from collections.abc import Iterable, Mapping
from typing import Any

from pydantic import BaseModel
from pydantic_core import ErrorDetails

from bot.settings.shape import field_at, key_of, model_at
from pipeline.nearest import did_you_mean

LONGEST_SHOWN = 60

_EXPECTED = {
    "string_type": "expected text in quotes",
    "tuple_type": "expected a list in square brackets",
    "list_type": "expected a list in square brackets",
    "model_type": "expected a table of keys",
    "model_attributes_type": "expected a table of keys",
    "mapping_type": "expected a table of keys",
    "dict_type": "expected a table of keys",
    "decimal_type": "expected a number",
    "decimal_parsing": "expected a number",
    "finite_number": "expected a number",
    "string_too_short": "expected some text",
    "too_short": "expected at least one item",
}
_BOUNDS = (
    ("greater than or equal to ", "{} or more"),
    ("less than or equal to ", "{} or less"),
    ("greater than ", "more than {}"),
    ("less than ", "less than {}"),
)
_SECRET = re.compile(r"passw|secret|token|storage", re.IGNORECASE)
_LOGIN = re.compile(r"(//[^:/@]*:)[^@]*@")


def location_of(error: ErrorDetails) -> tuple[str | int, ...]:
    """Where the mistake stands, without pydantic's own marks."""
    return tuple(step for step in error["loc"] if step != "[key]")


def expected_of(error: ErrorDetails, model: type[BaseModel]) -> str:
    """What should stand there instead."""
    location, kind, says = location_of(error), error["type"], error["msg"]
    if kind == "extra_forbidden":
        return _unknown_key(str(location[-1]), model_at(model, location[:-1]))
    if kind in ("missing", "string_pattern_mismatch"):
        field = field_at(model, location)
        meaning = (
            field.description if field is not None and field.description else "see docs/configuration.md"
        )
        return f"{'is needed' if kind == 'missing' else 'expected'}: {meaning}"
    if kind in ("enum", "literal_error"):
        return _choice(error["input"], re.findall(r"'([^']*)'", says))
    return _EXPECTED.get(kind) or _plain(says)


def _unknown_key(key: str, model: type[BaseModel] | None) -> str:
    known: Iterable[str] = model.model_fields if model is not None else ()
    listed = f"; expected one of {', '.join(known)}" if known else ""
    return f"there is no such key{did_you_mean(key, known) or listed}"


def _choice(written: Any, known: list[str]) -> str:
    suggestion = did_you_mean(written, known) if isinstance(written, str) else ""
    return f"expected one of {', '.join(known)}{suggestion}"


def _plain(says: str) -> str:
    text = says.removeprefix("Value error, ")
    bound = text.removeprefix("Input should be ")
    for words, form in _BOUNDS:
        if bound.startswith(words):
            return f"expected {form.format(bound.removeprefix(words))}"
    return text.replace("Input should be ", "expected ")


def value_of(error: ErrorDetails) -> str:
    """What stands there, as far as it may be shown: secrets are not."""
    if error["type"] == "missing" or "[key]" in error["loc"]:
        return ""
    return shown(error["input"], key_of(location_of(error)))


def shown(value: Any, key: str) -> str:
    """A value as it stands in the file, cut where it is long, without what could be a secret."""
    if isinstance(value, BaseModel) or (isinstance(value, Mapping) and not value):
        return ""
    if _SECRET.search(key):
        return (
            _LOGIN.sub(r"\1***@", json.dumps(value))
            if key == "storage.url" and isinstance(value, str)
            else ""
        )
    text = json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= LONGEST_SHOWN else text[: LONGEST_SHOWN - 1] + "…"
