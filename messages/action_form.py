"""The forms of an action: assigning one, a comment, another owner, and the reason for dropping it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from messages.card import (
    Block,
    Choice,
    ChoiceInput,
    Form,
    Input,
    Paragraph,
    Person,
    PersonInput,
    TextInput,
    text,
)
from messages.wording import Wording
from pipeline.actions import CouncilAction
from pipeline.actions_definition import ActionsDefinition
from pipeline.natural_dates import spoken_day

SAVE, SAVE_COMMENT, SAVE_DUE, SAVE_OWNER, SAVE_DROP = (
    "save_action",
    "save_action_comment",
    "save_action_due",
    "save_action_owner",
    "save_action_drop",
)
"""Commands of the forms."""
WORDS, DUE, OWNER = "words", "due", "owner"
"""Keys of the inputs of the small forms."""


@dataclass(frozen=True, kw_only=True)
class ActionFields:
    """What stands in the fields of a new action, and what is wrong with it."""

    kind: str = ""
    cell: str = ""
    title: str = ""
    owner: str = ""
    due: str = ""
    cost: str = ""
    expected: str = ""
    quoted: str = ""
    problems: Mapping[str, str] = field(default_factory=dict)
    days: tuple[date, ...] = ()
    """The due day is one of these."""
    people: tuple[Person, ...] = ()
    """The owner is one of these."""
    cells: tuple[str, ...] = ()
    """The cell is one of these, as somebody would type them: those of the thread."""


def compose_action_form(fields: ActionFields, argument: str, definition: ActionsDefinition) -> Form:
    """A new action, with everything that was typed kept."""
    problems = fields.problems
    kinds = tuple(Choice(key, one.label) for key, one in definition.types.items())
    inputs: list[Block] = [
        ChoiceInput(
            "kind",
            "Type",
            kinds,
            fields.kind or None,
            required=True,
            problem=problems.get("kind", ""),
        ),
        _cell_input(fields),
        TextInput(
            "title",
            "What is to be done",
            fields.title,
            "In a few words: 2x on Data Cloud",
            required=True,
            problem=problems.get("title", ""),
        ),
        _owner_input(fields),
        _due_input("Due", fields.due, fields.days, problems.get("due", "")),
        TextInput("cost", "Cost", fields.cost, "5000, or 5000 EUR", problem=problems.get("cost", "")),
        TextInput(
            "expected",
            "Expected effect",
            fields.expected,
            "What it should bring",
            lines=2,
            problem=problems.get("expected", ""),
        ),
    ]
    if fields.quoted:
        inputs.append(
            TextInput(
                "quoted", "From the message", fields.quoted, lines=3, problem=problems.get("quoted", "")
            )
        )
    return Form("action:new", "Assign an action", tuple(inputs), SAVE, argument, "Assign")


def _cell_input(fields: ActionFields) -> Input:
    problem = fields.problems.get("cell", "")
    if fields.cells:
        cells = tuple(Choice(cell, cell.replace("_", " ")) for cell in fields.cells)
        return ChoiceInput("cell", "Cell", cells, required=True, problem=problem)
    hint = "A row and a figure: EMEA coverage"
    return TextInput("cell", "Cell", fields.cell, hint, required=True, problem=problem)


def _owner_input(fields: ActionFields) -> Input:
    problem = fields.problems.get("owner", "")
    if fields.people:
        return PersonInput("owner", "Owner", fields.people, required=True, problem=problem)
    hint = "A name or an e-mail address"
    return TextInput("owner", "Owner", fields.owner, hint, required=True, problem=problem)


def _due_input(label: str, typed: str, days: Sequence[date], problem: str) -> Input:
    """`days`: what was typed could be each of them."""
    if days:
        choices = tuple(Choice(day.isoformat(), spoken_day(day)) for day in days)
        return ChoiceInput(DUE, label, choices, required=True, problem=problem)
    hint = "Friday, in 2 weeks, end of quarter, 14 Nov"
    return TextInput(DUE, label, typed, hint, required=True, problem=problem)


def compose_comment_form(action: CouncilAction, words: str = "", problem: str = "") -> Form:
    field = TextInput(WORDS, "Comment", words, required=True, lines=3, problem=problem)
    return _about(action, "Comment", (field,), SAVE_COMMENT, "Say it")


def compose_due_form(
    action: CouncilAction, typed: str = "", days: Sequence[date] = (), problem: str = ""
) -> Form:
    """By when it shall be done; `days`: where what was typed could be several."""
    return _about(
        action, "Another due date", (_due_input("New date", typed, days, problem),), SAVE_DUE, "Move it"
    )


def compose_owner_form(
    action: CouncilAction, typed: str = "", people: Sequence[Person] = (), problem: str = ""
) -> Form:
    """Whose it shall be; `people`: where several are called so."""
    chosen: Input = (
        PersonInput(OWNER, "New owner", tuple(people), required=True, problem=problem)
        if people
        else TextInput(
            OWNER, "New owner", typed, "A name or an e-mail address", required=True, problem=problem
        )
    )
    return _about(action, "Reassign", (chosen,), SAVE_OWNER, "Reassign")


def compose_drop_form(action: CouncilAction, words: str = "", problem: str = "") -> Form:
    field = TextInput(
        WORDS, "Why is it dropped?", words, "The council reads it", required=True, lines=2, problem=problem
    )
    return _about(action, "Drop this action", (field,), SAVE_DROP, "Drop it")


def _about(action: CouncilAction, title: str, inputs: tuple[Input, ...], command: str, submit: str) -> Form:
    due = Wording().full_day(action.due).words
    about = Paragraph(text(f"{action.title} · {action.owner.name}, by {due}"))
    return Form(f"{command}:{action.no}", title, (about, *inputs), command, str(action.no), submit)
