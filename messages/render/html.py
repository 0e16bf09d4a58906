"""Cards as fragments of HTML for the local room.

Markup only: class names that the page styles, light and dark (all begin with `m-`), no script, no
inline style. A button carries `data-command` and `data-argument`, a pick is a `.m-pick` with the same two,
a field and a button that sends it; a form is a `<form>` with the same two and a field per input, named by
its key, and a `.m-cancel` button.
"""

import base64
from collections.abc import Mapping, Sequence
from datetime import date
from html import escape
from typing import assert_never

from messages.card import (
    STATUS_WORDS,
    Block,
    Bold,
    Button,
    Buttons,
    Card,
    ChoiceInput,
    ChoicePick,
    Colour,
    DateInput,
    DatePick,
    Day,
    DealPick,
    Divider,
    Facts,
    FigureCell,
    Folded,
    Form,
    Heading,
    Image,
    Input,
    Link,
    Money,
    NumberInput,
    Paragraph,
    Person,
    PersonInput,
    Pick,
    Plain,
    Span,
    Table,
    TableCell,
    TableRow,
    Text,
    TextCell,
    TextInput,
    TextPick,
)
from messages.inert import SHAPES, inert, inert_lines, safe_address, trend_words
from pipeline.matrix import Status


def render_card(card: Card, images: Mapping[str, str] | None = None) -> str:
    """An `<article>`; pictures without an address in `images` are embedded."""
    blocks = "".join(_block(block, images or {}) for block in card.blocks)
    actions = _buttons(card.actions) if card.actions else ""
    return (
        f'<article class="m-card" data-key="{escape(card.key)}">'
        f'<h3 class="m-title">{_words(card.title)}</h3>{blocks}{actions}</article>'
    )


def render_form(form: Form, images: Mapping[str, str] | None = None) -> str:
    """A `<form>`; the page sends its fields with `data-command` and `data-argument`."""
    blocks = "".join(_block(block, images or {}) for block in form.blocks)
    return (
        f'<form class="m-card m-form" data-key="{escape(form.key)}" data-command="{escape(form.command)}" '
        f'data-argument="{escape(form.argument)}"><h3 class="m-title">{_words(form.title)}</h3>'
        f"{_problem(form.problem)}{blocks}"
        f'<div class="m-buttons"><button type="submit" class="m-button m-button-primary">'
        f"{_words(form.submit)}</button>"
        f'<button type="button" class="m-button m-button-plain m-cancel">{_words(form.cancel)}</button>'
        f"</div></form>"
    )


# --- Blocks ---------------------------------------------------------------------------------------


def _block(block: Block, images: Mapping[str, str]) -> str:
    match block:
        case Paragraph(text=words, tone=tone):
            return f'<p class="m-text m-{tone.value}">{_spans(words)}</p>'
        case Heading(text=words):
            return f'<h4 class="m-heading">{_words(words)}</h4>'
        case Facts(facts=facts):
            rows = "".join(
                f'<div class="m-fact"><dt>{_words(fact.label)}</dt><dd>{_spans(fact.value)}</dd></div>'
                for fact in facts
            )
            return f'<dl class="m-facts">{rows}</dl>'
        case Table():
            return _table(block)
        case Image():
            return _image(block, images)
        case Divider():
            return '<hr class="m-divider">'
        case Buttons(buttons=buttons):
            return _buttons(buttons)
        case DatePick() | ChoicePick() | TextPick() | DealPick():
            return _pick(block)
        case Folded(summary=summary, blocks=blocks):
            inside = "".join(_block(item, images) for item in blocks)
            return f'<details class="m-fold"><summary>{_words(summary)}</summary>{inside}</details>'
        case TextInput() | DateInput() | NumberInput() | ChoiceInput() | PersonInput():
            return _input(block)
        case _:
            assert_never(block)


def _words(words: str) -> str:
    return f"<bdi>{escape(inert(words))}</bdi>"


def _spans(words: Text) -> str:
    return "".join(_span(span) for span in words)


def _span(span: Span) -> str:
    match span:
        case Plain(text=words):
            return escape(inert(words))
        case Bold(text=words):
            return f"<strong>{_words(words)}</strong>"
        case Link(text=words, url=url):
            address = safe_address(url)
            if address is None:
                return _words(words)
            return f'<a class="m-link" href="{escape(address)}" rel="noopener noreferrer">{_words(words)}</a>'
        case Person(name=name):
            return f'<span class="m-person">{_words(name)}</span>'
        case Day(day=day, words=words):
            return f'<time datetime="{day.isoformat()}">{escape(inert(words))}</time>'
        case Money(amount=amount, currency=currency, words=words):
            exact = escape(f"{amount:,.2f} {currency}")
            return f'<span class="m-money" title="{exact}">{escape(inert(words))}</span>'
        case Colour(status=status):
            return _colour(status)
        case _:
            assert_never(span)


def _colour(status: Status) -> str:
    return (
        f'<span class="m-colour m-{status.value}"><span aria-hidden="true">{SHAPES[status]}</span> '
        f"{STATUS_WORDS[status]}</span>"
    )


def _table(table: Table) -> str:
    heads = "".join(
        f'<th scope="col" class="m-{column.align.value}">{_words(column.title)}</th>'
        for column in table.columns
    )
    body = "".join(_row(table, row) for row in table.rows)
    empty = f'<tr><td colspan="{len(table.columns)}">No rows</td></tr>'
    return (
        f'<div class="m-scroll" tabindex="0" role="region" aria-label="{escape(inert(table.title))}">'
        f'<table class="m-table"><caption>{_words(table.title)}</caption>'
        f"<thead><tr>{heads}</tr></thead><tbody>{body or empty}</tbody></table></div>"
    )


def _row(table: Table, row: TableRow) -> str:
    cells = []
    for number, (column, cell) in enumerate(zip(table.columns, row.cells, strict=True)):
        status = cell.status if isinstance(cell, FigureCell) else None
        classes = " ".join([f"m-{column.align.value}", *([f"m-cell m-{status.value}"] if status else [])])
        tag = 'th scope="row"' if number == 0 else "td"
        cells.append(f'<{tag} class="{classes}">{_cell(cell)}</{tag.split(maxsplit=1)[0]}>')
    return f'<tr class="m-row-{row.kind.value}">{"".join(cells)}</tr>'


def _cell(cell: TableCell) -> str:
    match cell:
        case TextCell(text=words):
            return _spans(words)
        case FigureCell():
            marks = f' <span class="m-marks">{_words(cell.marks)}</span>' if cell.marks else ""
            colour = _colour(cell.status) if cell.status else ""
            trend = (
                f'<span class="m-trend m-trend-{cell.trend.direction.value}">'
                f"{escape(trend_words(cell.trend))}</span>"
                if cell.trend
                else ""
            )
            below = f'<span class="m-below">{colour}{trend}</span>' if colour or trend else ""
            return f'<span class="m-figure">{_words(cell.words)}</span>{marks}{below}'
        case _:
            assert_never(cell)


def _image(image: Image, images: Mapping[str, str]) -> str:
    alt = escape(inert(image.alt))

    def tag(source: str, kind: str) -> str:
        return f'<img class="m-image {kind}" src="{escape(source)}" alt="{alt}">'

    address = safe_address(images.get(image.name, ""))
    if address:
        return tag(address, "m-image-any")
    if image.dark_png is None:
        return tag(_embedded(image.png), "m-image-any")
    return tag(_embedded(image.png), "m-image-light") + tag(_embedded(image.dark_png), "m-image-dark")


def _embedded(png: bytes) -> str:
    return f"data:image/png;base64,{base64.b64encode(png).decode()}"


def _buttons(buttons: Sequence[Button]) -> str:
    inside = "".join(
        f'<button type="button" class="m-button m-button-{button.style.value}" '
        f'data-command="{escape(button.command)}" data-argument="{escape(button.argument)}">'
        f"{_words(button.label)}</button>"
        for button in buttons
    )
    return f'<div class="m-buttons">{inside}</div>'


# --- Picks and inputs -----------------------------------------------------------------------------


def _pick(pick: Pick) -> str:
    sets = "Find" if isinstance(pick, DealPick) else "Set"
    return (
        f'<div class="m-pick" data-command="{escape(pick.command)}" '
        f'data-argument="{escape(pick.argument)}"><label class="m-pick-label">'
        f'<span class="m-label">{_words(pick.label)}</span>{_pick_control(pick)}</label>'
        f'<button type="button" class="m-button m-button-plain m-pick-set" '
        f'aria-label="{sets}: {escape(inert(pick.label))}">{sets}</button></div>'
    )


def _pick_control(pick: Pick) -> str:
    match pick:
        case DatePick():
            return _date('name="value"', pick.value)
        case ChoicePick(choices=choices, value=value):
            return _select('name="value"', [(choice.value, choice.label) for choice in choices], value)
        case TextPick(value=value):
            return f'<input type="text" name="value" maxlength="3000" value="{escape(inert(value))}">'
        case DealPick():
            return '<input type="text" name="value" maxlength="200" placeholder="A part of its name">'
        case _:
            assert_never(pick)


def _problem(words: str) -> str:
    return f'<p class="m-problem" role="alert">{_words(words)}</p>' if words else ""


def _input(field: Input) -> str:
    label = _words(field.label)
    mark = ' <span class="m-required">(needed)</span>' if field.required else ""
    hint = f'<span class="m-hint">{_words(field.hint)}</span>' if field.hint else ""
    problem = f'<span class="m-problem" role="alert">{_words(field.problem)}</span>' if field.problem else ""
    return (
        f'<label class="m-input"><span class="m-label">{label}{mark}</span>'
        f"{_control(field)}{hint}{problem}</label>"
    )


def _control(field: Input) -> str:
    needed = " required" if field.required else ""
    name = f'name="{escape(field.key)}"{needed}'
    match field:
        case TextInput(lines=1):
            return f'<input type="text" {name} value="{escape(inert(field.value))}">'
        case TextInput():
            return f'<textarea {name} rows="{field.lines}">\n{escape(inert_lines(field.value))}</textarea>'
        case DateInput():
            return _date(name, field.value)
        case NumberInput():
            value = f"{field.value:f}" if field.value is not None else ""
            return f'<input type="number" step="any" {name} value="{value}">'
        case ChoiceInput():
            return _select(name, [(choice.value, choice.label) for choice in field.choices], field.value)
        case PersonInput():
            return _select(name, [(person.id, person.name) for person in field.people], field.value)
        case _:
            assert_never(field)


def _date(attributes: str, value: date | None) -> str:
    return f'<input type="date" {attributes} value="{value.isoformat() if value else ""}">'


def _select(name: str, choices: Sequence[tuple[str, str]], chosen: str | None) -> str:
    options = "".join(
        f'<option value="{escape(value)}"{" selected" if value == chosen else ""}>'
        f"{escape(inert(label))}</option>"
        for value, label in choices
    )
    return f'<select {name}><option value=""></option>{options}</select>'
