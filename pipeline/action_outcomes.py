"""What a cell did after an action was opened, and what that adds up to by type (the ledger).

The rule looks at the share of what is required (`measure / required`), since both sides of a cell move with
the quarter. It says that a cell moved after, never that the action moved it (docs/decisions/0013).
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from math import floor
from statistics import median

from pipeline.actions import ActionStatus, CellReading, CouncilAction, Measured, Verdict
from pipeline.matrix import Status

A_MOVE = Fraction(5, 100)
"""Five points of what is required: less is noise."""
FEWEST_FOR_A_FIGURE = 5
"""Of fewer measured actions no median and no share is told: it would be an anecdote."""


@dataclass(frozen=True)
class Judgement:
    verdict: Verdict
    reason: str
    """One sentence, for people."""


def judge(before: CellReading, after: CellReading) -> Judgement:
    """`helped`: greener, or at least five points nearer to what is required and no redder. `unclear`: what
    the two days are measured against cannot be compared. Else `no_change`, which is also what a cell that
    moved away is called: the action did not help, and nobody says that it did harm.
    """
    if before.period != after.period:
        return _unclear(f"{after.period} has begun, so the cell stands against another target.")
    if before.target != after.target:
        return _unclear("The target was changed meanwhile.")
    if Status.GREY in (before.status, after.status):
        return _unclear("The cell had no colour on one of the two days.")
    if before.status is Status.GREEN:
        return Judgement(Verdict.NO_CHANGE, f"It was green already, and is {after.status.value} now.")
    greener = before.status.severity - after.status.severity
    colours = f"{before.status.value} to {after.status.value}"
    movement = movement_between(before, after)
    if movement is None:
        if after.status is Status.GREEN:
            return Judgement(Verdict.HELPED, f"It went from {colours}: the target is met.")
        return _unclear("There is nothing to compare: the cell had no value on one of the two days.")
    moved = f"It moved by {points(movement)} of what is required"
    if (greener > 0 and movement < 0) or (greener < 0 and movement > 0):
        return _unclear(f"{moved}, but went from {colours}.")
    if greener > 0 or (greener == 0 and movement >= A_MOVE):
        went = f", from {colours}" if greener else f", and is still {after.status.value}"
        return Judgement(Verdict.HELPED, f"{moved}{went}.")
    return Judgement(Verdict.NO_CHANGE, f"{moved}, and is {after.status.value}.")


def movement_between(before: CellReading, after: CellReading) -> Fraction | None:
    """Change of the share of what is required (0.05: five points); `None` where it cannot be compared."""
    if before.period != after.period or before.target != after.target:
        return None
    share_before, share_after = before.share_of_required, after.share_of_required
    return share_after - share_before if share_before is not None and share_after is not None else None


def points(movement: Fraction) -> str:
    """`+12 points`, `0 points`, `-3 points`; halves away from zero."""
    size = floor(abs(movement) * 100 + Fraction(1, 2))
    sign = "" if size == 0 else "+" if movement > 0 else "-"
    return f"{sign}{size} {'point' if size == 1 else 'points'}"


def _unclear(reason: str) -> Judgement:
    return Judgement(Verdict.UNCLEAR, reason)


# --- The ledger -----------------------------------------------------------------------------------


@dataclass(frozen=True)
class LedgerLine:
    """What became of the actions of one type."""

    kind: str
    count: int
    dropped: int
    spend: Mapping[str, Decimal]
    """Of actions that were not dropped, by currency."""
    compared: int
    """Actions whose cell could be compared with its baseline."""
    median_movement: Fraction | None
    """Of what is required (0.05: five points); `None` where fewer than five could be compared."""
    started_off_green: int
    """Measured actions whose cell was red or yellow at the opening."""
    back_to_green: Fraction | None
    """The share of those whose cell was green when last measured; `None` of fewer than five."""


def ledger(actions: Iterable[CouncilAction]) -> tuple[LedgerLine, ...]:
    """A line per type, the one with the most actions first. Cells are taken as they were last measured."""
    by_kind: defaultdict[str, list[CouncilAction]] = defaultdict(list)
    for action in actions:
        by_kind[action.kind].append(action)
    lines = [_line(kind, of_kind) for kind, of_kind in by_kind.items()]
    return tuple(sorted(lines, key=lambda line: (-line.count, line.kind)))


def _line(kind: str, actions: list[CouncilAction]) -> LedgerLine:
    kept = [action for action in actions if action.status is not ActionStatus.DROPPED]
    pairs = [(action.baseline, action.measured[-1]) for action in kept if action.measured]
    movements = [
        movement
        for before, last in pairs
        if before is not None and (movement := movement_between(before, last.reading)) is not None
    ]
    back = [
        last.reading.status is Status.GREEN
        for before, last in pairs
        if before is not None and _was_off_green(before, last)
    ]
    return LedgerLine(
        kind=kind,
        count=len(actions),
        dropped=len(actions) - len(kept),
        spend=_spend(kept),
        compared=len(movements),
        median_movement=median(movements) if len(movements) >= FEWEST_FOR_A_FIGURE else None,
        started_off_green=len(back),
        back_to_green=Fraction(sum(back), len(back)) if len(back) >= FEWEST_FOR_A_FIGURE else None,
    )


def _was_off_green(before: CellReading, last: Measured) -> bool:
    return before.status in (Status.RED, Status.YELLOW) and before.period == last.reading.period


def _spend(actions: Iterable[CouncilAction]) -> dict[str, Decimal]:
    spend: defaultdict[str, Decimal] = defaultdict(Decimal)
    for action in actions:
        if action.cost:
            spend[action.currency] += action.cost
    return dict(sorted(spend.items()))
