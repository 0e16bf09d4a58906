"""Flat objects as JSON text. A pull writes several per opportunity, and the general encoder takes longer."""

from collections.abc import Mapping
from functools import lru_cache
from json.encoder import encode_basestring

from pipeline.crm_records import FieldValue


def flat_json(values: Mapping[str, FieldValue]) -> str:
    """An object of texts and whole numbers, its names in their order; an empty value is null."""
    return "{" + ",".join([_key(name) + _text(value) for name, value in values.items()]) + "}"


@lru_cache(maxsize=1_024)
def _key(name: str) -> str:
    return encode_basestring(name) + ":"


def _text(value: FieldValue) -> str:
    if isinstance(value, str):
        return encode_basestring(value)
    return "null" if value is None else repr(int(value))
