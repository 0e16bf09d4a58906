"""Measured tables as text and back: exact numbers stay exact."""

import json
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from datetime import date
from decimal import Decimal
from enum import Enum
from fractions import Fraction
from typing import Any

from pipeline import matrix

_CLASSES = {
    one.__name__: one
    for one in (
        matrix.Matrix,
        matrix.Row,
        matrix.Spend,
        matrix.ForecastCall,
        matrix.Cell,
        matrix.Trusted,
        matrix.PeriodStamp,
        matrix.Caveats,
        matrix.Unconverted,
    )
}
_ENUMS: dict[str, type[Enum]] = {
    one.__name__: one
    for one in (matrix.Metric, matrix.Dimension, matrix.Status, matrix.TargetState, matrix.Basis)
}


def matrix_to_text(table: matrix.Matrix) -> str:
    return json.dumps(_encode(table), ensure_ascii=False, separators=(",", ":"))


def matrix_from_text(text: str) -> matrix.Matrix:
    """Raises `ValueError` for a text that `matrix_to_text` did not write."""
    table = _decode(json.loads(text))
    if not isinstance(table, matrix.Matrix):
        raise ValueError("not a measured table")
    return table


def _encode(value: Any) -> Any:
    """Every value that JSON has no form of becomes a pair of a tag and its text."""
    match value:
        case Enum():
            return {"enum": [type(value).__name__, value.value]}
        case None | bool() | int() | str():
            return value
        case Decimal():
            return {"decimal": str(value)}
        case Fraction():
            return {"fraction": [str(value.numerator), str(value.denominator)]}
        case date():
            return {"date": value.isoformat()}
        case tuple():
            return [_encode(item) for item in value]
        case Mapping():
            return {"map": [[_encode(key), _encode(item)] for key, item in value.items()]}
        case _ if is_dataclass(value):
            return {
                "value": type(value).__name__,
                "of": {one.name: _encode(getattr(value, one.name)) for one in fields(value)},
            }
    raise TypeError(f"no text form of {type(value).__name__}")


def _decode(value: Any) -> Any:
    match value:
        case {"enum": [name, member]}:
            return _ENUMS[name](member)
        case {"decimal": text}:
            return Decimal(text)
        case {"fraction": [numerator, denominator]}:
            return Fraction(int(numerator), int(denominator))
        case {"date": text}:
            return date.fromisoformat(text)
        case {"map": items}:
            return {_decode(key): _decode(item) for key, item in items}
        case {"value": name, "of": parts}:
            return _CLASSES[name](**{key: _decode(part) for key, part in parts.items()})
        case list():
            return tuple(_decode(item) for item in value)
    return value
