"""What a reader must know before believing a table: deals that no total can hold."""

from decimal import Decimal
from fractions import Fraction
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, or_, select

from pipeline.company import Company
from pipeline.dimensions import RENEWAL
from pipeline.matrix import Basis, Caveats, Unconverted
from pipeline.money import SCALE, convert, to_decimal
from pipeline.records import DealClass
from storage.measuring import Conditions, MeasuringPoint, rate_day, standing
from storage.scales import Scales
from storage.tables import opportunity_key, opportunity_version, slice_table

_version = opportunity_version.c


def read_caveats(
    connection: Connection,
    generation: int,
    point: MeasuringPoint,
    company: Company,
    scales: Scales,
) -> Caveats:
    """The caveats that all tables of a day share, without notices."""
    query = _DealQuery(connection, generation, point, scales)
    conditions = Conditions(point, company.definitions.metrics)
    is_known = _version.deal_value.is_not(None)
    overdue = query.deals(and_(conditions.overdue, is_known, _is_no_renewal()))
    undated = query.deals(and_(_is_open(), _version.close_day.is_(None)))
    unknown = query.deals(and_(conditions.open_now, _version.deal_value.is_(None)))
    return Caveats(
        unconverted=tuple(_unconverted(query, conditions, scales)),
        unassigned_share=None,
        overdue_prior_amount=_total(overdue, scales),
        overdue_prior_ids=tuple(row.crm_id for row in overdue),
        undated_ids=tuple(row.crm_id for row in undated),
        value_unknown_ids=tuple(row.crm_id for row in unknown),
        basis=Basis.EXACT,
    )


class _DealQuery:
    """Lists deals of one day by a condition, one row per deal."""

    def __init__(
        self, connection: Connection, generation: int, point: MeasuringPoint, scales: Scales
    ) -> None:
        self._connection = connection
        self._statement = (
            select(
                opportunity_key.c.crm_id,
                _version.deal_value,
                _version.currency,
                rate_day(point.day, scales).label("rate_day"),
            )
            .join(opportunity_key, opportunity_key.c.no == _version.opportunity)
            .where(standing(generation, point.day), _version.part == 0)
            .order_by(opportunity_key.c.crm_id)
        )

    def deals(self, condition: ColumnElement[bool]) -> list[Any]:
        return list(self._connection.execute(self._statement.where(condition)))


def _is_open() -> ColumnElement[bool]:
    return _version.deal_class.in_([int(DealClass.OPEN_QUALIFIED), int(DealClass.OPEN_UNQUALIFIED)])


def _is_no_renewal() -> ColumnElement[bool]:
    """What is overdue stands beside coverage, which renewals stay out of."""
    return _version.slice.not_in(select(slice_table.c.no).where(slice_table.c.deal_type == RENEWAL))


def _unconverted(query: _DealQuery, conditions: Conditions, scales: Scales) -> list[Unconverted]:
    """Deals that would count but whose currency has no rate on their day."""
    foreign = and_(
        _version.currency != scales.corporate_number,
        _version.deal_value.is_not(None),
        or_(conditions.closed_won, conditions.open_now, conditions.generated),
    )
    if len(scales.currencies) < 2:
        return []
    return [
        Unconverted(row.crm_id, Decimal(row.deal_value) / SCALE, scales.currencies[row.currency])
        for row in query.deals(foreign)
        if scales.units_of(row.currency, row.rate_day) is None
    ]


def _total(rows: list[Any], scales: Scales) -> Decimal:
    total = Fraction(0)
    for row in rows:
        units = scales.units_of(row.currency, row.rate_day)
        if units is not None:
            total += convert(row.deal_value, units)
    return to_decimal(total)
