"""Cards as Adaptive Cards 1.5, as Microsoft Teams shows them.

Words from records go into text runs, which are not searched for Markdown. A card that is larger than
Teams takes becomes several, each saying which part it is.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import assert_never

from messages.card import (
    Block,
    Bold,
    Button,
    Buttons,
    ButtonStyle,
    Card,
    ChoiceInput,
    ChoicePick,
    Colour,
    DateInput,
    DatePick,
    DealPick,
    Divider,
    Facts,
    Folded,
    Form,
    Heading,
    Image,
    Link,
    NumberInput,
    Paragraph,
    PersonInput,
    PlainBlock,
    Span,
    Table,
    Text,
    TextInput,
    TextPick,
    Tone,
)
from messages.inert import pieces, safe_address, shortened, span_words
from messages.render.adaptive_inputs import input_elements, pick_elements, problem_elements
from messages.render.adaptive_table import table_elements
from messages.render.adaptive_text import Json, count_bytes, note, run, safe
from messages.render.packing import packed
from messages.render.parts import text_parts

MAX_BYTES = 25_000
"""Teams takes about 28 KB a card; the rest is for the envelope and the part's number."""
MAX_HIDDEN_BYTES = 22_000
"""Of what one line opens: it stands in one message with that line."""
MAX_FALLBACK = 300
"""Characters, which have up to four bytes."""
MAX_BUTTONS = 6
"""So many may be seen before anything is opened."""
SHOWN_CHOICES = (MAX_BUTTONS, 2, 1)
"""How many buttons of a row stand open: fewer where the card becomes fewer messages by it."""
LINE_CHARACTERS = 40
"""What a phone shows side by side."""
BUTTON_EDGES = 6
MAX_TEXT = 2000
SCHEMA = "http://adaptivecards.io/schemas/adaptive-card.json"


def render_card(
    card: Card, images: Mapping[str, str] | None = None, further_button_bytes: int = 0
) -> list[Json]:
    """The Adaptive Cards of a card, in order.

    `images` gives the address of each picture by its name; a picture without one is described in words.
    `further_button_bytes`: what whoever sends the cards writes into each button, so that they fit still.
    """
    room = _Room(further_button_bytes)
    choices = SHOWN_CHOICES if _offers_choices(card) else SHOWN_CHOICES[:1]
    drawn = (list(packed(_body(card, images or {}, shown, room), _closes, room.fits)) for shown in choices)
    parts = min(drawn, key=len)
    return [
        _envelope(_numbered(part, number, len(parts), card.title), card.fallback)
        for number, part in enumerate(parts, start=1)
    ]


def render_form(form: Form, images: Mapping[str, str] | None = None) -> Json:
    """A form as one card: its fields, and the button that sends them. Teams shows it in a dialog that has
    a cross of its own to leave by, so `cancel` is not drawn."""
    body: list[Json] = [*_title(form.title), *problem_elements(form.problem)]
    for number, block in enumerate(form.blocks):
        body.extend(_elements(block, images or {}, f"fold{number}", _Room()))
    submit = Button(form.submit, form.command, form.argument, ButtonStyle.PRIMARY)
    body.append({"type": "ActionSet", "actions": [_action(submit)]})
    return _envelope(body, form.title)


def _offers_choices(card: Card) -> bool:
    return bool(card.actions) or any(isinstance(block, Buttons) for block in card.blocks)


def _body(card: Card, images: Mapping[str, str], shown: int, room: "_Room") -> list[Json]:
    elements = list(_title(card.title))
    for number, block in enumerate((*card.blocks, *([Buttons(card.actions)] if card.actions else []))):
        if isinstance(block, Buttons):
            elements.extend(_choices(block.buttons, shown, f"choices{number}", room))
        else:
            elements.extend(_elements(block, images, f"fold{number}", room))
    return elements


def _envelope(body: list[Json], fallback: str) -> Json:
    return {
        "type": "AdaptiveCard",
        "$schema": SCHEMA,
        "version": "1.5",
        "fallbackText": shortened(safe(fallback), MAX_FALLBACK),
        "body": body,
    }


def _title(title: str) -> Iterator[Json]:
    for part in pieces(safe(title) or "–", MAX_TEXT):
        yield {
            "type": "RichTextBlock",
            "inlines": [run(part, weight="Bolder", size="Large")],
        }


# --- Blocks ---------------------------------------------------------------------------------------


def _elements(block: Block, images: Mapping[str, str], fold_id: str, room: "_Room") -> Iterator[Json]:
    if isinstance(block, Folded):
        yield from _fold(block, images, fold_id, room)
    else:
        yield from _plain_elements(block, images)


def _plain_elements(block: PlainBlock, images: Mapping[str, str]) -> Iterator[Json]:
    match block:
        case Paragraph(text=words, tone=tone):
            yield from _paragraph(words, tone, "Small")
        case Heading(text=words):
            for piece in pieces(safe(words) or "–", MAX_TEXT):
                inlines = [run(piece, weight="Bolder", size="Medium")]
                yield {"type": "RichTextBlock", "inlines": inlines, "spacing": "Medium"}
        case Facts(facts=facts):
            for number, fact in enumerate(facts):
                words = (Bold(f"{fact.label}: "), *fact.value)
                yield from _paragraph(words, Tone.BODY, "None" if number else "Small")
        case Table():
            yield from table_elements(block)
        case Image():
            yield from _image(block, images)
        case Divider():
            yield {"type": "Container", "items": [], "separator": True, "spacing": "Medium"}
        case Buttons(buttons=buttons):
            yield from _action_sets(buttons)
        case DatePick() | ChoicePick() | TextPick() | DealPick():
            yield from pick_elements(block)
        case TextInput() | DateInput() | NumberInput() | ChoiceInput() | PersonInput():
            yield from input_elements(block)
        case _:
            assert_never(block)


def _paragraph(words: Text, tone: Tone, spacing: str) -> Iterator[Json]:
    for part in text_parts(words, MAX_TEXT):
        yield {"type": "RichTextBlock", "inlines": _inlines(part, tone), "spacing": spacing}


def _inlines(words: Text, tone: Tone) -> list[Json]:
    small: Json = {"size": "Small", "isSubtle": True} if tone is Tone.NOTE else {}
    return [_inline(span, small) for span in words] or [run("–")]


def _inline(span: Span, small: Json) -> Json:
    match span:
        case Colour():
            return run(span_words(span), weight="Bolder", **small)
        case Bold(text=words):
            return run(safe(words), weight="Bolder", **small)
        case Link(text=words, url=url):
            address = safe_address(url)
            open_it: Json = (
                {"selectAction": {"type": "Action.OpenUrl", "url": address}, "underline": True}
                if address
                else {}
            )
            return run(safe(words), **open_it, **small)
        case _:
            return run(safe(span_words(span)), **small)


def _fold(fold: Folded, images: Mapping[str, str], fold_id: str, room: "_Room") -> Iterator[Json]:
    """A hidden container and a line that shows it; a large one becomes several."""
    groups = room.groups([item for block in fold.blocks for item in _plain_elements(block, images)])
    for number, group in enumerate(groups, start=1):
        suffix = f" ({number} of {len(groups)})" if len(groups) > 1 else ""
        summary = f"▾ {shortened(safe(fold.summary), 150)}{suffix}"
        yield _opening(summary, f"{fold_id}-{number}", group)


def _opening(summary: str, hidden: str, items: list[Json]) -> Json:
    """A line that opens what is hidden below it. It is no button, of which Teams takes few."""
    toggle = {"type": "Action.ToggleVisibility", "title": summary, "targetElements": [hidden]}
    line = {"type": "RichTextBlock", "inlines": [run(summary, color="Accent", weight="Bolder")]}
    return {
        "type": "Container",
        "items": [
            {"type": "Container", "selectAction": toggle, "items": [line]},
            {"type": "Container", "id": hidden, "isVisible": False, "items": items},
        ],
    }


def _image(image: Image, images: Mapping[str, str]) -> Iterator[Json]:
    address = images.get(image.name)
    if address is None and image.instead:
        yield from table_elements(image.instead)
        return
    if address is None:
        for part in pieces(f"Picture: {safe(image.alt)}", MAX_TEXT):
            yield {"type": "RichTextBlock", "inlines": [run(part, size="Small", isSubtle=True)]}
        return
    yield {"type": "Image", "url": address, "altText": safe(image.alt), "size": "Stretch"}


def _choices(buttons: Sequence[Button], shown: int, hidden: str, room: "_Room") -> Iterator[Json]:
    """The first buttons of a row, and a line that names the others and opens them; many need several."""
    yield from _action_sets(buttons[:shown])
    for number, lines in enumerate(room.groups(list(_action_sets(buttons[shown:])))):
        names = " · ".join(action["title"] for line in lines for action in line["actions"])
        yield _opening(f"⋯ {shortened(names, 100)}", f"{hidden}-{number}" if number else hidden, lines)


def _action_sets(buttons: Sequence[Button]) -> Iterator[Json]:
    for line in _lines_of_buttons(buttons):
        yield {"type": "ActionSet", "actions": [_action(button) for button in line], "spacing": "Small"}


def _lines_of_buttons(buttons: Sequence[Button]) -> Iterator[list[Button]]:
    """Teams squeezes buttons that stand side by side until their labels are gone, so few share a line."""
    line: list[Button] = []
    used = 0
    for button in buttons:
        width = len(button.label) + BUTTON_EDGES
        if line and (used + width > LINE_CHARACTERS or len(line) == MAX_BUTTONS):
            yield line
            line, used = [], 0
        line.append(button)
        used += width
    if line:
        yield line


def _action(button: Button) -> Json:
    action: Json = {
        "type": "Action.Execute",
        "title": safe(button.label),
        "verb": button.command,
        "data": {"argument": button.argument},
    }
    match button.style:
        case ButtonStyle.PLAIN:
            return action
        case ButtonStyle.PRIMARY:
            return action | {"style": "positive"}
        case ButtonStyle.DANGER:
            return action | {"style": "destructive"}
        case _:
            assert_never(button.style)


# --- Splitting ------------------------------------------------------------------------------------


def _closes(element: Json) -> bool:
    """It holds buttons, seen or behind a line that opens them, or is a table."""
    return element["type"] == "Table" or _has_buttons(element)


def _has_buttons(element: Json) -> bool:
    inside = (*element.get("items", ()), *element.get("columns", ()))
    return bool(element.get("actions") or element.get("selectAction")) or any(map(_has_buttons, inside))


@dataclass(frozen=True)
class _Room:
    """What a message has room for."""

    further_button_bytes: int = 0

    def fits(self, elements: Sequence[Json]) -> bool:
        return (
            self._weigh(elements) <= MAX_BYTES
            and sum(_visible(element) for element in elements) <= MAX_BUTTONS
        )

    def groups(self, hidden: Sequence[Json]) -> list[list[Json]]:
        """As few as fit a message each, with the line that opens it; none of nothing."""
        groups: list[list[Json]] = []
        for item in hidden:
            if not groups or self._weigh([*groups[-1], item]) > MAX_HIDDEN_BYTES:
                groups.append([])
            groups[-1].append(item)
        return groups

    def _weigh(self, elements: Sequence[Json]) -> int:
        """In bytes, as it will be sent."""
        return count_bytes(elements) + self.further_button_bytes * sum(map(_buttons, elements))


def _buttons(element: Json) -> int:
    """Those that ask us something, hidden or not."""
    asking = [action for action in element.get("actions", ()) if action["type"] == "Action.Execute"]
    return len(asking) + sum(map(_buttons, (*element.get("items", ()), *element.get("columns", ()))))


def _visible(element: Json) -> int:
    """Buttons that a reader sees before opening anything."""
    if element.get("isVisible") is False:
        return 0
    inside = (*element.get("items", ()), *element.get("columns", ()))
    return len(element.get("actions", ())) + sum(_visible(item) for item in inside)


def _numbered(body: list[Json], number: int, parts: int, title: str) -> list[Json]:
    if parts == 1:
        return body
    before = f"{shortened(safe(title), 100)} · part {number} of {parts}"
    after = f"Part {number} of {parts}; the rest follows."
    return [
        *([] if number == 1 else [note(before)]),
        *body,
        *([] if number == parts else [note(after)]),
    ]
