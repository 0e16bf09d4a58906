"""What a reader must know before believing a table: each caveat one line, only where it applies.

Deals are counted here, not named: the lines stand in channels where not everybody may see deals.
"""

from collections import Counter
from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal
from fractions import Fraction

from messages.card import Block, Folded, Paragraph, Tone, text
from messages.figures import FLIPS, METRIC_LABELS, row_label
from messages.freshness import records_words, stale_words
from messages.wording import Wording
from pipeline.matrix import Matrix, Metric, Row, Status

OLD_RECORDS_DAYS = 2
"""A pull that is so many days older than the table is a warning, not a note."""


def caveat_blocks(matrix: Matrix, wording: Wording) -> tuple[Block, ...]:
    """What weighs most stands open; the rest is folded."""
    main = tuple(Paragraph(text(line), Tone.NOTE) for line in _weighty(matrix, wording))
    rest = tuple(Paragraph(text(line), Tone.NOTE) for line in _further(matrix, wording))
    if not rest:
        return main
    return (*main, Folded(wording.count(len(rest), "further note", "further notes"), rest))


def _weighty(matrix: Matrix, wording: Wording) -> Iterator[str]:
    caveats = matrix.caveats
    pulled_at = pulled_at_of(matrix)
    if matrix.stale is not None:
        yield stale_words(matrix.stale, wording)
    elif pulled_at is not None and (matrix.as_of - pulled_at.date()).days >= OLD_RECORDS_DAYS:
        days = wording.count((matrix.as_of - pulled_at.date()).days, "day", "days")
        yield f"Old records: the last pull was {days} before this table, on {wording.moment(pulled_at)}."
    stale = stale_share(matrix)
    if stale:
        share = wording.some_percent(stale)
        yield f"Stale: {share} of open pipeline is in deals with an outdated or pushed record."
    flips = flipping_cells(matrix)
    if flips:
        yield f"{FLIPS} Without stale deals: {'; '.join(flips)}."
    if caveats.unassigned_share:
        share = wording.some_percent(caveats.unassigned_share)
        yield f"Unassigned: {share} of open pipeline has no {matrix.dimension.value}."
    if caveats.unconverted:
        yield _unconverted(matrix, wording)


def _further(matrix: Matrix, wording: Wording) -> Iterator[str]:
    caveats = matrix.caveats
    if caveats.overdue_prior_ids:
        amount = wording.short_money(caveats.overdue_prior_amount, matrix.currency)
        number = len(caveats.overdue_prior_ids)
        deals = wording.count(number, "open deal", "open deals")
        counted = "counts" if number == 1 else "count"
        yield f"Overdue: {deals} ({amount}) should have closed in an earlier quarter and {counted} in none."
    if caveats.undated_ids:
        number = len(caveats.undated_ids)
        deals = wording.count(number, "open deal has", "open deals have")
        counted = "counts" if number == 1 else "count"
        yield f"Undated: {deals} no close date and {counted} in no quarter."
    if caveats.value_unknown_ids:
        deals = wording.count(len(caveats.value_unknown_ids), "open deal has", "open deals have")
        yield f"Value unknown: {deals} no value."
    yield from caveats.notices
    pulled_at = pulled_at_of(matrix)
    if pulled_at is not None:
        yield records_words(pulled_at, wording)


def pulled_at_of(matrix: Matrix) -> datetime | None:
    return datetime.fromisoformat(matrix.pulled_at) if matrix.pulled_at else None


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
    """`EMEA open pipeline and coverage red`: by row and colour, the cells that would have another one."""
    return tuple(
        f"{row_label(matrix, row)} {_listed(labels)} {status.value}"
        for row in (*matrix.rows, matrix.total)
        for status, labels in _flips_of(row).items()
    )


def _flips_of(row: Row) -> dict[Status, list[str]]:
    flips: dict[Status, list[str]] = {}
    for metric, label in METRIC_LABELS.items():
        trusted = row.cells[metric].trusted
        if trusted.flips:
            flips.setdefault(trusted.status, []).append(label.lower())
    return flips


def _listed(words: list[str]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"
