"""The reminder of an action: before it is due, on the day, and after; then what became of it, in place."""

from datetime import date

from messages.action import STATUS_LABELS, action_buttons, action_title, cell_words
from messages.card import Bold, Card, Paragraph, Tone, spoken, text
from messages.wording import Wording
from pipeline.actions import CouncilAction
from pipeline.actions_definition import ActionsDefinition


def compose_reminder(
    key: str,
    action: CouncilAction,
    today: date,
    definition: ActionsDefinition,
    *,
    is_last: bool = False,
    wording: Wording | None = None,
) -> Card:
    """To the owner; without figures, and with the action's own buttons while there is something to do.

    `today`: the day of the reminder. `is_last`: no other follows it.
    """
    wording = wording or Wording()
    if not action.is_unfinished:
        return _finished(key, action, definition, wording)
    is_late = action.is_overdue(today)
    when = _when(action, today, wording)
    since = f"since {wording.full_day(action.due).words}"
    words = text(
        Bold(f"Due {since if is_late else when}"), f": {action.title}, for {cell_words(action.cell)}."
    )
    asked = f"{action.assigner.name} assigned it on {wording.day(action.opened_on).words}."
    return Card(
        key,
        "An action of yours is overdue" if is_late else f"An action of yours is due {when}",
        (
            Paragraph(words),
            Paragraph(text(f"{asked}{_asks(is_late, is_last)}"), Tone.NOTE),
            *action_buttons(action),
        ),
        spoken(words),
    )


def _when(action: CouncilAction, today: date, wording: Wording) -> str:
    days = (action.due - today).days
    return {0: "today", 1: "tomorrow"}.get(days, f"on {wording.full_day(action.due).words}")


def _asks(is_late: bool, is_last: bool) -> str:
    if not is_late:
        return ""
    silence = " I do not ask again; the council sees it as overdue." if is_last else ""
    return f" Is it done, or does it need another date?{silence}"


def _finished(key: str, action: CouncilAction, definition: ActionsDefinition, wording: Wording) -> Card:
    on = wording.day(action.changed_on)
    words = text(Bold(STATUS_LABELS[action.status]), " on ", on, f": {action.title}.")
    return Card(key, action_title(action, definition), (Paragraph(words),), spoken(words))
