"""Putting a table of the APM together: sums, targets and colours become rows and cells.

DOMAIN sections 6 and 7. Pure: everything measured comes in as `Measures`.
"""

from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import TypeVar

from pipeline.calendar import FiscalCalendar, Period
from pipeline.colours import RowFacts, RowVerdict, judge
from pipeline.definitions import Definitions
from pipeline.dimensions import RENEWAL
from pipeline.learning import Learnt
from pipeline.matrix import (
    TOTAL,
    UNASSIGNED,
    Basis,
    Caveats,
    Cell,
    Dimension,
    ForecastCall,
    Matrix,
    Metric,
    Row,
    Spend,
    Trusted,
)
from pipeline.money import to_decimal
from pipeline.sums import NOTHING, SliceSums, SliceValues, Sums, UnitsOf, is_renewal, roll_up
from pipeline.targets import (
    DEAL_TYPE,
    CompanyTargetSource,
    TargetBook,
    derive_pipe_gen_target,
    pair_names,
)

Key = TypeVar("Key", bound=Hashable)


@dataclass(frozen=True)
class SpendLine:
    """What a lever or a source cost in a period."""

    amount: Fraction
    heads: int | None


@dataclass(frozen=True)
class Measures:
    """Everything that was measured for the end of one day."""

    as_of: date
    prior_as_of: date | None
    now: Sequence[SliceSums]
    untrusted: Sequence[SliceSums]
    """The part of `now` that comes from deals whose records nobody can believe."""
    prior: Sequence[SliceSums]
    """Last year at the same point; empty where there is none."""
    prior_full: Sequence[SliceSums]
    """Last year at the end of that quarter."""
    slices: Mapping[int, SliceValues]
    units_of: UnitsOf
    learnt: Learnt
    caveats: Caveats
    """Without the share that is unassigned and without a basis, which belong to a table."""
    spend: Mapping[str, SpendLine]
    """What the period's levers and sources cost, by name."""
    call: ForecastCall | None
    """What the manager at the top says the period will bring."""
    pulled_at: str | None


@dataclass(frozen=True)
class _Bundle:
    """The sums of one row at the four points of view."""

    now: Sums = NOTHING
    untrusted: Sums = NOTHING
    prior: Sums = NOTHING
    prior_full: Sums = NOTHING

    @property
    def is_nothing(self) -> bool:
        return all(sums.is_nothing for sums in (self.now, self.prior, self.prior_full))

    def plus(self, other: "_Bundle") -> "_Bundle":
        return _Bundle(*(one.plus(two) for one, two in zip(self._all, other._all, strict=True)))

    def with_pipe_gen_of(self, other: "_Bundle") -> "_Bundle":
        """The same but for what was generated."""
        return _Bundle(
            *(
                replace(one, pipe_gen=two.pipe_gen, generated_deals=two.generated_deals)
                for one, two in zip(self._all, other._all, strict=True)
            )
        )

    @property
    def _all(self) -> tuple[Sums, Sums, Sums, Sums]:
        return self.now, self.untrusted, self.prior, self.prior_full


@dataclass(frozen=True)
class _Held:
    """What is held against a row's targets: of this period, of last year's and of the next one."""

    now: _Bundle
    prior: Sums
    following: Sums


def _held_as_shown(bundle: _Bundle) -> _Held:
    return _Held(bundle, bundle.prior, bundle.now)


@dataclass(frozen=True)
class _Targets:
    """What one row is asked for."""

    closed_won: Fraction | None
    pipe_gen: Fraction | None
    pipe_gen_is_derived: bool
    prior_closed_won: Fraction | None
    next_closed_won: Fraction | None


def assemble(
    measures: Measures,
    definitions: Definitions,
    calendar: FiscalCalendar,
    targets: TargetBook,
    dimension: Dimension,
    by: Dimension | None = None,
) -> Matrix:
    """The table of a dimension, or of a pair, at the end of a day."""
    return _Assembly(measures, definitions, calendar, targets).table(dimension, by)


class _Assembly:
    def __init__(
        self,
        measures: Measures,
        definitions: Definitions,
        calendar: FiscalCalendar,
        targets: TargetBook,
    ) -> None:
        self._measures = measures
        self._definitions = definitions
        self._calendar = calendar
        self._targets = targets
        self._period = calendar.period_of(measures.as_of)
        self._prior_period = calendar.same_quarter_last_year(self._period)
        self._following = calendar.following(self._period, 3)
        self._next_period = self._following[0] if self._following else None

    def table(self, dimension: Dimension, by: Dimension | None) -> Matrix:
        bundles = self._bundles(lambda values: None if is_renewal(values) else values.of(dimension))
        names = self._names(dimension.value, bundles)
        rows = [self._slice_row(dimension, name, bundles.get(name, _Bundle())) for name in names]
        if by is not None:
            rows = self._with_pairs(rows, dimension, by)
        total = self._total_row()
        measures = self._measures
        return Matrix(
            as_of=measures.as_of,
            period=self._period.stamp(measures.as_of),
            prior_as_of=measures.prior_as_of,
            prior_label=self._prior_period.label if self._prior_period else None,
            dimension=dimension,
            by=by,
            rows=tuple(sorted(rows, key=_worst_first)),
            total=total,
            caveats=self._caveats(rows, total),
            currency=self._definitions.money.corporate_currency,
            pulled_at=measures.pulled_at,
            renewals=self._renewals_row(),
        )

    def _bundles(self, key_of: Callable[[SliceValues], Key | None]) -> dict[Key, _Bundle]:
        """The sums of each key at the four points of view."""
        return self._bundled(key_of, is_total=False)

    def _bundled(self, key_of: Callable[[SliceValues], Key | None], *, is_total: bool) -> dict[Key, _Bundle]:
        measures = self._measures
        views = [
            roll_up(rows, measures.slices, measures.units_of, key_of, is_total=is_total)
            for rows in (measures.now, measures.untrusted, measures.prior, measures.prior_full)
        ]
        keys = dict.fromkeys(key for view in views for key in view)
        return {key: _Bundle(*(view.get(key, NOTHING) for view in views)) for key in keys}

    def _names(self, dimension: str, bundles: Mapping[str, _Bundle]) -> list[str]:
        """Values behind which deals stand now or stood last year, and those with a target."""
        label = self._period.label
        targeted = [
            target.value
            for target in self._targets.targets
            if (target.period, target.dimension) == (label, dimension)
        ]
        known = [name for name, bundle in bundles.items() if not bundle.is_nothing]
        folded = {name.casefold() for name in known}
        return [*known, *(name for name in targeted if name.casefold() not in folded)]

    def _slice_row(self, dimension: Dimension, name: str, bundle: _Bundle) -> Row:
        targets = self._targets_of(dimension.value, name, bundle)
        row = self._row(name, f"{dimension}.{name}", bundle, _held_as_shown(bundle), targets)
        line = self._measures.spend.get(name) if dimension in _SPENT_ON else None
        return row if line is None else replace(row, spend=_spend(line, bundle.now))

    def _with_pairs(self, rows: list[Row], dimension: Dimension, by: Dimension) -> list[Row]:
        pairs = self._bundles(
            lambda values: None if is_renewal(values) else (values.of(dimension), values.of(by))
        )
        return [replace(row, rows=self._pair_rows(row.value, pairs, dimension, by)) for row in rows]

    def _pair_rows(
        self, outer: str, pairs: Mapping[tuple[str, str], _Bundle], dimension: Dimension, by: Dimension
    ) -> tuple[Row, ...]:
        names = pair_names(dimension.value, by.value)
        within = {second: bundle for (first, second), bundle in pairs.items() if first == outer}
        rows = []
        for second in self._pair_values(names, outer, within):
            bundle = within.get(second, _Bundle())
            pair = pair_names(outer, second)
            targets = self._targets_of(names, pair, bundle)
            rows.append(self._row(second, f"{names}.{pair}", bundle, _held_as_shown(bundle), targets))
        return tuple(sorted(rows, key=_worst_first))

    def _pair_values(self, names: str, outer: str, within: Mapping[str, _Bundle]) -> list[str]:
        """The values beside `outer` behind which deals stand, and those with a target."""
        known = [second for second, bundle in within.items() if not bundle.is_nothing]
        folded = {second.casefold() for second in known}
        targeted = self._targets.beside(self._period.label, names, outer)
        return [*known, *(second for second in targeted if second.casefold() not in folded)]

    def _total_row(self) -> Row:
        """The company: every deal once; attainment only of what has a target where that is a sum."""
        whole = self._bundled(lambda values: None if is_renewal(values) else TOTAL, is_total=True)
        bundle = whole.get(TOTAL, _Bundle())
        judged = self._held(self._period, Metric.CLOSED_WON, bundle)
        if self._targets.company(self._period.label, Metric.PIPE_GEN).amount is not None:
            generated = self._held(self._period, Metric.PIPE_GEN, bundle)
            judged = judged.with_pipe_gen_of(generated)
        following = self._held(self._next_period, Metric.CLOSED_WON, bundle) if self._next_period else bundle
        prior = self._prior_period
        last_year = self._held(prior, Metric.CLOSED_WON, bundle) if prior else _Bundle()
        held = _Held(judged, last_year.prior, following.now)
        row = self._row(TOTAL, TOTAL, bundle, held, self._targets_of(TOTAL, TOTAL, judged))
        return replace(row, call=self._measures.call)

    def _held(self, period: Period, metric: Metric, whole: _Bundle) -> _Bundle:
        """What is held against the company's target of a period.

        Where that is a sum, the regions without a target of their own leave it.
        """
        company = self._targets.company(period.label, metric)
        if company.source is not CompanyTargetSource.SUM_OF_REGIONS:
            return whole
        targets = self._targets.pipe_gen if metric is Metric.PIPE_GEN else self._targets.closed_won
        region = Dimension.REGION
        regions = self._bundles(lambda values: None if is_renewal(values) else values.of(region))
        held = _Bundle()
        for name, bundle in regions.items():
            if targets(period.label, region.value, name) is not None:
                held = held.plus(bundle)
        return held

    def _renewals_row(self) -> Row | None:
        """The line of configured renewals, which stay out of the five cells."""
        bundles = self._bundled(lambda values: RENEWAL if is_renewal(values) else None, is_total=True)
        bundle = bundles.get(RENEWAL, _Bundle())
        targets = self._targets_of(DEAL_TYPE, RENEWAL, bundle)
        if bundle.is_nothing and targets.closed_won is None:
            return None
        return self._row("Renewals", f"{DEAL_TYPE}.{RENEWAL}", bundle, _held_as_shown(bundle), targets)

    def _targets_of(self, dimension: str, value: str, bundle: _Bundle) -> _Targets:
        book, label = self._targets, self._period.label
        prior, following = self._prior_period, self._next_period
        closed_won = book.closed_won(label, dimension, value)
        prior_closed_won = book.closed_won(prior.label, dimension, value) if prior else None
        pipe_gen = book.pipe_gen(label, dimension, value)
        derived = None
        if pipe_gen is None and bundle.prior_full.pipe_gen:
            base = prior_closed_won or bundle.prior_full.closed_won
            derived = derive_pipe_gen_target(bundle.prior_full.pipe_gen, closed_won, base)
        return _Targets(
            closed_won=closed_won,
            pipe_gen=derived if pipe_gen is None else pipe_gen,
            pipe_gen_is_derived=derived is not None,
            prior_closed_won=prior_closed_won,
            next_closed_won=book.closed_won(following.label, dimension, value) if following else None,
        )

    def _row(self, name: str, key: str, shown: _Bundle, held: _Held, targets: _Targets) -> Row:
        """One row: `shown` gives its amounts, `held` what is held against its targets."""
        judged = held.now
        verdict = self._judge(key, judged, judged.now, targets)
        trusted = self._judge(key, judged, judged.now.without(judged.untrusted), targets)
        labels = [period.label for period in (self._period, *self._following)]
        opens = (shown.now.open_pipeline, *shown.now.open_next)
        return Row(
            value=name,
            status=verdict.status,
            state=verdict.state,
            target=_money(targets.closed_won),
            remaining=_money(verdict.remaining),
            attainment=verdict.attainment,
            cells={metric: self._cell(metric, shown, held, verdict, trusted, targets) for metric in Metric},
            forecast_best_case=to_decimal(shown.now.forecast_best_case),
            open_pipeline_rolling_4q={
                label: to_decimal(amount) for label, amount in zip(labels, opens, strict=False)
            },
            coverage_next=_ratio(held.following.open_next[0], targets.next_closed_won),
            prior_full_quarter={
                Metric.CLOSED_WON: to_decimal(shown.prior_full.closed_won),
                Metric.PIPE_GEN: to_decimal(shown.prior_full.pipe_gen),
            }
            if self._prior_period
            else {},
            why=verdict.why,
        )

    def _judge(self, key: str, bundle: _Bundle, sums: Sums, targets: _Targets) -> RowVerdict:
        facts = RowFacts(
            key=key,
            target=targets.closed_won,
            pipe_gen_target=targets.pipe_gen,
            pipe_gen_target_derived=targets.pipe_gen_is_derived,
            closed_won=sums.closed_won,
            forecast=sums.forecast,
            open_pipeline=sums.open_pipeline,
            pipe_gen=sums.pipe_gen,
            prior_open_pipeline=bundle.prior.open_pipeline if self._prior_period else None,
            prior_full_closed_won=bundle.prior_full.closed_won if self._prior_period else None,
            currency=self._definitions.money.corporate_currency,
        )
        return judge(
            facts,
            self._period,
            self._measures.as_of,
            self._definitions.colours,
            self._definitions.metrics.coverage_denominator,
            self._measures.learnt,
        )

    def _cell(
        self,
        metric: Metric,
        shown: _Bundle,
        held: _Held,
        verdict: RowVerdict,
        trusted: RowVerdict,
        targets: _Targets,
    ) -> Cell:
        cell, trusted_cell = verdict.cells[metric], trusted.cells[metric]
        figure = verdict.coverage if metric is Metric.COVERAGE else _amount(shown.now, metric)
        prior = self._prior(metric, shown, held, targets)
        trusted_sums = shown.now.without(shown.untrusted)
        follows_last_year = bool(held.now.prior.open_pipeline and held.now.prior_full.closed_won)
        is_money = metric in _MONEY_MEASURES or (metric is Metric.OPEN_PIPELINE and follows_last_year)
        trusted_figure = (
            trusted.coverage if metric is Metric.COVERAGE else to_decimal(_amount(trusted_sums, metric))
        )
        return Cell(
            metric=metric,
            figure=figure if metric is Metric.COVERAGE or figure is None else to_decimal(figure),
            prior=prior if metric is Metric.COVERAGE or prior is None else to_decimal(prior),
            yoy=None if figure is None or not prior else figure / prior - 1,
            status=cell.status,
            measure=_written(cell.measure, is_money=is_money),
            required=_written(cell.required, is_money=is_money),
            gap=_money(cell.gap),
            target=_money(targets.pipe_gen if metric is Metric.PIPE_GEN else targets.closed_won),
            target_derived=metric is Metric.PIPE_GEN and targets.pipe_gen_is_derived,
            trusted=Trusted(trusted_figure, trusted_cell.status, trusted_cell.status != cell.status),
            basis=_basis(shown.now, metric),
            why=cell.why,
            deals=_deals(shown.now, metric),
        )

    def _prior(self, metric: Metric, shown: _Bundle, held: _Held, targets: _Targets) -> Fraction | None:
        """The same figure last year; coverage needs last year's target."""
        if self._prior_period is None or self._measures.prior_as_of is None:
            return None
        if metric is not Metric.COVERAGE:
            return _amount(shown.prior, metric)
        if not targets.prior_closed_won:
            return None
        full = self._definitions.metrics.coverage_denominator == "target"
        remaining = targets.prior_closed_won - held.prior.closed_won
        if remaining <= 0:
            return None
        return held.prior.open_pipeline / (targets.prior_closed_won if full else remaining)

    def _caveats(self, rows: Sequence[Row], total: Row) -> Caveats:
        whole = total.cells[Metric.OPEN_PIPELINE].figure
        unassigned = next((row for row in rows if row.value == UNASSIGNED), None)
        share = unassigned.cells[Metric.OPEN_PIPELINE].figure if unassigned else Decimal(0)
        bases = [cell.basis for row in (*rows, total) for cell in row.cells.values()]
        return replace(
            self._measures.caveats,
            unassigned_share=Fraction(share or 0) / Fraction(whole) if whole else None,
            basis=max(bases, default=Basis.EXACT),
        )


_SPENT_ON = (Dimension.LEVER, Dimension.SOURCE)


def _spend(line: SpendLine, sums: Sums) -> Spend:
    return Spend(
        amount=to_decimal(line.amount),
        heads=line.heads,
        pipe_gen_per_unit=_ratio(sums.pipe_gen, line.amount),
        closed_won_per_unit=_ratio(sums.closed_won, line.amount),
    )


def _amount(sums: Sums, metric: Metric) -> Fraction:
    amounts = {
        Metric.FORECAST: sums.forecast,
        Metric.CLOSED_WON: sums.closed_won,
        Metric.OPEN_PIPELINE: sums.open_pipeline,
        Metric.PIPE_GEN: sums.pipe_gen,
    }
    return amounts[metric]


def _deals(sums: Sums, metric: Metric) -> int:
    deals = {
        Metric.FORECAST: sums.closed_deals + sums.commit_deals,
        Metric.CLOSED_WON: sums.closed_deals,
        Metric.OPEN_PIPELINE: sums.open_deals,
        Metric.PIPE_GEN: sums.generated_deals,
        Metric.COVERAGE: sums.open_deals,
    }
    return deals[metric]


def _basis(sums: Sums, metric: Metric) -> Basis:
    bases = {
        Metric.FORECAST: max(sums.closed_basis, sums.commit_basis),
        Metric.CLOSED_WON: sums.closed_basis,
        Metric.OPEN_PIPELINE: sums.open_basis,
        Metric.PIPE_GEN: sums.generated_basis,
        Metric.COVERAGE: max(sums.open_basis, sums.closed_basis),
    }
    return bases[metric]


_MONEY_MEASURES = (Metric.FORECAST, Metric.PIPE_GEN)
"""Cells that compare money; the others compare attainment or coverage (open pipeline: either)."""


def _written(quantity: Fraction | None, *, is_money: bool) -> Decimal | Fraction | None:
    return to_decimal(quantity) if quantity is not None and is_money else quantity


def _money(amount: Fraction | None) -> Decimal | None:
    return None if amount is None else to_decimal(amount)


def _ratio(amount: Fraction, of: Fraction | None) -> Fraction | None:
    return amount / of if of else None


def _worst_first(row: Row) -> tuple[int, Decimal, Decimal, str]:
    """Red before yellow, green and grey; inside a colour the larger gap, then the larger pipeline."""
    gaps = [cell.gap for cell in row.cells.values() if cell.gap is not None]
    pipeline = row.open_pipeline_rolling_4q
    return -row.status.severity, -max(gaps, default=Decimal(0)), -next(iter(pipeline.values())), row.value
