"""Figures of a small company worked out by hand, from its exports to what people read."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from pipeline.matrix import Basis, Dimension, Metric, TargetState
from storage.apm import read_apm
from storage.bridge import read_waterfall
from tests.journeys.exported import Exported
from tests.journeys.worked_company import PULLED_AT, WORKED, Company, Step, Story, build

TODAY = date(2026, 3, 17)
WON, OPEN, FORECAST, GENERATED, COVERAGE = (
    Metric.CLOSED_WON, Metric.OPEN_PIPELINE, Metric.FORECAST, Metric.PIPE_GEN, Metric.COVERAGE,
)  # fmt: skip


@pytest.fixture(scope="module")
def worked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Exported]:
    exported = build(tmp_path_factory.mktemp("worked"), WORKED)
    yield exported
    exported.close()


def table(exported: Exported, dimension: Dimension = Dimension.REGION, as_of: date = TODAY) -> Any:
    """Untyped, so that figures can be compared with whole numbers."""
    council = exported.council
    return read_apm(council.engine, council.company, as_of=as_of, dimension=dimension)


def figures(matrix: Any, metric: Metric) -> dict[str, Any]:
    """What is not 0, by row."""
    return {row.value: row.cells[metric].figure for row in matrix.rows if row.cells[metric].figure}


def row(matrix: Any, value: str) -> Any:
    (found,) = [row for row in matrix.rows if row.value == value]
    return found


def waterfall(exported: Exported, **slice_: Any) -> Any:
    council = exported.council
    return read_waterfall(
        council.engine, council.company, from_date=date(2026, 3, 1), to_date=TODAY, **slice_
    )


def test_the_quarter_is_that_of_the_evening_in_california(worked: Exported) -> None:
    period = table(worked).period
    assert (period.label, period.start, period.end) == ("FY27 Q1", date(2026, 2, 1), date(2026, 4, 30))
    assert (period.day, period.days) == (45, 89)
    assert table(worked).prior_as_of == date(2025, 3, 17)


def test_closed_won_by_region(worked: Exported) -> None:
    """EMEA: 18. AMER: 02 and 08. APAC: 05. The renewal (22) stays out, last year's wins too."""
    matrix = table(worked)
    assert figures(matrix, WON) == {"EMEA": 50, "AMER": 650, "APAC": 70}
    assert matrix.total.cells[WON].figure == 770


def test_open_pipeline_by_region(worked: Exported) -> None:
    """EMEA: 01 1,000 + 03 1,000 + 07 200 + 16 0. AMER: 13 90 + 19 35 + 20 45.

    Left out: 04 has no rate, 06 and 21 are overdue from the last quarter, 09 is deleted, 10 is omitted,
    11 has no close date, 12 closes next quarter.
    """
    matrix = table(worked)
    assert figures(matrix, OPEN) == {"EMEA": 2200, "AMER": 170}
    assert matrix.total.open_pipeline_rolling_4q == {
        "FY27 Q1": 2370, "FY27 Q2": 400, "FY27 Q3": 0, "FY27 Q4": 0,
    }  # fmt: skip


def test_forecast_adds_commit_and_the_best_case_what_is_likely(worked: Exported) -> None:
    """Commit: 01. Best case: 03 too."""
    matrix = table(worked)
    assert figures(matrix, FORECAST) == {"EMEA": 1050, "AMER": 650, "APAC": 70}
    assert matrix.total.forecast_best_case == 2770


def test_pipe_gen_counts_first_entries_of_the_quarter_as_days_go_in_california(worked: Exported) -> None:
    """EMEA: 01 1,000 + 03 1,000 + 11 60. AMER: 08 150, won meanwhile.

    13 qualified on 31 January in California; 07 entered in December and was only reopened; 10 is omitted,
    09 deleted, 04 has no rate.
    """
    assert figures(table(worked), GENERATED) == {"EMEA": 2060, "AMER": 150}


def test_a_deal_is_shared_over_its_products_to_the_cent(worked: Exported) -> None:
    """1,000 by 1 : 2; everything else has no line items."""
    matrix = table(worked, Dimension.PRODUCT)
    assert figures(matrix, OPEN) == {
        "Core": Decimal("333.33"), "Cloud": Decimal("666.67"), "(No product)": 1370,
    }  # fmt: skip


def test_what_no_total_can_hold_is_listed(worked: Exported) -> None:
    caveats = table(worked).caveats
    assert [(one.opportunity_id, one.amount, one.currency) for one in caveats.unconverted] == [
        ("04", 7000, "GBP")
    ]
    assert (caveats.overdue_prior_ids, caveats.overdue_prior_amount) == (("06", "21"), 65)
    assert caveats.undated_ids == ("11",)


def test_a_target_in_euros_takes_the_rate_of_the_first_day(worked: Exported) -> None:
    """1,000 - 650 = 350 remain of AMER, covered by 170."""
    amer = row(table(worked), "AMER")
    assert (amer.target, amer.remaining, amer.attainment) == (1000, 350, Fraction(65, 100))
    assert amer.cells[COVERAGE].figure == Fraction(170, 350)


@pytest.mark.parametrize(
    "dimension", [Dimension.REGION, Dimension.PRODUCT, Dimension.SEGMENT, Dimension.SOURCE]
)
def test_the_company_target_is_the_sum_of_regions_in_every_table(
    worked: Exported, dimension: Dimension
) -> None:
    """3,000 + 1,000. The 70 of APAC count in amounts, but not in what is attained: 700 of 4,000."""
    total = table(worked, dimension).total
    assert (total.target, total.remaining, total.attainment) == (4000, 3300, Fraction(7, 40))
    assert total.cells[COVERAGE].figure == Fraction(2370, 3300)
    assert (total.cells[FORECAST].figure, total.cells[FORECAST].measure) == (1770, 1700)


def test_a_region_without_a_target_shows_amounts_and_no_colour(worked: Exported) -> None:
    apac = row(table(worked), "APAC")
    assert (apac.state, apac.target, apac.cells[WON].status) == (TargetState.NO_TARGET, None, "grey")


def test_renewals_have_their_own_line_and_target(worked: Exported) -> None:
    renewals = table(worked).renewals
    assert (renewals.cells[WON].figure, renewals.target, renewals.state) == (
        5000, 4000, TargetState.TARGET_MET,
    )  # fmt: skip


def test_year_over_year_compares_with_what_was_open_then(worked: Exported) -> None:
    """14 was pushed and won at 275 since, but stood open at 250; 15 at 80: 2,200 / 250 and 170 / 80."""
    matrix = table(worked)
    assert row(matrix, "EMEA").cells[OPEN].yoy == Fraction(39, 5)
    assert row(matrix, "AMER").cells[OPEN].yoy == Fraction(9, 8)
    assert matrix.total.cells[OPEN].prior == 330
    assert matrix.total.cells[WON].yoy is None


def test_the_full_quarter_of_last_year_has_its_later_wins(worked: Exported) -> None:
    """15 was won at 100 after 17 March. Generated: 14, at 275 by then, and 15."""
    assert table(worked).total.prior_full_quarter == {WON: 100, GENERATED: 375}


def test_how_figures_are_known(worked: Exported) -> None:
    """Seen today: exact. Before: from history, but for the ACV of 01 and for regions, which history lacks."""
    today, earlier = table(worked), table(worked, as_of=date(2026, 3, 1))
    assert today.total.cells[OPEN].basis is Basis.EXACT
    assert row(today, "AMER").cells[OPEN].basis is Basis.EXACT
    assert row(today, "AMER").cells[WON].basis is Basis.APPROXIMATE  # the region when won is not known
    assert earlier.total.cells[WON].basis is Basis.RECONSTRUCTED
    assert earlier.total.cells[OPEN].basis is Basis.APPROXIMATE
    assert row(earlier, "AMER").cells[OPEN].basis is Basis.APPROXIMATE


def test_the_waterfall_balances_to_the_cent(worked: Exported) -> None:
    """Start: 01 1,000, 03 1,600, 09 300, 10 999, 12 400, 13 100, 16 0, 17 120, 18 30, 21 25."""
    bridge = waterfall(worked)
    assert (bridge.start, bridge.end) == (4574, 2370)
    assert bridge.new == 200  # 07 was lost at the start and stands open again
    assert bridge.pulled_in == 35
    assert bridge.pushed_in == 45
    assert bridge.increased == 20  # 18 grew before it was won
    assert bridge.decreased == 10  # 13
    assert bridge.fx == -600  # 03: 800 EUR at 0.5, then at 0.8
    assert (bridge.won, bridge.lost) == (50, 120)
    assert (bridge.pushed_out, bridge.pulled_out) == (400, 25)
    assert bridge.removed == 1299
    assert {removal.opportunity_id: removal.amount for removal in bridge.removed_ids} == {
        "09": 300,
        "10": 999,
    }
    added = bridge.new + bridge.pulled_in + bridge.pushed_in + bridge.increased + bridge.fx
    left = bridge.won + bridge.lost + bridge.pushed_out + bridge.pulled_out + bridge.removed
    assert bridge.start + added - bridge.decreased - left == bridge.end


def test_the_waterfalls_of_all_slices_add_up_to_the_whole(worked: Exported) -> None:
    slices = [
        waterfall(worked, dimension=Dimension.REGION, value=region) for region in ("EMEA", "AMER", "APAC")
    ]
    assert sum(one.end for one in slices) == 2370
    assert sum(one.new for one in slices) == 200
    assert sum(one.reclassified for one in slices) == 0


# Later pulls


def deal(*steps: Step, **more: Any) -> Story:
    return Story("EMEA", steps, **more)


OPEN_STEP = Step("2026-02-10", "Qualification", "2026-04-10", "100")
WON_STEP = Step("2026-03-12", "Closed Won", "2026-03-12", "100")
NEXT_WEEK = PULLED_AT + timedelta(days=7)


def pull_again(exported: Exported, company: Company) -> None:
    exported.write(company.exports())
    exported.pull(NEXT_WEEK)


@pytest.fixture
def again(tmp_path: Path) -> Iterator[Any]:
    """Builds a company, pulls it, pulls what it became a week later."""
    opened: list[Exported] = []

    def pull_both(first: Company, second: Company, **configuration: str) -> Exported:
        exported = build(tmp_path, first, **configuration)
        opened.append(exported)
        pull_again(exported, second)
        return exported

    yield pull_both
    for exported in opened:
        exported.close()


def test_what_a_pull_saw_stays_and_is_exact(again: Any) -> None:
    """No history at all: 100 in the first week, 130 from the second pull on."""
    before = Company({"01": deal(OPEN_STEP)}, has_history=False)
    grown = replace(OPEN_STEP, amount="130")
    exported = again(before, Company({"01": deal(grown)}, has_history=False))
    for as_of, amount in ((TODAY, 100), (date(2026, 3, 23), 100), (date(2026, 3, 24), 130)):
        cell = row(table(exported, as_of=as_of), "EMEA").cells[OPEN]
        assert (cell.figure, cell.basis) == (amount, Basis.EXACT)
    assert table(exported, as_of=date(2026, 3, 16)).total.cells[OPEN].basis is Basis.APPROXIMATE


def test_a_won_deal_keeps_region_and_products_and_an_open_one_moves(again: Any) -> None:
    core, cloud = (("1", "Core"),), (("1", "Cloud"),)
    before = {
        "01": deal(OPEN_STEP, WON_STEP, lines=core),
        "02": deal(OPEN_STEP, lines=core),
    }
    after = {name: replace(story, region="AMER", lines=cloud) for name, story in before.items()}
    exported = again(Company(before), Company(after))
    later = date(2026, 3, 24)
    assert figures(table(exported, as_of=later), WON) == {"EMEA": 100}
    assert figures(table(exported, Dimension.PRODUCT, later), WON) == {"Core": 100}
    assert figures(table(exported, as_of=later), OPEN) == {"AMER": 100}
    assert figures(table(exported, Dimension.PRODUCT, later), OPEN) == {"Cloud": 100}
    assert figures(table(exported, Dimension.PRODUCT), OPEN) == {"Core": 100}


def test_a_deal_of_a_merged_account_takes_the_segment_of_the_other(again: Any) -> None:
    story = {"01": deal(OPEN_STEP, account="small")}
    before = Company(story, accounts=(("small", "50", ""), ("large", "900", "")))
    after = Company(story, accounts=(("small", "50", "large"), ("large", "900", "")))
    exported = again(before, after)
    assert figures(table(exported, Dimension.SEGMENT), OPEN) == {"SMB": 100}
    assert figures(table(exported, Dimension.SEGMENT, date(2026, 3, 24)), OPEN) == {"ENT": 100}


def test_a_deal_that_is_absent_from_a_complete_export_ends(again: Any) -> None:
    stories = {f"0{number}": deal(OPEN_STEP) for number in range(1, 6)}
    left = {number: story for number, story in stories.items() if number != "02"}
    exported = again(Company(stories), Company(left))
    assert table(exported, as_of=date(2026, 3, 23)).total.cells[OPEN].figure == 500
    assert table(exported, as_of=date(2026, 3, 24)).total.cells[OPEN].figure == 400
    assert waterfall_of_removed(exported) == {"02": 100}


def waterfall_of_removed(exported: Exported) -> dict[str, Any]:
    council = exported.council
    bridge = read_waterfall(council.engine, council.company, from_date=TODAY, to_date=date(2026, 3, 24))
    return {removal.opportunity_id: removal.amount for removal in bridge.removed_ids}


def test_splits_share_a_deal_over_the_regions_of_its_owners(tmp_path: Path) -> None:
    """100.01 by halves: 50.01 for Ana in Europe, 50.00 for Bo in the West."""
    step = replace(OPEN_STEP, amount="100.01")
    company = Company({"01": deal(step, splits=(("u1", "50"), ("u2", "50")))})
    region = '{ role_chain = "owner", map = { Europe = "EMEA", West = "AMER" } }'
    shared = build(tmp_path / "on", company, splits="true", region=region)
    whole = build(tmp_path / "off", company, region=region)
    assert figures(table(shared), OPEN) == {"EMEA": Decimal("50.01"), "AMER": Decimal("50")}
    assert figures(table(whole), OPEN) == {"EMEA": Decimal("100.01")}
    assert table(shared).total == table(whole).total
    shared.close()
    whole.close()
