"""Tables of the APM put together of sums and targets."""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest

from pipeline.assembly import Measures, SpendLine, assemble
from pipeline.calendar import build_calendar
from pipeline.definitions import Definitions, MetricsDefinition
from pipeline.learning import Learnt
from pipeline.matrix import Basis, Caveats, Dimension, ForecastCall, Matrix, Metric, Status, TargetState
from pipeline.money import build_rate_table
from pipeline.sums import SliceSums, SliceValues
from pipeline.targets import TargetBook, build_targets
from tests.pipeline.test_targets import row as target

AS_OF = date(2026, 3, 17)
"""Day 45 of the 89 days of FY27 Q1, which began on 1 February 2026."""
SLICES = {
    1: SliceValues("EMEA", "ENT", "AE", "Cloud", "(Unassigned)", "(Unassigned)"),
    2: SliceValues("AMER", "ENT", "AE", "Core", "(Unassigned)", "(Unassigned)"),
    3: SliceValues("APAC", "SMB", "BDR", "Core", "(Unassigned)", "(Unassigned)"),
    4: SliceValues("(Unassigned)", "SMB", "BDR", "Core", "(Unassigned)", "(Unassigned)"),
    5: SliceValues("EMEA", "SMB", "AE", "Core", "(Unassigned)", "renewal"),
    6: SliceValues("emea", "SMB", "AE", "Core", "(Unassigned)", "(Unassigned)"),
}
NO_CAVEATS = Caveats((), None, Decimal(0), (), (), (), Basis.EXACT)
DEFINITIONS = Definitions.model_validate(
    {
        "calendar": {"start_month": 2},
        "colours": {
            "pacing": "linear",
            "forecast_curve": {"*": 1},
            "required_coverage": {"*": 3},
            "early_guard_days": 0,
        },
    }
)
AGAINST_THE_TARGET = DEFINITIONS.model_copy(
    update={"metrics": MetricsDefinition(coverage_denominator="target")}
)

_MONEY = (
    "closed_won", "commit", "best_case", "open_pipeline", "pipe_gen", "open_next_1", "open_next_2",
    "open_next_3", "overdue",
)  # fmt: skip
_COUNTED = {"closed_won": "closed", "commit": "commit", "open_pipeline": "open", "pipe_gen": "generated"}


def sums(slice_no: int, basis: Basis = Basis.EXACT, **units: int) -> SliceSums:
    """Whole units of the corporate currency, of one deal each."""
    fields: dict[str, Any] = dict.fromkeys(SliceSums._fields, 0)
    fields |= {"slice_no": slice_no, "state_basis": int(basis), "slice_basis": int(basis)}
    for name in _MONEY:
        fields[name] = units.get(name, 0) * 10_000
    for name, kind in _COUNTED.items():
        fields[f"{kind}_deals"] = fields[f"{kind}_firsts"] = int(name in units)
    return SliceSums(**fields)


def book(*rows: Any) -> TargetBook:
    calendar = build_calendar(DEFINITIONS.calendar)
    targets, problems = build_targets(rows, calendar, build_rate_table("USD", "static", {}, []))
    assert problems == ()
    return targets


def table(
    now: Sequence[SliceSums],
    targets: TargetBook,
    dimension: Dimension = Dimension.REGION,
    by: Dimension | None = None,
    *,
    untrusted: Sequence[SliceSums] = (),
    prior: Sequence[SliceSums] = (),
    prior_full: Sequence[SliceSums] = (),
    spend: dict[str, SpendLine] | None = None,
    call: ForecastCall | None = None,
    definitions: Definitions = DEFINITIONS,
) -> Any:
    """A matrix; untyped, so that its figures can be compared with whole numbers."""
    measures = Measures(
        as_of=AS_OF,
        prior_as_of=date(2025, 3, 17),
        now=now,
        untrusted=untrusted,
        prior=prior,
        prior_full=prior_full,
        slices=SLICES,
        units_of=lambda currency, day: Decimal(1),
        learnt=Learnt(),
        caveats=NO_CAVEATS,
        spend=spend or {},
        call=call,
        pulled_at=None,
    )
    return assemble(measures, definitions, build_calendar(definitions.calendar), targets, dimension, by)


def named(matrix: Matrix, value: str) -> Any:
    (found,) = [row for row in matrix.rows if row.value == value]
    return found


def cell(row: Any, metric: Metric) -> Any:
    return row.cells[metric]


def figures(matrix: Matrix, metric: Metric) -> dict[str, Any]:
    return {row.value: row.cells[metric].figure for row in matrix.rows}


NOW = (
    sums(1, closed_won=30, commit=20, open_pipeline=90, pipe_gen=40, open_next_1=50),
    sums(2, closed_won=10, commit=5, open_pipeline=60, pipe_gen=15, open_next_1=70),
    sums(3, closed_won=7, commit=1, open_pipeline=8, pipe_gen=9, open_next_1=11),
)


def test_every_row_has_its_own_sums_and_the_total_all_of_them() -> None:
    matrix = table(NOW, book())
    assert figures(matrix, Metric.CLOSED_WON) == {"EMEA": 30, "AMER": 10, "APAC": 7}
    assert figures(matrix, Metric.FORECAST) == {"EMEA": 50, "AMER": 15, "APAC": 8}
    total = matrix.total.cells
    assert (total[Metric.CLOSED_WON].figure, total[Metric.FORECAST].figure) == (47, 73)
    assert (total[Metric.OPEN_PIPELINE].figure, total[Metric.PIPE_GEN].figure) == (158, 64)
    assert matrix.total.open_pipeline_rolling_4q == {
        "FY27 Q1": 158, "FY27 Q2": 131, "FY27 Q3": 0, "FY27 Q4": 0,
    }  # fmt: skip


@pytest.mark.parametrize(
    "dimension", [Dimension.REGION, Dimension.SEGMENT, Dimension.SOURCE, Dimension.PRODUCT]
)
def test_every_dimension_adds_up_to_the_same_total(dimension: Dimension) -> None:
    matrix = table(NOW, book(), dimension)
    assert sum(figures(matrix, Metric.OPEN_PIPELINE).values()) == 158
    assert matrix.total == table(NOW, book()).total


def test_values_that_differ_in_their_capitals_alone_keep_a_row_each() -> None:
    """Each is what the CRM holds; one row would hide the other's deals."""
    matrix = table([*NOW, sums(6, open_pipeline=3)], book(target("region", "EMEA", 100)))
    assert figures(matrix, Metric.OPEN_PIPELINE) == {"EMEA": 90, "emea": 3, "AMER": 60, "APAC": 8}


def test_a_row_whose_deals_all_close_in_the_next_quarter_is_shown() -> None:
    matrix = table([sums(1, closed_won=30), sums(2, open_next_1=70)], book())
    assert named(matrix, "AMER").open_pipeline_rolling_4q["FY27 Q2"] == 70


def test_a_target_without_deals_is_a_row() -> None:
    row = named(table(NOW, book(target("region", "LATAM", 100))), "LATAM")
    assert (row.state, row.remaining, row.attainment) == (TargetState.OPEN, 100, 0)


def test_a_pair_with_a_target_and_without_deals_is_a_row() -> None:
    """EMEA+Core was promised in either order of the two; nothing stands behind it."""
    for targets in (
        book(target("region+product", "EMEA+Core", 100)),
        book(target("product+region", "core+emea", 100)),
    ):
        emea = named(table(NOW, targets, Dimension.REGION, Dimension.PRODUCT), "EMEA")
        targets_of_pairs = {row.value.casefold(): row.target for row in emea.rows}
        assert targets_of_pairs == {"cloud": None, "core": 100}


def test_a_target_met_missing_and_zero() -> None:
    """EMEA won 30 of 30; AMER was promised nothing; APAC has a target of 0."""
    matrix = table(NOW, book(target("region", "EMEA", 30), target("region", "APAC", 0)))
    emea, amer, apac = (named(matrix, name) for name in ("EMEA", "AMER", "APAC"))
    assert (emea.state, emea.remaining, emea.attainment) == (TargetState.TARGET_MET, 0, 1)
    assert cell(emea, Metric.COVERAGE).figure is None
    assert cell(emea, Metric.COVERAGE).status is Status.GREEN
    for row in (amer, apac):
        assert (row.state, row.attainment) == (TargetState.NO_TARGET, None)
        assert cell(row, Metric.COVERAGE).figure is None
        assert cell(row, Metric.COVERAGE).status is Status.GREY


def test_an_explicit_company_target_is_held_against_every_deal() -> None:
    """147 - 47 = 100 remains, covered by 158; in every table alike."""
    targets = book(target("TOTAL", "TOTAL", 147), target("region", "EMEA", 60))
    for dimension in (Dimension.REGION, Dimension.PRODUCT):
        total = table(NOW, targets, dimension).total
        assert (total.target, total.remaining) == (147, 100)
        assert total.attainment == Fraction(47, 147)
        assert cell(total, Metric.COVERAGE).figure == Fraction(158, 100)


def test_a_company_target_that_is_a_sum_leaves_untargeted_regions_out_of_its_ratios() -> None:
    """EMEA 60 and AMER 40 make 100; APAC has none, so its 7 won are not part of the 40 attained.

    Coverage: (90 + 60) / (100 - 40) = 2.5; forecast is measured at 50 + 15 = 65. The amounts stay.
    """
    targets = book(target("region", "EMEA", 60), target("region", "AMER", 40))
    for dimension in (Dimension.REGION, Dimension.PRODUCT):
        total = table(NOW, targets, dimension).total
        assert (total.target, total.remaining, total.attainment) == (100, 60, Fraction(2, 5))
        assert cell(total, Metric.COVERAGE).figure == Fraction(5, 2)
        assert cell(total, Metric.FORECAST).measure == 65
        assert cell(total, Metric.FORECAST).figure == 73
        assert cell(total, Metric.CLOSED_WON).figure == 47


def test_an_explicit_pipe_gen_target_is_held_against_all_that_was_generated() -> None:
    """The closed_won target is a sum of regions without APAC, the one of pipe_gen is the company's."""
    targets = book(target("region", "EMEA", 60), target("TOTAL", "TOTAL", 128, metric="pipe_gen"))
    shown = cell(table(NOW, targets).total, Metric.PIPE_GEN)
    assert (shown.figure, shown.measure, shown.target) == (64, 64, 128)


def test_a_pipe_gen_target_that_is_a_sum_leaves_out_regions_without_one() -> None:
    targets = book(
        target("TOTAL", "TOTAL", 147),
        target("region", "EMEA", 50, metric="pipe_gen"),
        target("region", "APAC", 10, metric="pipe_gen"),
    )
    shown = cell(table(NOW, targets).total, Metric.PIPE_GEN)
    assert (shown.figure, shown.measure, shown.target) == (64, 49, 60)


def test_a_missing_pipe_gen_target_is_derived_from_last_year() -> None:
    """Last year's quarter generated 80 with a target of 50; this year's target is 60: 80 * 60 / 50 = 96."""
    targets = book(target("region", "EMEA", 60), target("region", "EMEA", 50, period="FY26 Q1"))
    shown = cell(named(table(NOW, targets, prior_full=[sums(1, pipe_gen=80)]), "EMEA"), Metric.PIPE_GEN)
    assert (shown.target, shown.target_derived) == (96, True)
    assert shown.required == pytest.approx(Decimal(96) * 45 / 89)


def test_a_derived_company_pipe_gen_target_counts_the_targeted_regions_alone() -> None:
    """EMEA generated 80 at a target of 50; APAC, which has no target, 500. Both sides leave APAC out."""
    targets = book(target("region", "EMEA", 60), target("region", "EMEA", 50, period="FY26 Q1"))
    shown = cell(
        table(NOW, targets, prior_full=[sums(1, pipe_gen=80), sums(3, pipe_gen=500)]).total, Metric.PIPE_GEN
    )
    assert (shown.figure, shown.measure, shown.target) == (64, 40, 96)


def test_last_years_coverage_is_held_against_last_years_targets() -> None:
    """Then the company's target was explicit, 100: 80 open over 100 - 20, APAC included."""
    targets = book(target("region", "EMEA", 60), target("TOTAL", "TOTAL", 100, period="FY26 Q1"))
    prior = [sums(1, closed_won=15, open_pipeline=50), sums(3, closed_won=5, open_pipeline=30)]
    assert cell(table(NOW, targets, prior=prior).total, Metric.COVERAGE).prior == 1


def test_a_target_of_zero_last_year_gives_no_coverage_even_after_a_downsell() -> None:
    """0 - (-5) = 5 would remain of nothing promised."""
    targets = book(target("region", "EMEA", 60), target("region", "EMEA", 0, period="FY26 Q1"))
    prior = [sums(1, closed_won=-5, open_pipeline=50)]
    for definitions in (DEFINITIONS, AGAINST_THE_TARGET):
        emea = named(table(NOW, targets, prior=prior, definitions=definitions), "EMEA")
        assert cell(emea, Metric.COVERAGE).prior is None


def test_next_quarters_coverage_is_held_against_next_quarters_targets() -> None:
    """Next quarter only AMER has a target, 140: its 70 cover a half."""
    targets = book(target("TOTAL", "TOTAL", 147), target("region", "AMER", 140, period="FY27 Q2"))
    assert table(NOW, targets).total.coverage_next == Fraction(1, 2)


def test_year_over_year_is_relative_and_null_without_a_prior() -> None:
    """EMEA: 90 against 60 is +50 %; AMER had nothing."""
    matrix = table(NOW, book(), prior=[sums(1, open_pipeline=60)])
    assert cell(named(matrix, "EMEA"), Metric.OPEN_PIPELINE).yoy == Fraction(1, 2)
    assert cell(named(matrix, "AMER"), Metric.OPEN_PIPELINE).yoy is None


def test_renewals_have_a_line_of_their_own() -> None:
    matrix = table([*NOW, sums(5, closed_won=400)], book(target("deal_type", "renewal", 500)))
    assert cell(matrix.total, Metric.CLOSED_WON).figure == 47
    assert cell(named(matrix, "EMEA"), Metric.CLOSED_WON).figure == 30
    assert matrix.renewals is not None
    assert cell(matrix.renewals, Metric.CLOSED_WON).figure == 400
    assert matrix.renewals.attainment == Fraction(4, 5)


def test_no_renewals_have_no_line() -> None:
    assert table(NOW, book()).renewals is None


def test_the_unassigned_share_is_that_of_open_pipeline() -> None:
    """42 of 200."""
    assert table([*NOW, sums(4, open_pipeline=42)], book()).caveats.unassigned_share == Fraction(21, 100)


def test_a_figure_is_as_weak_as_its_weakest_part() -> None:
    matrix = table([sums(1, open_pipeline=1), sums(1, Basis.RECONSTRUCTED, open_pipeline=1)], book())
    assert cell(named(matrix, "EMEA"), Metric.OPEN_PIPELINE).basis is Basis.RECONSTRUCTED
    assert cell(named(matrix, "EMEA"), Metric.CLOSED_WON).basis is Basis.EXACT
    assert matrix.caveats.basis is Basis.RECONSTRUCTED


def test_a_cell_whose_colour_rests_on_untrusted_deals_is_marked() -> None:
    """Linear pace, forecast share 1: 50 of 50 is green; without 20 of stale commit 30 of 50 is red."""
    untrusted = [sums(1, commit=20, open_pipeline=20)]
    shown = cell(
        named(table(NOW, book(target("region", "EMEA", 50)), untrusted=untrusted), "EMEA"), Metric.FORECAST
    )
    assert (shown.figure, shown.status) == (50, Status.GREEN)
    assert (shown.trusted.figure, shown.trusted.status, shown.trusted.flips) == (30, Status.RED, True)


def test_spend_is_set_against_what_came_of_it() -> None:
    """9 generated and 7 won for 18 spent on BDR."""
    matrix = table(NOW, book(), Dimension.SOURCE, spend={"BDR": SpendLine(Fraction(18), 2)})
    spent = named(matrix, "BDR").spend
    assert spent is not None
    assert (spent.pipe_gen_per_unit, spent.closed_won_per_unit) == (Fraction(1, 2), Fraction(7, 18))


def test_the_top_managers_call_stands_beside_the_forecast_of_the_company_alone() -> None:
    call = ForecastCall(Decimal(42), "Ada Top")
    matrix = table(NOW, book(), call=call)
    assert matrix.total.call == call
    assert {row.call for row in matrix.rows} == {None}
