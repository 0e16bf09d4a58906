"""Cards for a terminal, as rich renderables and as plain text."""

from collections.abc import Iterator
from io import StringIO
from typing import assert_never

from rich.console import Console, Group, RenderableType
from rich.padding import Padding
from rich.rule import Rule
from rich.table import Table as RichTable
from rich.text import Text as RichText

from messages.card import (
    STATUS_WORDS,
    Align,
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
    NumberInput,
    Paragraph,
    PersonInput,
    Pick,
    RowKind,
    Table,
    TableCell,
    Text,
    TextCell,
    TextInput,
    TextPick,
    Tone,
)
from messages.inert import SHAPES, inert, safe_address, span_words, trend_words
from pipeline.matrix import Status

STYLES = {Status.RED: "bold red", Status.YELLOW: "yellow", Status.GREEN: "green", Status.GREY: "dim"}


def render_card(card: Card) -> Group:
    """The card as something rich can print at any width; what is folded elsewhere is written out."""
    parts: list[RenderableType] = [RichText(inert(card.title), style="bold"), RichText("")]
    for block in card.blocks:
        parts.extend(_block(block))
    if card.actions:
        parts.append(_buttons(card.actions))
    return Group(*parts)


def render_form(form: Form) -> Group:
    """The form's questions with their present answers, to be read."""
    parts: list[RenderableType] = [RichText(inert(form.title), style="bold"), RichText("")]
    if form.problem:
        parts.append(RichText(f"⚠ {inert(form.problem)}", style="red"))
    for block in form.blocks:
        parts.extend(_block(block))
    return Group(*parts, RichText(f"[{inert(form.submit)}]  [{inert(form.cancel)}]"))


def render_text(card: Card, width: int = 120) -> str:
    """The card as plain text of at most `width` columns where words allow it."""
    return print_plain(render_card(card), width)


def print_plain(renderable: RenderableType, width: int) -> str:
    """What rich prints, without colour codes."""
    sheet = StringIO()
    Console(file=sheet, width=width, color_system=None, legacy_windows=False).print(renderable)
    return "\n".join(line.rstrip() for line in sheet.getvalue().splitlines()) + "\n"


def _block(block: Block) -> Iterator[RenderableType]:
    match block:
        case Paragraph(text=words, tone=tone):
            yield _text(words, "dim" if tone is Tone.NOTE else "")
        case Heading(text=words):
            yield RichText(f"\n{inert(words)}", style="bold")
        case Facts(facts=facts):
            for fact in facts:
                yield RichText(f"{inert(fact.label)}: ", style="bold").append_text(_text(fact.value))
        case (Table() as table) | Image(instead=Table() as table):
            yield _table(table)
        case Image(alt=alt):
            yield RichText(inert(alt), style="dim")
        case Divider():
            yield Rule(style="dim")
        case Buttons(buttons=buttons):
            yield _buttons(buttons)
        case DatePick() | ChoicePick() | TextPick() | DealPick():
            yield _pick(block)
        case Folded(summary=summary, blocks=blocks):
            yield RichText(f"\n▾ {inert(summary)}", style="bold")
            yield Padding(Group(*(part for item in blocks for part in _block(item))), (0, 0, 0, 2))
        case TextInput() | DateInput() | NumberInput() | ChoiceInput() | PersonInput():
            yield _input(block)
        case _:
            assert_never(block)


def _text(words: Text, style: str = "") -> RichText:
    line = RichText(style=style)
    for span in words:
        match span:
            case Colour(status=status):
                line.append(_shape(status), style=STYLES[status])
            case Bold(text=content):
                line.append(inert(content), style="bold")
            case Link(text=content, url=url):
                address = safe_address(url)
                line.append(f"{inert(content)} <{address}>" if address else inert(content))
            case _:
                line.append(span_words(span))
    return line


def _shape(status: Status) -> str:
    return f"{SHAPES[status]} {STATUS_WORDS[status]}"


def _table(table: Table) -> RichTable:
    grid = RichTable(title=RichText(inert(table.title)), title_justify="left", header_style="bold")
    for column in table.columns:
        right = column.align is Align.RIGHT
        grid.add_column(RichText(inert(column.title)), justify="right" if right else "left", overflow="fold")
    for row in table.rows:
        indent = "  " if row.kind is RowKind.PART else ""
        cells = [_cell(cell) for cell in row.cells]
        style = "bold" if row.kind is RowKind.TOTAL else None
        if row.kind is RowKind.TOTAL:
            grid.add_section()
        grid.add_row(RichText(indent).append_text(cells[0]), *cells[1:], style=style)
    return grid


def _cell(cell: TableCell) -> RichText:
    match cell:
        case TextCell(text=words):
            return _text(words)
        case FigureCell():
            line = RichText(f"{inert(cell.words)} {inert(cell.marks)}".strip())
            below = [trend_words(cell.trend)] if cell.trend else []
            if cell.status:
                line.append(f"\n{_shape(cell.status)}", style=STYLES[cell.status])
            elif below:
                line.append("\n")
            for trend in below:
                line.append(f" {trend}" if cell.status else trend)
            return line
        case _:
            assert_never(cell)


def _buttons(buttons: tuple[Button, ...]) -> RichText:
    return RichText("  ".join(f"[{inert(button.label)}]" for button in buttons), style="cyan")


def _pick(pick: Pick) -> RichText:
    match pick:
        case DatePick(value=value):
            picked = value.isoformat() if value else "pick a date"
        case ChoicePick(choices=choices, value=value):
            picked = " / ".join(_marked(choice.label, choice.value == value) for choice in choices)
        case TextPick(value=value):
            picked = inert(value) or "write a line"
        case DealPick():
            picked = "a part of its name"
        case _:
            assert_never(pick)
    return RichText(f"[{inert(pick.label)}: ", style="cyan").append(picked or "–").append("]")


def _input(field: Input) -> RichText:
    line = RichText(f"{inert(field.label)}: ", style="bold")
    line.append(_answer(field) or "–", style="not bold")
    if field.hint:
        line.append(f"  ({inert(field.hint)})", style="dim")
    if field.problem:
        line.append(f"\n  ⚠ {inert(field.problem)}", style="red")
    return line


def _answer(field: Input) -> str:
    match field:
        case TextInput():
            return inert(field.value)
        case DateInput():
            return field.value.isoformat() if field.value else ""
        case NumberInput():
            return f"{field.value:f}" if field.value is not None else ""
        case ChoiceInput():
            return " / ".join(_marked(choice.label, choice.value == field.value) for choice in field.choices)
        case PersonInput():
            return " / ".join(_marked(person.name, person.id == field.value) for person in field.people)
        case _:
            assert_never(field)


def _marked(label: str, chosen: bool) -> str:
    return f"[{inert(label)}]" if chosen else inert(label)
