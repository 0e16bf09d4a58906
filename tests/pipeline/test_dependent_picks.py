"""Picks that depend on another field: which are offered with what was chosen there."""

import pytest

from pipeline.crm_fields import FieldShape, FieldType, PickValue
from pipeline.deal_entry import EntryRefused, controlling_value, offered_picks, read_entry

PARTNER = FieldShape("Is_Partner__c", "Partner", FieldType.FLAG)
REGION = FieldShape("Region__c", "Region", FieldType.PICKLIST)
TIER = FieldShape(
    "Tier__c",
    "Tier",
    FieldType.PICKLIST,
    picks=(PickValue("Gold", "Gold", frozenset({"1"})), PickValue("None", "None", frozenset({"0", "1"}))),
    controlled_by="Is_Partner__c",
)


@pytest.mark.parametrize(
    ("flag", "offered"), [(1, {"Gold", "None"}), (0, {"None"}), ("1", {"Gold", "None"}), (None, set())]
)
def test_a_flag_controls_picks_by_nought_and_one(flag: int | str | None, offered: set[str]) -> None:
    assert {*offered_picks(TIER, flag)} == offered


def test_what_was_chosen_in_a_form_is_told_as_picks_need_it() -> None:
    assert (controlling_value(PARTNER, "yes"), controlling_value(PARTNER, "no")) == (1, 0)
    assert controlling_value(REGION, "yes") == "yes"
    assert read_entry(TIER, "Gold", controlling_value(PARTNER, "yes")) == "Gold"
    with pytest.raises(EntryRefused, match="These do: None"):
        read_entry(TIER, "Gold", controlling_value(PARTNER, "no"))
