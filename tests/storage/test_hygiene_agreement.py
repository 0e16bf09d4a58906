"""The scan in SQL and the judgement in Python agree on every rule, whatever the deals are."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import create_engine

from pipeline.expressions import evaluate
from pipeline.hygiene.facts import DealFacts
from pipeline.hygiene.judging import applies, is_broken
from pipeline.records import Category
from storage.hygiene import ask_hygiene
from storage.hygiene_scan import DealReader, applies_in, is_broken_in, scan_deals
from storage.hygiene_twins import find_twins
from storage.schema import metadata
from tests.examples import examples
from tests.storage.hygiene_mirror import (
    CAPABILITIES,
    DEFINITIONS,
    HYGIENE,
    PEOPLE,
    SLICES,
    STAGES,
    TODAY,
    HygieneMirror,
)

HYGIENE_WITH_CASES: Mapping[str, Any] = {
    **HYGIENE,
    "rules": {
        "next_step_stale": {
            "cases": [
                {"segments": ["ENT"], "settings": {"after_days": 40}},
                {"stages": ["Discovery"], "from_value": 500, "settings": {"after_days": 3}},
            ],
            "exempt": {"below_value": 100},
        },
        "no_recent_activity": {"exempt": {"record_types": ["Partner"], "stages": ["Prospecting"]}},
    },
    "custom": [
        {"name": "own", "when": "Seats__c > 10 or not (segment != 'ENT')", "says": "x"},
        {"name": "own_won", "when": "is_won and days_to_close < -3 and Plan__c != 'a'", "says": "x"},
    ],
}
NEAR_DAYS = st.none() | st.integers(-60, 60).map(
    lambda offset: date.fromordinal(TODAY.toordinal() + offset).isoformat()
)
AMOUNTS = st.none() | st.sampled_from([-5, 0, 100, 499, 500, 49_999, 50_000, 60_000])
COUNTS = st.none() | st.integers(0, 4)
FIELDS = st.dictionaries(
    st.sampled_from(
        [
            "Metrics__c",
            "Buyer__c",
            "Pain__c",
            "Plan__c",
            "RecordType.Name",
            "Loss_Reason__c",
            "MainCompetitors__c",
        ]
    ),
    st.sampled_from(["", "a", "Partner"]),
)
DEALS = st.fixed_dictionaries(
    {
        "stage": st.sampled_from(list(STAGES)),
        "category": st.sampled_from(list(Category)),
        "close": NEAR_DAYS,
        "created": NEAR_DAYS,
        "valid_from": st.sampled_from(["2026-01-10", "2026-05-04", "2026-05-05", "2026-05-06", "2026-05-12"]),
        "stage_since": NEAR_DAYS,
        "category_since": NEAR_DAYS,
        "pushes": st.integers(0, 4),
        "value": AMOUNTS,
        "slice": st.sampled_from(list(SLICES)),
        "owner": st.none() | st.sampled_from(list(PEOPLE)),
        "amount": AMOUNTS,
        "custom_value": AMOUNTS,
        "next_step": st.sampled_from([None, "", "Call"]),
        "next_step_since": NEAR_DAYS,
        "last_activity": NEAR_DAYS,
        "contacts": COUNTS,
        "buyers": COUNTS,
        "lines": COUNTS,
        "next_activity": NEAR_DAYS,
        "oldest_task": NEAR_DAYS,
        "close_edited": st.booleans(),
        "account": st.sampled_from([None, "Acme", "own"]),
        "fields": st.builds(
            lambda texts, seats: {**texts, "Seats__c": seats},
            FIELDS,
            st.sampled_from([None, 100_000, 100_001, "many"]),
        ),
    }
)
EARLIER = st.fixed_dictionaries({"category": st.sampled_from(list(Category)), "close": NEAR_DAYS})


@settings(max_examples=examples(25), deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.tuples(DEALS, EARLIER), min_size=1, max_size=12))
def test_sql_and_python_agree_on_every_rule(deals: list[tuple[dict[str, Any], dict[str, Any]]]) -> None:
    engine = create_engine("sqlite://")
    metadata.create_all(engine)
    with engine.begin() as connection:
        mirror = HygieneMirror(connection, hygiene=HYGIENE_WITH_CASES)
        mirror.fill()
        for place, (deal, earlier) in enumerate(deals):
            number = mirror.add_deal(f"deal {place}", **deal)
            mirror.add_version(
                number, **{**earlier, "valid_from": "2026-01-01", "valid_to": deal["valid_from"]}
            )
        question = ask_hygiene(
            connection,
            as_of=TODAY,
            generation=1,
            definition=mirror.definition,
            definitions=DEFINITIONS,
            calendar=mirror.calendar,
            capabilities=CAPABILITIES,
            rates=mirror.rates,
        )
        find_twins(connection, question)
        by_sql = dict(scan_deals(connection, question))
        facts: dict[int, DealFacts] = {
            deal.number: deal.facts
            for deal in DealReader(question).read(connection, range(1, len(deals) + 1))
        }

    rules, vocabulary = question.plan.rules, question.plan.vocabulary
    assert len(rules) == 34
    assert by_sql.keys() == facts.keys()
    for number, mask in by_sql.items():
        judged = facts[number]
        broken = {rule.name for rule in rules if is_broken(rule, judged, vocabulary)}
        assert {rule.name for place, rule in enumerate(rules) if is_broken_in(mask, place)} == broken
        applicable = {rule.name for rule in rules if applies(rule, judged, vocabulary)}
        assert {rule.name for place, rule in enumerate(rules) if applies_in(mask, place)} == applicable
        assert {rule.name for rule in rules if evaluate(rule.broken, judged.values, vocabulary)} == broken
    engine.dispose()
