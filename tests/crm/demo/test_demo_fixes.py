"""Fixes made to the demo company: kept, persisted, and refused where they would overwrite."""

from datetime import date
from pathlib import Path

import pytest

from crm.demo import DemoCrm
from crm.records import Fix
from pipeline.crm_fields import Conflict, Refusal, Rejected, Saved
from pipeline.crm_records import FieldValue, OpportunityRecord
from pipeline.deal_fields import value_of
from pipeline.errors import CouncilError
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
    crm.write(
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
    crm.write(fix_of(deal, StageName=("Proposal", "Closed Lost"), Loss_Reason__c=(None, "Price")))
    fixed = pull_from(crm, TODAY).deals[deal.id]
    assert (fixed.stage, fixed.category) == ("Closed Lost", Category.OMITTED)


def test_a_category_given_with_the_stage_wins() -> None:
    crm = DemoCrm(TODAY)
    deal = an_open_deal(pull_from(crm, TODAY))
    seen = deal.category.name.replace("_", "") if deal.category else None
    crm.write(fix_of(deal, ForecastCategoryName=(seen, "Commit"), StageName=("Proposal", "Negotiation")))
    fixed = pull_from(crm, TODAY).deals[deal.id]
    assert (fixed.stage, fixed.category) == ("Negotiation", Category.COMMIT)


def test_a_further_field_can_be_fixed_and_is_followed_as_text() -> None:
    crm = DemoCrm(TODAY)
    deal = an_open_deal(pull_from(crm, TODAY))
    crm.write(fix_of(deal, ACV__c=(deal.fields["ACV__c"], 1_234_500_000)))
    pulled = pull_from(crm, TODAY)
    assert pulled.deals[deal.id].fields["ACV__c"] == 1_234_500_000
    assert pulled.changes[deal.id][-1].new == "123450"


def test_fixes_outlive_the_process_where_a_file_is_named(tmp_path: Path) -> None:
    path = tmp_path / "fixes.jsonl"
    crm = DemoCrm(TODAY, fixes_path=path)
    deal = an_open_deal(pull_from(crm, TODAY))
    crm.write(fix_of(deal, NextStep=(deal.next_step, "Ürün tanıtımı ✓")))
    again = pull_from(DemoCrm(TODAY, fixes_path=path), TODAY)
    assert again.deals[deal.id].next_step == "Ürün tanıtımı ✓"


def test_fixes_of_another_day_leave_this_days_company_alone(tmp_path: Path) -> None:
    path = tmp_path / "fixes.jsonl"
    crm = DemoCrm(TODAY, fixes_path=path)
    deal = an_open_deal(pull_from(crm, TODAY))
    crm.write(fix_of(deal, NextStep=(deal.next_step, "Only today")))
    tomorrow = date(2026, 9, 16)
    assert pull_from(DemoCrm(tomorrow, fixes_path=path), tomorrow).deals == (
        pull_from(DemoCrm(tomorrow), tomorrow).deals
    )


def test_a_file_that_is_not_of_fixes_is_named_with_the_line(tmp_path: Path) -> None:
    path = tmp_path / "fixes.jsonl"
    path.write_text('{"at": 1}\n', encoding="utf-8")
    with pytest.raises(CouncilError, match=r"fixes\.jsonl, line 1"):
        DemoCrm(TODAY, fixes_path=path)


def test_closing_as_lost_without_a_reason_is_refused_at_the_reason_and_in_the_rules_own_words() -> None:
    crm = DemoCrm(TODAY)
    deal = an_open_deal(pull_from(crm, TODAY))
    result = crm.write(fix_of(deal, StageName=(deal.stage, "Closed Lost")))
    assert result == Rejected(
        (
            Refusal(
                "Loss Reason: you must give a loss reason before a deal is closed as lost.",
                ("Loss_Reason__c",),
            ),
        )
    )
    assert pull_from(crm, TODAY).deals[deal.id] == deal


def test_a_loss_reason_stands_only_beside_a_lost_deal() -> None:
    crm = DemoCrm(TODAY)
    deal = an_open_deal(pull_from(crm, TODAY))
    result = crm.write(fix_of(deal, Loss_Reason__c=(None, "Price")))
    assert isinstance(result, Rejected)
    assert result.refusals[0].fields == ("Loss_Reason__c",)
    reasons = crm.describe(deal.id).fields["Loss_Reason__c"]
    assert reasons.controlled_by == "StageName"
    assert {frozenset({"Closed Lost"})} == {pick.needs for pick in reasons.picks}


def test_an_expansion_is_not_lost_to_a_competitor() -> None:
    crm = DemoCrm(TODAY)
    deals = pull_from(crm, TODAY).deals.values()
    for record_type, offered in (("New Business", True), ("Expansion", False)):
        deal = next(deal for deal in deals if deal.fields["Type"] == record_type)
        shape = crm.describe(deal.id)
        picks = {pick.value for pick in shape.fields["Loss_Reason__c"].picks}
        assert (shape.record_type, "Lost to competitor" in picks) == (record_type, offered)


def test_a_commit_without_a_next_step_is_refused() -> None:
    crm = DemoCrm(TODAY)
    deal = an_open_deal(pull_from(crm, TODAY))
    category = value_of(deal, "ForecastCategoryName")
    result = crm.write(
        fix_of(deal, ForecastCategoryName=(category, "Commit"), NextStep=(deal.next_step, None))
    )
    assert isinstance(result, Rejected)
    assert [refusal.fields for refusal in result.refusals] == [("NextStep",)]


def test_a_line_that_a_killed_process_left_half_written_costs_only_itself(tmp_path: Path) -> None:
    path = tmp_path / "fixes.jsonl"
    crm = DemoCrm(TODAY, fixes_path=path)
    deal = an_open_deal(pull_from(crm, TODAY))
    crm.write(fix_of(deal, NextStep=(deal.next_step, "Kept")))
    with path.open("a", encoding="utf-8") as file:
        file.write('{"company": "2026-09')
    again = DemoCrm(TODAY, fixes_path=path)
    assert again.write(fix_of(deal, LATER + 60, NextStep=("Kept", "Kept too"))) == Saved()
    assert pull_from(DemoCrm(TODAY, fixes_path=path), TODAY).deals[deal.id].next_step == "Kept too"


def test_another_process_with_the_same_file_is_heard(tmp_path: Path) -> None:
    path = tmp_path / "fixes.jsonl"
    crm, other = DemoCrm(TODAY, fixes_path=path), DemoCrm(TODAY, fixes_path=path)
    deal = an_open_deal(pull_from(crm, TODAY))
    other.write(fix_of(deal, NextStep=(deal.next_step, "From elsewhere")))
    assert isinstance(crm.write(fix_of(deal, NextStep=(deal.next_step, "Mine"))), Conflict)
