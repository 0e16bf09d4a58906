"""What has changed in the figures of a day since a council saw them."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from pipeline.matrix import Matrix, Metric, Row, Status
from pipeline.money import round_cents

_HUNDREDTH = Fraction(1, 100)


@dataclass(frozen=True)
class Restatement:
    """A cell of the same day with another figure or colour than the council saw."""

    row: str
    metric: Metric
    seen: Decimal | Fraction | None
    now: Decimal | Fraction | None
    seen_status: Status
    now_status: Status


def restatements(seen: Matrix, now: Matrix) -> tuple[Restatement, ...]:
    """The cells that differ, compared to the cent or the hundredth; the total first, then by row.

    A row that is in one of the tables alone counts as nothing in the other.
    """
    before, after = _rows(seen), _rows(now)
    found = (
        _compared(name, metric, before.get(name), after.get(name))
        for name in (now.total.value, *(row.value for row in now.rows), *before)
        for metric in Metric
    )
    return tuple(dict.fromkeys(one for one in found if one is not None))


def _rows(table: Matrix) -> Mapping[str, Row]:
    return {row.value: row for row in (*table.rows, table.total)}


def _compared(name: str, metric: Metric, seen: Row | None, now: Row | None) -> Restatement | None:
    figures = [None if row is None else row.cells[metric].figure for row in (seen, now)]
    colours = [Status.GREY if row is None else row.cells[metric].status for row in (seen, now)]
    if _rounded(figures[0]) == _rounded(figures[1]) and colours[0] is colours[1]:
        return None
    return Restatement(name, metric, figures[0], figures[1], colours[0], colours[1])


def _rounded(figure: Decimal | Fraction | None) -> Decimal | int | None:
    """Nothing and 0 are the same to a reader."""
    if isinstance(figure, Fraction):
        return figure // _HUNDREDTH
    return None if figure is None else round_cents(figure) or None
