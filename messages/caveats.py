"""What a reader must know before believing a table: each caveat one line, only where it applies.

Deals are counted here, not named: the lines stand in channels where not everybody may see deals.
"""

from collections import Counter
from collections.abc import Iterator
from decimal import Decimal
from fractions import Fraction

from messages.card import Block, Folded, Paragraph, Tone, text
from messages.figures import FLIPS, METRIC_LABELS, row_label
from messages.wording import Wording
from pipeline.matrix import Matrix, Metric


def caveat_blocks(matrix: Matrix, wording: Wording) -> tuple[Block, ...]:
    """What weighs most stands open; the rest is folded."""
    main = tuple(Paragraph(text(line), Tone.NOTE) for line in _weighty(matrix, wording))
    rest = tuple(Paragraph(text(line), Tone.NOTE) for line in _further(matrix, wording))
    if not rest:
        return main
    return (*main, Folded(wording.count(len(rest), "further note", "further notes"), rest))


def _weighty(matrix: Matrix, wording: Wording) -> Iterator[str]:
    caveats = matrix.caveats
    stale = stale_share(matrix)
    if stale:
        share = wording.percent(stale)
        yield f"Stale: {share} of open pipeline is in deals with an outdated or pushed record."
    flips = flipping_cells(matrix)
    if flips:
        yield f"{FLIPS} Another colour without stale deals: {', '.join(flips)}."
    if caveats.unassigned_share:
        share = wording.percent(caveats.unassigned_share)
        yield f"Unassigned: {share} of open pipeline has no {matrix.dimension.value}."
    if caveats.unconverted:
        yield _unconverted(matrix, wording)


def _further(matrix: Matrix, wording: Wording) -> Iterator[str]:
    caveats = matrix.caveats
    if caveats.overdue_prior_ids:
        amount = wording.short_money(caveats.overdue_prior_amount, matrix.currency)
        deals = wording.count(len(caveats.overdue_prior_ids), "open deal", "open deals")
        yield f"Overdue: {deals} ({amount}) should have closed in an earlier quarter and count in none."
    if caveats.undated_ids:
        deals = wording.count(len(caveats.undated_ids), "open deal has", "open deals have")
        yield f"Undated: {deals} no close date and count in no quarter."
    if caveats.value_unknown_ids:
        deals = wording.count(len(caveats.value_unknown_ids), "open deal has", "open deals have")
        yield f"Value unknown: {deals} no value."
    yield from caveats.notices
    if matrix.pulled_at:
        yield f"Records as of {matrix.pulled_at}."


def _unconverted(matrix: Matrix, wording: Wording) -> str:
    by_currency = Counter(deal.currency for deal in matrix.caveats.unconverted)
    sums = (
        wording.short_money(
            sum(
                (deal.amount for deal in matrix.caveats.unconverted if deal.currency == currency), Decimal(0)
            ),
            currency,
        )
        for currency in sorted(by_currency)
    )
    left_out = wording.count(len(matrix.caveats.unconverted), "deal is", "deals are")
    return f"Unconverted: {left_out} left out, because no exchange rate is known: {', '.join(sums)}."


def stale_share(matrix: Matrix) -> Fraction | None:
    """Share of open pipeline in deals whose records nobody can believe; `None` where nothing is open."""
    cell = matrix.total.cells[Metric.OPEN_PIPELINE]
    if not cell.figure or cell.trusted.figure is None:
        return None
    return 1 - Fraction(cell.trusted.figure) / Fraction(cell.figure)


def flipping_cells(matrix: Matrix) -> tuple[str, ...]:
    """`EMEA coverage (red)`: the cells whose colour changes, with the colour they would have."""
    return tuple(
        f"{row_label(matrix, row)} {METRIC_LABELS[metric].lower()} ({row.cells[metric].trusted.status.value})"
        for row in (*matrix.rows, matrix.total)
        for metric in METRIC_LABELS
        if row.cells[metric].trusted.flips
    )
