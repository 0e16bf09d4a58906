"""Measuring the sums that a day's tables are put together from, of all deals or of a few."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
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
    only: Collection[int],
) -> Base:
    """What the deals of some numbers add to the sums of a day, by point of view.

    `untrusted` yields the numbers of the deals whose records nobody can believe.
    """
    measuring = BaseMeasuring(connection, generation, as_of, metrics, scales, only=only)
    return {**measuring.all_deals(), "untrusted": measuring.among(untrusted)}


@dataclass(frozen=True)
class BaseMeasuring:
    """Measures the sums of a day point by point, of some owners or deals where they are named."""

    connection: Connection
    generation: int
    as_of: date
    metrics: MetricsDefinition
    scales: Scales
    owners: Collection[int] | None = None
    only: Collection[int] | None = None

    def all_deals(self) -> Base:
        """All points of view but the one of the deals whose records nobody can believe."""
        prior_period, prior_as_of = prior_of(self.scales.calendar, self.as_of)
        return {
            "now": self._sums(self._period, self.as_of),
            "prior": self._past_sums(prior_period, prior_as_of),
            "prior_full": self._past_sums(prior_period, prior_period.end if prior_period else None),
        }

    def among(self, deals: Select[Any]) -> Sequence[SliceSums]:
        """The part of `now` that comes from deals whose numbers a statement yields."""
        if self.only is not None:
            deals = deals.where(deals.selected_columns[0].in_(self.only))
        return self._sums(self._period, self.as_of, deals)

    @property
    def _period(self) -> Period:
        return self.scales.calendar.period_of(self.as_of)

    def _sums(self, period: Period, day: date, among: Select[Any] | None = None) -> list[SliceSums]:
        point = measuring_point(self.scales.calendar, period, day)
        return measure(
            self.connection,
            self.generation,
            point,
            self.metrics,
            self.scales,
            among=among,
            owners=self.owners,
            only=self.only,
        )

    def _past_sums(self, period: Period | None, day: date | None) -> list[SliceSums]:
        """None where the calendar does not reach back that far."""
        if period is None or day is None:
            return []
        try:
            return self._sums(period, day)
        except PeriodMissing:
            return []


def prior_of(calendar: FiscalCalendar, as_of: date) -> tuple[Period | None, date | None]:
    """Last year's quarter and the day of it to compare with, where the calendar reaches that far."""
    return calendar.same_quarter_last_year(calendar.period_of(as_of)), calendar.prior_as_of(as_of)
