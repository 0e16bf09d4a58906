"""What the other messages say."""

from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from fractions import Fraction

import pytest

from messages.apm import compose_matrix, compose_row, compose_why
from messages.card import (
    Button,
    Buttons,
    Card,
    DatePick,
    Facts,
    FigureCell,
    Folded,
    Paragraph,
    Table,
    TextCell,
    spoken,
)
from messages.council import compose_council
from messages.deal_findings import by_deal, field_label, money_at_risk
from messages.help import COMMANDS, compose_help
from messages.hygiene import compose_company, compose_own, compose_team
from messages.nudge import compose_digest, headline_words, minutes_to_fix
from messages.problem import compose_failure, compose_problem
from messages.pull_report import compose_pull_report
from messages.reasons import call_words
from messages.render import blockkit
from messages.render.terminal import render_text
from messages.waterfall import compose_waterfall
from messages.wording import Wording
from pipeline.errors import AccessDenied, ConfigurationError, Mistake, NothingUsable
from pipeline.findings import Severity
from pipeline.freshness import Staleness
from pipeline.matrix import Basis, Dimension, ForecastCall, Metric, PeriodStamp, Row, Spend, TargetState
from pipeline.past_scores import PastScores, PastShare
from pipeline.pull_report import PullWay
from tests.messages.digest_examples import digest, digest_done, digest_later, long_digest, nothing_to_fix
from tests.messages.finding_examples import (
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
from tests.messages.matrix_examples import matrix, pair_matrix
from tests.messages.picture_example import PICTURE


def words_of(card: Card) -> str:
    return render_text(card, 300)


def buttons_of(card: Card) -> list[Buttons]:
    return [block for block in card.blocks if isinstance(block, Buttons)]


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
    assert rows[0] == ["EMEA", "$1.95M", "$1M", "$5.4M", "$1.31M", "1.8×"]


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
    assert marked[("EMEA", "$1.31M")] == "†"
    assert marked[("APAC & Japan", "$512K")] == "≈"
    assert marked[("AMER", "3.1×")] == "⚑"
    assert "≈ approximate" in words_of(card)
    assert "⚑ Without stale deals: AMER coverage red." in words_of(card)


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
    assert "$3.65M is won; there is no target." in shown


def test_a_row_shows_target_gap_and_the_way_to_each_why() -> None:
    card = compose_row(matrix(), matrix().rows[0])
    assert table_of(card)[0] == ["Forecast", "$1.95M", "$4M", "$850K"]
    buttons = next(block for block in card.blocks if isinstance(block, Buttons))
    assert [button.argument for button in buttons.buttons] == [f"region/EMEA/{metric}" for metric in Metric]
    assert "FY27 Q4 $6.6M, FY28 Q1 $3.1M, FY28 Q2 $900K, FY28 Q3 $120K" in words_of(card)


def test_why_gives_the_sentence_the_numbers_the_gap_and_the_trusted_figure() -> None:
    card = compose_why(matrix(), matrix().rows[0], Metric.COVERAGE, deal_lines())
    shown = words_of(card)
    assert card.title == "Why EMEA coverage is red"
    assert "Coverage is 1.8× of the 2.2× needed on day 23; $1.2M of pipeline turns it green." in shown
    assert "To green: $1.2M" in shown
    assert "Without stale deals: 1.35×" in shown
    assert table_of(card)[1] == [
        "Globex data cloud (stale record)",
        "Ben Okafor",
        "Proposal, 2 Nov 2026",
        "$410K",
    ]


def test_why_names_no_deal_to_somebody_who_may_not_see_them() -> None:
    shown = words_of(compose_why(matrix(), matrix().rows[0], Metric.COVERAGE))
    assert "Globex" not in shown
    assert "006" not in shown


# --- Hygiene --------------------------------------------------------------------------------------


def test_deals_are_ordered_by_severity_then_money_then_age_and_those_nobody_asks_about_come_last() -> None:
    names = [deal.name for deal in by_deal(findings())]
    assert names[:3] == ["Acme renewal & expansion", "Initech phase two", "Globex data cloud"]
    assert names[-1] == "Waived deal", "it is high and worth more than most, and exempt"


def test_money_at_risk_counts_each_deal_once_and_leaves_out_low_and_waived() -> None:
    # Acme 840 + Initech 410 + Umbrella 40 + 50 + 60; Globex has no value, the waived deal does not count.
    assert money_at_risk(by_deal(findings())) == 1_400_000
    low = finding(1, "Low", "overdue_task", Severity.LOW)
    observed = replace(finding(2, "Observed", "too_old", Severity.MEDIUM), nudges=False)
    assert money_at_risk(by_deal((low, observed))) == 0


def test_the_digest_opens_with_deals_money_and_minutes() -> None:
    deals = digest().items
    # Fields: Acme 2, Globex 1, Initech 2, Umbrella 3 × 1: eight at 20 seconds are 2 min 40 s.
    assert minutes_to_fix(deals) == 3
    assert headline_words(deals, "USD", Wording()) == "6 deals worth $1.4M, about 3 minutes."


def test_the_digest_shows_three_deals_and_folds_the_rest() -> None:
    card = compose_digest(digest(), "USD")
    shown = [[(one.label, one.command) for one in block.buttons] for block in buttons_of(card)]
    assert shown == [
        [("Fix this deal", "fix"), ("Push two weeks", "push"), ("More…", "more")],
        [("Fix this deal", "fix"), ("Push two weeks", "push"), ("More…", "more")],
        [("Fix amount", "fix"), ("More…", "more")],
    ]
    fold = next(block for block in card.blocks if isinstance(block, Folded))
    assert fold.summary == "Show all: 3 more deals"
    labels = [block.buttons[0].label for block in fold.blocks if isinstance(block, Buttons)]
    assert labels == ["Add the next step"] * 3


def test_a_close_date_is_picked_in_the_digest_itself() -> None:
    picks = [block for block in compose_digest(digest(), "USD").blocks if isinstance(block, DatePick)]
    assert [(pick.command, pick.argument, pick.value) for pick in picks] == [
        ("fix_date", "006000000000001AAA", date(2026, 11, 2)),
        ("fix_date", "006000000000003AAA", date(2027, 2, 14)),
    ]


def test_the_digest_gives_the_old_value_the_age_and_the_red_row() -> None:
    shown = words_of(compose_digest(digest(), "USD"))
    assert "The close date has passed. When will it close? Now: 2 Nov 2026." in shown
    assert "Acme renewal & expansion · $840K · ■ Red row EMEA · unfixed for 14 days" in shown
    assert "Initech phase two · $410K · new" in shown
    assert "Waived deal" not in shown


def test_what_was_fixed_is_said_first_and_the_deal_loses_its_controls() -> None:
    card = compose_digest(digest_later(), "USD")
    first, acme, *_ = [words_of(Card("", "", (block,), "")) for block in card.blocks]
    assert "Fixed since last time: Hooli search, Vandelay imports. Thank you!" in first
    assert "Close date 2 Nov → 18 Dec · Next step empty → Send the contract" in acme
    arguments = {button.argument for block in buttons_of(card) for button in block.buttons}
    assert "006000000000001AAA" not in arguments
    assert "006000000000003AAA" in arguments


def test_a_long_digest_offers_what_the_fold_does_not_hold() -> None:
    card = compose_digest(long_digest(), "USD")
    fold = card.blocks[-1]
    assert isinstance(fold, Folded)
    last = fold.blocks[-1]
    assert last == Buttons((Button("Show the other 10 deals", "show_all", long_digest().key),))


def test_a_digest_whose_deals_are_all_done_says_so() -> None:
    assert "All done for today. Thank you." in words_of(compose_digest(digest_done(), "USD"))


def test_a_digest_without_findings_thanks() -> None:
    shown = words_of(compose_digest(nothing_to_fix(), "USD"))
    assert "All your deals are up to date. Thank you." in shown


def test_a_rep_sees_the_own_score_and_what_is_waived() -> None:
    shown = words_of(compose_own(ANA, findings(), scores()[2], "USD"))
    assert "Score: 64% of value is clean, 12 of 18 deals" in shown
    assert "At risk: $1.4M in 6 deals" in shown
    assert "Waived: 1 finding" in shown


def test_a_score_is_compared_with_that_of_last_week_and_of_four_weeks_ago() -> None:
    mine = scores()[2]

    def shown(week: Fraction | None, four_weeks: Fraction | None) -> str:
        past = PastScores({("rep", ANA.id): PastShare(week, four_weeks)})
        return words_of(compose_own(ANA, findings(), mine, "USD", past=past))

    assert "12 of 18 deals, down 1 point since last week, up 7 points in four weeks" in shown(
        Fraction(65, 100), Fraction(57, 100)
    )
    assert "unchanged in four weeks" in shown(None, mine.value_share)
    assert "since" not in shown(None, None)


def test_ones_own_deals_can_be_fixed_from_the_list() -> None:
    (row,) = buttons_of(compose_own(ANA, findings(), scores()[2], "USD"))
    assert [(button.label, button.command) for button in row.buttons] == [
        ("Fix Acme renewal & expansion", "fix"),
        ("Fix Initech phase two", "fix"),
        ("Fix Globex data cloud", "fix"),
    ]


def test_a_long_list_of_ones_own_deals_is_folded_and_complete() -> None:
    many = [finding(number, f"Deal {number:02}", "close_date_past", Severity.HIGH) for number in range(25)]
    card = compose_own(ANA, many, None, "USD")
    fold = next(block for block in card.blocks if isinstance(block, Folded))
    assert fold.summary == "Show all: 15 more deals"
    listed = words_of(card).replace("Fix Deal", "Fix")
    assert all(listed.count(f"Deal {number:02}") == 1 for number in range(25))
    assert len(blockkit.render_card(card, {})) == 1


def test_a_sentence_of_the_customers_own_ends_before_the_next_begins() -> None:
    own = replace(finding(1, "Acme", "plan", Severity.HIGH), says="Add the plan")
    later = replace(finding(1, "Acme", "too_old", Severity.LOW), says="This deal is old.")
    assert table_of(compose_own(ANA, (own, later), None, "USD"))[0][3] == "Add the plan. This deal is old."


def test_a_team_is_listed_by_money_at_risk() -> None:
    rows = table_of(compose_team(CARA, team_findings(), scores(), "USD"))
    assert rows == [
        ["Ana Lima", "$1.4M", "6", "64%", "–", "–"],
        ["Ben Okafor", "$1.2M", "2", "99%", "–", "–"],
        ["(No owner)", "$75K", "1", "–", "–", "–"],
    ]


def test_the_company_sees_regions_rules_and_what_did_not_run() -> None:
    card = compose_company(hygiene_report(), "USD")
    assert [row[0] for row in table_of(card)] == ["EMEA", "AMER"]
    shown = words_of(card)
    assert "83% of value is clean, 246 of 312 deals" in shown
    assert "Close date missing: Broken by 9 of the 21 deals it applies to (43%)." in shown
    fold = next(block for block in card.blocks if isinstance(block, Folded) and "looked" in block.summary)
    assert fold.summary == "3 rules were not looked at"
    assert [spoken(line.text) for line in fold.blocks if isinstance(line, Paragraph)] == [
        "Contact missing, single threaded: the CRM has no table OpportunityContactRole.",
        "Loss reason missing: the CRM has no field Loss_Reason__c.",
    ]


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
        "1",
        "expected a date such as 2026-09-30",
    ]
    shown = words_of(card)
    assert "Not usable: 42 unknown stage, 1 bad date, 1 bad number." in shown
    assert "30 further problems are counted above and not listed." in shown
    assert card.fallback == "Pull from exports/: 44 problems."


@pytest.mark.parametrize(
    ("way", "says"),
    [
        (PullWay.CHANGES, "what has changed since the last pull"),
        (PullWay.REST, "the rest of a pull that broke off, and what has changed since it began"),
    ],
)
def test_a_pull_report_says_what_was_read_where_that_is_not_everything(way: PullWay, says: str) -> None:
    assert says in words_of(compose_pull_report(replace(pull_report(), way=way)))
    assert says not in words_of(compose_pull_report(pull_report()))


def test_a_pull_report_keeps_what_was_taken_in_apart_and_counts_its_rows() -> None:
    card = compose_pull_report(pull_report())
    assert "Worth knowing: 1,425 no account. These rows were taken in." in words_of(card)
    (fold,) = (block for block in card.blocks if isinstance(block, Folded) and block.summary == "Where")
    table = fold.blocks[0]
    assert isinstance(table, Table)
    assert [spoken(cell.text) for cell in table.rows[0].cells if isinstance(cell, TextCell)] == [
        "Opportunity.csv",
        "AccountId",
        "(empty)",
        "1,425",
        "deals without an account",
    ]


def test_a_clean_pull_says_so() -> None:
    clean = replace(pull_report(), problems=(), problem_counts={})
    assert "Every row could be used." in words_of(compose_pull_report(clean))


def test_dates_of_a_comparison_are_named() -> None:
    shown = words_of(compose_matrix(matrix()))
    assert "Arrows compare with FY26 Q4 at the same point, 23 Nov 2025." in shown
    alone = words_of(compose_matrix(matrix(prior_as_of=None, prior_label=None)))
    assert "There is no earlier year to compare with." in alone
    assert date(2025, 11, 23) == matrix().prior_as_of


def test_the_fewer_of_exact_and_approximate_figures_are_marked() -> None:
    emea = matrix().rows[0]
    cells = {
        metric: replace(cell, basis=Basis.EXACT if metric is Metric.FORECAST else Basis.APPROXIMATE)
        for metric, cell in emea.cells.items()
    }
    row = replace(emea, cells=cells)
    table = next(b for b in compose_row(matrix((row,)), row).blocks if isinstance(b, Table))
    marked = [cell.marks for line in table.rows for cell in line.cells if isinstance(cell, FigureCell)]
    assert marked == ["=", "", "", "†", ""]
    assert "= known exactly; the other figures are approximate" in words_of(compose_row(matrix((row,)), row))


def test_a_row_says_each_reason_once() -> None:
    emea = matrix().rows[0]
    coverage = emea.cells[Metric.COVERAGE]
    row = replace(emea, why=f"Held at yellow by a red cell: {coverage.why.lower()}")
    assert words_of(compose_row(matrix((row,)), row)).casefold().count(coverage.why.casefold()) == 1


def test_old_records_are_a_warning_and_fresh_ones_a_note() -> None:
    fresh = words_of(compose_matrix(matrix(pulled_at="2026-11-22T06:12:00+00:00")))
    assert "Records as of 22 Nov 2026, 06:12 UTC." in fresh
    assert "Old records" not in fresh
    old = words_of(compose_matrix(matrix(pulled_at="2026-11-21T06:12:00+00:00")))
    assert "Old records: the last pull was 2 days before this table, on 21 Nov 2026, 06:12 UTC." in old


def test_a_stale_mirror_is_said_of_a_table_a_row_and_a_cell() -> None:
    stale = Staleness(datetime(2026, 11, 23, 8, 15, tzinfo=UTC), "Salesforce is limiting us")
    table = replace(matrix(), stale=stale)
    row = table.rows[0]
    warning = "Old records: figures as of 23 Nov 2026, 08:15 UTC. Salesforce is limiting us."
    for card in (
        compose_matrix(table),
        compose_row(table, row),
        compose_why(table, row, Metric.COVERAGE),
    ):
        assert warning in words_of(card)


@pytest.mark.parametrize(("day", "shown"), [(6, True), (7, False)])
def test_what_the_quarter_inherited_stands_beside_coverage_for_five_working_days(
    day: int, shown: bool
) -> None:
    # 1 November 2026 is a Sunday: the fifth working day is Friday the 6th.
    period = matrix().period
    early = matrix(
        as_of=date(2026, 11, day), period=PeriodStamp(period.label, period.start, period.end, 92, day)
    )
    beside = "$640K overdue from earlier quarters"
    assert (f"Coverage 2.6×, and beside it {beside}." in words_of(compose_matrix(early))) is shown
    assert (f"Beside coverage: {beside}" in words_of(compose_row(early, early.total))) is shown
    assert (f"Beside it: {beside}" in words_of(compose_why(early, early.total, Metric.COVERAGE))) is shown
    post = compose_council(early, None, PICTURE).summary
    assert (f"Coverage: 2.6×  Green, and {beside}" in spoken_facts(post)) is shown


def spoken_facts(card: Card) -> list[str]:
    return [
        f"{fact.label}: {spoken(fact.value)}"
        for block in card.blocks
        if isinstance(block, Facts)
        for fact in block.facts
    ]


def test_spend_says_what_each_unit_of_it_brought() -> None:
    events = replace(
        matrix().rows[0], value="events", spend=Spend(Decimal(40_000), 3, Fraction(149, 10), Fraction(23, 10))
    )
    nothing = replace(events, value="brand", spend=Spend(Decimal(0), None, None, None))
    table = matrix((events, nothing), dimension=Dimension.LEVER)
    facts = spoken_facts(compose_matrix(table))
    assert facts == ["events: $40K, 3 people; pipe gen is 14.9× and closed won 2.3× of it", "brand: $0"]
    row = spoken_facts(compose_row(table, events))
    assert "Spend: $40K, 3 people; pipe gen is 14.9× and closed won 2.3× of it" in row


def test_renewals_stand_on_a_line_of_their_own() -> None:
    renewals = replace(matrix().rows[0], value="renewals")
    line = "Renewals, kept apart: Red  forecast $1.95M"
    for card in (
        compose_matrix(matrix(renewals=renewals)),
        compose_council(matrix(renewals=renewals), None, PICTURE).summary,
    ):
        assert any(line in spoken(block.text) for block in card.blocks if isinstance(block, Paragraph))


def test_the_largest_deals_stand_open_and_the_others_are_folded() -> None:
    deals = deal_lines() * 5
    card = compose_why(matrix(), matrix().rows[0], Metric.COVERAGE, deals[:12])
    assert [len(block.rows) for block in card.blocks if isinstance(block, Table)] == [10]
    assert any(block.summary == "Show 2 more deals" for block in card.blocks if isinstance(block, Folded))
    (table,) = (block for block in card.blocks if isinstance(block, Table))
    assert table.title == "12 deals"


def test_the_top_managers_call_is_set_beside_our_forecast() -> None:
    total = replace(matrix().total, call=ForecastCall(Decimal(5_900_000), "Ada Top"))
    forecast = replace(total.cells[Metric.FORECAST], figure=Decimal(5_750_000))
    assert total.call is not None
    words = call_words(total.call, forecast, "USD", Wording())
    assert words == "$5.9M, says Ada Top: $150K more than our forecast"
    equal = replace(forecast, figure=Decimal(5_900_000))
    assert call_words(replace(total.call, by=None), equal, "USD", Wording()) == "$5.9M"
