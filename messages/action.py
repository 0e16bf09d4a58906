"""An action as its thread, its owner and the council see it. Cells move after actions, never because."""

from fractions import Fraction

from messages.card import (
    Bold,
    Button,
    Buttons,
    ButtonStyle,
    Card,
    Colour,
    Fact,
    Facts,
    Link,
    Paragraph,
    Person,
    Text,
    Tone,
    spoken,
    text,
)
from messages.figures import METRIC_LABELS
from messages.wording import NO_VALUE, Wording
from pipeline.action_copies import action_key, outcome_key
from pipeline.actions import ActionStatus, CellReading, CouncilAction, Measured, Verdict
from pipeline.actions_definition import ActionsDefinition
from pipeline.cell_names import CellName
from pipeline.matrix import TOTAL, Metric
from pipeline.money import to_decimal

START, DONE, COMMENT, NEW_DATE, REASSIGN, DROP = (
    "action_start",
    "action_done",
    "action_comment",
    "action_due",
    "action_reassign",
    "action_drop",
)
"""Commands of the buttons; the argument is the action's number."""
SHOWN_COMMENTS = 3
QUOTED_CHARACTERS = 300

STATUS_LABELS = {
    ActionStatus.OPEN: "Open",
    ActionStatus.IN_PROGRESS: "In progress",
    ActionStatus.DONE: "Done",
    ActionStatus.DROPPED: "Dropped",
}
VERDICT_LABELS = {
    Verdict.HELPED: "nearer to green",
    Verdict.NO_CHANGE: "no nearer to green",
    Verdict.UNCLEAR: "unclear",
}


def cell_words(cell: CellName) -> str:
    """`EMEA coverage`"""
    row = "Total" if cell.value == TOTAL else cell.value
    return f"{row} {METRIC_LABELS[cell.metric].lower()}"


def compose_in_thread(
    action: CouncilAction, definition: ActionsDefinition, currency: str, wording: Wording | None = None
) -> Card:
    """For the thread of its row: everything, with the figures. `currency`: the corporate one."""
    title = action_title(action, definition)
    return _card(action_key(action.no), title, action, currency, wording or Wording())


def compose_for_owner(
    key: str,
    action: CouncilAction,
    owner_id: str,
    definition: ActionsDefinition,
    currency: str,
    wording: Wording | None = None,
) -> Card:
    """For the owner's direct messages, or for somebody who was the owner: figures only where `action` has
    them still (`CouncilAction.without_figures`)."""
    wording = wording or Wording()
    if action.owner.id == owner_id:
        title = f"For you: {action_title(action, definition)}"
        return _card(key, title, action, currency, wording)
    words = text("This is ", Person(action.owner.id, action.owner.name), "'s now: ", Bold(action.title), ".")
    return Card(key, action_title(action, definition), (Paragraph(words),), spoken(words))


def _card(key: str, title: str, action: CouncilAction, currency: str, wording: Wording) -> Card:
    due = wording.full_day(action.due)
    return Card(
        key=key,
        title=title,
        blocks=(
            Paragraph(text(Bold(action.title))),
            Facts(_facts(action, wording)),
            *_quoted(action),
            *_movement(action, currency, wording),
            *_comments(action, wording),
            *action_buttons(action),
        ),
        fallback=f"{title}: {action.title}. {action.owner.name}, by {due.words}. "
        f"{STATUS_LABELS[action.status]}.",
    )


def compose_outcome(
    action: CouncilAction,
    before: CellReading,
    measured: Measured,
    currency: str,
    wording: Wording | None = None,
) -> Card:
    """For the thread, when an action was measured. `before`: its baseline."""
    wording = wording or Wording()
    moved = _moved_after(before, measured, action.cell.metric, currency, wording)
    weeks = wording.count(measured.weeks, "week", "weeks")
    title = f"{cell_words(action.cell)}, {weeks} after: {action.title}"
    about = text(
        action.owner.name, ", ", STATUS_LABELS[action.status].lower(), ", due ", wording.day(action.due)
    )
    return Card(
        key=outcome_key(action.no, measured.weeks),
        title=title,
        blocks=(Paragraph(moved), Paragraph(about, Tone.NOTE)),
        fallback=f"{title}. {spoken(moved)}",
    )


def action_title(action: CouncilAction, definition: ActionsDefinition) -> str:
    return f"{definition.label(action.kind)} for {cell_words(action.cell)}"


def _facts(action: CouncilAction, wording: Wording) -> tuple[Fact, ...]:
    facts = [
        Fact("Status", _status(action, wording)),
        Fact("Owner", text(Person(action.owner.id, action.owner.name))),
        Fact("Due", text(wording.full_day(action.due))),
    ]
    if action.cost is not None:
        facts.append(Fact("Cost", text(wording.money(action.cost, action.currency))))
    if action.expected:
        facts.append(Fact("Expected", text(action.expected)))
    day = wording.day(action.opened_on)
    assigned = text(Person(action.assigner.id, action.assigner.name), ", ", day, f" (action {action.no})")
    facts.append(Fact("Assigned by", assigned))
    return tuple(facts)


def _status(action: CouncilAction, wording: Wording) -> Text:
    label = STATUS_LABELS[action.status]
    if action.is_unfinished:
        return text(Bold(label))
    why = f": {action.drop_reason}" if action.drop_reason else ""
    return text(Bold(label), " on ", wording.day(action.changed_on), why)


def _quoted(action: CouncilAction) -> tuple[Paragraph, ...]:
    words = action.quoted[:QUOTED_CHARACTERS] + ("…" if len(action.quoted) > QUOTED_CHARACTERS else "")
    quote = (Paragraph(text(f"“{words}”"), Tone.NOTE),) if words else ()
    link = (Paragraph(text(Link("See the message", action.link))),) if action.link else ()
    return (*quote, *link)


def _comments(action: CouncilAction, wording: Wording) -> tuple[Paragraph, ...]:
    earlier = len(action.comments) - SHOWN_COMMENTS
    lines = [Paragraph(text(f"{wording.number(earlier)} earlier"), Tone.NOTE)] if earlier > 0 else []
    for comment in action.comments[-SHOWN_COMMENTS:]:
        said = wording.day(comment.at.date())
        by = Bold(comment.by.name)
        lines.append(Paragraph(text(by, " · ", said, f": {comment.text}")))
    return tuple(lines)


def action_buttons(action: CouncilAction) -> tuple[Buttons, ...]:
    """What can be done with it; nothing where it is done or dropped."""
    if not action.is_unfinished:
        return ()
    no = str(action.no)
    start = (Button("Start", START, no, ButtonStyle.PRIMARY),) if action.status is ActionStatus.OPEN else ()
    done = ButtonStyle.PLAIN if start else ButtonStyle.PRIMARY
    return (
        Buttons(
            (
                *start,
                Button("Done", DONE, no, done),
                Button("Comment", COMMENT, no),
                Button("New date", NEW_DATE, no),
                Button("Reassign", REASSIGN, no),
                Button("Drop", DROP, no, ButtonStyle.DANGER),
            )
        ),
    )


# --- Before and after -----------------------------------------------------------------------------


def _movement(action: CouncilAction, currency: str, wording: Wording) -> tuple[Paragraph, ...]:
    before = action.baseline
    if before is None:
        return ()
    metric = action.cell.metric
    if not action.measured:
        at_opening = text("At the opening: ", *_reading(before, metric, currency, wording), ".")
        return (Paragraph(at_opening, Tone.NOTE),)
    return tuple(Paragraph(_moved_after(before, one, metric, currency, wording)) for one in action.measured)


def _moved_after(
    before: CellReading, measured: Measured, metric: Metric, currency: str, wording: Wording
) -> Text:
    weeks = wording.count(measured.weeks, "week", "weeks")
    return text(
        Bold(f"Moved after, in {weeks}: "),
        *_from_to(before, measured.reading, metric, currency, wording),
        f". {VERDICT_LABELS[measured.verdict].capitalize()}. {measured.reason}",
    )


def _from_to(
    before: CellReading, after: CellReading, metric: Metric, currency: str, wording: Wording
) -> Text:
    return text(
        *_reading(before, metric, currency, wording), " → ", *_reading(after, metric, currency, wording)
    )


def _reading(reading: CellReading, metric: Metric, currency: str, wording: Wording) -> Text:
    return text(f"{figure(reading.figure, metric, currency, wording)} ", Colour(reading.status))


def figure(value: Fraction | None, metric: Metric, currency: str, wording: Wording) -> str:
    """Money in its short form, coverage as `2.4×`, nothing as a dash."""
    if value is None:
        return NO_VALUE
    if metric is Metric.COVERAGE:
        return wording.ratio(value)
    return wording.short_money(to_decimal(value), currency)
