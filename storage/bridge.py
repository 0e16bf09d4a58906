"""Reading the waterfall: the two states of every deal that one of the endpoints holds."""

from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from itertools import groupby
from operator import attrgetter
from typing import Any

from sqlalchemy import Connection, Engine, and_, or_, select

from pipeline.calendar import Period
from pipeline.company import Company
from pipeline.dimensions import RENEWAL
from pipeline.errors import CouncilError
from pipeline.matrix import Dimension
from pipeline.records import Category, DealClass
from pipeline.waterfall import DealPair, DealState, Part, Waterfall, bridge
from storage.database import reading
from storage.mirror import pulled_state
from storage.scales import Scales, read_scales
from storage.tables import opportunity_key, opportunity_version, slice_table

_version = opportunity_version.c
ROWS_A_FETCH = 5_000


class EndpointsReversed(CouncilError):
    """A waterfall whose end lies before its start."""


def read_waterfall(
    engine: Engine,
    company: Company,
    *,
    from_date: date,
    to_date: date,
    period_label: str | None = None,
    dimension: Dimension | None = None,
    value: str | None = None,
) -> Waterfall:
    """The waterfall of a period's open pipeline (default: the period of `to_date`) between two days.

    With a dimension and a value, of that slice. Raises `EndpointsReversed`, `UnknownName` for a period
    that nobody knows, and `NothingPulled`.
    """
    if to_date < from_date:
        raise EndpointsReversed(f"A waterfall runs forward: {to_date} lies before {from_date}.")
    with reading(engine) as connection:
        state = pulled_state(connection)
        scales = read_scales(connection, company.definitions)
        calendar = scales.calendar
        period = calendar.period_named(period_label) if period_label else calendar.period_of(to_date)
        pairs = _pairs(connection, state.generation, (from_date, to_date), scales, dimension, period)
        return bridge(
            pairs,
            period=period,
            from_date=from_date,
            to_date=to_date,
            rate_of=lambda deal, day: _rate(deal, day, scales),
            currency=scales.rates.corporate_currency,
            slice_value=value if dimension is not None else None,
        )


def _rate(deal: DealState, day: date, scales: Scales) -> Decimal | None:
    rated_on = day if scales.rates.mode == "dated_by_as_of" else deal.close_day or day
    return scales.rates.rate_on(deal.currency, rated_on)


def _pairs(
    connection: Connection,
    generation: int,
    endpoints: tuple[date, date],
    scales: Scales,
    dimension: Dimension | None,
    period: Period,
) -> Iterator[DealPair]:
    """Deals that stood in the period's open pipeline at one of the endpoints, with both their states.

    Versions are clustered by opportunity, so one ordered scan brings each deal's rows together.
    """
    first, last = (day.toordinal() for day in endpoints)
    name = slice_table.c[(dimension or Dimension.REGION).value]
    statement = (
        select(opportunity_version, opportunity_key.c.crm_id, name.label("slice_value"))
        .join(opportunity_key, opportunity_key.c.no == _version.opportunity)
        .join(slice_table, slice_table.c.no == _version.slice)
        .where(
            _version.gen_from <= generation,
            _version.gen_to > generation,
            or_(*(and_(_version.valid_from <= day, _version.valid_to > day) for day in (first, last))),
            slice_table.c.deal_type != RENEWAL,
        )
        .order_by(_version.opportunity, _version.valid_from, _version.part)
        .execution_options(yield_per=ROWS_A_FETCH)
    )
    for _, found in groupby(connection.execute(statement), key=attrgetter("opportunity")):
        rows = list(found)
        pair = DealPair(rows[0].crm_id, _state_on(rows, first, scales), _state_on(rows, last, scales))
        if _could_count(pair, period):
            yield pair


def _could_count(pair: DealPair, period: Period) -> bool:
    return any(
        state is not None
        and state.deal_class is DealClass.OPEN_QUALIFIED
        and state.close_day is not None
        and period.contains(state.close_day)
        for state in (pair.start, pair.end)
    )


def _state_on(rows: list[Any], day: int, scales: Scales) -> DealState | None:
    standing = [row for row in rows if row.valid_from <= day < row.valid_to]
    if not standing:
        return None
    one = standing[0]
    return DealState(
        deal_class=DealClass(one.deal_class),
        category=Category(one.category),
        value=one.deal_value,
        currency=scales.currencies[one.currency],
        close_day=None if one.close_day is None else date.fromordinal(one.close_day),
        parts=tuple(Part(row.slice_value, row.value) for row in standing if row.value is not None),
    )
