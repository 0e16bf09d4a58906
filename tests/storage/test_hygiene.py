"""Rules that need other deals or other days, the settings of rules, notices, scores and stored findings."""

from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from sqlalchemy import insert, select

from pipeline.crm_records import Capabilities
from pipeline.findings import Finding, HygieneReport, Score, Severity
from pipeline.money import DatedRate, build_rate_table
from pipeline.records import Category
from storage.finding_lives import Deals
from storage.hygiene_findings import findings_to_store, store_findings
from storage.tables import FOREVER, currency_table, finding, rate
from tests.storage.hygiene_mirror import HYGIENE, TODAY, HygieneMirror, day


def found(mirror: HygieneMirror, rule: str) -> list[Finding]:
    return [one for one in mirror.measure().findings if one.rule == rule]


def set_rules(mirror: HygieneMirror, **rules: Any) -> None:
    mirror.hygiene = {**HYGIENE, "rules": rules}


def notice(mirror: HygieneMirror, rule: str) -> str:
    (only,) = [one.says for one in mirror.measure().notices if one.rule == rule]
    return only


def test_commit_that_moved_into_a_later_quarter_within_a_week_is_found(mirror: HygieneMirror) -> None:
    now: dict[str, Any] = {"stage": "Negotiation", "category": Category.BEST_CASE, "valid_from": "2026-05-08"}
    before: dict[str, Any] = {
        "stage": "Negotiation",
        "category": Category.COMMIT,
        "valid_from": "2026-04-20",
        "valid_to": "2026-05-08",
    }
    left = mirror.add_deal("left", **now, close="2026-07-01")
    mirror.add_version(left, **before, close="2026-06-20")
    stayed = mirror.add_deal("stayed", **now, close="2026-06-30")
    mirror.add_version(stayed, **before, close="2026-06-20")
    never = mirror.add_deal("never committed", **now, close="2026-07-01")
    mirror.add_version(never, **{**before, "category": Category.BEST_CASE}, close="2026-06-20")

    (only,) = found(mirror, "commit_left_quarter")

    assert only.opportunity_id == "left"
    assert only.says == "This was in Commit for 20 Jun and now closes on 1 Jul, in a later quarter."
    assert (only.severity, only.nudges) == (Severity.HIGH, True)
    assert only in mirror.judge("left")


def test_commit_that_left_more_than_a_week_ago_is_old_news(mirror: HygieneMirror) -> None:
    left = mirror.add_deal("left", valid_from="2026-05-05", close="2026-07-15")
    mirror.add_version(
        left,
        category=Category.COMMIT,
        valid_from="2026-04-01",
        valid_to="2026-05-05",
        close="2026-06-20",
    )
    assert found(mirror, "commit_left_quarter") == []


def test_won_days_after_its_quarter_ended_is_an_anomaly_only_past_the_tolerance(
    mirror: HygieneMirror,
) -> None:
    won = {"stage": "Closed Won", "category": Category.CLOSED, "close": "2026-03-31"}
    mirror.add_deal("late", **won, stage_since="2026-04-06")
    mirror.add_deal("in time", **won, stage_since="2026-04-05")
    mirror.add_deal("same quarter", **{**won, "close": "2026-04-01"}, stage_since="2026-05-01")

    (only,) = found(mirror, "won_date_anomaly")

    assert only.opportunity_id == "late"
    assert only.says == "Marked won on 6 Apr, but its close date 31 Mar lies in an earlier quarter."


def test_deals_closed_before_the_first_pull_are_left_alone(mirror: HygieneMirror) -> None:
    lost = {"stage": "Closed Lost", "category": Category.CLOSED, "fields": {}}
    mirror.add_deal("before", **lost, stage_since="2026-01-04")
    mirror.add_deal("on the day", **lost, stage_since="2026-01-05")
    mirror.add_deal("nobody knows", **lost, stage_since=None)
    assert mirror.broken_by("loss_reason_missing") == {"on the day"}


def add_wins(mirror: HygieneMirror, days: list[int], *, segment: str = "ENT") -> None:
    """Won deals that were so many days in Qualification, from creation to the win."""
    start = date(2025, 6, 2)
    for number, length in enumerate(days):
        end = date.fromordinal(start.toordinal() + length).isoformat()
        won = mirror.add_deal(
            f"won {segment} {number}",
            stage="Closed Won",
            category=Category.CLOSED,
            created=start.isoformat(),
            close=end,
            valid_from=end,
            stage_since=end,
            slice=segment,
        )
        mirror.add_version(
            won, created=start.isoformat(), valid_from=start.isoformat(), valid_to=end, slice=segment
        )


def test_limits_come_from_the_median_of_twenty_wins_in_stage_and_segment(mirror: HygieneMirror) -> None:
    add_wins(mirror, [10] * 10 + [21] * 10)  # median 15.5, times 1.5 is 23.25
    mirror.add_deal("stuck", created="2026-04-18", stage_since="2026-04-18")  # 24 days
    mirror.add_deal("not yet", created="2026-04-19", stage_since="2026-04-19")  # 23 days
    mirror.add_deal("other segment", slice="MM", created="2026-04-18", stage_since="2026-04-18")

    (only,) = found(mirror, "stuck_in_stage")

    assert only.opportunity_id == "stuck"
    assert only.says == "In Qualification for 24 days; the limit, by deals that were won, is 23 days."


def test_nineteen_wins_make_no_median(mirror: HygieneMirror) -> None:
    add_wins(mirror, [10] * 19)
    mirror.add_deal("stuck", created="2026-04-18", stage_since="2026-04-18")
    assert mirror.broken_by("stuck_in_stage") == set()


def test_no_stage_is_allowed_fewer_than_fourteen_days(mirror: HygieneMirror) -> None:
    add_wins(mirror, [2] * 20)  # 1.5 x 2 would be 3 days
    mirror.add_deal("stuck", created="2026-04-01", stage_since="2026-04-27")  # 15 days
    mirror.add_deal("not yet", created="2026-04-01", stage_since="2026-04-28")  # 14 days
    assert mirror.broken_by("stuck_in_stage") == {"stuck"}


def test_deal_older_than_twice_the_median_win_of_its_segment_is_too_old(mirror: HygieneMirror) -> None:
    add_wins(mirror, [40] * 20)
    mirror.add_deal("old", created="2026-02-20")  # 81 days
    mirror.add_deal("not yet", created="2026-02-21")  # 80 days
    mirror.add_deal("other segment", created="2026-02-20", slice="MM")
    mirror.add_deal("exempt", created="2026-02-20", slice="renewal")

    (only,) = found(mirror, "too_old")

    assert only.opportunity_id == "old"
    assert only.says == "This deal is 81 days old; the limit, by the wins of its segment, is 80 days."
    assert only in mirror.judge("old")


def test_twins_share_account_family_value_and_close_date(mirror: HygieneMirror) -> None:
    mirror.add_deal("one", account="Acme", value=100, close="2026-06-01")
    mirror.add_deal("two", account="Acme", value=90, close="2026-08-30", name="Acme again")  # 90 days, 10 %
    mirror.add_deal("cheaper", account="Acme", value="80.99", close="2026-08-01")
    mirror.add_deal("later", account="Acme", value=100, close="2026-11-29")
    mirror.add_deal("other family", account="Acme", value=100, close="2026-06-01", slice="ENT Cloud")
    mirror.add_deal("other account", account="Bolt", value=100, close="2026-06-01")
    mirror.add_deal("exempt", account="Acme", value=100, close="2026-06-01", slice="renewal")

    twins = found(mirror, "possible_duplicate")

    assert [one.opportunity_id for one in twins] == ["one", "two"]
    assert twins[0].says == (
        "It looks like “Acme again”: the same account and product family, a similar value and close date. "
        "Is it one deal?"
    )
    assert twins[0] in mirror.judge("one")


def test_twins_share_one_of_several_families(mirror: HygieneMirror) -> None:
    both = mirror.add_deal("both", account="Acme")
    mirror.add_version(both, part=1, slice="ENT Cloud")
    mirror.add_deal("cloud", account="Acme", slice="ENT Cloud")
    assert mirror.broken_by("possible_duplicate") == {"both", "cloud"}


@pytest.mark.parametrize(
    ("differs", "expected"),
    [
        ({"stage": "Discovery", "close": "2026-06-11", "next_step_since": "2026-05-05"}, True),
        ({"stage": "Discovery", "close": "2026-06-11", "next_step_since": "2026-05-06"}, False),
        ({"stage": "Negotiation", "category": Category.COMMIT, "next_step_since": "2026-05-05"}, True),
        ({"stage": "Qualification", "next_step_since": "2026-04-21"}, True),
        ({"stage": "Qualification", "next_step_since": "2026-04-22"}, False),
        ({"stage": "Discovery", "next_step_since": None, "created": "2025-09-01"}, True),
        ({"stage": "Discovery", "next_step_since": None, "created": "2026-05-01"}, False),
    ],
)
def test_next_step_grows_stale_by_category_close_date_and_stage(
    mirror: HygieneMirror, differs: dict[str, Any], expected: bool
) -> None:
    mirror.add_deal("deal", **differs)
    assert mirror.broken_by("next_step_stale") == ({"deal"} if expected else set())


@pytest.mark.parametrize(
    ("differs", "severity"),
    [
        ({"slice": "MM", "last_activity": "2026-04-27"}, Severity.MEDIUM),
        ({"slice": "MM", "last_activity": "2026-04-28"}, None),
        ({"slice": "SMB", "last_activity": "2026-05-04"}, Severity.MEDIUM),
        ({"slice": "SMB", "last_activity": "2026-05-05"}, None),
        ({"stage": "Negotiation", "category": Category.COMMIT, "last_activity": "2026-05-04"}, Severity.HIGH),
        ({"slice": "SMB", "last_activity": "2026-06-01"}, None),
        ({"slice": "SMB", "last_activity": None, "created": "2026-05-06"}, None),
        ({"slice": "SMB", "last_activity": None, "created": "2026-05-04"}, Severity.MEDIUM),
        ({"last_activity": None, "created": "2025-01-01"}, Severity.MEDIUM),
    ],
)
def test_activity_is_asked_for_by_segment_and_category(
    mirror: HygieneMirror, differs: dict[str, Any], severity: Severity | None
) -> None:
    mirror.add_deal("deal", **differs)
    assert [one.severity for one in found(mirror, "no_recent_activity")] == ([severity] if severity else [])


@pytest.mark.parametrize(
    ("rule", "differs", "severity"),
    [
        ("amount_missing", {"stage": "Proposal", "amount": None, "custom_value": None}, Severity.HIGH),
        (
            "next_step_missing",
            {"stage": "Negotiation", "category": Category.COMMIT, "next_step": None},
            Severity.HIGH,
        ),
        ("category_stage_mismatch", {"stage": "Negotiation", "category": Category.OMITTED}, Severity.MEDIUM),
        ("single_threaded", {"stage": "Negotiation", "contacts": 2, "value": 50_000}, Severity.MEDIUM),
        (
            "economic_buyer_missing",
            {"category": Category.COMMIT, "buyers": 0, "value": 50_000},
            Severity.HIGH,
        ),
        ("close_date_pushed", {"category": Category.COMMIT, "pushes": 2}, Severity.HIGH),
        (
            "qualification_incomplete",
            {"stage": "Negotiation", "fields": {"Metrics__c": "a", "Buyer__c": "b", "Pain__c": "c"}},
            Severity.MEDIUM,
        ),
        ("close_date_placeholder", {"close": "2026-12-31", "close_edited": False}, Severity.LOW),
        ("close_date_too_far", {"close": "2027-11-13"}, Severity.LOW),
    ],
)
def test_stage_category_and_segment_change_limit_and_severity(
    mirror: HygieneMirror, rule: str, differs: dict[str, Any], severity: Severity
) -> None:
    mirror.add_deal("deal", **differs)
    assert [one.severity for one in found(mirror, rule)] == [severity]


def test_case_changes_threshold_and_severity_of_its_deals_alone(mirror: HygieneMirror) -> None:
    set_rules(
        mirror,
        close_date_past={
            "grace_days": 5,
            "cases": [{"segments": ["ENT"], "settings": {"grace_days": 0}, "severity": "low"}],
        },
    )
    mirror.add_deal("enterprise", close="2026-05-11")
    mirror.add_deal("mid-market", slice="MM", close="2026-05-07")
    mirror.add_deal("mid-market late", slice="MM", close="2026-05-06")
    assert [(one.opportunity_id, one.severity) for one in found(mirror, "close_date_past")] == [
        ("mid-market late", Severity.HIGH),
        ("enterprise", Severity.LOW),
    ]


def test_exemptions_name_stages_segments_record_types_and_values(mirror: HygieneMirror) -> None:
    exempt = {
        "stages": ["Discovery"],
        "segments": ["SMB"],
        "record_types": ["Partner"],
        "below_value": 5_000,
        "deal_types": [],
    }
    set_rules(mirror, close_date_missing={"exempt": exempt})
    mirror.add_deal("stage", close=None, stage="Discovery")
    mirror.add_deal("segment", close=None, slice="SMB")
    mirror.add_deal("record type", close=None, fields={"RecordType.Name": "Partner"})
    mirror.add_deal("cheap", close=None, value="4999.99")
    mirror.add_deal("value unknown", close=None, value=None)
    mirror.add_deal("renewal", close=None, slice="renewal")
    mirror.add_deal("plain", close=None, value=5_000)
    assert mirror.broken_by("close_date_missing") == {"value unknown", "renewal", "plain"}


def test_values_are_compared_in_the_corporate_currency_of_the_close_date(mirror: HygieneMirror) -> None:
    mirror.connection.execute(insert(currency_table), {"no": 1, "code": "EUR"})
    for start, end, units in (
        ("2026-01-01", day("2026-07-01"), "0.8"),
        ("2026-07-01", None, "0.92"),
    ):
        mirror.connection.execute(
            insert(rate), {"currency": "EUR", "start_day": day(start), "end_day": end, "units": units}
        )
    mirror.rates = build_rate_table(
        "USD",
        "dated_by_close_date",
        {},
        [
            ("EUR", DatedRate(date(2026, 1, 1), date(2026, 7, 1), Decimal("0.8"))),
            ("EUR", DatedRate(date(2026, 7, 1), None, Decimal("0.92"))),
        ],
    )
    large = {"stage": "Proposal", "contacts": 1, "currency": 1}
    mirror.add_deal("exactly", **large, value=46_000, close="2026-07-15")  # 46,000 / 0.92 is 50,000
    mirror.add_deal("below", **large, value="45999.99", close="2026-07-15")
    mirror.add_deal("earlier rate", **large, value=40_000, close="2026-06-30")  # 40,000 / 0.8
    mirror.add_deal("no rate", **large, value=90_000, close="2025-12-31")

    assert [(one.opportunity_id, one.value) for one in found(mirror, "single_threaded")] == [
        ("earlier rate", Decimal(50_000)),
        ("exactly", Decimal(50_000)),
    ]
    assert [one.value for one in found(mirror, "close_date_past")] == [None]


def test_rule_of_the_customers_own_is_asked_like_any_other(mirror: HygieneMirror) -> None:
    own = {
        "name": "enterprise_needs_plan",
        "when": "segment == 'ENT' and stage >= 'Proposal' and Plan__c is None",
        "says": "Add the mutual action plan",
        "fixes": ["Plan__c"],
        "severity": "high",
        "nudge": True,
    }
    many_seats = {
        "name": "many_seats",
        "when": "Seats__c > 100.5",
        "says": "Check the seats",
        "fixes": ["Seats__c"],
    }
    mirror.hygiene = {**HYGIENE, "custom": [own, many_seats]}
    mirror.add_deal("without", stage="Proposal", fields={"Seats__c": 1_010_000})
    mirror.add_deal("with", stage="Proposal", fields={"Plan__c": "Signed", "Seats__c": 1_005_000})
    mirror.add_deal("exempt", stage="Proposal", slice="renewal", fields={})

    (plan,) = found(mirror, "enterprise_needs_plan")
    assert (plan.opportunity_id, plan.seen, plan.says) == ("without", "empty", "Add the mutual action plan")
    assert (plan.severity, plan.nudges, plan.fixes) == (Severity.HIGH, True, ("Plan__c",))
    (seats,) = found(mirror, "many_seats")
    assert (seats.opportunity_id, seats.seen, seats.nudges) == ("without", "101", False)
    assert seats in mirror.judge("without")


def test_rule_without_its_table_field_stage_or_setting_says_so(mirror: HygieneMirror) -> None:
    mirror.capabilities = Capabilities(frozenset({"Opportunity"}), frozenset({"CloseDate", "Amount"}))
    mirror.hygiene = {
        "stages": {"proposal": "Propsal"},
        "custom": [{"name": "own", "when": "Pln__c is None", "says": "x"}],
    }
    mirror.add_deal("deal", stage="Proposal", contacts=None, lines=None, next_step=None)

    assert mirror.broken_by("contact_missing") == set()
    assert notice(mirror, "contact_missing") == (
        "Not looked at: the CRM has no table OpportunityContactRole, or hides it from our account."
    )
    assert notice(mirror, "next_step_missing").startswith("Not looked at: the CRM has no field NextStep")
    assert notice(mirror, "category_stage_mismatch").startswith(
        "Not looked at: the CRM has no field ForecastCategoryName or ForecastCategory"
    )
    assert notice(mirror, "qualification_incomplete") == (
        "Not looked at: no qualification_fields are configured."
    )
    assert notice(mirror, "own").startswith("Not looked at: the CRM has no field Pln__c")


def test_without_a_proposal_stage_an_amount_is_still_missed_and_never_high(mirror: HygieneMirror) -> None:
    mirror.hygiene = {**HYGIENE, "stages": {"proposal": "Propsal", "negotiation": "Contract"}}
    mirror.add_deal("no amount", stage="Proposal", amount=0, custom_value=0)

    (finding,) = found(mirror, "amount_missing")
    assert finding.severity is Severity.MEDIUM
    assert finding in mirror.judge("no amount")
    assert notice(mirror, "products_missing") == (
        "Not looked at: the CRM has no stage Propsal; did you mean Proposal? "
        "Bind one as `proposal` under [hygiene.stages]."
    )


def test_without_a_negotiation_stage_commit_still_asks_for_the_economic_buyer(mirror: HygieneMirror) -> None:
    mirror.hygiene = {**HYGIENE, "stages": {"proposal": "Proposal", "negotiation": "Contract"}}
    large = {"value": 60_000, "contacts": 3, "buyers": 0}
    mirror.add_deal("commit", **large, stage="Proposal", category=Category.COMMIT)
    mirror.add_deal("late", **large, stage="Negotiation", category=Category.BEST_CASE)

    assert mirror.broken_by("economic_buyer_missing") == {"commit"}
    assert mirror.broken_by("single_threaded") == set()
    assert "no stage Contract." in notice(mirror, "category_stage_mismatch")


def test_where_only_negotiation_is_known_proposal_starts_there(mirror: HygieneMirror) -> None:
    mirror.hygiene = {**HYGIENE, "stages": {"proposal": "Offer", "negotiation": "Negotiation"}}
    mirror.add_deal("before", stage="Proposal", lines=0)
    mirror.add_deal("there", stage="Negotiation", lines=0)

    assert mirror.broken_by("products_missing") == {"there"}


def test_rule_switched_off_is_silent(mirror: HygieneMirror) -> None:
    set_rules(mirror, close_date_missing={"enabled": False})
    mirror.add_deal("deal", close=None)
    report = mirror.measure()
    assert "close_date_missing" not in {one.rule for one in report.findings}
    assert "close_date_missing" not in {one.rule for one in report.notices}


def test_rule_that_more_than_two_fifths_break_nudges_nobody(mirror: HygieneMirror) -> None:
    for number in range(12):
        mirror.add_deal(f"fine {number}")
    for number in range(8):
        mirror.add_deal(f"broken {number}", close=None)
    assert all(one.nudges for one in found(mirror, "close_date_missing"))  # 8 of 20 are 40 %

    mirror.add_deal("one more", close=None)

    assert [one.nudges for one in found(mirror, "close_date_missing")] == [False] * 9
    assert notice(mirror, "close_date_missing") == (
        "Broken by 9 of the 21 deals it applies to (43%), so it nudges nobody."
    )


def test_scores_are_shares_of_open_pipeline_by_rep_team_region_and_company(mirror: HygieneMirror) -> None:
    mirror.add_deal("a clean", owner="ana", value=300)
    mirror.add_deal("a unclean", owner="ana", value=100, close=None)
    mirror.add_deal("a observed only", owner="ana", value=100, pushes=3)
    mirror.add_deal("a renewal", owner="ana", value=1_000, slice="renewal")
    mirror.add_deal("a omitted", owner="ana", value=1_000, category=Category.OMITTED)
    mirror.add_deal("a unqualified", owner="ana", value=1_000, stage="Prospecting")
    mirror.add_deal("b unclean", owner="bo", value=500, slice="SMB", close=None)
    mirror.add_deal("m unknown value", owner="max", value=None)

    scores = {(one.level, one.id): one for one in mirror.measure().scores}

    assert scores["rep", "ana"] == Score("rep", "ana", "Ana Rep", Fraction(4, 5), Fraction(2, 3), 3, 2)
    assert scores["rep", "bo"] == Score("rep", "bo", "Bo Rep", Fraction(0), Fraction(0), 1, 0)
    assert scores["rep", "max"] == Score("rep", "max", "Max Manager", None, Fraction(1), 1, 1)
    assert scores["team", "max"] == Score("team", "max", "Max Manager", Fraction(2, 5), Fraction(3, 5), 5, 3)
    assert scores["team", "vera"].deals == 5
    assert scores["region", "EMEA"] == Score("region", "EMEA", "EMEA", Fraction(4, 5), Fraction(3, 4), 4, 3)
    assert scores["company", "TOTAL"].value_share == Fraction(2, 5)
    assert ("rep", "vera") not in scores


def test_trusted_figures_leave_out_deals_with_one_of_four_findings(mirror: HygieneMirror) -> None:
    untrusted = {
        mirror.add_deal("past", close="2026-05-01"),
        mirror.add_deal("stale", next_step_since="2026-01-01"),
        mirror.add_deal("quiet", last_activity="2026-01-01"),
        mirror.add_deal("pushed", pushes=4),
    }
    mirror.add_deal("without close date", close=None)
    mirror.add_deal("fine")
    assert mirror.untrusted() == untrusted


def stored(mirror: HygieneMirror) -> dict[tuple[int, str, int], tuple[int, int]]:
    rows = mirror.connection.execute(select(finding)).all()
    return {(row.opportunity, row.rule, row.gen_from): (row.gen_to, row.first_seen) for row in rows}


def _store(mirror: HygieneMirror, report: HygieneReport, generation: int) -> None:
    """In parts of two deals each, as a measuring of many deals stores them."""
    steps = [Deals(first, first + 1) for first in range(0, 100, 2)]
    for deals, rows in findings_to_store(mirror.connection, report, steps).items():
        store_findings(mirror.connection, deals, rows, generation)


def test_stored_finding_keeps_the_day_it_was_first_seen(mirror: HygieneMirror) -> None:
    stays = mirror.add_deal("stays", close=None)
    _store(mirror, mirror.measure(date(2026, 5, 10)), 1)
    mirror.generation = 2

    report = mirror.measure(TODAY)
    _store(mirror, report, 2)

    assert [one.since for one in report.findings] == [date(2026, 5, 10)]
    assert stored(mirror) == {(stays, "close_date_missing", 1): (FOREVER, day("2026-05-10"))}


def test_stored_finding_ends_when_it_is_fixed_and_starts_anew_when_it_comes_back(
    mirror: HygieneMirror,
) -> None:
    number = mirror.add_deal("deal", close="2026-05-01")
    _store(mirror, mirror.measure(date(2026, 5, 10)), 1)
    mirror.generation = 2
    _store(mirror, mirror.measure(date(2026, 5, 1)), 2)
    mirror.generation = 3
    _store(mirror, mirror.measure(TODAY), 3)
    _store(mirror, mirror.measure(TODAY), 3)

    assert stored(mirror) == {
        (number, "close_date_past", 1): (2, day("2026-05-10")),
        (number, "close_date_past", 3): (FOREVER, day("2026-05-12")),
    }
