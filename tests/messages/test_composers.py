"""What the other messages say."""

from dataclasses import replace
from datetime import date
from fractions import Fraction

import pytest
from finding_examples import (
    ANA,
    CARA,
    deal_lines,
    finding,
    findings,
    hygiene_report,
    pull_report,
    scores,
    team_findings,
    waterfall,
)
from matrix_examples import AS_OF, matrix, pair_matrix

from messages.apm import compose_matrix, compose_row, compose_why
from messages.card import Buttons, Card, FigureCell, Folded, Table, TextCell, spoken
from messages.deal_findings import by_deal, field_label, money_at_risk
from messages.help import COMMANDS, compose_help
from messages.hygiene import compose_company, compose_own, compose_team
from messages.nudge import compose_digest, headline_words, minutes_to_fix
from messages.problem import compose_failure, compose_problem
from messages.pull_report import compose_pull_report
from messages.render.terminal import render_text
from messages.waterfall import compose_waterfall
from messages.wording import Wording
from pipeline.errors import AccessDenied, ConfigurationError, Mistake, NothingUsable
from pipeline.findings import Severity
from pipeline.matrix import Metric, Row, TargetState


def words_of(card: Card) -> str:
    return render_text(card, 300)


def table_of(card: Card) -> list[list[str]]:
    """The first table of a card as words."""
    table = next(block for block in card.blocks if isinstance(block, Table))
    return [
        [spoken(cell.text) if isinstance(cell, TextCell) else cell.words for cell in row.cells]
        for row in table.rows
    ]


# --- The matrix -----------------------------------------------------------------------------------


def test_the_table_keeps_the_order_of_the_matrix_and_ends_with_the_total() -> None:
    rows = table_of(compose_matrix(matrix()))
    assert [row[0] for row in rows] == ["EMEA", "APAC & Japan", "AMER", "(Unassigned)", "Total"]
    assert rows[0] == ["EMEA", "$2M", "$1M", "$5.4M", "$1.3M", "1.8×"]


def test_cells_carry_the_marks_that_the_footnote_explains() -> None:
    card = compose_matrix(matrix())
    table = next(block for block in card.blocks if isinstance(block, Table))
    marked = {
        (row.cells[0].words, cell.words): cell.marks
        for row in table.rows
        if isinstance(row.cells[0], FigureCell)
        for cell in row.cells
        if isinstance(cell, FigureCell) and cell.marks
    }
    assert marked[("EMEA", "$1.3M")] == "†"
    assert marked[("APAC & Japan", "$512K")] == "≈"
    assert marked[("AMER", "3.1×")] == "⚑"
    assert "≈ approximate" in words_of(card)
    assert "⚑ another colour without stale deals" in words_of(card)


def test_a_pair_shows_its_parts_below_each_row() -> None:
    names = [row[0] for row in table_of(compose_matrix(pair_matrix()))]
    assert names == [
        "EMEA",
        "Cloud",
        "Data",
        "APAC & Japan",
        "Cloud",
        "Data",
        "AMER",
        "Cloud",
        "Data",
        "Total",
    ]


def test_coverage_without_a_value_says_why() -> None:
    emea = matrix().rows[0]
    cells = {**emea.cells, Metric.COVERAGE: replace(emea.cells[Metric.COVERAGE], figure=None)}
    met = replace(emea, state=TargetState.TARGET_MET, cells=cells)
    assert table_of(compose_matrix(matrix((met,))))[0][5] == "target met"
    assert table_of(compose_matrix(matrix()))[3][5] == "no target"


def test_a_matrix_without_rows_or_target_still_says_what_is_won() -> None:
    bare: Row = replace(matrix().total, target=None, attainment=None, state=TargetState.NO_TARGET)
    shown = words_of(compose_matrix(matrix((), total=bare)))
    assert "$3.7M is won; there is no target." in shown


def test_a_row_shows_target_gap_and_the_way_to_each_why() -> None:
    card = compose_row(matrix(), matrix().rows[0])
    assert table_of(card)[0] == ["Forecast", "$2M", "$4M", "$850K"]
    buttons = next(block for block in card.blocks if isinstance(block, Buttons))
    assert [button.argument for button in buttons.buttons] == [f"region/EMEA/{metric}" for metric in Metric]
    assert "FY27 Q4 $6.6M, FY28 Q1 $3.1M, FY28 Q2 $900K, FY28 Q3 $120K" in words_of(card)


def test_why_gives_the_sentence_the_numbers_the_gap_and_the_trusted_figure() -> None:
    card = compose_why(matrix(), matrix().rows[0], Metric.COVERAGE, deal_lines())
    shown = words_of(card)
    assert card.title == "Why EMEA coverage is red"
    assert "Coverage is 1.8× of the 2.2× needed on day 23; $1.2M of pipeline turns it green." in shown
    assert "Missing to green: $1,200,000.00" in shown
    assert "Without stale deals: 1.3×" in shown
    assert table_of(card)[1] == [
        "Globex data cloud (stale record)",
        "Ben Okafor",
        "Proposal, Nov 2, 2026",
        "$410K",
    ]


def test_why_names_no_deal_to_somebody_who_may_not_see_them() -> None:
    shown = words_of(compose_why(matrix(), matrix().rows[0], Metric.COVERAGE))
    assert "Globex" not in shown
    assert "006" not in shown


# --- Hygiene --------------------------------------------------------------------------------------


def test_deals_are_ordered_by_severity_then_money_then_age() -> None:
    names = [deal.name for deal in by_deal(findings())]
    assert names[:4] == ["Acme renewal & expansion", "Initech phase two", "Waived deal", "Globex data cloud"]


def test_money_at_risk_counts_each_deal_once_and_leaves_out_low_and_waived() -> None:
    # Acme 840 + Initech 410 + Umbrella 40 + 50 + 60; Globex has no value, the waived deal does not count.
    assert money_at_risk(by_deal(findings())) == 1_400_000
    low = finding(1, "Low", "overdue_task", Severity.LOW)
    observed = replace(finding(2, "Observed", "too_old", Severity.MEDIUM), nudges=False)
    assert money_at_risk(by_deal((low, observed))) == 0


def test_the_digest_opens_with_deals_money_and_minutes() -> None:
    deals = by_deal(one for one in findings() if not one.waived)
    # Fields: Acme 2, Globex 1, Initech 2, Umbrella 3 × 1: eight at 20 seconds are 2 min 40 s.
    assert minutes_to_fix(deals) == 3
    assert headline_words(deals, "USD", Wording()) == "6 deals worth $1.4M, about 3 minutes."


def test_the_digest_shows_three_deals_and_folds_the_rest() -> None:
    card = compose_digest(ANA, findings(), AS_OF, "USD")
    shown = [block.buttons[0] for block in card.blocks if isinstance(block, Buttons)]
    assert [(button.label, button.command, button.argument) for button in shown] == [
        ("Fix this deal", "fix", "006000000000001AAA"),
        ("Fix this deal", "fix", "006000000000003AAA"),
        ("Fix amount", "fix", "006000000000002AAA"),
    ]
    fold = next(block for block in card.blocks if isinstance(block, Folded))
    assert fold.summary == "Show all: 3 more deals"
    assert len([block for block in fold.blocks if isinstance(block, Buttons)]) == 3


def test_the_digest_gives_the_old_value_and_the_age() -> None:
    shown = words_of(compose_digest(ANA, findings(), AS_OF, "USD"))
    assert "The close date has passed. When will it close? Now: Nov 2, 2026." in shown
    assert "Acme renewal & expansion · $840K · open for 14 days" in shown
    assert "Initech phase two · $410K · new" in shown
    assert "Waived deal" not in shown


def test_a_digest_without_findings_thanks() -> None:
    assert "All your deals are up to date. Thank you." in words_of(compose_digest(ANA, (), AS_OF, "USD"))


def test_a_rep_sees_the_own_score_and_what_is_waived() -> None:
    shown = words_of(compose_own(ANA, findings(), scores()[2], "USD"))
    assert "Score: 64% of value is clean, 12 of 18 deals" in shown
    assert "At risk: $1.4M in 6 deals" in shown
    assert "Waived: 1 finding" in shown


def test_a_long_list_of_ones_own_deals_is_folded_and_complete() -> None:
    many = [finding(number, f"Deal {number:02}", "close_date_past", Severity.HIGH) for number in range(25)]
    card = compose_own(ANA, many, None, "USD")
    fold = next(block for block in card.blocks if isinstance(block, Folded))
    assert fold.summary == "Show all: 15 more deals"
    assert all(words_of(card).count(f"Deal {number:02}") == 1 for number in range(25))


def test_a_team_is_listed_by_money_at_risk() -> None:
    rows = table_of(compose_team(CARA, team_findings(), scores(), "USD"))
    assert rows == [
        ["Ana Lima", "$1.4M", "6", "64%"],
        ["Ben Okafor", "$1.2M", "2", "99%"],
        ["(No owner)", "$75K", "1", "–"],
    ]


def test_the_company_sees_regions_rules_and_what_did_not_run() -> None:
    card = compose_company(hygiene_report(), "USD")
    assert [row[0] for row in table_of(card)] == ["EMEA", "AMER"]
    shown = words_of(card)
    assert "83% of value is clean, 246 of 312 deals" in shown
    assert "Contact missing: The table OpportunityContactRole is not in the export." in shown


def test_without_open_pipeline_there_is_no_score() -> None:
    assert "none yet: no open pipeline" in words_of(compose_own(ANA, (), None, "USD"))


@pytest.mark.parametrize(
    ("api_name", "label"),
    [
        ("CloseDate", "Close date"),
        ("Economic_Buyer__c", "Economic buyer"),
        ("Account.BillingCountry", "Billing country"),
        ("ACV__c", "ACV"),
        ("Amount", "Amount"),
    ],
)
def test_api_names_become_words(api_name: str, label: str) -> None:
    assert field_label(api_name) == label


# --- The rest -------------------------------------------------------------------------------------


def test_the_waterfall_lists_every_term_with_its_sign() -> None:
    rows = table_of(compose_waterfall(waterfall()))
    assert rows[0] == ["Start", "$10,000,000.00"]
    assert ["Decreased", "-$200,000.00"] in rows
    assert ["Reclassified", "-$100,000.00"] in rows
    assert ["Exchange rates", "+$50,000.00"] in rows
    assert rows[-1] == ["End", "$9,500,000.00"]


def test_waterfall_terms_are_rounded_half_up_to_cents() -> None:
    rows = table_of(compose_waterfall(replace(waterfall(), fx=Fraction(1, 200))))
    assert ["Exchange rates", "+$0.01"] in rows


def test_help_lists_what_a_role_may_type_and_no_more() -> None:
    shown = words_of(compose_help(("rep",)))
    assert "/hygiene:" in shown
    assert "/apm" not in shown
    assert "/apm why EMEA coverage" in words_of(compose_help(("council",)))


def test_help_tells_somebody_unknown_whom_to_ask() -> None:
    assert "Ask sales operations" in words_of(compose_help(()))


def test_every_command_is_for_somebody() -> None:
    assert all(command.roles for command in COMMANDS)


def test_an_error_is_titled_and_keeps_its_words() -> None:
    card = compose_problem(AccessDenied("Deals of EMEA are not open to you. Ask sales operations."))
    assert card.title == "This is not for you to see"
    assert "Deals of EMEA are not open to you. Ask sales operations." in words_of(card)


def test_every_mistake_of_a_configuration_is_listed() -> None:
    mistakes = [Mistake("council.toml", f"key{n}", "", "expected a number") for n in range(3)]
    shown = words_of(compose_problem(ConfigurationError(mistakes)))
    assert all(f"Key: key{n}" in shown for n in range(3))
    assert "Value: (empty)" in shown


def test_an_error_without_words_still_says_what_to_do() -> None:
    assert "Type /help." in words_of(compose_problem(NothingUsable()))


def test_a_fault_of_ours_gives_a_reference_and_nothing_of_its_inside() -> None:
    assert "give sales operations the reference 7f3a" in words_of(compose_failure("7f3a"))


def test_a_pull_report_names_file_line_column_value_and_counts_the_rest() -> None:
    card = compose_pull_report(pull_report())
    assert table_of(card)[0] == [
        "Opportunity.csv, line 812",
        "CloseDate",
        "31.02.2026",
        "expected a date such as 2026-09-30",
    ]
    shown = words_of(card)
    assert "Not usable: 42 unknown stage, 1 bad date, 1 bad number." in shown
    assert "30 further problems are counted above and not listed." in shown
    assert card.fallback == "Pull from exports/: 44 problems."


def test_a_clean_pull_says_so() -> None:
    clean = replace(pull_report(), problems=(), problem_counts={})
    assert "Every row could be used." in words_of(compose_pull_report(clean))


def test_dates_of_a_comparison_are_named() -> None:
    shown = words_of(compose_matrix(matrix()))
    assert "Arrows compare with FY26 Q4 at the same point, Nov 23, 2025." in shown
    alone = words_of(compose_matrix(matrix(prior_as_of=None, prior_label=None)))
    assert "There is no earlier year to compare with." in alone
    assert date(2025, 11, 23) == matrix().prior_as_of
