"""What each slice is asked to reach in a quarter (DOMAIN section 6, targets)."""

import difflib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction
from typing import Protocol

from pipeline.calendar import FiscalCalendar, Period, in_words
from pipeline.errors import CouncilError
from pipeline.matrix import TOTAL, Dimension, Metric
from pipeline.money import RateTable, convert

DEAL_TYPE = "deal_type"
"""Renewals form a line of their own, with targets by deal type."""

_METRICS = (Metric.CLOSED_WON, Metric.PIPE_GEN)
_DIMENSIONS = (*(dimension.value for dimension in Dimension), DEAL_TYPE)


class TargetRecord(Protocol):
    """A row of `targets.csv`, as a system of record yields it."""

    @property
    def period(self) -> str: ...
    @property
    def dimension(self) -> str: ...
    @property
    def value(self) -> str: ...
    @property
    def metric(self) -> str: ...
    @property
    def amount(self) -> int: ...
    @property
    def currency(self) -> str | None: ...


@dataclass(frozen=True)
class Target:
    """An agreed number for one slice of one quarter."""

    period: str
    """The label as the calendar writes it."""
    dimension: str
    """A dimension, a pair `region+product`, or `TOTAL`."""
    value: str
    """`EMEA`, for a pair `EMEA+Cloud`, or `TOTAL`."""
    metric: Metric
    amount: Fraction
    """In the corporate currency, 0 or more."""


@dataclass(frozen=True)
class TargetProblem:
    """A target that could not be taken in, and why, for the person who keeps the targets."""

    record: TargetRecord
    says: str


class CompanyTargetSource(StrEnum):
    """Where the company's target comes from."""

    EXPLICIT = "explicit"
    SUM_OF_REGIONS = "sum_of_regions"
    """Rows without a target of their own then leave the total's attainment."""
    NONE = "none"


@dataclass(frozen=True)
class CompanyTarget:
    amount: Fraction | None
    source: CompanyTargetSource


@dataclass(frozen=True)
class _Place:
    """Where a target is looked up: names compared without regard to case."""

    period: str
    dimension: str
    value: str
    metric: Metric


@dataclass(frozen=True)
class TargetBook:
    """All targets, in the corporate currency. Build it with `build_targets`."""

    targets: tuple[Target, ...]
    _by_place: Mapping[_Place, Fraction]

    def closed_won(self, period_label: str, dimension: str, value: str) -> Fraction | None:
        """The target of closed_won; `None` where there is none. `TOTAL` asks for the company's."""
        return self._amount(period_label, dimension, value, Metric.CLOSED_WON)

    def pipe_gen(self, period_label: str, dimension: str, value: str) -> Fraction | None:
        """The target of pipe_gen that was given; `derive_pipe_gen_target` stands in where there is none."""
        return self._amount(period_label, dimension, value, Metric.PIPE_GEN)

    def beside(self, period_label: str, pair: str, first: str) -> tuple[str, ...]:
        """The second values of the pairs that have a target and whose first value is `first`."""
        start = pair_names(first, "").casefold()
        values: dict[str, str] = {}
        for target in self.targets:
            if target.period == period_label:
                for dimension, value in _spellings(target):
                    if dimension == pair and value.casefold().startswith(start):
                        second = value[len(start) :]
                        values.setdefault(second.casefold(), second)
        return tuple(values.values())

    def company(self, period_label: str, metric: Metric) -> CompanyTarget:
        """The one company target: the explicit total, else the sum of the regions."""
        explicit = self._by_place.get(_place(period_label, TOTAL, TOTAL, metric))
        if explicit is not None:
            return CompanyTarget(explicit, CompanyTargetSource.EXPLICIT)
        regions = [
            target.amount
            for target in self.targets
            if (target.period, target.dimension, target.metric) == (period_label, Dimension.REGION, metric)
        ]
        if not regions:
            return CompanyTarget(None, CompanyTargetSource.NONE)
        return CompanyTarget(sum(regions, Fraction(0)), CompanyTargetSource.SUM_OF_REGIONS)

    def _amount(self, period_label: str, dimension: str, value: str, metric: Metric) -> Fraction | None:
        if dimension.casefold() == TOTAL.casefold():
            return self.company(period_label, metric).amount
        return self._by_place.get(_place(period_label, dimension, value, metric))


def pair_names(first: str, second: str) -> str:
    """How a pair of dimensions, or of their values, is named: `region+product`, `EMEA+Cloud`."""
    return f"{first}+{second}"


def derive_pipe_gen_target(
    last_year: Fraction | None, target: Fraction | None, last_years_target: Fraction | None
) -> Fraction | None:
    """Last year's pipe generation of the full quarter × the growth of the closed_won target.

    `None` where any of the three is missing or last year's target is zero (DOMAIN section 6).
    """
    if last_year is None or target is None or not last_years_target:
        return None
    return last_year * target / last_years_target


def build_targets(
    records: Iterable[TargetRecord], calendar: FiscalCalendar, rates: RateTable
) -> tuple[TargetBook, tuple[TargetProblem, ...]]:
    """All targets that can be used, converted at the rate of their period's first day, and the others."""
    targets: list[Target] = []
    by_place: dict[_Place, Fraction] = {}
    problems: list[TargetProblem] = []
    for record in records:
        try:
            target = _read_target(record, calendar, rates)
            _check_unique(target, by_place)
        except CouncilError as error:
            problems.append(TargetProblem(record, str(error)))
            continue
        targets.append(target)
        for dimension, value in _spellings(target):
            by_place.setdefault(_place(target.period, dimension, value, target.metric), target.amount)
    return TargetBook(tuple(targets), by_place), tuple(problems)


class TargetRefused(CouncilError):
    """A target that names something unknown, or that cannot be converted."""


def _read_target(record: TargetRecord, calendar: FiscalCalendar, rates: RateTable) -> Target:
    period = calendar.period_named(record.period)
    dimension = _read_dimension(record.dimension)
    is_total = dimension == TOTAL
    value = TOTAL if is_total else record.value.strip()
    if not value:
        raise TargetRefused(f"The target of {dimension} names no value: expected one such as EMEA.")
    return Target(
        period.label, dimension, value, _read_metric(record.metric), _corporate_amount(record, period, rates)
    )


def _read_dimension(written: str) -> str:
    if written.strip().casefold() == TOTAL.casefold():
        return TOTAL
    names = [name.strip().casefold() for name in written.split("+")]
    for name in names:
        if name not in _DIMENSIONS:
            raise TargetRefused(f"There is no dimension {name!r}: {_nearest(name, (*_DIMENSIONS, TOTAL))}")
    if len(names) > 2 or len(set(names)) < len(names):
        raise TargetRefused(
            f"The dimension {written!r} is no pair: expected two different ones such as region+product."
        )
    return "+".join(names)


def _read_metric(written: str) -> Metric:
    for metric in _METRICS:
        if written.strip().casefold() == metric.value:
            return metric
    raise TargetRefused(f"There is no target of {written!r}: expected closed_won or pipe_gen.")


def _nearest(name: str, known: tuple[str, ...]) -> str:
    near = difflib.get_close_matches(name, known, n=1)
    return f"did you mean {near[0]}?" if near else f"expected one of {', '.join(known)}."


def _corporate_amount(record: TargetRecord, period: Period, rates: RateTable) -> Fraction:
    if record.amount < 0:
        raise TargetRefused("A target is 0 or more; this one is negative.")
    units = rates.target_rate_on(record.currency, period.start)
    if units is None:
        raise TargetRefused(
            f"There is no exchange rate of {record.currency} on {in_words(period.start)}, the first day of "
            f"{period.label}: add the rate, or give the target in {rates.corporate_currency}."
        )
    return convert(record.amount, units)


def _check_unique(target: Target, by_place: Mapping[_Place, Fraction]) -> None:
    if _place(target.period, target.dimension, target.value, target.metric) in by_place:
        raise TargetRefused(
            f"A second target of {target.metric} for {target.dimension} {target.value} in {target.period}: "
            f"the first one counts."
        )


def _spellings(target: Target) -> list[tuple[str, str]]:
    """A pair is found in either order; a value may hold a plus itself, so each place to split is kept."""
    spellings = [(target.dimension, target.value)]
    first, plus, second = target.dimension.partition("+")
    if plus:
        turned = pair_names(second, first)
        parts = target.value.split("+")
        spellings += [
            (turned, pair_names("+".join(parts[at:]), "+".join(parts[:at]))) for at in range(1, len(parts))
        ]
    return spellings


def _place(period_label: str, dimension: str, value: str, metric: Metric) -> _Place:
    return _Place(period_label, dimension.casefold(), value.strip().casefold(), metric)
