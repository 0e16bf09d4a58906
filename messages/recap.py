"""The recap of a council: decisions, new actions, owners and dates, as a message and as files."""

import re
from collections.abc import Sequence
from datetime import date

from messages.action import cell_words
from messages.action_lines import STATUS_WORDS
from messages.card import (
    Block,
    Button,
    Buttons,
    Card,
    Column,
    Heading,
    Paragraph,
    Table,
    TableRow,
    TextCell,
    text,
)
from messages.csv_sheet import csv_sheet
from messages.wording import NO_VALUE, Wording
from pipeline.actions import CouncilAction
from pipeline.recap import Recap

RECAP_FILE = "recap_file"
"""Command of the buttons that give the recap as a file; the argument is the council's day, `/` and `md` or
`csv`."""
_MARKUP = re.compile(r"([\\`*_{}\[\]<>()#+!|~])")


def recap_key(council: date) -> str:
    return f"recap:{council.isoformat()}"


def compose_recap(recap: Recap, wording: Wording | None = None) -> Card:
    """What was decided, for whom, by when; and for which red rows nothing was."""
    wording = wording or Wording()
    day = wording.day(recap.council)
    title = f"Recap of the council of {day.words}, {recap.period}"
    said = _decided(recap, wording)
    blocks: list[Block] = [Paragraph(text(said))]
    if recap.opened:
        blocks += _titled("New actions", recap.opened, wording)
    if recap.undecided:
        blocks.append(Paragraph(text(f"Red and without a new action: {', '.join(recap.undecided)}.")))
    if recap.changed:
        blocks += _titled("Earlier actions that changed", recap.changed, wording)
    kinds = (("As Markdown", "md"), ("As CSV", "csv"))
    buttons = (Button(label, RECAP_FILE, f"{recap.council.isoformat()}/{kind}") for label, kind in kinds)
    return Card(recap_key(recap.council), title, (*blocks, Buttons(tuple(buttons))), f"{title}: {said}")


def _decided(recap: Recap, wording: Wording) -> str:
    if not recap.opened:
        return "No new action was assigned."
    owners = len({action.owner.id for action in recap.opened})
    actions = wording.count(len(recap.opened), "new action", "new actions")
    return f"{actions} for {wording.count(owners, 'person', 'people')}."


def _titled(title: str, actions: Sequence[CouncilAction], wording: Wording) -> tuple[Block, ...]:
    return (Heading(title), _table(title, actions, wording))


def _table(title: str, actions: Sequence[CouncilAction], wording: Wording) -> Table:
    columns = ("Cell", "Action", "Owner", "Due", "Cost", "Status")
    rows = tuple(
        TableRow(tuple(TextCell(text(words)) for words in _cells(action, wording))) for action in actions
    )
    return Table(title, tuple(Column(name) for name in columns), rows)


def _cells(action: CouncilAction, wording: Wording) -> tuple[str, ...]:
    cost = NO_VALUE if action.cost is None else wording.short_money(action.cost, action.currency)
    status = STATUS_WORDS[action.status] + (f": {action.drop_reason}" if action.drop_reason else "")
    due = wording.full_day(action.due).words
    return cell_words(action.cell), action.title, action.owner.name, due, cost, status


# --- Files ----------------------------------------------------------------------------------------


def recap_markdown(recap: Recap, wording: Wording | None = None) -> str:
    """For a wiki: headings and tables; what people wrote stays text."""
    wording = wording or Wording()
    lines = [f"# Council of {wording.full_day(recap.council).words}, {recap.period}", ""]
    lines += [_decided(recap, wording), ""]
    for title, actions in (("New actions", recap.opened), ("Earlier actions", recap.changed)):
        if actions:
            lines += [f"## {title}", "", *_markdown_table(actions, wording), ""]
    if recap.undecided:
        lines += [
            "## Red and without a new action",
            "",
            *(f"- {_as_text(row)}" for row in recap.undecided),
            "",
        ]
    return "\n".join(lines)


def _markdown_table(actions: Sequence[CouncilAction], wording: Wording) -> list[str]:
    head = "| Cell | Action | Owner | Due | Cost | Status |"
    rows = (f"| {' | '.join(map(_as_text, _cells(action, wording)))} |" for action in actions)
    return [head, "| --- " * 6 + "|", *rows]


def _as_text(words: str) -> str:
    return _MARKUP.sub(r"\\\1", " ".join(words.split()))


def recap_csv(recap: Recap) -> str:
    """A line per action; what a spreadsheet would take for a formula comes out as text."""
    header = ("dimension", "row", "metric", "action", "type", "owner", "due", "cost", "currency", "status")
    lines = (
        (
            action.cell.dimension.value,
            action.cell.value,
            action.cell.metric.value,
            action.title,
            action.kind,
            action.owner.name,
            action.due.isoformat(),
            None if action.cost is None else str(action.cost),
            action.currency,
            action.status.value,
        )
        for action in (*recap.opened, *recap.changed)
    )
    return csv_sheet(header, lines)
