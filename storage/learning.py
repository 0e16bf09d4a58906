"""What past quarters teach, measured in one scan: each version's close date names its quarter."""

from collections.abc import Sequence
from datetime import date, timedelta
from fractions import Fraction
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Integer,
    Select,
    and_,
    case,
    func,
    literal_column,
    select,
    text,
)

from pipeline.calendar import FiscalCalendar, Period
from pipeline.definitions import ColoursDefinition
from pipeline.errors import PeriodMissing
from pipeline.learning import Learnt, PastQuarter, learn
from pipeline.money import SCALE
from pipeline.records import Category, DealClass
from storage.measuring import rate_day
from storage.scales import Scales
from storage.tables import opportunity_version

QUARTERS_LOOKED_AT = 8

_version = opportunity_version.c


def read_learnt(
    connection: Connection,
    generation: int,
    as_of: date,
    scales: Scales,
    colours: ColoursDefinition,
    renewal_slices: Sequence[int],
) -> Learnt:
    """The company's pace at this very point of the quarter, as its last eight quarters show it."""
    if not _is_needed(colours):
        return Learnt()
    quarters = _past_quarters(scales.calendar, as_of)
    if not quarters:
        return Learnt()
    share = scales.calendar.period_of(as_of).share_elapsed(as_of)
    gathered = [[Fraction(0)] * 4 for _ in quarters]
    statement = _statement(generation, as_of, quarters, share, scales, renewal_slices)
    for quarter, currency, day, *money in connection.execute(statement):
        units = scales.units_of(currency, day)
        if units is not None:
            sums = gathered[quarter]
            gathered[quarter] = [
                one + Fraction(int(amount), SCALE) / Fraction(units)
                for one, amount in zip(sums, money, strict=True)
            ]
    return learn(
        PastQuarter(
            closed_at_share=closed,
            closed_final=final,
            open_at_share=open_then,
            forecast_at_share=closed + commit,
        )
        for final, closed, open_then, commit in gathered
    )


def _is_needed(colours: ColoursDefinition) -> bool:
    if "*" not in colours.required_coverage:
        return True
    explicit = "*" in colours.pace_curve and "*" in colours.forecast_curve
    return colours.pacing == "seasonal" and not explicit


def _past_quarters(calendar: FiscalCalendar, as_of: date) -> list[Period]:
    """The finished quarters before this one, oldest first; a custom table may not reach far."""
    current = calendar.period_of(as_of)
    quarters: list[Period] = []
    for steps in range(1, QUARTERS_LOOKED_AT + 1):
        try:
            quarters.append(calendar.shift(current, -steps))
        except PeriodMissing:
            break
    return quarters[::-1]


def _statement(
    generation: int,
    as_of: date,
    quarters: Sequence[Period],
    share: Fraction,
    scales: Scales,
    renewal_slices: Sequence[int],
) -> Select[Any]:
    """Final closed won, and closed won, open pipeline and Commit at the same share, per quarter."""
    ends = [quarter.end.toordinal() for quarter in quarters]
    points = [_day_at(quarter, share).toordinal() for quarter in quarters]
    number, end, point = (_by_quarter(quarters, values) for values in (range(len(quarters)), ends, points))
    at_end = and_(_version.valid_from <= end, _version.valid_to > end)
    at_point = and_(_version.valid_from <= point, _version.valid_to > point)
    is_won = _version.deal_class == int(DealClass.WON)
    is_open = and_(
        _version.deal_class == int(DealClass.OPEN_QUALIFIED), _version.category != int(Category.OMITTED)
    )
    conditions = (
        and_(is_won, at_end),
        and_(is_won, at_point),
        and_(is_open, at_point),
        and_(is_open, _version.category == int(Category.COMMIT), at_point),
    )
    return (
        select(
            number,
            _version.currency,
            rate_day(as_of.toordinal(), scales),
            *(func.coalesce(func.sum(case((one, _version.value), else_=0)), 0) for one in conditions),
        )
        .where(
            _version.gen_from <= generation,
            _version.gen_to > generation,
            _version.close_day.between(quarters[0].start.toordinal(), ends[-1]),
            _version.slice.not_in(renewal_slices),
        )
        .group_by(text("1, 2, 3"))
    )


def _day_at(quarter: Period, share: Fraction) -> date:
    """The day of a quarter at which the same share of it has elapsed."""
    return quarter.start + timedelta(days=max(round(share * quarter.days), 1) - 1)


def _by_quarter(quarters: Sequence[Period], values: Sequence[int]) -> ColumnElement[int]:
    """The value of the quarter in which a version's close date falls."""
    starts = [quarter.start.toordinal() for quarter in quarters[1:]]
    whens = " ".join(
        f"WHEN close_day < {start} THEN {value}" for start, value in zip(starts, values, strict=False)
    )
    if not whens:
        return literal_column(str(values[-1]), Integer)
    return literal_column(f"CASE {whens} ELSE {values[-1]} END", Integer)
