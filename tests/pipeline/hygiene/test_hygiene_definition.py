"""What an administrator can write under [hygiene], and what is said of mistakes."""

from decimal import Decimal
from typing import Any

import pytest
from pydantic import ValidationError

from pipeline.expressions import Kind
from pipeline.hygiene.catalogue import RULES
from pipeline.hygiene.definition import HygieneDefinition
from pipeline.hygiene.holdings import wanted_fields
from pipeline.hygiene.rule_settings import BuiltInRules


def mistakes(section: dict[str, Any]) -> dict[str, str]:
    """Message by key."""
    with pytest.raises(ValidationError) as refused:
        HygieneDefinition.model_validate(section)
    return {".".join(map(str, one["loc"])): one["msg"] for one in refused.value.errors()}


def test_all_mistakes_are_told_at_once_each_with_the_nearest_right_name() -> None:
    said = mistakes(
        {
            "stagess": {},
            "rules": {
                "next_step_stal": {},
                "next_step_stale": {"after_day": 3, "nudge": "perhaps"},
                "too_old": {"exempt": {"segment": ["ENT"]}},
            },
        }
    )
    assert said["stagess"] == "there is no stagess; did you mean stages?"
    assert said["rules.next_step_stal"] == "there is no next_step_stal; did you mean next_step_stale?"
    assert said["rules.next_step_stale.after_day"] == "there is no after_day; did you mean after_days?"
    assert said["rules.too_old.exempt.segment"] == "there is no segment; did you mean segments?"
    assert "rules.next_step_stale.nudge" in said


def test_case_with_an_unknown_threshold_names_the_right_one() -> None:
    said = mistakes({"rules": {"close_date_past": {"cases": [{"settings": {"grace_day": 3}}]}}})
    assert said["rules.close_date_past"].endswith(
        "cases.settings.grace_day: there is no such threshold; did you mean grace_days?"
    )


def test_threshold_that_holds_for_all_deals_is_refused_in_a_case() -> None:
    said = mistakes({"rules": {"too_old": {"cases": [{"settings": {"median_factor": 3}}]}}})
    assert "this is one for all deals" in said["rules.too_old"]


def test_custom_rule_outside_of_the_grammar_is_refused_where_it_stands() -> None:
    said = mistakes({"custom": [{"name": "own", "when": "stage = 'Proposal'", "says": "x"}]})
    assert "a comparison is written with two equals signs" in said["custom.0.when"]


@pytest.mark.parametrize(
    ("custom", "expected"),
    [
        ([{"name": "too_old", "when": "is_won", "says": "x"}], "too_old is a built-in rule"),
        ([{"name": "own", "when": "is_won", "says": "x"}] * 2, "two rules are called own"),
    ],
)
def test_custom_rule_needs_a_name_of_its_own(custom: list[dict[str, str]], expected: str) -> None:
    assert expected in mistakes({"custom": custom})["custom"]


def test_segment_has_one_size() -> None:
    said = mistakes({"segments": {"small": ["MM"], "mid": ["MM"]}})
    assert "segment MM is bound twice, as small and as mid" in said["segments"]


def test_every_rule_has_settings_and_six_nudge_by_default() -> None:
    assert RULES.keys() == BuiltInRules.model_fields.keys()
    assert {name for name, rule in RULES.items() if rule.nudges_by_default} == {
        "close_date_missing",
        "close_date_past",
        "commit_left_quarter",
        "next_step_missing",
        "amount_missing",
        "owner_inactive",
    }


def test_every_threshold_is_described_with_its_default() -> None:
    parameters = {(name, one.name): one for name, rule in RULES.items() for one in rule.parameters}
    assert all(one.description for one in parameters.values())
    assert parameters["next_step_stale", "after_days"].default == 14
    assert parameters["single_threaded", "from_value"].default == "50000"


def test_fields_that_rules_read_are_wanted_of_the_pull() -> None:
    definition = HygieneDefinition.model_validate(
        {
            "qualification_fields": ["Metrics__c"],
            "rules": {
                "competitor_missing": {"enabled": False},
                "too_old": {"exempt": {"record_types": ["A"]}},
            },
            "custom": [
                {"name": "empty", "when": "Seats__c is None", "says": "x"},
                {"name": "many", "when": "Seats__c > 10 and segment == 'ENT'", "says": "x"},
            ],
        }
    )
    assert wanted_fields(definition) == {
        "Metrics__c": Kind.TEXT,
        "Loss_Reason__c": Kind.TEXT,
        "RecordType.Name": Kind.TEXT,
        "Seats__c": Kind.NUMBER,
    }


def test_decimal_thresholds_keep_what_was_written() -> None:
    definition = HygieneDefinition.model_validate({"rules": {"too_old": {"median_factor": 1.1}}})
    assert definition.rules.too_old.median_factor == Decimal("1.1")
