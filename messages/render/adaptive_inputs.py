"""Inputs and picks as Adaptive Card elements."""

import itertools
from collections.abc import Iterator
from typing import assert_never

from messages.card import (
    ChoiceInput,
    ChoicePick,
    DateInput,
    DatePick,
    DealPick,
    Input,
    NumberInput,
    PersonInput,
    Pick,
    TextInput,
    TextPick,
)
from messages.inert import inert_lines, pieces, shortened
from messages.render.adaptive_text import Json, count_bytes, note, run, safe

MAX_TEXT = 2000
MAX_VALUE = 3000
MAX_CHOICE_BYTES = 12_000


Menu = ChoiceInput | PersonInput | ChoicePick


def problem_elements(problem: str) -> Iterator[Json]:
    for part in pieces(safe(f"⚠ {problem}"), MAX_TEXT) if problem else ():
        yield {"type": "RichTextBlock", "inlines": [run(part, color="Attention")]}


def pick_elements(pick: Pick) -> Iterator[Json]:
    """A field and a button that sends it: its data name the field, in which the picked value comes back."""
    name = f"{pick.command}#{pick.argument}"
    send = {
        "type": "Action.Execute",
        "title": _sending(pick),
        "tooltip": shortened(safe(pick.label), 100),
        "verb": pick.command,
        "data": {"argument": pick.argument, "value_in": name},
    }
    field = _pick_element(pick) | {"id": name, "label": safe(pick.label)}
    button = {"type": "ActionSet", "actions": [send]}
    yield {
        "type": "ColumnSet",
        "columns": [
            {"type": "Column", "width": "stretch", "items": [field]},
            {
                "type": "Column",
                "width": "auto",
                "verticalContentAlignment": "Bottom",
                "items": [button],
            },
        ],
    }
    if isinstance(pick, ChoicePick):
        yield from _left_out_choices(pick)


def _sending(pick: Pick) -> str:
    match pick:
        case TextPick():
            return "Send"
        case DealPick():
            return "Find"
        case _:
            return "Set"


def _pick_element(pick: Pick) -> Json:
    match pick:
        case DealPick():
            return {"type": "Input.Text", "placeholder": "A part of its name", "maxLength": 200}
        case DatePick():
            return _date(pick)
        case ChoicePick():
            return _choices(pick)
        case TextPick(value=value):
            return {"type": "Input.Text", "value": inert_lines(value[:MAX_VALUE])}
        case _:
            assert_never(pick)


def input_elements(field: Input) -> Iterator[Json]:
    yield from problem_elements(field.problem)
    if isinstance(field, TextInput) and len(field.value) > MAX_VALUE:
        yield note(f"Only the first {MAX_VALUE:,} of {len(field.value):,} characters fit here.")
    yield _input_element(field) | {
        "id": field.key,
        "label": safe(field.label),
        "isRequired": field.required,
        **({"errorMessage": f"{safe(field.label)} is needed."} if field.required else {}),
    }
    if isinstance(field, ChoiceInput | PersonInput):
        yield from _left_out_choices(field)
    yield from (note(part) for part in pieces(safe(field.hint), MAX_TEXT) if field.hint)


def _input_element(field: Input) -> Json:
    match field:
        case TextInput():
            return {
                "type": "Input.Text",
                "isMultiline": field.lines > 1,
                "value": inert_lines(field.value[:MAX_VALUE]),
            }
        case DateInput():
            return _date(field)
        case NumberInput():
            number: Json = {"type": "Input.Number"}
            return number | ({"value": _json_number(f"{field.value:f}")} if field.value is not None else {})
        case ChoiceInput() | PersonInput():
            return _choices(field)
        case _:
            assert_never(field)


def _date(field: DateInput | DatePick) -> Json:
    return {"type": "Input.Date"} | ({"value": field.value.isoformat()} if field.value else {})


def _choices(field: Menu) -> Json:
    element: Json = {"type": "Input.ChoiceSet", "style": "compact", "choices": _fitting(field)}
    return element | ({"value": field.value} if field.value is not None else {})


def _json_number(words: str) -> int | float:
    return int(words) if "." not in words else float(words)


def _all_choices(field: Menu) -> list[Json]:
    match field:
        case ChoiceInput(choices=choices) | ChoicePick(choices=choices):
            pairs = [(choice.value, choice.label) for choice in choices]
        case PersonInput(people=people):
            pairs = [(person.id, person.name) for person in people]
        case _:
            assert_never(field)
    return [{"title": shortened(safe(label), 100) or "–", "value": value} for value, label in pairs]


def _fitting(field: Menu) -> list[Json]:
    """As many choices as a card has room for, the chosen one among them."""
    choices = sorted(_all_choices(field), key=lambda choice: choice["value"] != field.value)
    used = itertools.accumulate(count_bytes([choice]) for choice in choices)
    kept = [choice for choice, size in zip(choices, used, strict=True) if size <= MAX_CHOICE_BYTES]
    return kept if len(kept) < len(choices) else _all_choices(field)


def _left_out_choices(field: Menu) -> Iterator[Json]:
    total, kept = len(_all_choices(field)), len(_fitting(field))
    if kept < total:
        yield note(f"Only {kept:,} of {total:,} choices fit here.")
