"""What people type into a field of a deal, and how its value is shown: by the field's type."""

import hashlib
import re
from collections.abc import Mapping
from datetime import date
from decimal import Decimal

from pipeline.crm_fields import FieldShape, FieldType
from pipeline.crm_records import FieldValue
from pipeline.money import SCALE, parse_amount

YES, NO = "yes", "no"
YEARS_AHEAD = 10
"""A year further away was mistyped; so was one before the year in front of the deal's first."""
_SHOWN_WHOLE = 40
"""Longer texts go into a form by their digest: its argument has little room."""
_DECORATION = re.compile(r"[\s\u00a0'’_]|[^\d.,+\-eE]")
_GROUPED_BY_COMMA = re.compile(r"[+-]?\d{1,3}(,\d{3})+(\.\d+)?")
_GROUPED_BY_POINT = re.compile(r"[+-]?\d{1,3}(\.\d{3})+(,\d+)?|[+-]?\d+,\d{1,2}")


class EntryRefused(ValueError):
    """A typed value that is none of the field; the text says what was expected, for its reader."""


def read_entry(shape: FieldShape, typed: str, controlling: FieldValue = None) -> FieldValue:
    """The value of what was typed; `None` for nothing. `controlling`: the new value of the field on which
    the picks depend. Raises `EntryRefused`."""
    text = typed.strip()
    if not text:
        if shape.is_required:
            raise EntryRefused(f"{shape.label} is needed.")
        return None
    match shape.type:
        case FieldType.DAY:
            return _day(text)
        case FieldType.NUMBER | FieldType.MONEY:
            return _number(text)
        case FieldType.FLAG:
            return int(text == YES)
        case FieldType.PICKLIST | FieldType.PERSON:
            return _pick(shape, text, controlling)
        case FieldType.TEXT | FieldType.LONG_TEXT:
            if shape.longest is not None and len(text) > shape.longest:
                raise EntryRefused(f"That has {len(text):,} characters; {shape.longest:,} fit.")
            return text


def year_problem(shape: FieldShape, value: FieldValue, created: date | None, today: date) -> str:
    """Why a new day cannot be meant, for its reader; empty where it can, and for what is no day. `created`:
    the day on which the deal was, where that is known."""
    if shape.type is not FieldType.DAY or not isinstance(value, int):
        return ""
    year = date.fromordinal(value).year
    first, last = (created or today).year - 1, today.year + YEARS_AHEAD
    if first <= year <= last:
        return ""
    return f"The year {year} cannot be right. Write one from {first} to {last}."


def entry_text(shape: FieldShape, value: FieldValue) -> str:
    """A value as a person would type it; empty for none."""
    if value is None:
        return ""
    match shape.type:
        case FieldType.DAY:
            return date.fromordinal(int(value)).isoformat()
        case FieldType.NUMBER | FieldType.MONEY:
            return f"{(Decimal(int(value)) / SCALE).normalize():f}"
        case FieldType.FLAG:
            return YES if value else NO
        case _:
            return str(value)


def shown_text(shape: FieldShape, value: FieldValue) -> str:
    """A value for a reader: a pick by its label, the rest as typed (days as `2026-09-30`)."""
    labels = {pick.value: pick.label for pick in shape.picks}
    return labels.get(str(value), entry_text(shape, value))


def token_of(value: FieldValue) -> FieldValue:
    """A value that is short enough to travel with a form and tells whether it has changed since."""
    if isinstance(value, str) and len(value) > _SHOWN_WHOLE:
        return "#" + hashlib.blake2b(value.encode(), digest_size=12).hexdigest()
    return value or None if isinstance(value, str) else value


def offered_picks(shape: FieldShape, controlling: FieldValue) -> Mapping[str, str]:
    """Label by value of the picks that may stand with the controlling value: a flag is `0` or `1`."""
    return {
        pick.value: pick.label
        for pick in shape.picks
        if shape.controlled_by is None or not pick.needs or str(controlling) in pick.needs
    }


def controlling_value(controller: FieldShape | None, entry: str) -> FieldValue:
    """What was typed or chosen in a field on which picks depend, as they need it."""
    if controller is not None and controller.type is FieldType.FLAG:
        return int(entry == YES)
    return entry


def _day(text: str) -> int:
    try:
        return date.fromisoformat(text).toordinal()
    except ValueError as error:
        raise EntryRefused(
            f"“{text[:30]}” is not a date. Write it as 2026-11-14, with four digits for the year."
        ) from error


def _number(text: str) -> int:
    bare = _DECORATION.sub("", text)
    if _GROUPED_BY_COMMA.fullmatch(bare):
        bare = bare.replace(",", "")
    elif _GROUPED_BY_POINT.fullmatch(bare):
        bare = bare.replace(".", "").replace(",", ".")
    try:
        return parse_amount(bare)
    except ValueError as error:
        raise EntryRefused(f"“{text[:30]}” is not a number. Write it as 12500.50.") from error


def _pick(shape: FieldShape, text: str, controlling: FieldValue) -> str:
    offered = offered_picks(shape, controlling)
    if text in offered:
        return text
    if any(pick.value == text for pick in shape.picks):
        others = ", ".join(list(offered.values())[:8]) or "none"
        raise EntryRefused(f"That does not go with “{controlling}”. These do: {others}.")
    raise EntryRefused(f"{shape.label} has no such choice. Choose one from the list.")
