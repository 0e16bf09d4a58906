"""Measuring: one scan of the versions gives the sums of every slice at the end of a day.

DOMAIN section 6. The scan yields a base of sums per slice, currency and basis; every table of the
APM is rolled up from that base (`pipeline.sums`), so ten tables cost one scan.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Integer,
    Select,
    and_,
    case,
    false,
    func,
    literal_column,
    or_,
    select,
    text,
)

from pipeline.calendar import FiscalCalendar, Period
from pipeline.definitions import MetricsDefinition
from pipeline.records import Category, DealClass
from pipeline.sums import SliceSums
from storage.scales import Scales
from storage.tables import opportunity_version

QUARTERS_AHEAD = 3
"""Open pipeline is measured for this quarter and the next three."""

_version = opportunity_version.c


@dataclass(frozen=True)
class MeasuringPoint:
    """Which quarter is measured, and the end of which day shows it."""

    as_of: date
    period: Period
    following: tuple[Period, ...]
    """The next three quarters, or as many of them as a custom calendar holds."""

    @property
    def day(self) -> int:
        return self.as_of.toordinal()


def measuring_point(calendar: FiscalCalendar, period: Period, as_of: date) -> MeasuringPoint:
    return MeasuringPoint(as_of, period, calendar.following(period, QUARTERS_AHEAD))


def measure(
    connection: Connection,
    generation: int,
    point: MeasuringPoint,
    metrics: MetricsDefinition,
    scales: Scales,
    *,
    among: Select[Any] | None = None,
    owners: Collection[int] | None = None,
    only: Collection[int] | None = None,
) -> list[SliceSums]:
    """The base sums of all deals, or `among` those whose numbers a statement yields, or of some owners;
    `only`: of the deals of those numbers. They are additive: those of all deals are the sum of each one's."""
    statement = base_statement(generation, point, metrics, scales)
    if among is not None:
        statement = statement.where(_version.opportunity.in_(among))
    if only is not None:
        statement = statement.where(_version.opportunity.in_(only))
    if owners is not None:
        statement = statement.where(_version.owner.in_(owners))
    return [SliceSums._make(map(int, row)) for row in connection.execute(statement)]


def base_statement(
    generation: int, point: MeasuringPoint, metrics: MetricsDefinition, scales: Scales
) -> Select[Any]:
    """The one statement: a scan with a predicate that keeps only rows which can contribute."""
    conditions = Conditions(point, metrics)
    keys = _keys(point, scales, conditions)
    by_place = ", ".join(str(place) for place in range(1, len(keys) + 1))
    return (
        select(*keys, *_sums(conditions))
        .where(standing(generation, point.day), conditions.anything)
        .group_by(text(by_place))
    )


def standing(generation: int, day: int) -> ColumnElement[bool]:
    """Rows of a generation that hold at the end of a day."""
    return and_(
        _version.valid_from <= day,
        _version.valid_to > day,
        _version.gen_from <= generation,
        _version.gen_to > generation,
    )


class Conditions:
    """Which rows count in which metric."""

    def __init__(self, point: MeasuringPoint, metrics: MetricsDefinition) -> None:
        start, end = point.period.start.toordinal(), point.period.end.toordinal()
        last = (point.period, *point.following)[-1].end.toordinal()
        self.is_open = and_(
            _version.deal_class == int(DealClass.OPEN_QUALIFIED), _version.category != int(Category.OMITTED)
        )
        in_period = _version.close_day.between(start, end)
        self.closed_won = and_(_version.deal_class == int(DealClass.WON), in_period)
        self.open_now = and_(self.is_open, in_period)
        self.commit = and_(self.open_now, _version.category == int(Category.COMMIT))
        self.best_case = and_(
            self.open_now, _version.category.in_([int(Category.MOST_LIKELY), int(Category.BEST_CASE)])
        )
        self.open_next = [
            and_(self.is_open, _version.close_day.between(one.start.toordinal(), one.end.toordinal()))
            for one in point.following
        ] + [false()] * (QUARTERS_AHEAD - len(point.following))
        self.overdue = and_(self.is_open, _version.close_day < start)
        entered = (
            _version.first_qualified if metrics.pipe_gen_basis == "qualified_date" else _version.created_day
        )
        is_open_omitted = and_(
            _version.deal_class.in_([int(DealClass.OPEN_QUALIFIED), int(DealClass.OPEN_UNQUALIFIED)]),
            _version.category == int(Category.OMITTED),
        )
        entered_now = entered.between(start, min(end, point.day))
        self.generated = and_(entered_now, ~is_open_omitted)
        self.anything = or_(
            self.closed_won,
            and_(self.is_open, _version.close_day <= last),
            self.generated,
        )


def rate_day(as_of: int, scales: Scales) -> ColumnElement[int]:
    """The day whose rate converts a version; 0 where it does not matter."""
    mode = scales.rates.mode
    if mode == "static":
        return literal_column("0", Integer)
    if mode == "dated_by_as_of":
        return literal_column(str(as_of), Integer)
    return case(
        (_version.currency == literal_column(str(scales.corporate_number)), literal_column("0")),
        else_=func.coalesce(_version.close_day, literal_column("0")),
    )


def _keys(point: MeasuringPoint, scales: Scales, conditions: Conditions) -> list[ColumnElement[Any]]:
    is_seen = _version.observed_from <= point.day
    return [
        _version.slice,
        _version.currency,
        rate_day(point.day, scales),
        case((is_seen, 0), else_=_version.state_basis),
        case(
            (_version.deal_class == int(DealClass.WON), _version.slice_basis),
            (is_seen, 0),
            else_=_version.slice_basis,
        ),
        case((conditions.generated, _version.qualified_basis), else_=0),
    ]


def _sums(conditions: Conditions) -> list[ColumnElement[Any]]:
    c = conditions
    is_first = _version.part == 0
    counted = (c.closed_won, c.commit, c.open_now, c.generated)
    money = (c.closed_won, c.commit, c.best_case, c.open_now, c.generated, *c.open_next, c.overdue)
    return [
        *(func.coalesce(func.sum(case((condition, _version.value), else_=0)), 0) for condition in money),
        *(
            func.count(case((each, 1)))
            for condition in counted
            for each in (
                and_(condition, _version.value.is_not(None)),
                and_(condition, _version.value.is_not(None), is_first),
            )
        ),
    ]
