"""Metrics, targets and colours of every row of a table."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import astuple, dataclass
from datetime import date
from fractions import Fraction

from tests.reference.deals import Company, Deal
from tests.reference.exports import Row as CsvRow
from tests.reference.quarters import Quarter
from tests.reference.terms import on_curve

Slice = tuple[str, ...]
"""A value per dimension; the empty one is the company."""
TOTAL: Slice = ()
ZERO = Fraction(0)
SEVERITY = {"red": 3, "yellow": 2, "green": 1, "grey": 0}


@dataclass(frozen=True)
class Cell:
    figure: Fraction | None
    prior: Fraction | None
    yoy: Fraction | None
    status: str
    measure: Fraction | None
    required: Fraction | None
    gap: Fraction | None
    target: Fraction | None


@dataclass(frozen=True)
class Row:
    status: str
    state: str
    target: Fraction | None
    remaining: Fraction | None
    attainment: Fraction | None
    cells: Mapping[str, Cell]
    forecast_best_case: Fraction
    rolling: Mapping[str, Fraction]
    coverage_next: Fraction | None
    prior_full_quarter: Mapping[str, Fraction]


@dataclass(frozen=True)
class Sums:
    """The amounts of one slice for one quarter, at the end of one day."""

    closed_won: Fraction
    open_pipeline: Fraction
    forecast: Fraction
    best_case: Fraction
    pipe_gen: Fraction


@dataclass(frozen=True)
class Caveats:
    unconverted: frozenset[str]
    overdue_amount: Fraction
    overdue_ids: frozenset[str]


class Table:
    """One table of the APM, for the deals that `counts`."""

    def __init__(
        self,
        company: Company,
        as_of: date,
        dimensions: Sequence[str],
        counts: Callable[[Deal], bool] = lambda deal: not deal.is_renewal,
    ) -> None:
        self._company = company
        self._terms = company.terms
        self._as_of = as_of
        self._dimensions = tuple(dimensions)
        self._counts = counts
        year = self._terms.year
        self.quarter = year.quarter_of(as_of)
        self.prior = year.later(self.quarter, -4)
        self.prior_as_of = year.same_point_last_year(as_of, self._terms.alignment)
        self._share = Fraction(self.quarter.day_of(as_of), self.quarter.days)

    # Sums

    def amounts(self, on: date, chosen: Callable[[Deal], bool]) -> dict[Slice, Fraction]:
        """What the chosen deals are worth, by slice and for every prefix of one."""
        sums: dict[Slice, Fraction] = {}
        for deal in self._company.deals(on):
            if not (self._counts(deal) and chosen(deal)):
                continue
            for place, part in deal.shares(self._dimensions).items():
                for length in range(len(place) + 1):
                    sums[place[:length]] = sums.get(place[:length], ZERO) + part
        return sums

    def generated(self, deal: Deal, quarter: Quarter, on: date) -> bool:
        basis = self._terms.pipe_gen_basis
        began = deal.first_qualified if basis == "qualified_date" else deal.created
        omitted = deal.deal_class == "open" and deal.category == "Omitted"
        return began is not None and quarter.start <= began <= min(quarter.end, on) and not omitted

    def sums(self, place: Slice, quarter: Quarter, on: date) -> Sums:
        def won(deal: Deal) -> bool:
            return deal.deal_class == "won" and quarter.holds(deal.close)

        def pipeline(*categories: str) -> Fraction:
            return self.amounts(
                on,
                lambda deal: (
                    deal.in_pipeline
                    and quarter.holds(deal.close)
                    and (not categories or deal.category in categories)
                ),
            ).get(place, ZERO)

        closed_won = self.amounts(on, won).get(place, ZERO)
        return Sums(
            closed_won=closed_won,
            open_pipeline=pipeline(),
            forecast=closed_won + pipeline("Commit"),
            best_case=closed_won + pipeline("Commit", "MostLikely", "BestCase"),
            pipe_gen=self.amounts(on, lambda deal: self.generated(deal, quarter, on)).get(place, ZERO),
        )

    def places(self) -> set[Slice]:
        """Every slice in which something stands at this day, with its prefixes."""
        return set(self.amounts(self._as_of, lambda deal: deal.worth() is not None))

    # Targets

    def _targets(self, quarter: Quarter, metric: str) -> dict[tuple[str, str], Fraction]:
        found = {}
        for row in self._company.last.rows("targets"):
            if row["period"] == quarter.label and row["metric"] == metric:
                amount = self._target_amount(row, quarter)
                if amount is not None:
                    found[row["dimension"], row["value"]] = amount
        return found

    def _target_amount(self, row: CsvRow, quarter: Quarter) -> Fraction | None:
        currency = row.get("currency") or self._terms.corporate_currency
        rate = self._company.rates.of_target(currency, quarter.start)
        return None if rate is None else Fraction(row["amount"]) / rate

    def _given_target(self, place: Slice, quarter: Quarter, metric: str) -> Fraction | None:
        targets = self._targets(quarter, metric)
        if place != TOTAL:
            names = self._dimensions[: len(place)]
            turned = ("+".join(names[::-1]), "+".join(place[::-1]))
            return targets.get(("+".join(names), "+".join(place)), targets.get(turned))
        if ("TOTAL", "TOTAL") in targets:
            return targets["TOTAL", "TOTAL"]
        regions = [amount for (dimension, _), amount in targets.items() if dimension == "region"]
        return sum(regions, ZERO) if regions else None

    def held(self, place: Slice, quarter: Quarter, metric: str) -> "_Held":
        """The slices whose sums are held against a target.

        Where the company's target is a sum of regions, those without one leave its attainment.
        """
        targets = self._targets(quarter, metric)
        regions = [value for dimension, value in targets if dimension == "region"]
        if place != TOTAL or ("TOTAL", "TOTAL") in targets or not regions:
            return _Held(self, (place,))
        by_region = Table(self._company, self._as_of, ["region"], self._counts)
        return _Held(by_region, tuple((region,) for region in regions))

    # Rows

    def row(self, place: Slice) -> Row:
        year = self._terms.year
        now = self.sums(place, self.quarter, self._as_of)
        then = self.sums(place, self.prior, self.prior_as_of)
        full = self.sums(place, self.prior, self.prior.end)
        target = self._given_target(place, self.quarter, "closed_won")
        prior_target = self._given_target(place, self.prior, "closed_won")
        held = self.held(place, self.quarter, "closed_won")
        held_now = held.sums(self.quarter, self._as_of)
        held_then = held.sums(self.prior, self.prior_as_of)
        held_full = held.sums(self.prior, self.prior.end)
        remaining = target - held_now.closed_won if target else None
        state = "no_target" if remaining is None else "target_met" if remaining <= 0 else "open"
        coverage = self._coverage(held_now, target)
        prior_coverage = self._coverage(
            self.held(place, self.prior, "closed_won").sums(self.prior, self.prior_as_of), prior_target
        )
        growth = _over(target, prior_target or held_full.closed_won)
        given = self._given_target(place, self.quarter, "pipe_gen")
        derived = held_full.pipe_gen * growth if growth is not None and held_full.pipe_gen else None
        generated = held_now.pipe_gen
        if given is not None:
            generated = self.held(place, self.quarter, "pipe_gen").sums(self.quarter, self._as_of).pipe_gen
        judge = _Judge(self, state, target, remaining)
        cells = {
            "closed_won": judge.closed_won(now.closed_won, then.closed_won, held_now.closed_won),
            "forecast": judge.forecast(now.forecast, then.forecast, held_now.forecast),
            "pipe_gen": judge.pipe_gen(
                now.pipe_gen, then.pipe_gen, generated, derived if given is None else given
            ),
        }
        cells["coverage"] = judge.coverage(
            coverage, prior_coverage, held_now.open_pipeline, cells["forecast"]
        )
        last_year = _over(held_then.open_pipeline, max(held_full.closed_won, ZERO))
        cells["open_pipeline"] = judge.open_pipeline(
            now.open_pipeline, then.open_pipeline, held_now.open_pipeline, last_year, coverage
        )
        rolling = {
            quarter.label: self.sums(place, quarter, self._as_of).open_pipeline
            for quarter in (year.later(self.quarter, by) for by in range(4))
        }
        following = year.later(self.quarter, 1)
        next_held = self.held(place, following, "closed_won").sums(following, self._as_of)
        return Row(
            status=_row_status({name: cell.status for name, cell in cells.items()}),
            state=state,
            target=target,
            remaining=remaining,
            attainment=_over(held_now.closed_won, target),
            cells=cells,
            forecast_best_case=now.best_case,
            rolling=rolling,
            coverage_next=_over(next_held.open_pipeline, self._given_target(place, following, "closed_won")),
            prior_full_quarter={"closed_won": full.closed_won, "pipe_gen": full.pipe_gen},
        )

    def _coverage(self, sums: Sums, target: Fraction | None) -> Fraction | None:
        if not target or sums.closed_won >= target:
            return None
        whole = self._terms.coverage_denominator == "target"
        return sums.open_pipeline / (target if whole else target - sums.closed_won)

    @property
    def share(self) -> Fraction:
        return self._share

    @property
    def company(self) -> Company:
        return self._company

    # Caveats

    def caveats(self) -> Caveats:
        quarter = self.quarter
        deals = self._company.deals(self._as_of)
        overdue = [
            deal
            for deal in deals
            if self._counts(deal)
            and deal.in_pipeline
            and deal.close is not None
            and deal.close < quarter.start
            and deal.value is not None
        ]
        would_count = [
            deal
            for deal in deals
            if (deal.deal_class == "won" and quarter.holds(deal.close))
            or (deal.in_pipeline and quarter.holds(deal.close))
            or self.generated(deal, quarter, self._as_of)
        ]
        return Caveats(
            unconverted=frozenset(
                deal.id for deal in would_count if deal.value is not None and deal.rate is None
            ),
            overdue_amount=sum((deal.worth() or ZERO for deal in overdue), ZERO),
            overdue_ids=frozenset(deal.id for deal in overdue),
        )


def _over(part: Fraction | None, whole: Fraction | None) -> Fraction | None:
    return part / whole if part is not None and whole else None


@dataclass(frozen=True)
class _Held:
    """Some slices of a table, counted together."""

    table: Table
    places: tuple[Slice, ...]

    def sums(self, quarter: Quarter, on: date) -> Sums:
        parts = [self.table.sums(place, quarter, on) for place in self.places]
        return Sums(*(sum(amounts, ZERO) for amounts in zip(*map(astuple, parts), strict=True)))


@dataclass(frozen=True)
class _Judge:
    """The colours of one row."""

    table: Table
    state: str
    target: Fraction | None
    remaining: Fraction | None

    def closed_won(self, figure: Fraction, prior: Fraction, held: Fraction) -> Cell:
        curve, share = self.table.company.terms.pace_curve, self.table.share
        required = share if curve is None else on_curve(curve, share)
        measure = _over(held, self.target)
        status = self._of_target("closed_won", measure, required)
        gap = self.target * required - held if self.target else None
        return self._cell(figure, prior, status, measure, required, gap, self.target)

    def forecast(self, figure: Fraction, prior: Fraction, held: Fraction) -> Cell:
        share = on_curve(self.table.company.terms.forecast_curve, self.table.share)
        required = self.target * share if self.target else None
        status = self._of_target("forecast", held, required)
        gap = None if required is None else required - held
        return self._cell(figure, prior, status, held, required, gap, self.target)

    def pipe_gen(self, figure: Fraction, prior: Fraction, held: Fraction, target: Fraction | None) -> Cell:
        required = target * self.table.share if target and target > 0 else None
        status = self._banded("pipe_gen", held, required)
        gap = None if required is None else required - held
        return self._cell(figure, prior, status, held, required, gap, target)

    def coverage(
        self, figure: Fraction | None, prior: Fraction | None, pipeline: Fraction, forecast: Cell
    ) -> Cell:
        required = self.required_coverage()
        status, gap = self._of_target("coverage", figure, required), self._coverage_gap(pipeline)
        quarter = self.table.quarter
        is_late = self.table.share * quarter.days > quarter.days - 14
        if is_late and self.state == "open" and SEVERITY[forecast.status] >= SEVERITY[status]:
            # The gap is that to green: what the forecast lacks too.
            status, gap = forecast.status, max(gap or ZERO, forecast.gap or ZERO)
        return self._cell(figure, prior, status, figure, required, gap, self.target)

    def open_pipeline(
        self,
        figure: Fraction,
        prior: Fraction,
        held: Fraction,
        last_year: Fraction | None,
        coverage: Fraction | None,
    ) -> Cell:
        """`last_year`: open pipeline at the same point over what was then closed in the full quarter."""
        measure, required, gap = coverage, self.required_coverage(), self._coverage_gap(held)
        if last_year and last_year > 0 and self.target:
            measure, required = held, last_year * self.target
            gap = required - held
        status = self._of_target("open_pipeline", measure, required)
        return self._cell(figure, prior, status, measure, required, gap, self.target)

    def required_coverage(self) -> Fraction | None:
        if not self.target or self.remaining is None:
            return None
        terms = self.table.company.terms
        required = on_curve(terms.required_coverage, self.table.share)
        if terms.coverage_denominator == "target":
            return required * self.remaining / self.target
        return required

    def _coverage_gap(self, pipeline: Fraction) -> Fraction | None:
        if not self.target or self.remaining is None:
            return None
        required = on_curve(self.table.company.terms.required_coverage, self.table.share)
        return required * self.remaining - pipeline

    def _of_target(self, metric: str, measure: Fraction | None, required: Fraction | None) -> str:
        if self.state == "no_target":
            return "grey"
        if self.state == "target_met":
            return "green"
        return self._banded(metric, measure, required)

    def _banded(self, metric: str, measure: Fraction | None, required: Fraction | None) -> str:
        if measure is None or not required:
            return "grey"
        terms = self.table.company.terms
        green, yellow = terms.bands[metric]
        ratio = measure / required
        if ratio >= green:
            return "green"
        if ratio >= yellow:
            return "yellow"
        early = self.table.share * self.table.quarter.days <= terms.early_guard_days
        return "yellow" if early and metric in ("closed_won", "forecast", "pipe_gen") else "red"

    def _cell(
        self,
        figure: Fraction | None,
        prior: Fraction | None,
        status: str,
        measure: Fraction | None,
        required: Fraction | None,
        gap: Fraction | None,
        target: Fraction | None,
    ) -> Cell:
        yoy = figure / prior - 1 if figure is not None and prior else None
        to_green = None if gap is None else ZERO if status == "green" else max(gap, ZERO)
        return Cell(figure, prior, yoy, status, measure, required, to_green, target)


def _row_status(cells: Mapping[str, str]) -> str:
    leading = max(cells["forecast"], cells["coverage"], key=SEVERITY.__getitem__)
    status = cells["pipe_gen"] if leading == "grey" else leading
    others_red = any(cells[name] == "red" for name in ("closed_won", "open_pipeline", "pipe_gen"))
    return "yellow" if status == "green" and others_red else status
