"""The council's actions as lines in other messages: who does what until when, and what moved after."""

from collections.abc import Sequence
from datetime import date

from messages.action import cell_words, figure
from messages.card import Bold, Colour, Paragraph, PlainBlock, Span, text
from messages.wording import Wording
from pipeline.actions import ActionSince, ActionStatus, CellReading, CouncilAction
from pipeline.matrix import Metric

STATUS_WORDS = {
    ActionStatus.OPEN: "open",
    ActionStatus.IN_PROGRESS: "in progress",
    ActionStatus.DONE: "done",
    ActionStatus.DROPPED: "dropped",
}


def action_line(action: CouncilAction, today: date, wording: Wording) -> Paragraph:
    """`2x on Data Cloud · Ana, due 27 Nov, open`; what is overdue says so."""
    due = wording.day(action.due)
    late = ", overdue" if action.is_overdue(today) else ""
    status = f", {STATUS_WORDS[action.status]}{late}"
    return Paragraph(text("• ", Bold(action.title), f" · {action.owner.name}, due ", due, status))


def moved_lines(
    actions: Sequence[ActionSince], today: date, currency: str, wording: Wording
) -> tuple[PlainBlock, ...]:
    """Each action with its cell before and now: it moved after the action, not because of it."""
    lines: list[PlainBlock] = []
    for since in actions:
        lines.append(_moved(since, today, currency, wording))
    return tuple(lines)


def _moved(since: ActionSince, today: date, currency: str, wording: Wording) -> Paragraph:
    action, before, now = since.action, since.action.baseline, since.now
    line = action_line(action, today, wording).text
    cell = cell_words(action.cell)
    if before is None or now is None:
        return Paragraph((*line, *text(f". {cell}: no figures to compare.")))
    metric = action.cell.metric
    was, stands = (_reading(reading, metric, currency, wording) for reading in (before, now))
    return Paragraph((*line, *text(f". {cell} moved after: "), *was, *text(" → "), *stands))


def _reading(reading: CellReading, metric: Metric, currency: str, wording: Wording) -> tuple[Span, ...]:
    return text(figure(reading.figure, metric, currency, wording), " ", Colour(reading.status))
