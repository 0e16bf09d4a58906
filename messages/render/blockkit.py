"""Cards as Slack messages (Block Kit).

Words from records go into `plain_text` and `rich_text` only, which Slack shows as they are; the
notification text is the one place where Slack looks for markup, so it is escaped. A card that is
larger than one message may be becomes several, each saying which part it is.
"""

from collections.abc import Iterator, Mapping, Sequence
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
from messages.inert import inert, pieces, safe_address, shortened, span_words
from messages.render.blockkit_inputs import input_blocks, pick_blocks, problem_sections
from messages.render.blockkit_table import table_blocks
from messages.render.blockkit_text import (
    MAX_CONTEXT,
    MAX_LABEL,
    MAX_TEXT,
    Json,
    count_characters,
    notes,
    plain_text,
    rich_text,
    section,
    text_run,
)
from messages.render.packing import packed
from messages.render.parts import text_parts

MAX_BLOCKS = 50
MAX_CHARACTERS = 12_000
"""Slack refuses messages at about 13,000 characters in all blocks."""
MAX_HEADER = 150
MAX_FOLD_BLOCKS = 10
MAX_BUTTONS = 25
MAX_FALLBACK = 2900

_LOOKALIKES = str.maketrans({"*": "∗", "_": "ˍ", "~": "∼", "`": "ˋ"})


def render_card(card: Card, images: Mapping[str, str] | None = None) -> list[Json]:
    """The messages of a card, each `{"blocks": [...], "text": fallback}`.

    `images` gives the address (`https://…`) or Slack file id of each picture by its name; a picture
    without one is described in words.
    """
    units = [_header(card.title)]
    for block in card.blocks:
        units.extend(_units(block, images or {}))
    if card.actions:
        units.extend(_units(Buttons(card.actions), images or {}))
    parts = list(packed([block for unit in units for block in unit], _closes, _fits))
    fallback = escape(shortened(inert(card.fallback), MAX_FALLBACK))
    return [
        {"blocks": _numbered(part, number, len(parts), card.title), "text": fallback}
        for number, part in enumerate(parts, start=1)
    ]


def render_form(form: Form, images: Mapping[str, str] | None = None) -> Json:
    """A form as a modal view; `callback_id` is its command and `private_metadata` its argument."""
    asked = [item for block in form.blocks for unit in _units(block, images or {}) for item in unit]
    return {
        "type": "modal",
        "callback_id": form.command,
        "private_metadata": form.argument,
        "title": plain_text(form.title, 24),
        "submit": plain_text(form.submit, 24),
        "close": plain_text(form.cancel, 24),
        "blocks": [*problem_sections(form.problem), *asked],
    }


def command_of(action_id: str) -> str:
    """The command of the button or pick that Slack names by its action id."""
    return action_id.partition("#")[0]


def argument_of_pick(action_id: str) -> str:
    """The argument of the pick that Slack names by its action id; a button's is its value."""
    return action_id.partition("#")[2]


def escape(words: str) -> str:
    """Inert in Slack's own markup: no mention, link, channel or formatting comes of it."""
    plain = words.translate(_LOOKALIKES)
    return plain.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


# --- Blocks ---------------------------------------------------------------------------------------

Unit = list[Json]
"""Blocks that stay together in one message."""


def _units(block: Block, images: Mapping[str, str]) -> Iterator[Unit]:
    if isinstance(block, Folded):
        yield from _fold(block, images)
    elif isinstance(block, Image) and block.instead is not None and block.name in images:
        yield from ([item] for item in _image(block, images))
        yield from _fold(Folded("The same as a table", (block.instead,)), images)
    elif isinstance(block, Paragraph) and block.tone is Tone.BODY:
        yield from ([_rich(part)] for part in text_parts(block.text, MAX_TEXT))
    elif isinstance(block, Heading):
        yield from ([_rich_bold(part)] for part in pieces(inert(block.text), MAX_TEXT))
    elif isinstance(block, Facts):
        yield from ([rich_text(elements)] for elements in _fact_lines(block))
    else:
        yield from ([item] for item in _plain_block(block, images))


def _plain_block(block: PlainBlock, images: Mapping[str, str]) -> Iterator[Json]:
    """A block in the forms that are allowed inside a fold as well as outside."""
    match block:
        case Paragraph(text=words, tone=Tone.NOTE) if not any(isinstance(span, Link) for span in words):
            yield from notes(_words(words))
        case Paragraph(text=words):
            yield from (section(part) for part in pieces(_words(words), MAX_TEXT))
        case Heading(text=words):
            yield from (section(part) for part in pieces(inert(words), MAX_TEXT))
        case Facts(facts=facts):
            lines = "\n".join(f"{inert(fact.label)}: {_words(fact.value)}" for fact in facts)
            yield from (section(part) for part in pieces(lines, MAX_TEXT))
        case Table():
            yield from table_blocks(block)
        case Image():
            yield from _image(block, images)
        case Divider():
            yield {"type": "divider"}
        case Buttons(buttons=buttons):
            yield from _actions(buttons)
        case DatePick() | ChoicePick() | TextPick() | DealPick():
            yield from pick_blocks(block)
        case TextInput() | DateInput() | NumberInput() | ChoiceInput() | PersonInput():
            yield from input_blocks(block)
        case _:
            assert_never(block)


def _fold(fold: Folded, images: Mapping[str, str]) -> Iterator[Unit]:
    children = [item for block in fold.blocks for item in _plain_block(block, images)]
    groups: list[list[Json]] = [[]]
    for child in children:
        if groups[-1] and not _fits_fold([*groups[-1], child]):
            groups.append([])
        groups[-1].append(child)
    for number, group in enumerate(groups, start=1):
        suffix = f" ({number} of {len(groups)})" if len(groups) > 1 else ""
        title = shortened(inert(fold.summary), MAX_HEADER - len(suffix)) + suffix
        yield [
            {
                "type": "container",
                "title": plain_text(title, MAX_HEADER),
                "child_blocks": group or [section("Nothing here.")],
                "is_collapsible": True,
                "default_collapsed": True,
            }
        ]


def _fits_fold(children: Sequence[Json]) -> bool:
    return (
        len(children) <= MAX_FOLD_BLOCKS
        and count_characters(children) <= MAX_CHARACTERS - 500
        and _tables(children) <= 1
    )


def _header(title: str) -> Unit:
    words = inert(title)
    if len(words) <= MAX_HEADER:
        return [{"type": "header", "text": plain_text(words, MAX_HEADER)}]
    return [_rich_bold(part) for part in pieces(words, MAX_TEXT)]


def _fact_lines(facts: Facts) -> Iterator[list[Json]]:
    """A line per fact, label first, as many lines to a text as it may hold."""
    lines: list[Json] = []
    used = 0
    for fact in facts.facts:
        for part in text_parts((Bold(f"{fact.label}: "), *fact.value), MAX_TEXT):
            size = sum(len(span_words(span)) for span in part) + 1
            if lines and used + size > MAX_TEXT:
                yield lines
                lines, used = [], 0
            if lines:
                lines.append(text_run("\n"))
            lines.extend(_element(span) for span in part)
            used += size
    if lines:
        yield lines


def _rich(words: Text) -> Json:
    return rich_text([_element(span) for span in words] or [text_run("–")])


def _rich_bold(words: str) -> Json:
    return rich_text([text_run(words or "–", bold=True)])


def _element(span: Span) -> Json:
    if isinstance(span, Link):
        address = safe_address(span.url)
        if address:
            return {"type": "link", "url": address, "text": inert(span.text) or address}
    return text_run(span_words(span), bold=isinstance(span, Bold | Colour))


def _image(image: Image, images: Mapping[str, str]) -> Iterator[Json]:
    alt = inert(image.alt)
    address = images.get(image.name)
    if address is None:
        yield from table_blocks(image.instead) if image.instead else notes(f"Picture: {alt}")
        return
    source: Json = (
        {"image_url": address} if address.startswith("https://") else {"slack_file": {"id": address}}
    )
    yield {"type": "image", "alt_text": shortened(alt, MAX_CONTEXT) or image.name, **source}


def _actions(buttons: Sequence[Button]) -> Iterator[Json]:
    long = [button for button in buttons if len(inert(button.label)) > MAX_LABEL]
    for button in long:
        yield from notes(inert(button.label))
    for start in range(0, len(buttons), MAX_BUTTONS):
        group = buttons[start : start + MAX_BUTTONS]
        yield {
            "type": "actions",
            "elements": [_button(button, number) for number, button in enumerate(group)],
        }


def _button(button: Button, number: int) -> Json:
    element: Json = {
        "type": "button",
        "text": plain_text(button.label, MAX_LABEL),
        "action_id": f"{button.command}#{number}",
    }
    if button.argument:
        element["value"] = button.argument
    if button.style is not ButtonStyle.PLAIN:
        element["style"] = button.style.value
    return element


# --- Splitting ------------------------------------------------------------------------------------


def _closes(block: Json) -> bool:
    return block["type"] in ("actions", "table", "container", "input") or "accessory" in block


def _fits(blocks: Sequence[Json]) -> bool:
    """Two blocks stay free for the part's number."""
    return (
        _blocks(blocks) <= MAX_BLOCKS - 2
        and count_characters(blocks) <= MAX_CHARACTERS - 400
        and _tables(blocks) <= 1
    )


def _numbered(blocks: list[Json], number: int, parts: int, title: str) -> list[Json]:
    if parts == 1:
        return blocks
    before = [] if number == 1 else list(notes(f"{shortened(inert(title), 100)} · part {number} of {parts}"))
    after = [] if number == parts else list(notes(f"Part {number} of {parts}; the rest follows."))
    return [*before, *blocks, *after]


def _blocks(blocks: Sequence[Json]) -> int:
    return sum(1 + len(block.get("child_blocks", ())) for block in blocks)


def _tables(blocks: Sequence[Json]) -> int:
    return sum((block["type"] == "table") + _tables(block.get("child_blocks", ())) for block in blocks)


def _words(words: Text) -> str:
    """Spans as plain text; an address stands beside the words of its link."""
    return "".join(
        f"{span_words(span)} ({address})"
        if isinstance(span, Link) and (address := safe_address(span.url))
        else span_words(span)
        for span in words
    )
