"""The JSON contract: what stands where, how numbers are written, and that the schemas tell the truth."""

import json
from collections.abc import Callable, Mapping
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from bot.output.hygiene_json import hygiene_json, scores_json
from bot.output.matrix_json import matrix_json, why_json
from bot.output.people_json import people_json
from bot.output.rules_json import rules_json, trials_json
from bot.output.waterfall_json import waterfall_json
from pipeline.matrix import Dimension, Metric
from pipeline.past_scores import NO_PAST
from tests.bot import answers
from tests.messages import people_examples
from tests.messages.finding_examples import past_scores, scores
from tests.messages.matrix_examples import AS_OF
from tests.messages.rule_examples import changed_rule, managers_rule, rule_book, unasked_rule

SCHEMAS = Path(__file__).parents[2] / "docs" / "schema"

ANSWERS: dict[str, tuple[str, Callable[[], Mapping[str, object]]]] = {
    "table": ("apm", lambda: matrix_json(answers.matrix())),
    "pair": ("apm", lambda: matrix_json(answers.pair())),
    "without last year": ("apm", lambda: matrix_json(answers.without_prior())),
    "hygiene": ("hygiene", lambda: hygiene_json(answers.report(), NO_PAST, answers.FRESHNESS)),
    "scores": ("scores", lambda: scores_json(AS_OF, scores(), past_scores(), answers.FRESHNESS)),
    "rules": ("rules", lambda: rules_json(rule_book())),
    "preview": ("preview", lambda: trials_json([changed_rule(), managers_rule(), unasked_rule()])),
    "waterfall": ("waterfall", lambda: waterfall_json(answers.waterfall(), None, None)),
    "people": ("people", lambda: people_json(people_examples.directory(), people_examples.strangers())),
    "slice": ("waterfall", lambda: waterfall_json(answers.waterfall(), Dimension.REGION, "EMEA")),
}


def schema(name: str) -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads((SCHEMAS / f"{name}.json").read_text(encoding="utf-8"))
    return loaded


def as_read(answer: Mapping[str, object]) -> Any:
    """What a reader of the JSON has in hand."""
    return json.loads(json.dumps(answer, allow_nan=False))


@pytest.mark.parametrize("name", ["apm", "hygiene", "people", "preview", "rules", "scores", "waterfall"])
def test_a_schema_is_itself_valid(name: str) -> None:
    Draft202012Validator.check_schema(schema(name))


@pytest.mark.parametrize("answer", ANSWERS)
def test_every_answer_fits_its_schema(answer: str) -> None:
    name, write = ANSWERS[answer]
    Draft202012Validator(schema(name)).validate(as_read(write()))


@pytest.mark.parametrize("answer", ANSWERS)
def test_a_schema_describes_every_key_that_is_written(answer: str) -> None:
    name, write = ANSWERS[answer]
    closed = _closed(schema(name))
    Draft202012Validator(closed).validate(as_read(write()))


@pytest.mark.parametrize("answer", ANSWERS)
def test_an_answer_without_one_of_its_keys_does_not_fit(answer: str) -> None:
    name, write = ANSWERS[answer]
    validator = Draft202012Validator(schema(name))
    for key in as_read(write()):
        broken = {other: value for other, value in as_read(write()).items() if other != key}
        assert not validator.is_valid(broken), key


def _closed(node: Any) -> Any:
    """The schema with nothing allowed beyond what it names."""
    if isinstance(node, dict):
        closed = {key: _closed(value) for key, value in node.items()}
        if "properties" in closed:
            closed.setdefault("additionalProperties", False)
        return closed
    return [_closed(item) for item in node] if isinstance(node, list) else node


def test_the_table_says_of_which_day_and_with_what_it_is_compared() -> None:
    written = as_read(matrix_json(answers.matrix()))
    assert written["as_of"] == "2026-05-15"
    assert written["period"] == {
        "label": "FY26 Q2",
        "start": "2026-04-01",
        "end": "2026-06-30",
        "days": 91,
        "day": 45,
    }
    assert written["prior"] == {"as_of": "2025-05-15", "label": "FY25 Q2"}
    assert (written["dimension"], written["by"]) == ("region", None)
    assert [row["value"] for row in written["rows"]] == ["EMEA", "=APAC"]
    assert written["total"]["value"] == "TOTAL"


def test_money_is_rounded_half_up_to_cents_and_ratios_are_not_rounded() -> None:
    row = as_read(matrix_json(answers.matrix()))["rows"][0]
    assert (row["target"], row["remaining"], row["attainment"]) == (900, 600, 1 / 3)
    cells = row["cells"]
    assert list(cells) == ["forecast", "closed_won", "open_pipeline", "pipe_gen", "coverage"]
    assert cells["open_pipeline"]["amount"] == 1000.01
    assert cells["pipe_gen"]["amount"] == -12.35
    assert cells["coverage"]["ratio"] == 1000.005 / 600
    assert cells["closed_won"]["yoy"] == 0.5
    assert row["open_pipeline_rolling_4q"] == {"FY26 Q2": 1000.01, "FY26 Q3": 40}
    assert row["prior_full_quarter"] == {"closed_won": 800, "pipe_gen": 1200}
    assert (row["forecast_best_case"], row["coverage_next"]) == (750, 0.04)


def test_a_cell_compares_money_or_a_ratio_as_its_metric_does() -> None:
    cells = as_read(matrix_json(answers.matrix()))["rows"][0]["cells"]
    assert (cells["forecast"]["measure"], cells["forecast"]["required"]) == (500, 637.51)
    assert (cells["closed_won"]["measure"], cells["closed_won"]["required"]) == (1 / 3, 0.5)
    assert (cells["open_pipeline"]["measure"], cells["open_pipeline"]["required"]) == (5 / 3, 2.0)


def test_a_coverage_cell_has_a_ratio_where_others_have_an_amount_and_a_state() -> None:
    cells = as_read(matrix_json(answers.matrix()))["rows"][0]["cells"]
    assert cells["coverage"] == {
        "ratio": 1000.005 / 600,
        "prior": 2.0,
        "yoy": -0.1666625,
        "status": "red",
        "measure": 1000.005 / 600,
        "required": 2.0,
        "gap": 200,
        "target": 900,
        "target_derived": False,
        "trusted": {"ratio": 1000.005 / 600, "status": "red", "flips": False},
        "basis": "reconstructed",
        "why": "coverage by the numbers.",
        "deals": 2,
        "state": "open",
    }
    assert "state" not in cells["forecast"]
    assert cells["forecast"]["trusted"] == {"amount": 500, "status": "red", "flips": True}


def test_what_has_no_value_is_null_and_its_key_is_there() -> None:
    row = as_read(matrix_json(answers.matrix()))["rows"][1]
    assert (row["state"], row["target"], row["remaining"], row["attainment"]) == (
        "no_target",
        None,
        None,
        None,
    )
    assert (row["cells"]["coverage"]["ratio"], row["cells"]["coverage"]["gap"]) == (None, None)
    assert row["cells"]["coverage"]["state"] == "no_target"
    assert row["prior_full_quarter"] == {"closed_won": None, "pipe_gen": None}
    assert as_read(matrix_json(answers.without_prior()))["prior"] == {"as_of": None, "label": None}


def test_caveats_name_what_no_total_holds() -> None:
    assert as_read(matrix_json(answers.matrix()))["caveats"] == {
        "unconverted": [{"opportunity_id": "006A", "amount": 100, "currency": "BRL"}],
        "unassigned_share": 1 / 7,
        "overdue_prior_period": {"amount": 640.5, "ids": ["006B"]},
        "undated": ["006C", "006D"],
        "value_unknown": ["006E"],
        "basis": "reconstructed",
        "notices": ["No renewal rule is configured."],
    }


def test_in_a_pair_each_row_has_rows() -> None:
    written = as_read(matrix_json(answers.pair()))
    assert written["by"] == "product"
    assert [part["value"] for part in written["rows"][0]["rows"]] == ["Cloud", "Data"]
    assert written["rows"][0]["rows"][0]["cells"]["closed_won"]["amount"] == 300


def test_findings_and_scores_have_their_keys() -> None:
    written = as_read(hygiene_json(answers.report(), NO_PAST, answers.FRESHNESS))
    assert written["pulled_at"] == "2026-05-15T06:12:00+00:00"
    assert written["stale"] == {"since": "2026-05-15T06:12:00+00:00", "why": "Salesforce is limiting us"}
    assert written["findings"][0] == {
        "opportunity_id": "006A",
        "opportunity_name": "=HYPERLINK(1)",
        "owner": {"id": "005000000000001AAA", "name": "Mei Tanaka-Reid"},
        "rule": "close_date_past",
        "severity": "high",
        "audience": "owner",
        "seen": "2026-05-01",
        "says": "The close date has passed.",
        "fixes": ["CloseDate", "StageName"],
        "since": "2026-05-03",
        "value": 1000.01,
        "nudges": True,
        "waived": False,
    }
    assert written["findings"][1]["owner"] is None
    assert written["scores"][0] == {
        "level": "rep",
        "id": "005000000000001AAA",
        "name": "Mei Tanaka-Reid",
        "value_share": 2 / 3,
        "value_share_week_ago": None,
        "value_share_four_weeks_ago": None,
        "deal_share": 0.5,
        "deals": 2,
        "clean_deals": 1,
    }
    assert written["scores"][1]["value_share"] is None


def test_a_printed_waterfall_balances_to_the_cent() -> None:
    written = as_read(waterfall_json(answers.waterfall(), None, None))
    assert (written["start"], written["new"], written["removed"], written["end"]) == (1000, 300, 500, 800)
    assert (written["from"], written["to"], written["period"]) == (
        "2026-05-01",
        "2026-05-15",
        {"label": "FY26 Q2"},
    )
    assert written["removed_deals"] == [{"opportunity_id": "006A", "reason": "omitted", "amount": 500}]


def test_why_holds_the_cell_and_its_deals() -> None:
    deal = answers.a_deal("Acme", close_date=date(2026, 6, 1), untrusted=True)
    written = as_read(why_json(answers.matrix(), answers.emea(), Metric.CLOSED_WON, (deal,)))
    assert (written["value"], written["metric"], written["cell"]["gap"]) == ("EMEA", "closed_won", 150)
    assert written["deals"] == [
        {
            "name": "Acme",
            "owner": "Mei",
            "stage": "Proposal",
            "close_date": "2026-06-01",
            "value": None,
            "trusted": False,
        }
    ]


def test_whole_amounts_are_written_without_a_decimal_point() -> None:
    assert '"target": 900,' in json.dumps(matrix_json(answers.matrix()))
