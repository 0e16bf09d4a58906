"""The neutral message: a small closed set of frozen types that every surface can show.

Composers make cards of domain values and hold all wording; renderers turn a card into what a
surface understands. Text is always typed spans: what comes from the CRM stays text wherever it is
shown, and only `Link` becomes a link. A renderer matches every type of the unions below and ends
with `assert_never`, so a new type cannot be forgotten on one surface.
"""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum

from pipeline.matrix import Status

# --- Text -----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Plain:
    """Words as they are, from us or from the CRM: never markup."""

    text: str


@dataclass(frozen=True)
class Bold:
    text: str


@dataclass(frozen=True)
class Link:
    """The only thing that becomes a link; `url` is ours (https, http, mailto), never a record's text."""

    text: str
    url: str


@dataclass(frozen=True)
class Person:
    """A CRM user. A surface shows the name; it pings nobody by itself."""

    id: str
    name: str


@dataclass(frozen=True)
class Day:
    """A calendar date and how it is written (`14 Nov`)."""

    day: date
    words: str


@dataclass(frozen=True)
class Money:
    """An amount and how it is written (`$1.2M`)."""

    amount: Decimal
    currency: str
    words: str


@dataclass(frozen=True)
class Colour:
    """A status as symbol and word; the hue is an addition where a surface has one."""

    status: Status


Span = Plain | Bold | Link | Person | Day | Money | Colour
Text = tuple[Span, ...]


def text(*parts: str | Span) -> Text:
    """Spans in a row; a bare string is `Plain`. Empty strings vanish."""
    return tuple(Plain(part) if isinstance(part, str) else part for part in parts if part != "")


STATUS_WORDS = {Status.RED: "Red", Status.YELLOW: "Yellow", Status.GREEN: "Green", Status.GREY: "Grey"}


def spoken(words: Text) -> str:
    """The spans as one plain string: for fallbacks, alternative texts and searches."""
    return "".join(_speak(span) for span in words)


def _speak(span: Span) -> str:
    match span:
        case Plain(text=words) | Bold(text=words) | Link(text=words):
            return words
        case Person(name=name):
            return name
        case Day(words=words) | Money(words=words):
            return words
        case Colour(status=status):
            return STATUS_WORDS[status]


# --- Buttons, picks and inputs --------------------------------------------------------------------


class ButtonStyle(StrEnum):
    PLAIN = "plain"
    PRIMARY = "primary"
    DANGER = "danger"


@dataclass(frozen=True)
class Button:
    """Asks the application for `command` with `argument`. Both come back unproved and are checked again."""

    label: str
    command: str
    """An opaque name of ours (`fix`, `show`), at most 100 characters."""
    argument: str = ""
    """At most 1,500 characters; ids, never secrets."""
    style: ButtonStyle = ButtonStyle.PLAIN

    def __post_init__(self) -> None:
        if not self.label or not self.command or len(self.command) > 100 or "#" in self.command:
            raise ValueError(f"a button needs a label and a command without '#', not {self.command!r}")
        if len(self.argument) > 1500:
            raise ValueError(f"the argument of {self.command} has {len(self.argument)} characters, not 1,500")


@dataclass(frozen=True)
class Choice:
    value: str
    label: str


def _check_pick(label: str, command: str, argument: str) -> None:
    if not label or not command or "#" in command:
        raise ValueError(f"a pick needs a label and a command without '#', not {command!r}")
    if len(command) + len(argument) > 250:
        raise ValueError(f"{command} and its argument have more than 250 characters together")


@dataclass(frozen=True)
class DatePick:
    """Asks the application for `command` with the day that is picked, as `Clicked.value` (`2026-11-14`).

    No two picks of a card have both command and argument in common: surfaces tell them apart by these."""

    label: str
    command: str
    argument: str = ""
    """With the command at most 250 characters; ids, never secrets."""
    value: date | None = None
    """What is picked at first."""

    def __post_init__(self) -> None:
        _check_pick(self.label, self.command, self.argument)


@dataclass(frozen=True)
class ChoicePick:
    """Asks the application for `command` with the value of the choice that is picked; else as `DatePick`."""

    label: str
    command: str
    argument: str
    choices: tuple[Choice, ...]
    """Values of at most 150 characters."""
    value: str | None = None

    def __post_init__(self) -> None:
        _check_pick(self.label, self.command, self.argument)


@dataclass(frozen=True)
class TextPick:
    """A line of text that asks the application for `command` when it is sent; else as `DatePick`."""

    label: str
    command: str
    argument: str = ""
    value: str = ""
    """What stands in it at first."""

    def __post_init__(self) -> None:
        _check_pick(self.label, self.command, self.argument)


@dataclass(frozen=True)
class DealPick:
    """A deal among many that asks the application for `command`; else as `DatePick`.

    What comes back is the deal's id where the surface lets people search while they type, else what they
    have typed of its name.
    """

    label: str
    command: str
    argument: str = ""

    def __post_init__(self) -> None:
        _check_pick(self.label, self.command, self.argument)


Pick = DatePick | ChoicePick | TextPick | DealPick


@dataclass(frozen=True)
class TextInput:
    key: str
    label: str
    value: str = ""
    hint: str = ""
    required: bool = False
    lines: int = 1
    problem: str = ""
    """Why the last value was not accepted, in the words of whoever refused it."""


@dataclass(frozen=True)
class DateInput:
    key: str
    label: str
    value: date | None = None
    hint: str = ""
    required: bool = False
    problem: str = ""


@dataclass(frozen=True)
class NumberInput:
    key: str
    label: str
    value: Decimal | None = None
    hint: str = ""
    required: bool = False
    problem: str = ""


@dataclass(frozen=True)
class ChoiceInput:
    key: str
    label: str
    choices: tuple[Choice, ...]
    value: str | None = None
    hint: str = ""
    required: bool = False
    problem: str = ""


@dataclass(frozen=True)
class PersonInput:
    """A choice among people of the CRM, by their user ids."""

    key: str
    label: str
    people: tuple[Person, ...]
    value: str | None = None
    hint: str = ""
    required: bool = False
    problem: str = ""


Input = TextInput | DateInput | NumberInput | ChoiceInput | PersonInput

# --- Tables ---------------------------------------------------------------------------------------


class Align(StrEnum):
    LEFT = "left"
    RIGHT = "right"


class Direction(StrEnum):
    UP = "up"
    DOWN = "down"
    FLAT = "flat"

    @property
    def arrow(self) -> str:
        return {"up": "▲", "down": "▼", "flat": "▬"}[self.value]


@dataclass(frozen=True)
class Trend:
    """Year over year: an arrow and a percentage (`▲ 12%`)."""

    direction: Direction
    words: str


@dataclass(frozen=True)
class Column:
    title: str
    align: Align = Align.LEFT


@dataclass(frozen=True)
class TextCell:
    text: Text


@dataclass(frozen=True)
class FigureCell:
    """A figure with its colour, its trend and the marks of its footnotes (`≈`, `⚑`)."""

    words: str
    status: Status | None = None
    trend: Trend | None = None
    marks: str = ""


TableCell = TextCell | FigureCell


class RowKind(StrEnum):
    PLAIN = "plain"
    PART = "part"
    """Belongs to the plain row above it."""
    TOTAL = "total"


@dataclass(frozen=True)
class TableRow:
    """As many cells as the table has columns."""

    cells: tuple[TableCell, ...]
    kind: RowKind = RowKind.PLAIN


# --- Blocks ---------------------------------------------------------------------------------------


class Tone(StrEnum):
    BODY = "body"
    NOTE = "note"
    """Small print: footnotes, caveats, sources."""


@dataclass(frozen=True)
class Paragraph:
    text: Text
    tone: Tone = Tone.BODY


@dataclass(frozen=True)
class Heading:
    text: str


@dataclass(frozen=True)
class Fact:
    label: str
    value: Text


@dataclass(frozen=True)
class Facts:
    facts: tuple[Fact, ...]


@dataclass(frozen=True)
class Table:
    """Between 1 and 20 columns. `title` says what a reader who cannot see it would be told."""

    title: str
    columns: tuple[Column, ...]
    rows: tuple[TableRow, ...]

    def __post_init__(self) -> None:
        if not 1 <= len(self.columns) <= 20:
            raise ValueError(f"a table has 1 to 20 columns, not {len(self.columns)}")
        if any(len(row.cells) != len(self.columns) for row in self.rows):
            raise ValueError(f"every row of {self.title!r} needs {len(self.columns)} cells")


@dataclass(frozen=True)
class Image:
    """A PNG picture. `name` is its file name, by which a surface finds the address it was uploaded to."""

    name: str
    alt: str
    png: bytes
    dark_png: bytes | None = None
    instead: Table | None = None
    """The same as a table, for surfaces that cannot show the picture."""


@dataclass(frozen=True)
class Divider:
    pass


@dataclass(frozen=True)
class Buttons:
    buttons: tuple[Button, ...]


@dataclass(frozen=True)
class Folded:
    """What most readers can skip: closed at first, opened by the reader where the surface can fold,
    else written out below its summary. Folds are not nested."""

    summary: str
    blocks: "tuple[PlainBlock, ...]"


PlainBlock = Paragraph | Heading | Facts | Table | Image | Divider | Buttons | Pick | Input
Block = PlainBlock | Folded

# --- Messages -------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Card:
    """One message. `key` names it for updates in place; `fallback` is what a notification says."""

    key: str
    title: str
    blocks: tuple[Block, ...]
    fallback: str
    actions: tuple[Button, ...] = ()


@dataclass(frozen=True)
class Form:
    """A question with fields; `command` and `argument` come back with the answers, by input key.

    Without inputs it is a confirmation: words, a button that does it and one that does not."""

    key: str
    title: str
    blocks: tuple[Block, ...]
    command: str
    argument: str = ""
    submit: str = "Save"
    cancel: str = "Cancel"
    """What the button says that closes the form and does nothing."""
    problem: str = ""
    """Why the last answers were not accepted, where it is about no single input."""
