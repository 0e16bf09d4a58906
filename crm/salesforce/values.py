"""Rows of answers as texts, in the way in which exports and bulk results have them.

One way of reading serves all three: amounts become ten-thousandths, moments seconds and days ordinals in
`crm.files.cells`, which takes both ways in which Salesforce writes moments (`+0000` and `Z`).
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from crm.files.csvfile import Row

Record = Mapping[str, Any]
"""One row as REST writes it: records that it leads to stand inside."""

_NUMBER_OF = {letter: number for number, letter in enumerate(
    "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
)}  # fmt: skip
_COUNTED = slice(10, 15)
"""The last letters of an id without its check-sum: they count the records of an object."""


def rows_of(records: Sequence[Record], paths: Sequence[str]) -> list[Row]:
    """The values of the paths; what is not there, or leads nowhere, is an empty text."""
    getters = [_getter(path) for path in paths]
    return [[get(record) for get in getters] for record in records]


def text_of(value: Any) -> str:
    """A value of JSON as Salesforce writes it in CSV."""
    match value:
        case None:
            return ""
        case str():
            return value
        case bool():
            return "true" if value else "false"
        case int() | float():
            return repr(value)
    return ""  # an address or a place on earth, which consists of fields of its own


def place_of(row_id: str) -> int:
    """A number by which rows of one record are ordered as they were made, small enough for any database.

    Line items and splits have no other order that always stands.
    """
    place = 0
    for letter in row_id[_COUNTED]:
        place = place * len(_NUMBER_OF) + _NUMBER_OF[letter]
    return place


def _getter(path: str) -> Callable[[Record], str]:
    *relations, name = path.split(".")
    if not relations:
        return lambda record: text_of(record.get(name))

    def get(record: Record) -> str:
        at: Any = record
        for relation in relations:
            at = at.get(relation)
            if at is None:
                return ""
        return text_of(at.get(name))

    return get
