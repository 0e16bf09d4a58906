"""What a cell did after an action, and the ledger, worked out by hand."""

from dataclasses import replace
from datetime import date
from decimal import Decimal
from fractions import Fraction

import pytest

from pipeline.action_outcomes import judge, ledger, movement_between, points
from pipeline.actions import ActionStatus, CellReading, CouncilAction, Measured, Verdict
from pipeline.matrix import Status
from tests.messages.action_examples import coverage, open_action

BEFORE = coverage(date(2026, 11, 10), "8/5", "12/5", Status.RED)  # two thirds of what is required


def after(figure: str, status: Status) -> CellReading:
    """Four weeks later, when 2.0 are required."""
    return coverage(date(2026, 12, 8), figure, "2", status)


@pytest.mark.parametrize(
    ("figure", "status", "verdict", "reason"),
    [
        ("2", Status.GREEN, Verdict.HELPED, "It moved by +33 points of what is required, from red to green."),
        ("8/5", Status.YELLOW, Verdict.HELPED, "+13 points of what is required, from red to yellow."),
        ("3/2", Status.RED, Verdict.HELPED, "+8 points of what is required, and is still red."),
        ("7/5", Status.RED, Verdict.NO_CHANGE, "+3 points of what is required, and is red."),
        ("1", Status.RED, Verdict.NO_CHANGE, "-17 points of what is required, and is red."),
        ("1", Status.YELLOW, Verdict.UNCLEAR, "-17 points of what is required, but went from red to yellow."),
        ("1", Status.GREY, Verdict.UNCLEAR, "had no colour on one of the two days."),
    ],
)
def test_a_cell_is_judged_by_its_share_of_what_is_required_and_its_colour(
    figure: str, status: Status, verdict: Verdict, reason: str
) -> None:
    judgement = judge(BEFORE, after(figure, status))
    assert judgement.verdict is verdict
    assert reason in judgement.reason


def test_exactly_five_points_are_a_move() -> None:
    # 2/3 + 1/20 = 43/60 of the 2.0 that are required: 43/30
    assert judge(BEFORE, after("43/30", Status.RED)).verdict is Verdict.HELPED
    assert judge(BEFORE, after("4299/3000", Status.RED)).verdict is Verdict.NO_CHANGE


def test_across_a_quarter_or_a_changed_target_nothing_can_be_said() -> None:
    other = replace(after("2", Status.GREEN), period="FY28 Q1")
    assert judge(BEFORE, other).verdict is Verdict.UNCLEAR
    assert "FY28 Q1 has begun" in judge(BEFORE, other).reason
    assert movement_between(BEFORE, other) is None
    changed = replace(after("2", Status.GREEN), target=Fraction(1))
    assert "The target was changed" in judge(BEFORE, changed).reason


def test_a_met_target_helped_and_a_green_cell_had_nothing_to_gain() -> None:
    met = replace(after("2", Status.GREEN), figure=None, measure=None, required=None)
    assert judge(BEFORE, met).reason == "It went from red to green: the target is met."
    green = replace(BEFORE, status=Status.GREEN)
    assert judge(green, after("3", Status.GREEN)).verdict is Verdict.NO_CHANGE


def test_no_reason_claims_a_cause() -> None:
    for status in Status:
        for figure in ("1", "8/5", "3"):
            said = judge(BEFORE, after(figure, status)).reason.casefold()
            assert not {"because", "caused", "thanks", "due to"} & set(said.split())


@pytest.mark.parametrize(
    ("movement", "said"),
    [("1/8", "+13 points"), ("-1/100", "-1 point"), ("1/300", "0 points"), ("1/200", "+1 point")],
)
def test_movements_are_told_in_points(movement: str, said: str) -> None:
    assert points(Fraction(movement)) == said


def measured(figure: str, status: Status, cost: str | None, currency: str = "EUR") -> CouncilAction:
    reading = after(figure, status)
    judgement = judge(BEFORE, reading)
    return replace(
        open_action(),
        baseline=BEFORE,
        measured=(Measured(4, reading, judgement.verdict, judgement.reason),),
        cost=None if cost is None else Decimal(cost),
        currency=currency,
    )


def test_the_ledger_counts_spend_median_movement_and_what_is_green_again() -> None:
    actions = [
        measured("2", Status.GREEN, "100"),  # +1/3
        measured("2", Status.GREEN, "50.5"),  # +1/3
        measured("8/5", Status.YELLOW, "7", "USD"),  # +2/15
        measured("4/3", Status.RED, None),  # 0
        measured("1", Status.RED, None),  # -1/6
        replace(open_action(), status=ActionStatus.DROPPED, cost=Decimal(999)),
    ]
    (line,) = ledger(actions)
    assert (line.kind, line.count, line.dropped) == ("spiff", 6, 1)
    assert line.spend == {"EUR": Decimal("150.5"), "USD": Decimal(7)}
    assert (line.compared, line.median_movement) == (5, Fraction(2, 15))
    assert (line.started_off_green, line.back_to_green) == (5, Fraction(2, 5))


def test_of_four_there_is_no_figure() -> None:
    (line,) = ledger([measured("2", Status.GREEN, "1")] * 4)
    assert (line.count, line.compared) == (4, 4)
    assert line.median_movement is None
    assert line.back_to_green is None
