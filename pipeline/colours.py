"""Red, yellow, green or grey, for each cell and each row of the matrix (DOMAIN section 7)."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from typing import Literal

from pipeline import reasons
from pipeline.calendar import Period
from pipeline.curves import Expectations, expectations_at
from pipeline.definitions import Bands, ColoursDefinition
from pipeline.learning import Learnt
from pipeline.matrix import Metric, Status, TargetState
from pipeline.reasons import Claim, multiple, short_money

LATE_DAYS = 14
"""In the last days of a quarter pipeline can hardly become won: the forecast speaks for coverage too."""

CoverageDenominator = Literal["remaining", "target"]


@dataclass(frozen=True)
class RowFacts:
    """The sums of one row at the end of a day, in the corporate currency."""

    key: str
    """How the configuration names the row: `region.EMEA`, `TOTAL`."""
    target: Fraction | None
    pipe_gen_target: Fraction | None
    pipe_gen_target_derived: bool
    """Worked out from last year's pipe generation, not given."""
    closed_won: Fraction
    forecast: Fraction
    open_pipeline: Fraction
    pipe_gen: Fraction
    prior_open_pipeline: Fraction | None
    """Last year's at the same point of the quarter."""
    prior_full_closed_won: Fraction | None
    """Last year's of the full quarter."""
    currency: str


@dataclass(frozen=True)
class CellVerdict:
    """The colour of one cell and what decided it."""

    status: Status
    measure: Fraction | None
    required: Fraction | None
    """What `measure` is divided by; the quotient against the bands is the colour."""
    gap: Fraction | None
    """Money to green, 0 or more; `None` without a target. A coverage cell that follows the forecast has
    the forecast's gap where that is larger."""
    why: str


@dataclass(frozen=True)
class RowVerdict:
    """The colour of one row and of its five cells."""

    state: TargetState
    remaining: Fraction | None
    """Target less closed won; `None` without a target."""
    attainment: Fraction | None
    coverage: Fraction | None
    """`None` without a target and where it is met."""
    status: Status
    why: str
    cells: Mapping[Metric, CellVerdict]


@dataclass(frozen=True)
class _Comparison:
    """What is there against what should be there."""

    measure: Fraction
    required: Fraction
    money: Fraction
    """Worth of one unit of `measure`: 1 where it is money itself."""
    claim: Claim

    @property
    def ratio(self) -> Fraction:
        return self.measure / self.required

    def gap_to(self, green: Fraction) -> Fraction:
        return max(Fraction(0), green * self.required - self.measure) * self.money


@dataclass(frozen=True)
class _Scene:
    """A row at a point of its quarter, with everything that its colours depend on."""

    facts: RowFacts
    period: Period
    day: int
    share: Fraction
    expected: Expectations
    colours: ColoursDefinition
    coverage_denominator: CoverageDenominator

    @property
    def by_today(self) -> str:
        return f"by day {self.day} of {self.period.days}"

    @property
    def today(self) -> str:
        return f"on day {self.day} of {self.period.days}"

    @property
    def is_late(self) -> bool:
        return self.day > self.period.days - LATE_DAYS

    def is_guarded(self, metric: Metric) -> bool:
        return self.day <= self.colours.early_guard_days and metric in self.colours.early_guard_cells

    def bands(self, metric: Metric) -> Bands:
        return self.colours.row_bands.get(self.facts.key, {}).get(metric, self.colours.bands.of(metric))

    def money(self, amount: Fraction) -> str:
        return short_money(amount, self.facts.currency)


def judge(
    facts: RowFacts,
    period: Period,
    as_of: date,
    colours: ColoursDefinition,
    coverage_denominator: CoverageDenominator,
    learnt: Learnt,
) -> RowVerdict:
    """The verdict on a row as of a day of the period; `learnt` holds the values at that very day."""
    share = period.share_elapsed(as_of)
    expected = expectations_at(share, facts.key, colours, learnt)
    scene = _Scene(facts, period, period.day_on(as_of), share, expected, colours, coverage_denominator)
    target = facts.target
    if target is None or target <= 0:
        return _without_target(scene)
    if facts.closed_won >= target:
        return _with_target_met(scene, target)
    return _with_open_target(scene, target)


def _without_target(scene: _Scene) -> RowVerdict:
    grey = CellVerdict(Status.GREY, None, None, None, reasons.no_target(scene.period.label))
    pipe_gen = _pipe_gen(scene)
    cells = dict.fromkeys(Metric, grey) | {Metric.PIPE_GEN: pipe_gen}
    why = grey.why if pipe_gen.status is Status.GREY else pipe_gen.why
    return RowVerdict(TargetState.NO_TARGET, None, None, None, pipe_gen.status, why, cells)


def _with_target_met(scene: _Scene, target: Fraction) -> RowVerdict:
    facts = scene.facts
    why = reasons.target_met(target, facts.closed_won, facts.currency)
    reached = {
        Metric.FORECAST: _forecast(scene, target),
        Metric.CLOSED_WON: _closed_won(scene, target),
        Metric.OPEN_PIPELINE: _open_pipeline_like_last_year(scene, target),
        Metric.COVERAGE: None,
    }
    cells = {metric: _met(comparison, why) for metric, comparison in reached.items()}
    cells[Metric.PIPE_GEN] = _pipe_gen(scene)
    status, row_why = _row_colour(cells)
    return RowVerdict(
        state=TargetState.TARGET_MET,
        remaining=target - facts.closed_won,
        attainment=facts.closed_won / target,
        coverage=None,
        status=status,
        why=why if status is Status.GREEN else row_why,
        cells=cells,
    )


def _met(comparison: _Comparison | None, why: str) -> CellVerdict:
    measure = comparison.measure if comparison else None
    required = comparison.required if comparison else None
    return CellVerdict(Status.GREEN, measure, required, Fraction(0), why)


def _with_open_target(scene: _Scene, target: Fraction) -> RowVerdict:
    facts = scene.facts
    coverage = _coverage(scene, target)
    open_pipeline = _open_pipeline_like_last_year(scene, target) or _open_pipeline_as_coverage(
        scene, coverage
    )
    forecast = _verdict(scene, Metric.FORECAST, _forecast(scene, target))
    cells = {
        Metric.FORECAST: forecast,
        Metric.CLOSED_WON: _verdict(scene, Metric.CLOSED_WON, _closed_won(scene, target)),
        Metric.OPEN_PIPELINE: _verdict(scene, Metric.OPEN_PIPELINE, open_pipeline),
        Metric.PIPE_GEN: _pipe_gen(scene),
        Metric.COVERAGE: _late(scene, _verdict(scene, Metric.COVERAGE, coverage), forecast),
    }
    status, why = _row_colour(cells)
    return RowVerdict(
        state=TargetState.OPEN,
        remaining=target - facts.closed_won,
        attainment=facts.closed_won / target,
        coverage=coverage.measure,
        status=status,
        why=why,
        cells=cells,
    )


def _closed_won(scene: _Scene, target: Fraction) -> _Comparison:
    required = scene.expected.expected_share
    return _Comparison(
        measure=scene.facts.closed_won / target,
        required=required,
        money=target,
        claim=Claim(
            f"Closed won {scene.money(scene.facts.closed_won)}",
            f"{scene.money(required * target)} expected {scene.by_today}",
        ),
    )


def _forecast(scene: _Scene, target: Fraction) -> _Comparison:
    required = target * scene.expected.forecast_share
    return _Comparison(
        measure=scene.facts.forecast,
        required=required,
        money=Fraction(1),
        claim=Claim(
            f"Forecast {scene.money(scene.facts.forecast)}",
            f"{scene.money(required)} expected {scene.by_today}",
        ),
    )


def _open_pipeline_like_last_year(scene: _Scene, target: Fraction) -> _Comparison | None:
    """`None` where last year has nothing to compare with."""
    facts = scene.facts
    prior_open, prior_closed = facts.prior_open_pipeline, facts.prior_full_closed_won
    if prior_open is None or prior_closed is None or prior_open <= 0 or prior_closed <= 0:
        return None
    required = prior_open * target / prior_closed
    return _Comparison(
        measure=facts.open_pipeline,
        required=required,
        money=Fraction(1),
        claim=Claim(
            f"Open pipeline {scene.money(facts.open_pipeline)}",
            f"{scene.money(required)} that last year suggests {scene.today}",
        ),
    )


def _open_pipeline_as_coverage(scene: _Scene, coverage: _Comparison) -> _Comparison:
    whole = "what is left to win" if scene.coverage_denominator == "remaining" else "the target"
    return _Comparison(
        measure=coverage.measure,
        required=coverage.required,
        money=coverage.money,
        claim=Claim(
            f"Open pipeline at {multiple(coverage.measure)} {whole} (nothing comparable last year)",
            coverage.claim.yardstick,
        ),
    )


def _coverage(scene: _Scene, target: Fraction) -> _Comparison:
    """Divided by the full target, less is required in the proportion of what remains of it."""
    remaining = target - scene.facts.closed_won
    required = scene.expected.required_coverage
    denominator = remaining
    if scene.coverage_denominator == "target":
        denominator, required = target, required * remaining / target
    measure = scene.facts.open_pipeline / denominator
    return _Comparison(
        measure=measure,
        required=required,
        money=denominator,
        claim=Claim(
            f"Coverage {multiple(measure)}",
            f"{multiple(required)} needed {scene.today}",
            more="more open pipeline",
        ),
    )


def _pipe_gen(scene: _Scene) -> CellVerdict:
    """Judged by its own target, whatever the state of the other one."""
    facts = scene.facts
    target = facts.pipe_gen_target
    if target is None or target <= 0:
        return CellVerdict(Status.GREY, None, None, None, reasons.no_pipe_gen_target(scene.period.label))
    required = target * scene.share
    origin = " (target derived from last year)" if facts.pipe_gen_target_derived else ""
    comparison = _Comparison(
        measure=facts.pipe_gen,
        required=required,
        money=Fraction(1),
        claim=Claim(
            f"Pipe generation {scene.money(facts.pipe_gen)}",
            f"{scene.money(required)} due {scene.by_today}{origin}",
        ),
    )
    return _verdict(scene, Metric.PIPE_GEN, comparison)


def _verdict(scene: _Scene, metric: Metric, comparison: _Comparison) -> CellVerdict:
    bands = scene.bands(metric)
    gap = comparison.gap_to(Fraction(bands.green))
    measure, required = comparison.measure, comparison.required
    if required <= 0:
        why = reasons.nothing_expected(comparison.claim, scene.day, scene.period.days)
        return CellVerdict(Status.GREY, measure, required, gap, why)
    status = _band_colour(comparison.ratio, bands)
    why = reasons.compared(comparison.claim, comparison.ratio)
    if status is Status.RED and scene.is_guarded(metric):
        status = Status.YELLOW
        why = f"{why}, {reasons.guarded(scene.colours.early_guard_days)}"
    if status is not Status.GREEN:
        why = f"{why}; {reasons.turned_by(gap, comparison.claim, scene.facts.currency)}"
    return CellVerdict(status, measure, required, gap, f"{why}.")


def _band_colour(ratio: Fraction, bands: Bands) -> Status:
    if ratio >= Fraction(bands.green):
        return Status.GREEN
    return Status.YELLOW if ratio >= Fraction(bands.yellow) else Status.RED


def _late(scene: _Scene, coverage: CellVerdict, forecast: CellVerdict) -> CellVerdict:
    """In the last days the coverage cell takes the forecast's colour where that is worse.

    Where both are as bad, it takes the reason and the gap of the one that is further from green.
    """
    if not scene.is_late or _badness(forecast) <= _badness(coverage):
        return coverage
    return CellVerdict(
        status=forecast.status,
        measure=coverage.measure,
        required=coverage.required,
        gap=max(coverage.gap or Fraction(0), forecast.gap or Fraction(0)),
        why=reasons.follows_forecast(LATE_DAYS, forecast.why),
    )


def _badness(cell: CellVerdict) -> tuple[int, Fraction]:
    return cell.status.severity, cell.gap or Fraction(0)


def _row_colour(cells: Mapping[Metric, CellVerdict]) -> tuple[Status, str]:
    """The worse of forecast and coverage; any other red holds a green row back at yellow."""
    forecast, coverage, pipe_gen = (
        cells[metric] for metric in (Metric.FORECAST, Metric.COVERAGE, Metric.PIPE_GEN)
    )
    leading = max(forecast, coverage, key=_badness)
    if leading.status is Status.GREY:
        leading = pipe_gen
    if leading.status is not Status.GREEN:
        return leading.status, leading.why
    reds = [cell for cell in cells.values() if cell.status is Status.RED]
    if not reds:
        return Status.GREEN, leading.why
    return Status.YELLOW, reasons.held_back(max(reds, key=_badness).why)
