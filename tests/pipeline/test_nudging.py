"""Whom we ask about what, and when: worked by hand, and on anything that can happen."""

from dataclasses import replace
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from pipeline.calendar import Period
from pipeline.digests import items_of
from pipeline.findings import Audience, Finding, Severity
from pipeline.nudges_definition import NudgesDefinition
from pipeline.nudging import (
    AskedBefore,
    DealFacts,
    Memory,
    Morning,
    OnTheLadder,
    askable,
    in_order,
    is_askable,
    is_digest_time,
    is_telling_due,
    is_told_of,
    is_warning_due,
    weight,
)
from pipeline.records import Category
from pipeline.working_days import WorkingDays

QUARTER = Period("FY26 Q4", date(2026, 10, 1), date(2026, 12, 31))
TUESDAY = date(2026, 11, 24)
CHRISTMAS = WorkingDays("US", {"US": frozenset({date(2026, 12, 25)})})
DEAL = DealFacts(Category.PIPELINE, date(2026, 12, 18))
NUDGES = NudgesDefinition()


def morning(day: date = TUESDAY, nudges: NudgesDefinition = NUDGES) -> Morning:
    return Morning(day, nudges, CHRISTMAS, QUARTER)


def finding(rule: str = "next_step_missing", deal: str = "006A", **differs: Any) -> Finding:
    one = Finding(
        opportunity_id=deal,
        opportunity_name=f"Deal {deal}",
        owner=None,
        rule=rule,
        severity=Severity.HIGH,
        audience=Audience.OWNER,
        seen=None,
        says="",
        fixes=("CloseDate",) if rule.startswith("close_date") else ("NextStep",),
        since=date(2026, 11, 10),
        value=Decimal(100_000),
        nudges=True,
    )
    return replace(one, **differs)


def asked(times: int, last: date) -> Memory:
    return Memory(asked={("006A", "next_step_missing"): AskedBefore(times, last)})


NEVER = Memory()


# --- Whether the person is asked today ------------------------------------------------------------


@pytest.mark.parametrize(
    ("local", "paused_until", "expected"),
    [
        (datetime(2026, 11, 24, 8, 30), None, True),
        (datetime(2026, 11, 24, 8, 29), None, False),
        (datetime(2026, 11, 24, 11, 59), None, True),
        (datetime(2026, 11, 24, 12, 0), None, False),
        (datetime(2026, 11, 25, 8, 30), None, False),  # a Wednesday
        (datetime(2026, 11, 24, 8, 30), date(2026, 11, 24), False),  # the last day of the leave
        (datetime(2026, 11, 24, 8, 30), date(2026, 11, 23), True),
    ],
)
def test_a_digest_comes_on_its_days_in_the_local_morning(
    local: datetime, paused_until: date | None, expected: bool
) -> None:
    assert is_digest_time(local, NUDGES, CHRISTMAS, None, paused_until, NUDGES.time_at) is expected


@given(
    day=st.dates(date(2026, 1, 1), date(2027, 12, 31)),
    minute=st.integers(0, 24 * 60 - 1),
    leave=st.none() | st.integers(-3, 3),
)
def test_nobody_is_asked_on_a_free_day_on_leave_or_in_quiet_hours(
    day: date, minute: int, leave: int | None
) -> None:
    daily = NudgesDefinition.model_validate({"days": ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]})
    local = datetime.combine(day, time(minute // 60, minute % 60))
    until = None if leave is None else day + timedelta(days=leave)
    if is_digest_time(local, daily, CHRISTMAS, None, until, daily.time_at):
        assert day.weekday() < 5
        assert day != date(2026, 12, 25)
        assert time(8) <= local.time() < time(18)
        assert until is None or until < day


def test_quiet_hours_span_midnight() -> None:
    assert [NUDGES.is_quiet(time(hour)) for hour in (7, 8, 17, 18, 23)] == [True, False, False, True, True]


def test_a_digest_inside_the_quiet_hours_is_a_mistake() -> None:
    with pytest.raises(ValidationError, match="lies in the quiet hours"):
        NudgesDefinition.model_validate({"at": "07:30"})


# --- What the person is asked about ---------------------------------------------------------------


def test_a_finding_is_asked_about_twice_and_not_within_three_working_days() -> None:
    one = finding()
    assert is_askable(one, DEAL, NEVER, morning())
    # Asked on Tuesday the 17th: two working days later, on Thursday, it rests; on the 24th it is due.
    assert not is_askable(one, DEAL, asked(1, date(2026, 11, 17)), morning(date(2026, 11, 19)))
    assert is_askable(one, DEAL, asked(1, date(2026, 11, 17)), morning())
    assert not is_askable(one, DEAL, asked(2, date(2026, 11, 3)), morning())


def test_a_snooze_rests_and_is_a_question_more_when_it_ends() -> None:
    until = {("006A", "next_step_missing"): TUESDAY}
    memory = replace(asked(2, date(2026, 11, 12)), snoozed_until=until)
    assert not is_askable(finding(), DEAL, memory, morning(date(2026, 11, 19)))
    assert is_askable(finding(), DEAL, memory, morning())
    again = replace(asked(3, TUESDAY), snoozed_until=until)
    assert not is_askable(finding(), DEAL, again, morning(date(2026, 12, 8)))


def test_a_snooze_of_the_deal_covers_each_of_its_findings() -> None:
    memory = Memory(snoozed_until={("006A", ""): date(2026, 12, 1)})
    assert not is_askable(finding(), DEAL, memory, morning())
    assert is_askable(finding(deal="006B"), DEAL, memory, morning())


@pytest.mark.parametrize(
    "differs",
    [{"nudges": False}, {"waived": True}, {"audience": Audience.MANAGER}, {"audience": Audience.OPERATIONS}],
)
def test_what_is_not_the_owners_to_fix_is_not_asked(differs: dict[str, Any]) -> None:
    assert not is_askable(finding(**differs), DEAL, NEVER, morning())


def test_a_new_owner_has_ten_working_days() -> None:
    # From Tuesday the 10th: the 24th is the tenth working day after it, and the grace is over.
    assert is_askable(finding(), replace(DEAL, owner_since=date(2026, 11, 10)), NEVER, morning())
    assert not is_askable(finding(), replace(DEAL, owner_since=date(2026, 11, 11)), NEVER, morning())


@given(since=st.dates(date(2026, 10, 1), date(2027, 2, 1)), grace=st.integers(0, 30))
def test_a_new_owners_grace_is_counted_in_working_days(since: date, grace: int) -> None:
    day = date(2027, 1, 12)
    nudges = NudgesDefinition(new_owner_grace_days=grace)
    is_new = CHRISTMAS.passed(since, day) < grace
    deal = replace(DEAL, owner_since=since)
    one = finding("close_date_past")  # of which the edges of a quarter keep nothing back
    assert is_askable(one, deal, NEVER, Morning(day, nudges, CHRISTMAS, QUARTER)) is not is_new


@pytest.mark.parametrize(
    ("day", "rule", "category", "expected"),
    [
        # Working days from the 25th on, Christmas free: 28, 29, 30, 31; from the 24th on there are five.
        (date(2026, 12, 24), "next_step_missing", Category.PIPELINE, False),
        (date(2026, 12, 24), "next_step_missing", Category.COMMIT, True),
        (date(2026, 12, 24), "close_date_past", Category.PIPELINE, True),
        (date(2026, 12, 23), "next_step_missing", Category.PIPELINE, True),
        # The quarter began on Thursday 1 October: its fifth working day is the 7th.
        (date(2026, 10, 7), "next_step_missing", Category.COMMIT, False),
        (date(2026, 10, 7), "close_date_missing", Category.PIPELINE, True),
        (date(2026, 10, 8), "next_step_missing", Category.PIPELINE, True),
    ],
)
def test_the_edges_of_a_quarter_ask_less(day: date, rule: str, category: Category, expected: bool) -> None:
    assert is_askable(finding(rule), replace(DEAL, category=category), NEVER, morning(day)) is expected


@given(
    st.lists(st.tuples(st.sampled_from("ABC"), st.booleans(), st.booleans()), max_size=8),
    st.integers(0, 3),
)
def test_what_is_asked_is_a_part_of_what_is_found_and_never_too_often(
    drawn: list[tuple[str, bool, bool]], times: int
) -> None:
    findings = [
        finding(deal=f"006{letter}", nudges=nudges, waived=waived) for letter, nudges, waived in drawn
    ]
    memory = asked(times, date(2026, 11, 3)) if times else NEVER
    chosen = askable(findings, {"006A": DEAL, "006B": DEAL}, memory, morning())
    assert set(chosen) <= set(findings)
    assert all(one.nudges and not one.waived and one.opportunity_id != "006C" for one in chosen)
    assert times < 2 or not any(one.opportunity_id == "006A" for one in chosen)


# --- In which order -------------------------------------------------------------------------------


def test_money_delay_and_a_red_row_weigh_together() -> None:
    assert weight(Decimal(100_000), 0, False) == 100_000
    assert weight(Decimal(100_000), 15, False) == 150_000
    assert weight(Decimal(100_000), 15, True) == 300_000
    assert weight(Decimal(100_000), 400, False) == 400_000


@given(st.decimals(1, 10**9, places=2), st.integers(0, 500), st.integers(0, 500))
def test_waiting_longer_never_weighs_less(value: Decimal, one: int, other: int) -> None:
    early, late = sorted((one, other))
    assert Fraction(0) < weight(value, early, False) <= weight(value, late, False)
    assert weight(value, early, False) < weight(value, early, True)


def test_the_weightiest_deal_comes_first_and_an_unknown_value_stands_in_the_middle() -> None:
    facts = dict.fromkeys(("006A", "006B", "006C"), DEAL) | {"006R": replace(DEAL, red_row="EMEA")}
    items = items_of(
        [
            finding(deal="006A", value=Decimal(300_000)),
            finding(deal="006B", value=Decimal(100_000)),
            finding(deal="006C", value=None),
            finding(deal="006R", value=Decimal(160_000)),
        ]
    )
    # 14 days open: all by 1.4667; 160,000 doubles to 320,000; the unknown one weighs 160,000.
    ordered = in_order(items, facts, TUESDAY)
    assert [item.opportunity_id for item in ordered] == ["006R", "006A", "006C", "006B"]
    assert ordered[0].red_row == "EMEA"


# --- The ladder -----------------------------------------------------------------------------------


def test_only_grave_findings_of_large_deals_go_up() -> None:
    assert is_told_of(finding(), NUDGES)
    assert not is_told_of(finding(value=Decimal(50_000)), NUDGES)
    assert not is_told_of(finding(value=None), NUDGES)
    assert not is_told_of(finding(severity=Severity.MEDIUM), NUDGES)
    assert not is_told_of(finding(waived=True), NUDGES)


def test_the_owner_is_warned_a_working_day_before_the_manager_is_told() -> None:
    step = OnTheLadder(finding(), first_asked=date(2026, 11, 17))
    # Four working days after Tuesday the 17th is Monday the 23rd, five is Tuesday the 24th.
    assert not is_warning_due(step, morning(date(2026, 11, 20)))
    assert is_warning_due(step, morning(date(2026, 11, 23)))
    warned = replace(step, warned=date(2026, 11, 23))
    assert not is_telling_due(warned, morning(date(2026, 11, 23)))
    assert is_telling_due(warned, morning())
    assert not is_telling_due(step, morning())


def test_leave_stops_the_clock() -> None:
    away = OnTheLadder(finding(), date(2026, 11, 17), leave_days=3, warned=date(2026, 11, 23))
    assert not is_telling_due(away, morning(date(2026, 11, 26)))
    assert is_telling_due(away, morning(date(2026, 11, 27)))
