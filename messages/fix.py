"""Fixing a deal in chat: the form, what was saved, what the CRM objected to, and questions before an act."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum

from messages.card import (
    Block,
    Bold,
    Button,
    Buttons,
    ButtonStyle,
    Card,
    Choice,
    ChoiceInput,
    DateInput,
    Form,
    Input,
    Paragraph,
    Person,
    PersonInput,
    TextInput,
    Tone,
    text,
)
from messages.deal_findings import field_label, sentence
from messages.nudge import value_words
from messages.wording import Wording
from pipeline.crm_fields import FieldShape, FieldType
from pipeline.deal_entry import NO, YES, offered_picks
from pipeline.findings import Finding

SAVE_FIX, CONFIRM_PUSH = "fix_save", "push_confirm"


class FixAct(StrEnum):
    """What a form for a deal is opened for. It travels with the form and stands in the audit log."""

    FIX = "fix"
    FIX_DATE = "fix_date"
    PUSH = "push"
    CLOSE_LOST = "close_lost"
    REASSIGN = "reassign"


_TITLES = {
    FixAct.FIX: "Fix this deal",
    FixAct.FIX_DATE: "New close date",
    FixAct.PUSH: "Push two weeks",
    FixAct.CLOSE_LOST: "Close as lost",
    FixAct.REASSIGN: "Give it to a colleague",
}
_SUBMITS = {FixAct.PUSH: "Push it", FixAct.CLOSE_LOST: "Close as lost", FixAct.REASSIGN: "Reassign"}


@dataclass(frozen=True)
class FieldEntry:
    """One field of a form: what stands in it, and what is wrong with that."""

    shape: FieldShape
    typed: str
    controlling: str | None = None
    """The value of the field on which its picks depend, where the form does not ask for that one too."""
    problem: str = ""
    hint: str = ""


@dataclass(frozen=True)
class FixForm:
    """Everything that a form for a deal shows."""

    deal: str
    act: FixAct
    argument: str
    findings: Sequence[Finding]
    entries: Sequence[FieldEntry]
    elsewhere: Sequence[str] = ()
    """Fields that only the CRM itself can change."""
    problem: str = ""


def compose_fix_form(form: FixForm) -> Form:
    """The fields that the findings name, with what is wrong above them."""
    blocks: list[Block] = [Paragraph(text(Bold(form.deal)))]
    blocks += [Paragraph(text(f"• {sentence(one.says)}"), Tone.NOTE) for one in form.findings]
    blocks += [_input(entry) for entry in form.entries]
    if form.elsewhere:
        names = ", ".join(field_label(name) for name in form.elsewhere)
        blocks.append(Paragraph(text(f"Only to be changed in the CRM itself: {names}."), Tone.NOTE))
    return Form(
        f"{form.act}:{form.deal}",
        _TITLES[form.act],
        tuple(blocks),
        SAVE_FIX,
        form.argument,
        _SUBMITS.get(form.act, "Save"),
        problem=form.problem,
    )


def _input(entry: FieldEntry) -> Input:
    shape = entry.shape
    hint = entry.hint or shape.help
    match shape.type:
        case FieldType.DAY:
            return DateInput(
                shape.name, shape.label, _day(entry.typed), hint, shape.is_required, entry.problem
            )
        case FieldType.PICKLIST:
            picks = offered_picks(shape, entry.controlling) if entry.controlling else _all_picks(shape)
            choices = tuple(Choice(value, label) for value, label in picks.items())
            value = entry.typed if entry.typed in picks else None
            return ChoiceInput(
                shape.name, shape.label, choices, value, hint, shape.is_required, entry.problem
            )
        case FieldType.FLAG:
            choices = (Choice(YES, "Yes"), Choice(NO, "No"))
            return ChoiceInput(
                shape.name, shape.label, choices, entry.typed or None, hint, False, entry.problem
            )
        case FieldType.PERSON:
            people = tuple(Person(pick.value, pick.label) for pick in shape.picks)
            value = entry.typed if entry.typed in _all_picks(shape) else None
            return PersonInput(shape.name, shape.label, people, value, hint, shape.is_required, entry.problem)
        case FieldType.NUMBER | FieldType.MONEY:
            number = hint or "Such as 12500.50."
            return TextInput(
                shape.name, shape.label, entry.typed, number, shape.is_required, problem=entry.problem
            )
        case FieldType.TEXT | FieldType.LONG_TEXT:
            lines = 4 if shape.type is FieldType.LONG_TEXT else 1
            return TextInput(
                shape.name, shape.label, entry.typed, hint, shape.is_required, lines, entry.problem
            )


def _all_picks(shape: FieldShape) -> Mapping[str, str]:
    return {pick.value: pick.label for pick in shape.picks}


def _day(typed: str) -> date | None:
    """A date input holds days only; what is none is named in its problem."""
    try:
        return date.fromisoformat(typed)
    except ValueError:
        return None


# --- Before and after -----------------------------------------------------------------------------


def saved_words(deal: str, done: Sequence[str]) -> str:
    """`Acme: Close date 30 Sep → 14 Nov`."""
    return f"{deal}: {', '.join(done)}." if done else f"{deal}: nothing was changed."


def conflict_words(seen: str | None, now: str) -> str:
    """At a field that somebody else has changed: both values, and what saving again means.

    `seen`: what the form showed; `None` where the text was too long to be kept."""
    wording = Wording()
    before = "" if seen is None else f" from {value_words(seen, wording)}"
    return (
        f"Somebody else changed this{before} to {value_words(now, wording)} meanwhile. "
        "Save again to replace theirs by yours, or type theirs."
    )


def learnt_hint(says: str) -> str:
    """At a field that the CRM has asked for in such a case before, in its words."""
    return f"The CRM asks for this: {sentence(says)}"


def compose_push_confirmation(
    deal_id: str, deal: str, old: date, new: date, *, leaves: str | None, is_commit: bool
) -> Form:
    """Asked where two weeks more are not a small thing."""
    wording = Wording()
    change = Bold(f"{wording.day(old).words} → {wording.day(new).words}")
    blocks: list[Block] = [Paragraph(text(Bold(deal))), Paragraph(text("Close date ", change))]
    if leaves is not None:
        blocks.append(Paragraph(text(f"It then leaves {leaves}, and no longer counts there.")))
    if is_commit:
        blocks.append(Paragraph(text("It is in Commit: your manager counts on the old date.")))
    return Form(
        f"push:{deal_id}",
        "Push two weeks?",
        tuple(blocks),
        CONFIRM_PUSH,
        deal_id,
        "Push it",
        "Leave it",
    )


def compose_deal_choice(deals: Sequence[tuple[str, str, Decimal | None]], currency: str) -> Card:
    """Several deals of that name: id, name and value of each."""
    wording = Wording()
    blocks: list[Block] = []
    for deal_id, name, value in deals:
        worth = f" · {wording.short_money(value, currency)}" if value is not None else ""
        blocks += [Paragraph(text(Bold(name), worth)), Buttons((Button("Fix it", FixAct.FIX, deal_id),))]
    return Card("fix:choose", "Which deal?", tuple(blocks), "Which deal do you mean?")


def compose_not_mine(
    key: str, *, by: str, deal_id: str, deal: str, manager: bool, has_manager: bool = True
) -> Card:
    """To the manager, who can do something about it, and to sales operations, who hear of it.

    `has_manager`: somebody leads whoever says so; else sales operations find the owner."""
    title = f"{by} says {deal} is not theirs"
    if not manager:
        what = "Nothing was changed. " + (
            "Its manager was asked to reassign it."
            if has_manager
            else "Nobody leads them in the CRM, so please find its owner and change it there."
        )
        return Card(key, title, (Paragraph(text(what)),), f"{title}. {what}")
    what = "It stays with them until you reassign it."
    reassign = Button("Reassign", FixAct.REASSIGN, deal_id, ButtonStyle.PRIMARY)
    buttons = Buttons((reassign, Button("Ask the owner", "ask_owner", deal_id)))
    return Card(key, title, (Paragraph(text(what)), buttons), f"{title}. {what}")
