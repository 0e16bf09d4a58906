"""Reading the deals behind a cell, the largest first."""

import heapq
from collections.abc import Collection
from datetime import date
from decimal import Decimal
from typing import Any

from sqlalchemy import ColumnElement, Engine, Select, and_, func, or_, select, true

from pipeline.company import Company
from pipeline.deals import DealLine
from pipeline.dimensions import RENEWAL
from pipeline.findings import PersonName
from pipeline.matrix import TOTAL, Dimension, Metric
from pipeline.money import convert, to_decimal
from pipeline.records import Category
from storage.apm import untrusted_deals
from storage.database import reading
from storage.measuring import Conditions, measuring_point, rate_day, standing
from storage.mirror import pulled_state
from storage.scales import Scales, read_scales
from storage.tables import opportunity, opportunity_version, person, slice_table, stage

_version = opportunity_version.c

_CATEGORY_WORDS = {
    Category.OMITTED: "Omitted",
    Category.PIPELINE: "Pipeline",
    Category.BEST_CASE: "Best Case",
    Category.MOST_LIKELY: "Most Likely",
    Category.COMMIT: "Commit",
    Category.CLOSED: "Closed",
}


def read_deals(
    engine: Engine,
    company: Company,
    *,
    as_of: date,
    dimension: Dimension,
    value: str,
    metric: Metric,
    owners: Collection[str] | None = None,
    limit: int = 50,
) -> tuple[DealLine, ...]:
    """The deals that make up a cell at the end of a day, the largest first; `value` may be `TOTAL`.

    With `owners` (CRM user ids) only theirs.
    """
    with reading(engine) as connection:
        state = pulled_state(connection)
        scales = read_scales(connection, company.definitions)
        point = measuring_point(scales.calendar, scales.calendar.period_of(as_of), as_of)
        conditions = Conditions(point, company.definitions.metrics)
        untrusted = untrusted_deals(connection, company, state, scales, as_of)
        counted = and_(
            standing(state.generation, point.day), _counts(conditions, metric), _in_slice(dimension, value)
        )
        if owners is not None:
            numbers = select(person.c.no).where(person.c.crm_id.in_(owners))
            counted = and_(counted, _version.owner.in_(numbers))
        statement = _statement(state.generation, point.day, scales, counted, untrusted)
        lines = (_line(row, scales) for row in connection.execute(statement))
        return tuple(heapq.nlargest(limit, lines, key=_worth))


def _worth(line: DealLine) -> Decimal:
    return Decimal("-Infinity") if line.value is None else line.value


def _statement(
    generation: int, day: int, scales: Scales, counted: ColumnElement[bool], untrusted: Select[Any]
) -> Select[Any]:
    """One row per deal; a deal's parts in the slice are summed."""
    record = opportunity
    behind = (
        select(
            _version.opportunity,
            func.sum(_version.value).label("value"),
            *(func.min(column).label(column.name) for column in _OF_THE_DEAL),
            func.min(rate_day(day, scales)).label("rate_day"),
        )
        .join(slice_table, slice_table.c.no == _version.slice)
        .where(counted, _version.value.is_not(None))
        .group_by(_version.opportunity)
        .subquery()
    )
    return (
        select(
            record.c.crm_id,
            record.c.name,
            record.c.account_name,
            record.c.confidential,
            person.c.crm_id.label("owner_id"),
            person.c.name.label("owner_name"),
            stage.c.name.label("stage_name"),
            behind,
            behind.c.opportunity.in_(untrusted).label("untrusted"),
        )
        .join(
            record,
            and_(
                record.c.no == behind.c.opportunity,
                record.c.gen_from <= generation,
                record.c.gen_to > generation,
            ),
        )
        .join(stage, stage.c.no == behind.c.stage)
        .outerjoin(person, person.c.no == behind.c.owner)
        .order_by(record.c.crm_id)
    )


_OF_THE_DEAL = (_version.currency, _version.category, _version.close_day, _version.stage, _version.owner)
"""What all parts of a deal share."""


def _counts(conditions: Conditions, metric: Metric) -> ColumnElement[bool]:
    counted = {
        Metric.CLOSED_WON: conditions.closed_won,
        Metric.FORECAST: or_(conditions.closed_won, conditions.commit),
        Metric.OPEN_PIPELINE: conditions.open_now,
        Metric.COVERAGE: conditions.open_now,
        Metric.PIPE_GEN: conditions.generated,
    }
    return and_(counted[metric], slice_table.c.deal_type != RENEWAL)


def _in_slice(dimension: Dimension, value: str) -> ColumnElement[bool]:
    return true() if value == TOTAL else slice_table.c[dimension.value] == value


def _line(row: Any, scales: Scales) -> DealLine:
    units = scales.units_of(row.currency, row.rate_day)
    return DealLine(
        opportunity_id=row.crm_id,
        name=row.name,
        account=row.account_name,
        owner=None if row.owner_id is None else PersonName(row.owner_id, row.owner_name),
        value=None if units is None else to_decimal(convert(int(row.value), units)),
        stage=row.stage_name,
        category=_CATEGORY_WORDS[Category(row.category)],
        close_date=None if row.close_day is None else date.fromordinal(row.close_day),
        confidential=row.confidential,
        untrusted=bool(row.untrusted),
    )
