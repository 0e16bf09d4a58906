"""Lists of actions, and the ledger of what moved after them."""

from collections.abc import Iterable, Sequence
from datetime import date

from messages.action import STATUS_LABELS, action_title
from messages.card import (
    Align,
    Block,
    Bold,
    Button,
    Buttons,
    ButtonStyle,
    Card,
    Column,
    Folded,
    Paragraph,
    Person,
    PlainBlock,
    Table,
    TableRow,
    Text,
    TextCell,
    Tone,
    text,
)
from messages.csv_sheet import csv_sheet
from messages.wording import Wording
from pipeline.action_outcomes import FEWEST_FOR_A_FIGURE, LedgerLine, movement_between, points
from pipeline.actions import CouncilAction
from pipeline.actions_definition import ActionsDefinition

SHOW = "action_show"
"""Command of the button that shows one action; the argument is its number."""
LISTED = 10
NOTHING_OPEN = "Nothing is open. Assign one with /action, or from a message of the council's threads."
NOTHING_OVERDUE = "Nothing is overdue. /actions all lists what is open."
TOO_FEW = f"fewer than {FEWEST_FOR_A_FIGURE}"


def compose_actions(
    title: str,
    actions: Sequence[CouncilAction],
    today: date,
    definition: ActionsDefinition,
    nothing: str = NOTHING_OPEN,
    wording: Wording | None = None,
) -> Card:
    """Unfinished actions first, the one due first at the front; finished ones folded. `nothing`: what is said
    where none is unfinished."""
    wording = wording or Wording()
    unfinished = [action for action in actions if action.is_unfinished]
    finished = [action for action in actions if not action.is_unfinished]
    words = _headline(unfinished, today, nothing, wording)
    blocks: list[Block] = [Paragraph(text(words))]
    for action in unfinished[:LISTED]:
        blocks.extend(_listed(action, today, definition, wording))
    if len(unfinished) > LISTED:
        more = [line for one in unfinished[LISTED:] for line in _listed(one, today, definition, wording)]
        count = wording.count(len(unfinished) - LISTED, "more action", "more actions")
        blocks.append(Folded(f"Show {count}", tuple(more)))
    if finished:
        lines = [Paragraph(_line(one, today, definition, wording)) for one in finished]
        blocks.append(Folded(f"{wording.number(len(finished))} done or dropped", tuple(lines)))
    return Card("actions", title, tuple(blocks), f"{title}: {words}")


def _headline(unfinished: Sequence[CouncilAction], today: date, nothing: str, wording: Wording) -> str:
    if not unfinished:
        return nothing
    late = sum(action.is_overdue(today) for action in unfinished)
    overdue = f", {wording.number(late)} overdue" if late else ""
    return f"{wording.count(len(unfinished), 'action', 'actions')} open{overdue}."


def _listed(
    action: CouncilAction, today: date, definition: ActionsDefinition, wording: Wording
) -> tuple[PlainBlock, ...]:
    style = ButtonStyle.PRIMARY if action.is_overdue(today) else ButtonStyle.PLAIN
    return (
        Paragraph(_line(action, today, definition, wording)),
        Buttons((Button(f"Show action {action.no}", SHOW, str(action.no), style),)),
    )


def _line(action: CouncilAction, today: date, definition: ActionsDefinition, wording: Wording) -> Text:
    """`SPIFF for EMEA coverage: 2x on Data Cloud · Ana Lind · due 27 Nov`"""
    late = (today - action.due).days
    overdue = f", {wording.count(late, 'day', 'days')} overdue" if action.is_overdue(today) else ""
    by = f"due {wording.day(action.due).words}{overdue}"
    stands = by if action.is_unfinished else STATUS_LABELS[action.status].lower()
    return text(
        Bold(action_title(action, definition)),
        f": {action.title} · ",
        Person(action.owner.id, action.owner.name),
        f" · {stands}",
    )


# --- The ledger -----------------------------------------------------------------------------------


def compose_ledger(
    lines: Sequence[LedgerLine], definition: ActionsDefinition, wording: Wording | None = None
) -> Card:
    wording = wording or Wording()
    title = "What moved after actions"
    if not lines:
        words = "No action has been assigned yet. Assign one with /action."
        return Card("actions_ledger", title, (Paragraph(text(words)),), words)
    table = Table(
        "Actions by type",
        (
            Column("Type"),
            Column("Actions", Align.RIGHT),
            Column("Spend", Align.RIGHT),
            Column("Moved after, median", Align.RIGHT),
            Column("Back to green", Align.RIGHT),
        ),
        tuple(_ledger_row(line, definition, wording) for line in lines),
    )
    note = (
        "Moved after: by how many points of what it needs to be green the cell had moved when it was last "
        "measured, and in how many actions that could be compared. Cells move for many reasons; this says "
        f"what moved after an action, not what it caused. Of {TOO_FEW} actions there is no figure."
    )
    count = sum(line.count for line in lines)
    return Card(
        "actions_ledger",
        title,
        (table, Paragraph(text(note), Tone.NOTE)),
        f"{title}: {wording.count(count, 'action', 'actions')}.",
    )


def _ledger_row(line: LedgerLine, definition: ActionsDefinition, wording: Wording) -> TableRow:
    dropped = f" ({wording.number(line.dropped)} dropped)" if line.dropped else ""
    cells = (
        definition.label(line.kind),
        f"{wording.number(line.count)}{dropped}",
        _spend(line, wording),
        f"{points(line.median_movement)} ({line.compared})" if line.median_movement is not None else TOO_FEW,
        f"{wording.percent(line.back_to_green)} of {line.started_off_green}"
        if line.back_to_green is not None
        else TOO_FEW,
    )
    return TableRow(tuple(TextCell(text(cell)) for cell in cells))


def _spend(line: LedgerLine, wording: Wording) -> str:
    amounts = [wording.short_money(amount, currency) for currency, amount in line.spend.items()]
    return " + ".join(amounts) if amounts else "none"


def ledger_csv(actions: Iterable[CouncilAction], definition: ActionsDefinition) -> str:
    """A line per action with its readings, safe to open."""
    header = (
        *(
            "no",
            "type",
            "dimension",
            "value",
            "metric",
            "title",
            "owner",
            "due",
            "status",
            "cost",
            "currency",
        ),
        *("opened", "colour_at_opening", "weeks", "colour_after", "moved_after", "verdict", "reason"),
    )
    return csv_sheet(header, (_csv_line(action, definition) for action in actions))


def _csv_line(action: CouncilAction, definition: ActionsDefinition) -> tuple[str | int | None, ...]:
    last = action.measured[-1] if action.measured else None
    before = action.baseline
    moved = movement_between(before, last.reading) if before is not None and last is not None else None
    return (
        action.no,
        definition.label(action.kind),
        action.cell.dimension.value,
        action.cell.value,
        action.cell.metric.value,
        action.title,
        action.owner.name,
        action.due.isoformat(),
        STATUS_LABELS[action.status],
        None if action.cost is None else f"{action.cost.normalize():f}",
        action.currency if action.cost is not None else None,
        action.opened_on.isoformat(),
        before.status.value if before is not None else None,
        last.weeks if last is not None else None,
        last.reading.status.value if last is not None else None,
        None if moved is None else round(moved * 100),
        last.verdict.value if last is not None else None,
        last.reason if last is not None else None,
    )
