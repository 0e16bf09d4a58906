"""Fixes made to the demo company: kept, persisted, and refused where they would overwrite."""

from datetime import date
from pathlib import Path

import pytest

from crm.demo import DemoCrm
from crm.records import Fix
from pipeline.crm_records import FieldValue, OpportunityRecord
from pipeline.errors import CouncilError, UnknownName
from pipeline.records import Category
from tests.crm.demo.demo_reckoning import Pulled, pull_from

TODAY = date(2026, 9, 15)
LATER = 1_789_500_000
"""The afternoon of that day."""


def an_open_deal(pulled: Pulled) -> OpportunityRecord:
    return next(deal for deal in pulled.deals.values() if deal.stage == "Proposal" and deal.next_step)


def fix_of(deal: OpportunityRecord, at: int = LATER, **changes: tuple[FieldValue, FieldValue]) -> Fix:
    return Fix(deal.id, "005000000000001AAA", at, changes)


def test_a_fix_is_in_the_next_pull_with_its_history() -> None:
    crm = DemoCrm(TODAY)
    deal = an_open_deal(pull_from(crm, TODAY))
    moved_to = (deal.close_day or 0) + 14
    crm.apply_fix(
        fix_of(deal, CloseDate=(deal.close_day, moved_to), NextStep=(deal.next_step, "Call the sponsor"))
    )
    pulled = pull_from(crm, TODAY)
    fixed = pulled.deals[deal.id]
    assert (fixed.close_day, fixed.next_step, fixed.modified_at) == (moved_to, "Call the sponsor", LATER)
    last = pulled.history[deal.id][-1]
    assert (last.at, last.close_day, last.stage) == (LATER, moved_to, deal.stage)
    change = pulled.changes[deal.id][-1]
    assert (change.field, change.old, change.new) == ("NextStep", deal.next_step, "Call the sponsor")


def test_a_new_stage_brings_its_own_forecast_category() -> None:
    crm = DemoCrm(TODAY)
    deal = an_open_deal(pull_from(crm, TODAY))
    crm.apply_fix(fix_of(deal, StageName=("Proposal", "Closed Lost")))
    fixed = pull_from(crm, TODAY).deals[deal.id]
    assert (fixed.stage, fixed.category) == ("Closed Lost", Category.OMITTED)


def test_a_category_given_with_the_stage_wins() -> None:
    crm = DemoCrm(TODAY)
    deal = an_open_deal(pull_from(crm, TODAY))
    seen = deal.category.name.replace("_", "") if deal.category else None
    crm.apply_fix(fix_of(deal, ForecastCategoryName=(seen, "Commit"), StageName=("Proposal", "Negotiation")))
    fixed = pull_from(crm, TODAY).deals[deal.id]
    assert (fixed.stage, fixed.category) == ("Negotiation", Category.COMMIT)


def test_a_further_field_can_be_fixed_and_is_followed_as_text() -> None:
    crm = DemoCrm(TODAY)
    deal = an_open_deal(pull_from(crm, TODAY))
    crm.apply_fix(fix_of(deal, ACV__c=(deal.fields["ACV__c"], 1_234_500_000)))
    pulled = pull_from(crm, TODAY)
    assert pulled.deals[deal.id].fields["ACV__c"] == 1_234_500_000
    assert pulled.changes[deal.id][-1].new == "123450"


def test_fixes_outlive_the_process_where_a_file_is_named(tmp_path: Path) -> None:
    path = tmp_path / "fixes.jsonl"
    crm = DemoCrm(TODAY, fixes_path=path)
    deal = an_open_deal(pull_from(crm, TODAY))
    crm.apply_fix(fix_of(deal, NextStep=(deal.next_step, "Ürün tanıtımı ✓")))
    again = pull_from(DemoCrm(TODAY, fixes_path=path), TODAY)
    assert again.deals[deal.id].next_step == "Ürün tanıtımı ✓"


def test_fixes_of_another_day_leave_this_days_company_alone(tmp_path: Path) -> None:
    path = tmp_path / "fixes.jsonl"
    crm = DemoCrm(TODAY, fixes_path=path)
    deal = an_open_deal(pull_from(crm, TODAY))
    crm.apply_fix(fix_of(deal, NextStep=(deal.next_step, "Only today")))
    tomorrow = date(2026, 9, 16)
    assert pull_from(DemoCrm(tomorrow, fixes_path=path), tomorrow).deals == (
        pull_from(DemoCrm(tomorrow), tomorrow).deals
    )


def test_a_field_that_was_changed_meanwhile_is_not_overwritten() -> None:
    crm = DemoCrm(TODAY)
    deal = an_open_deal(pull_from(crm, TODAY))
    crm.apply_fix(fix_of(deal, NextStep=(deal.next_step, "First")))
    with pytest.raises(CouncilError, match="it is now First"):
        crm.apply_fix(fix_of(deal, NextStep=(deal.next_step, "Second")))
    assert pull_from(crm, TODAY).deals[deal.id].next_step == "First"


def test_an_unknown_deal_field_stage_or_category_is_refused_by_name() -> None:
    crm = DemoCrm(TODAY)
    deal = an_open_deal(pull_from(crm, TODAY))
    with pytest.raises(UnknownName, match="006nothing"):
        crm.apply_fix(Fix("006nothing", "005", LATER, {"NextStep": (None, "x")}))
    with pytest.raises(CouncilError, match="no field Colour__c"):
        crm.apply_fix(fix_of(deal, Colour__c=(None, "red")))
    with pytest.raises(CouncilError, match="no stage 'Almost'"):
        crm.apply_fix(fix_of(deal, StageName=("Proposal", "Almost")))
    with pytest.raises(CouncilError, match="no forecast category 'Sure'"):
        crm.apply_fix(fix_of(deal, ForecastCategoryName=(None, "Sure")))


def test_a_file_that_is_not_of_fixes_is_named_with_the_line(tmp_path: Path) -> None:
    path = tmp_path / "fixes.jsonl"
    path.write_text('{"at": 1}\n', encoding="utf-8")
    with pytest.raises(CouncilError, match=r"fixes\.jsonl, line 1"):
        DemoCrm(TODAY, fixes_path=path)
