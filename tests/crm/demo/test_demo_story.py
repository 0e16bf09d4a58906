"""The story of the demo company, by simple ratios over its records, on whatever day it is looked at."""

from datetime import date
from fractions import Fraction

import pytest

from crm.demo import demo_cast
from pipeline.records import Category
from tests.crm.demo.demo_reckoning import (
    QUARTERS,
    Pulled,
    coverage_needed,
    forecast_needed,
    pull,
    state_at,
    sums_at,
)
from tests.crm.demo.demo_reckoning import colours_of as colours_at

FIRST_DAY = date(2026, 11, 1)
FIRST_WEEK = date(2026, 8, 4)
GUARDED = date(2027, 2, 20)
MIDDLE = date(2026, 9, 15)
LAST_WEEK = date(2027, 1, 27)
LAST_DAY = date(2026, 10, 31)
LEAP_DAY = date(2028, 2, 29)
DAYS = (FIRST_DAY, FIRST_WEEK, GUARDED, MIDDLE, LAST_WEEK, LAST_DAY, LEAP_DAY)


@pytest.fixture(params=DAYS, ids=str)
def pulled(request: pytest.FixtureRequest) -> Pulled:
    return pull(request.param)


def share_elapsed(pulled: Pulled) -> Fraction:
    return Fraction(pulled.day - pulled.period.start.toordinal() + 1, pulled.period.days)


def test_apac_is_red_in_forecast_and_coverage(pulled: Pulled) -> None:
    row = sums_at(pulled, "region", pulled.day, pulled.period)["APAC"]
    target = pulled.target("region", "APAC")
    forecast = (row.won + row.commit) / (target * forecast_needed(share_elapsed(pulled)))
    coverage = row.open / (target - row.won) / coverage_needed(share_elapsed(pulled))
    assert forecast < Fraction(9, 10)
    assert coverage < Fraction(8, 10)


def test_apac_is_red_because_a_big_commit_deal_of_the_cast_rep_left_the_quarter_last_week(
    pulled: Pulled,
) -> None:
    rep = demo_cast()[0].user_id
    end = pulled.period.end.toordinal()
    slipped = []
    for deal in pulled.deals.values():
        before = state_at(pulled, deal, pulled.day - 7)
        if before is None or before.close_day is None or deal.close_day is None or deal.owner_id != rep:
            continue
        stayed_commit = before.category is Category.COMMIT and deal.category is Category.COMMIT
        if stayed_commit and before.close_day <= end < deal.close_day:
            slipped.append(deal)
    (deal,) = slipped
    value = deal.fields["ACV__c"]
    assert isinstance(value, int)
    assert Fraction(value, 10_000) > pulled.target("region", "APAC") / 5
    assert deal.stage == "Negotiation"


@pytest.mark.parametrize("region", ["AMER", "EMEA", "LATAM"])
def test_the_other_regions_are_green(pulled: Pulled, region: str) -> None:
    assert colours_at(pulled, "region", region, pulled.day).row == "green"


def test_latam_turns_red_once_its_stale_deals_are_left_out_and_no_other_green_region_does(
    pulled: Pulled,
) -> None:
    trusted = {
        region: colours_at(pulled, "region", region, pulled.day, pulled.stale).row
        for region in ("AMER", "EMEA", "LATAM")
    }
    assert trusted["LATAM"] == "red"
    assert "red" not in (trusted["AMER"], trusted["EMEA"])


def test_emea_was_not_green_a_week_ago(pulled: Pulled) -> None:
    assert colours_at(pulled, "region", "EMEA", pulled.day - 7).forecast in ("red", "yellow")


def test_the_company_as_a_whole_is_to_be_watched(pulled: Pulled) -> None:
    assert colours_at(pulled, "TOTAL", "TOTAL", pulled.day).row == "yellow"


def test_one_segment_is_yellow_and_the_others_are_green(pulled: Pulled) -> None:
    colours = {
        name: colours_at(pulled, "segment", name, pulled.day).row for name in ("SMB", "MM", "ENT", "PUB")
    }
    assert colours == {"SMB": "green", "MM": "yellow", "ENT": "green", "PUB": "green"}


def test_one_product_is_yellow(pulled: Pulled) -> None:
    assert colours_at(pulled, "product", "Insights", pulled.day).row == "yellow"


def test_regional_targets_are_believable_beside_what_was_won_a_year_ago(pulled: Pulled) -> None:
    prior = QUARTERS.numbered(pulled.quarter - 4)
    rows = sums_at(pulled, "region", prior.end.toordinal(), prior)
    for region in ("AMER", "EMEA", "APAC", "LATAM"):
        growth = pulled.target("region", region) / rows[region].won
        assert Fraction(95, 100) < growth < Fraction(160, 100)


def test_no_region_is_far_from_its_plan_in_past_quarters() -> None:
    pulled = pull(MIDDLE)
    for ahead in range(-8, 0):
        period = QUARTERS.numbered(pulled.quarter + ahead)
        rows = sums_at(pulled, "region", period.end.toordinal(), period)
        for region in ("AMER", "EMEA", "APAC", "LATAM"):
            attainment = rows[region].won / pulled.target("region", region, ahead=ahead)
            assert Fraction(80, 100) < attainment < Fraction(112, 100)
