"""Measuring the sums that a day's tables are put together from, of all deals or of a few."""

from collections.abc import Collection, Sequence
from datetime import date
from typing import Any

from sqlalchemy import Connection, Select

from pipeline.calendar import FiscalCalendar, Period
from pipeline.definitions import MetricsDefinition
from pipeline.errors import PeriodMissing
from pipeline.sums import SliceSums
from storage.base import Base
from storage.measuring import measure, measuring_point
from storage.scales import Scales


def measure_base(
    connection: Connection,
    generation: int,
    as_of: date,
    metrics: MetricsDefinition,
    scales: Scales,
    untrusted: Select[Any],
    *,
    owners: Sequence[int] | None = None,
    only: Collection[int] | None = None,
) -> Base:
    """The sums of a day by point of view; `only`: what the deals of those numbers add to them.

    `untrusted` yields the numbers of the deals whose records nobody can believe.
    """
    calendar = scales.calendar
    period, (prior_period, prior_as_of) = calendar.period_of(as_of), prior_of(calendar, as_of)
    if only is not None:
        untrusted = untrusted.where(untrusted.selected_columns[0].in_(only))

    def sums(of: Period | None, day: date | None, among: Select[Any] | None = None) -> list[SliceSums]:
        if of is None or day is None:
            return []
        point = measuring_point(calendar, of, day)
        return measure(connection, generation, point, metrics, scales, among=among, owners=owners, only=only)

    def past_sums(day: date | None) -> list[SliceSums]:
        try:
            return sums(prior_period, day)
        except PeriodMissing:
            return []

    return {
        "now": sums(period, as_of),
        "untrusted": sums(period, as_of, untrusted),
        "prior": past_sums(prior_as_of),
        "prior_full": past_sums(prior_period.end if prior_period else None),
    }


def prior_of(calendar: FiscalCalendar, as_of: date) -> tuple[Period | None, date | None]:
    """Last year's quarter and the day of it to compare with, where the calendar reaches that far."""
    return calendar.same_quarter_last_year(calendar.period_of(as_of)), calendar.prior_as_of(as_of)
