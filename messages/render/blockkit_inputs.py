"""Inputs and picks as Block Kit elements, in a message or in a modal view."""

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
from messages.inert import inert, inert_lines, pieces, shortened
from messages.render.blockkit_text import (
    MAX_LABEL,
    MAX_TEXT,
    Json,
    count_characters,
    notes,
    plain_text,
    section,
)

MAX_OPTIONS = 100
MAX_PLACEHOLDER = 150
MAX_OPTION_CHARACTERS = 6000
SEARCHED_FROM = 2
"""Letters from which on a menu is searched."""
PROBLEM_SIGN = "⚠"
"""Begins every line that says what was wrong with an answer."""


Menu = ChoiceInput | PersonInput | ChoicePick


def problem_sections(problem: str) -> Iterator[Json]:
    if problem:
        yield from (section(part) for part in pieces(f"{PROBLEM_SIGN} {inert(problem)}", MAX_TEXT))


def pick_blocks(pick: Pick) -> Iterator[Json]:
    """A picker whose action id is `command#argument`. Its label stands in it while nothing is picked,
    else in front of it."""
    if isinstance(pick, TextPick):
        yield _text_pick(pick)
        return
    element = _pick_element(pick) | {"action_id": f"{pick.command}#{pick.argument}"}
    if isinstance(pick, ChoicePick):
        yield from _left_out_options(pick)
    label = inert(pick.label)
    if (isinstance(pick, DealPick) or pick.value is None) and len(label) <= MAX_PLACEHOLDER:
        placeholder = plain_text(label, MAX_PLACEHOLDER)
        yield {"type": "actions", "elements": [element | {"placeholder": placeholder}]}
        return
    *before, last = pieces(label, MAX_TEXT)
    yield from (section(part) for part in before)
    yield section(last) | {"accessory": element}


def _text_pick(pick: TextPick) -> Json:
    """An input that tells of itself when Enter is pressed."""
    element: Json = {
        "type": "plain_text_input",
        "action_id": f"{pick.command}#{pick.argument}",
        "dispatch_action_config": {"trigger_actions_on": ["on_enter_pressed"]},
        "max_length": MAX_TEXT,
    }
    if pick.value:
        element["initial_value"] = inert(pick.value)[:MAX_TEXT]
    return {
        "type": "input",
        "dispatch_action": True,
        "label": plain_text(pick.label, 2000),
        "element": element,
        "optional": True,
    }


def _pick_element(pick: DatePick | ChoicePick | DealPick) -> Json:
    match pick:
        case DealPick():
            return {"type": "external_select", "min_query_length": SEARCHED_FROM}
        case DatePick():
            return _date(pick)
        case ChoicePick():
            return _select(pick)
        case _:
            assert_never(pick)


def input_blocks(field: Input) -> Iterator[Json]:
    yield from problem_sections(field.problem)
    if isinstance(field, TextInput) and len(field.value) > MAX_TEXT:
        yield from notes(f"Only the first {MAX_TEXT:,} of {len(field.value):,} characters fit here.")
    block: Json = {
        "type": "input",
        "block_id": field.key,
        "label": plain_text(field.label, 2000),
        "element": _input_element(field) | {"action_id": field.key},
        "optional": not field.required,
    }
    if field.hint:
        block["hint"] = plain_text(field.hint, 2000)
    if isinstance(field, ChoiceInput | PersonInput):
        yield from _left_out_options(field)
    yield block


def _input_element(field: Input) -> Json:
    match field:
        case TextInput():
            element: Json = {"type": "plain_text_input", "multiline": field.lines > 1}
            return element | ({"initial_value": inert_lines(field.value)[:MAX_TEXT]} if field.value else {})
        case DateInput():
            return _date(field)
        case NumberInput():
            element = {"type": "number_input", "is_decimal_allowed": True}
            return element | ({"initial_value": f"{field.value:f}"} if field.value is not None else {})
        case ChoiceInput() | PersonInput():
            return _select(field)
        case _:
            assert_never(field)


def _date(field: DateInput | DatePick) -> Json:
    element: Json = {"type": "datepicker"}
    return element | ({"initial_date": field.value.isoformat()} if field.value else {})


def _select(field: Menu) -> Json:
    """A menu; more than a hundred choices go into groups, of which Slack takes a hundred. More people than
    Slack takes are searched for while somebody types."""
    if _is_searched(field):
        return _search(field)
    options = _fitting(field) or [{"text": plain_text("Nothing to choose from", MAX_LABEL), "value": "-"}]
    element: Json = {"type": "static_select", "placeholder": _prompt("Choose one")}
    if len(options) <= MAX_OPTIONS:
        element["options"] = options
    else:
        element["option_groups"] = [
            {
                "label": plain_text(f"{start + 1} to {min(start + MAX_OPTIONS, len(options))}", MAX_LABEL),
                "options": options[start : start + MAX_OPTIONS],
            }
            for start in range(0, len(options), MAX_OPTIONS)
        ]
    initial = [option for option in options if option["value"] == field.value]
    return element | ({"initial_option": initial[0]} if initial else {})


def _prompt(words: str) -> Json:
    """What stands in a menu in which nothing is chosen."""
    return plain_text(words, MAX_PLACEHOLDER)


def _is_searched(field: Menu) -> bool:
    return isinstance(field, PersonInput) and len(_fitting(field)) < len(field.people)


def _search(field: Menu) -> Json:
    words = "Type the first letters of a name"
    element: Json = {
        "type": "external_select",
        "min_query_length": SEARCHED_FROM,
        "placeholder": _prompt(words),
    }
    chosen = [option for option in _all_options(field) if option["value"] == field.value]
    return element | ({"initial_option": chosen[0]} if chosen else {})


def _all_options(field: Menu) -> list[Json]:
    match field:
        case ChoiceInput(choices=choices) | ChoicePick(choices=choices):
            pairs = [(choice.value, choice.label) for choice in choices]
        case PersonInput(people=people):
            pairs = [(person.id, person.name) for person in people]
        case _:
            assert_never(field)
    return [{"text": plain_text(label, MAX_LABEL), "value": shortened(value, 150)} for value, label in pairs]


def _fitting(field: Menu) -> list[Json]:
    """As many options as a message has room for, the chosen one among them."""
    options = sorted(_all_options(field), key=lambda option: option["value"] != field.value)
    used = itertools.accumulate(count_characters(option) for option in options)
    kept = [option for option, size in zip(options, used, strict=True) if size <= MAX_OPTION_CHARACTERS]
    return kept if len(kept) < len(options) else _all_options(field)


def _left_out_options(field: Menu) -> Iterator[Json]:
    total, kept = len(_all_options(field)), len(_fitting(field))
    if kept < total and not _is_searched(field):
        yield from notes(f"Only {kept:,} of {total:,} choices fit here.")
