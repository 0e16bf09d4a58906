"""Actions that the messages are tried on, and every card and form that is made of them."""

from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from fractions import Fraction

from messages.action import compose_for_owner, compose_in_thread, compose_outcome
from messages.action_form import (
    ActionFields,
    compose_action_form,
    compose_comment_form,
    compose_drop_form,
    compose_due_form,
    compose_owner_form,
)
from messages.action_list import compose_actions, compose_ledger
from messages.action_reminder import compose_reminder
from messages.card import Card, Form, Person
from pipeline.action_outcomes import LedgerLine, judge
from pipeline.actions import ActionStatus, CellReading, Comment, CouncilAction, Measured
from pipeline.actions_definition import ActionsDefinition
from pipeline.cell_names import CellName
from pipeline.matrix import Dimension, Metric, Status
from tests.messages.finding_examples import ANA, BEN, CARA

DEFINITION = ActionsDefinition()
TODAY = date(2026, 11, 25)


def coverage(day: date, figure: str, required: str, status: Status) -> CellReading:
    value = Fraction(figure)
    return CellReading(
        as_of=day,
        period="FY27 Q4",
        status=status,
        figure=value,
        measure=value,
        required=Fraction(required),
        gap=Fraction(600_000),
        target=Fraction(4_000_000),
    )


def open_action() -> CouncilAction:
    return CouncilAction(
        no=12,
        kind="spiff",
        cell=CellName(Dimension.REGION, "EMEA", Metric.COVERAGE),
        title="2x on Data Cloud until the end of the quarter",
        owner=ANA,
        assigner=CARA,
        due=date(2026, 11, 27),
        cost=Decimal(5000),
        currency="EUR",
        expected="Ten new opportunities at Proposal",
        status=ActionStatus.OPEN,
        opened_on=date(2026, 11, 10),
        changed_on=date(2026, 11, 10),
        quoted="Coverage in EMEA falls for the third week. Could a SPIFF on Data Cloud help?",
        link="https://chat.example.com/archives/C1/p1",
        baseline=coverage(date(2026, 11, 10), "8/5", "12/5", Status.RED),
    )


def measured_action() -> CouncilAction:
    action = open_action()
    baseline = coverage(date(2026, 10, 26), "8/5", "12/5", Status.RED)
    readings = (
        (2, coverage(date(2026, 11, 9), "17/10", "23/10", Status.RED)),
        (4, coverage(date(2026, 11, 23), "21/10", "21/10", Status.GREEN)),
    )
    measured = []
    for weeks, reading in readings:
        judgement = judge(baseline, reading)
        measured.append(Measured(weeks, reading, judgement.verdict, judgement.reason))
    return replace(
        action,
        no=9,
        status=ActionStatus.DONE,
        opened_on=date(2026, 10, 26),
        changed_on=date(2026, 11, 20),
        baseline=baseline,
        measured=tuple(measured),
        comments=(Comment(BEN, datetime(2026, 11, 19, 9, tzinfo=UTC), "All teams were told."),),
    )


def overdue_action() -> CouncilAction:
    due = replace(open_action(), no=10, kind="dinner", owner=BEN, due=date(2026, 11, 20), cost=None)
    return replace(due, title="Dinner with the five largest prospects", status=ActionStatus.IN_PROGRESS)


def ledger_lines() -> tuple[LedgerLine, ...]:
    return (
        LedgerLine(
            "spiff",
            9,
            1,
            {"EUR": Decimal(15_000), "USD": Decimal(40_000)},
            7,
            Fraction(12, 100),
            6,
            Fraction(1, 2),
        ),
        LedgerLine("dinner", 3, 0, {}, 2, None, 2, None),
    )


def action_cards() -> dict[str, Card]:
    measured = measured_action()
    before = coverage(date(2026, 10, 26), "8/5", "12/5", Status.RED)
    return {
        "action_outcome": compose_outcome(measured, before, measured.measured[0], "USD"),
        "action": compose_in_thread(open_action(), DEFINITION, "USD"),
        "action_measured": compose_in_thread(measured_action(), DEFINITION, "USD"),
        "action_owner": compose_for_owner(
            "action:12", open_action().without_figures(), ANA.id, DEFINITION, "USD"
        ),
        "action_reassigned": compose_for_owner("action:10", overdue_action(), ANA.id, DEFINITION, "USD"),
        "action_reminder": compose_reminder("reminder:12", open_action(), TODAY, DEFINITION),
        "action_reminder_late": compose_reminder("reminder:10", overdue_action(), TODAY, DEFINITION),
        "action_reminder_last": compose_reminder(
            "reminder:10", overdue_action(), date(2026, 11, 27), DEFINITION, is_last=True
        ),
        "action_reminder_done": compose_reminder("reminder:9", measured_action(), TODAY, DEFINITION),
        "actions": compose_actions(
            "All actions", (overdue_action(), open_action(), measured_action()), TODAY, DEFINITION
        ),
        "actions_none": compose_actions("Your actions", (), TODAY, DEFINITION),
        "actions_ledger": compose_ledger(ledger_lines(), DEFINITION),
    }


def action_forms() -> dict[str, Form]:
    """A new action as a message prefilled it, one with mistakes, and the small forms."""
    prefilled = ActionFields(
        title="Could a SPIFF on Data Cloud help?",
        quoted=open_action().quoted,
        cells=("region EMEA coverage", "region APAC forecast"),
    )
    wrong = ActionFields(
        kind="spiff",
        cell="EMAE coverage",
        title="2x on Data Cloud",
        cost="-5",
        problems={
            "cell": "There is no region “EMAE”. Did you mean EMEA?",
            "owner": "“Ana” could be Ana Lima or Ana Lind. Who is it?",
            "due": "“Friday” could be Friday 27 Nov 2026 or Friday 4 Dec 2026. Which one?",
            "cost": "A cost is 0 or more, not -5. Write 5000, or leave it out.",
        },
        days=(date(2026, 11, 27), date(2026, 12, 4)),
        people=(Person("005A", "Ana Lima"), Person("005B", "Ana Lind")),
    )
    return {
        "action_form": compose_action_form(prefilled, "[]", DEFINITION),
        "action_form_wrong": compose_action_form(wrong, "[]", DEFINITION),
        "action_comment_form": compose_comment_form(open_action()),
        "action_due_form": compose_due_form(open_action()),
        "action_due_form_wrong": compose_due_form(
            open_action(),
            "Friday",
            (date(2026, 11, 27), date(2026, 12, 4)),
            "“Friday” could be Friday 27 Nov 2026 or Friday 4 Dec 2026. Which one?",
        ),
        "action_owner_form": compose_owner_form(open_action()),
        "action_drop_form": compose_drop_form(open_action()),
    }
