"""Every rule on a deal that breaks it, on one that just does not, and on one that is exempt.

Today is Tuesday 12 May 2026; the quarter runs from 1 April to 30 June. Each example names what differs
from a deal that breaks nothing.
"""

from dataclasses import dataclass
from typing import Any

import pytest

from pipeline.findings import Severity
from pipeline.hygiene.catalogue import RULES
from pipeline.records import Category
from tests.storage.hygiene_mirror import COMPLETE_FIELDS, HygieneMirror

HIGH, MEDIUM, LOW = Severity.HIGH, Severity.MEDIUM, Severity.LOW


@dataclass(frozen=True)
class Example:
    rule: str
    broken: dict[str, Any]
    kept: dict[str, Any]
    severity: Severity
    seen: str | None
    says: str
    exempt_slice: str = "renewal"


def _without(*names: str) -> dict[str, Any]:
    return {name: value for name, value in COMPLETE_FIELDS.items() if name not in names}


PROPOSAL = {"stage": "Proposal", "slice": "ENT"}
NEGOTIATION = {"stage": "Negotiation", "category": Category.BEST_CASE}
COMMIT = {"stage": "Negotiation", "category": Category.COMMIT}
LOST = {"stage": "Closed Lost", "category": Category.CLOSED, "fields": _without("Loss_Reason__c")}
WON = {"stage": "Closed Won", "category": Category.CLOSED}

EXAMPLES = [
    Example(
        "close_date_missing",
        {"close": None},
        {"close": "2026-05-12"},
        HIGH,
        "empty",
        "There is no close date: when do you expect to win it?",
    ),
    Example(  # one day of grace: 11 May is forgiven on 12 May
        "close_date_past",
        {"close": "2026-05-10"},
        {"close": "2026-05-11"},
        HIGH,
        "2026-05-10",
        "Close date was 10 May, 2 days ago.",
    ),
    Example(
        "close_date_placeholder",
        {"close": "2026-06-30", "close_edited": False},
        {"close": "2026-06-29", "close_edited": False},
        LOW,
        "2026-06-30",
        "Close date 30 Jun is the end of a quarter and was never changed: is it a real date?",
    ),
    Example(  # 14 days ahead is 26 May
        "close_date_too_soon",
        {"close": "2026-05-26"},
        {"close": "2026-05-27"},
        MEDIUM,
        "2026-05-26",
        "Close date is 26 May, in 14 days, and the stage is still Qualification.",
    ),
    Example(  # mid-market: 12 months ahead is 12 May 2027; 366 days are 12 months
        "close_date_too_far",
        {"slice": "MM", "close": "2027-05-13"},
        {"slice": "MM", "close": "2027-05-12"},
        LOW,
        "2027-05-13",
        "Close date is 13 May 2027, 12 months away: is that when it can be won?",
    ),
    Example(
        "close_date_pushed",
        {"pushes": 3},
        {"pushes": 2},
        HIGH,
        "3",
        "The close date was moved to a later month 3 times; it is now 15 Jul.",
    ),
    Example(
        "next_step_missing",
        {"next_step": None, "created": "2026-05-08"},
        {"next_step": None, "created": "2026-05-09"},
        MEDIUM,
        "empty",
        "There is no next step: what happens next, and when?",
    ),
    Example(  # Discovery is no early stage: 14 days before 12 May is 28 April
        "next_step_stale",
        {"stage": "Discovery", "next_step_since": "2026-04-28"},
        {"stage": "Discovery", "next_step_since": "2026-04-29"},
        MEDIUM,
        "Demo on Friday",
        "The next step has not changed for 14 days: “Demo on Friday”.",
    ),
    Example(  # more than 30 days ago
        "no_recent_activity",
        {"last_activity": "2026-04-11"},
        {"last_activity": "2026-04-12"},
        MEDIUM,
        "2026-04-11",
        "The last activity was on 11 Apr, 31 days ago.",
    ),
    Example(  # closes in 30 days, on 11 June
        "nothing_planned",
        {"stage": "Discovery", "close": "2026-06-11", "next_activity": None, "oldest_task": None},
        {"stage": "Discovery", "close": "2026-06-12", "next_activity": None, "oldest_task": None},
        MEDIUM,
        "empty",
        "Close date is 11 Jun and nothing is planned: no open task and no coming event.",
    ),
    Example(
        "overdue_task",
        {"oldest_task": "2026-05-08"},
        {"oldest_task": "2026-05-09"},
        LOW,
        "2026-05-08",
        "A task was due on 8 May, 4 days ago.",
    ),
    Example(  # no won deals: 30 days in the second stage
        "stuck_in_stage",
        {"created": "2026-04-01", "stage_since": "2026-04-11"},
        {"created": "2026-04-01", "stage_since": "2026-04-12"},
        MEDIUM,
        "31 days",
        "In Qualification for 31 days; the limit, by deals that were won, is 30 days.",
    ),
    Example(
        "amount_missing",
        {"amount": 0, "custom_value": None, "value": 0},
        {"amount": 0, "custom_value": 1, "value": 1},
        MEDIUM,
        "0",
        "The amount is 0 in stage Qualification: what is this deal worth?",
    ),
    Example(
        "value_missing",
        {**PROPOSAL, "custom_value": None},
        {"custom_value": None},
        MEDIUM,
        "empty",
        "There is an amount, but the field that counts is empty.",
    ),
    Example(
        "products_missing",
        {**PROPOSAL, "lines": 0},
        {"stage": "Discovery", "lines": 0},
        MEDIUM,
        "0",
        "No products are on this deal, and it is in Proposal.",
    ),
    Example(
        "contact_missing",
        {"contacts": 0, "created": "2026-05-08"},
        {"contacts": 0, "created": "2026-05-09"},
        MEDIUM,
        "0",
        "No contact is on this deal: whom are you speaking with?",
    ),
    Example(
        "single_threaded",
        {**PROPOSAL, "contacts": 1, "value": 50_000},
        {**PROPOSAL, "contacts": 1, "value": "49999.9999"},
        MEDIUM,
        "1",
        "This deal has 1 contact at Proposal: who else decides?",
    ),
    Example(
        "economic_buyer_missing",
        {**NEGOTIATION, "buyers": 0, "value": 50_000},
        {**NEGOTIATION, "buyers": 0, "value": 49_999},
        HIGH,
        "0",
        "None of the 3 contacts is the economic buyer: who signs?",
    ),
    Example(
        "economic_buyer_missing",
        {**NEGOTIATION, "contacts": 1, "buyers": 0, "value": 50_000},
        {**NEGOTIATION, "contacts": 1, "buyers": 1, "value": 50_000},
        HIGH,
        "0",
        "The only contact is not the economic buyer: who signs?",
    ),
    Example(
        "category_stage_mismatch",
        {"stage": "Proposal", "category": Category.COMMIT},
        COMMIT,
        HIGH,
        "Commit in Proposal",
        "Forecast category Commit and stage Proposal do not fit together.",
    ),
    Example(  # 30 days before 12 May is 12 April
        "omitted_open",
        {"category": Category.OMITTED, "category_since": "2026-04-12"},
        {"category": Category.OMITTED, "category_since": "2026-04-13"},
        LOW,
        "30 days",
        "Omitted for 30 days: still alive, or closed lost?",
    ),
    Example(  # half of five fields is 2.5: two are too few, three are enough
        "qualification_incomplete",
        {**PROPOSAL, "fields": _without("Metrics__c", "Buyer__c", "Pain__c")},
        {**PROPOSAL, "fields": _without("Metrics__c", "Buyer__c")},
        MEDIUM,
        "2 of 5",
        "2 of 5 qualification fields are filled, and it is in Proposal.",
    ),
    Example(
        "competitor_missing",
        {**PROPOSAL, "fields": _without("MainCompetitors__c")},
        {"fields": _without("MainCompetitors__c")},
        LOW,
        "empty",
        "No competitor is named: whom are you up against?",
    ),
    Example(
        "loss_reason_missing",
        {**LOST, "stage_since": "2026-05-10"},
        {**LOST, "stage_since": "2026-05-11"},
        MEDIUM,
        "empty",
        "This was lost 2 days ago: what was the reason?",
    ),
    Example(
        "source_missing",
        {"slice": "nowhere", "created": "2026-05-09"},
        {"slice": "nowhere", "created": "2026-05-10"},
        MEDIUM,
        "(Unassigned)",
        "No source can be found for this deal, so it counts as (Unassigned).",
        "nowhere renewal",
    ),
    Example(
        "segment_missing",
        {"slice": "nowhere", "created": "2026-05-09"},
        {"slice": "nowhere", "created": "2026-05-10"},
        LOW,
        "(Unassigned)",
        "No segment can be found for this deal, so it counts as (Unassigned).",
        "nowhere renewal",
    ),
    Example(
        "region_missing",
        {"slice": "nowhere", "created": "2026-05-09"},
        {"slice": "nowhere", "created": "2026-05-10"},
        LOW,
        "(Unassigned)",
        "No region can be found for this deal, so it counts as (Unassigned).",
        "nowhere renewal",
    ),
    Example(
        "owner_inactive",
        {"owner": "gone"},
        {"owner": "bo"},
        HIGH,
        "Gus Gone",
        "Gus Gone is no longer active: who takes this deal?",
    ),
    Example(
        "account_missing",
        {"account": None},
        {"account": "Acme"},
        HIGH,
        "empty",
        "This deal has no account.",
    ),
    Example(
        "won_date_anomaly",
        {**WON, "close": "2026-05-13", "stage_since": "2026-05-10"},
        {**WON, "close": "2026-05-12", "stage_since": "2026-05-10"},
        HIGH,
        "2026-05-13",
        "Won, but with a close date in the future: 13 May.",
    ),
]


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example.rule)
def test_rule_finds_the_deal_that_breaks_it_and_no_other(mirror: HygieneMirror, example: Example) -> None:
    mirror.add_deal("broken", **example.broken)
    mirror.add_deal("kept", **example.kept)
    mirror.add_deal("exempt", **{**example.broken, "slice": example.exempt_slice})

    found = [one for one in mirror.measure().findings if one.rule == example.rule]

    assert [one.opportunity_id for one in found] == ["broken"]
    assert (found[0].severity, found[0].seen, found[0].says) == (
        example.severity,
        example.seen,
        example.says,
    )
    assert found[0].audience is RULES[example.rule].audience
    assert found[0].nudges is RULES[example.rule].nudges_by_default


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example.rule)
def test_one_deal_judged_in_python_has_the_findings_of_the_scan(
    mirror: HygieneMirror, example: Example
) -> None:
    mirror.add_deal("broken", **example.broken)
    mirror.add_deal("kept", **example.kept)

    findings = mirror.measure().findings

    for crm_id in ("broken", "kept"):
        assert mirror.judge(crm_id) == tuple(one for one in findings if one.opportunity_id == crm_id)


def test_every_rule_has_an_example() -> None:
    elsewhere = {"commit_left_quarter", "too_old", "possible_duplicate"}
    assert {example.rule for example in EXAMPLES} | elsewhere == set(RULES)


def test_healthy_deal_breaks_nothing(mirror: HygieneMirror) -> None:
    mirror.add_deal("healthy")
    assert mirror.measure().findings == ()
