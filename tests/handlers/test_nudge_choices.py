"""What people decide about being asked, over a pulled company: who may, what is kept, who hears of it."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from sqlalchemy import select

from bot.app import Council, open_desk
from bot.dispatch import Dispatch
from handlers.asking import Clicked, Submitted, Typed, Where
from messages.card import DateInput, TextInput
from messages.render.terminal import render_text
from messages.reply import Reply
from pipeline.findings import Finding
from storage.chat_tables import audit, outbox
from storage.database import reading, writing
from storage.hygiene_reading import read_hygiene
from storage.nudge_choices import read_pause
from storage.nudge_tables import inspection, snooze, waiver
from storage.outbox import Letter, put_letter, read_letter_card
from storage.rule_statistics import read_rule_statistics
from tests.bot.small_company import open_pulled_company

NOW = datetime(2026, 5, 15, 12, tzinfo=UTC)
TODAY = date(2026, 5, 15)
ANA, MONA, ZOE = "ana@example.com", "mona@example.com", "zoe@example.com"
KAI, OPS = "kai@example.com", "ops@example.com"
GLOBEX = "006B:category_stage_mismatch"
NEXT_WEEK = {"until": "2026-05-22", "reason": "The buyer is away."}


@pytest.fixture
def council(tmp_path: Path) -> Iterator[Council]:
    council = open_pulled_company(tmp_path, NOW)
    yield council
    council.engine.dispose()


@pytest.fixture
def dispatch(council: Council) -> Dispatch:
    return Dispatch(open_desk(council, NOW), lambda: NOW)


def words(reply: Reply) -> str:
    shown = " ".join(render_text(card, 300) for card in reply.cards)
    return shown + reply.note


def letters(council: Council) -> dict[str, str]:
    """Audience by key of everything that is to be said."""
    with reading(council.engine) as connection:
        return {row.key: row.audience for row in connection.execute(select(outbox))}


def said_in(council: Council, key: str) -> str:
    """The card of a message, as it is kept."""
    with reading(council.engine) as connection:
        return read_letter_card(connection, key) or ""


def threads(council: Council) -> dict[str, str | None]:
    """In whose thread each message stands, by key."""
    with reading(council.engine) as connection:
        return {row.key: row.thread_of for row in connection.execute(select(outbox))}


def inspections(council: Council) -> list[tuple[str, int, str]]:
    with reading(council.engine) as connection:
        return [(row.manager, row.day, row.how) for row in connection.execute(select(inspection))]


def acts(council: Council) -> list[tuple[str, str, str]]:
    with reading(council.engine) as connection:
        return [(row.by, row.act, row.object) for row in connection.execute(select(audit))]


def finding(council: Council, rule: str) -> Finding:
    report = read_hygiene(council.engine, council.company, as_of=TODAY)
    return next(one for one in report.findings if (one.opportunity_id, one.rule) == ("006B", rule))


# --- Snooze ---------------------------------------------------------------------------------------


def test_a_snooze_is_kept_with_its_day_and_reason_and_stands_in_the_audit(
    council: Council, dispatch: Dispatch
) -> None:
    form = dispatch.answer(ANA, Clicked("snooze", GLOBEX)).form
    assert form is not None
    assert (form.command, form.argument) == ("snooze", GLOBEX)
    reply = dispatch.answer(ANA, Submitted("snooze", GLOBEX, NEXT_WEEK))
    assert "I ask again on 22 May 2026" in words(reply)
    with reading(council.engine) as connection:
        (row,) = connection.execute(select(snooze))
    assert (row.rule, date.fromordinal(row.until_day), row.reason) == (
        "category_stage_mismatch",
        date(2026, 5, 22),
        "The buyer is away.",
    )
    assert acts(council) == [("005A", "snooze", "deal:006B")]


@pytest.mark.parametrize(
    ("answers", "key", "says"),
    [
        ({"until": "2026-05-15", "reason": "r"}, "until", "has come already"),
        ({"until": "soon", "reason": "r"}, "until", "Choose a day"),
        ({"until": "2027-05-15", "reason": "r"}, "until", "too far away"),
        ({"until": "2026-05-22", "reason": " "}, "reason", "A few words"),
        ({"until": "2026-05-22", "reason": "x" * 5000}, "reason", "5,000 characters"),
        ({}, "until", "Choose a day"),
    ],
)
def test_a_mistake_in_the_form_is_said_at_its_field_and_nothing_is_kept(
    council: Council, dispatch: Dispatch, answers: dict[str, str], key: str, says: str
) -> None:
    form = dispatch.answer(ANA, Submitted("snooze", GLOBEX, answers)).form
    assert form is not None
    problems = {one.key: one.problem for one in form.blocks if isinstance(one, TextInput | DateInput)}
    assert says in problems[key]
    assert acts(council) == []


@pytest.mark.parametrize("who", [ZOE, KAI, OPS])
def test_nobody_snoozes_somebody_elses_deal(council: Council, dispatch: Dispatch, who: str) -> None:
    reply = dispatch.answer(who, Submitted("snooze", GLOBEX, NEXT_WEEK))
    assert reply.form is None
    assert acts(council) == []


def test_a_deal_that_is_gone_is_said_in_words(dispatch: Dispatch) -> None:
    assert "not in the CRM any more" in words(dispatch.answer(ANA, Clicked("snooze", "006NONE:x")))


# --- Waive ----------------------------------------------------------------------------------------


def test_a_rep_asks_and_the_manager_exempts_the_finding(council: Council, dispatch: Dispatch) -> None:
    assert not finding(council, "category_stage_mismatch").waived
    answers = {"until": "2026-08-01", "reason": "Framework contract."}
    dispatch.answer(ANA, Submitted("waive", GLOBEX, answers))
    assert not finding(council, "category_stage_mismatch").waived
    (key,) = letters(council)
    assert letters(council) == {"waiver:1:005M": "@005M"}
    dispatch.answer(MONA, Clicked("waiver_grant", "1"), Where(message_key=key))
    assert finding(council, "category_stage_mismatch").waived
    assert letters(council)["waiver_decided:1"] == "@005A"
    assert acts(council) == [("005A", "ask_waiver", "deal:006B"), ("005M", "waive", "deal:006B")]


def test_a_declined_wish_counts_on_and_is_decided_once(council: Council, dispatch: Dispatch) -> None:
    dispatch.answer(ANA, Submitted("waive", GLOBEX, {"until": "2026-08-01", "reason": "Please."}))
    dispatch.answer(MONA, Clicked("waiver_decline", "1"))
    assert "has decided about this already" in words(dispatch.answer(MONA, Clicked("waiver_grant", "1")))
    assert not finding(council, "category_stage_mismatch").waived


def test_a_wish_that_waits_is_not_put_to_the_manager_a_second_time(
    council: Council, dispatch: Dispatch
) -> None:
    wish = Submitted("waive", GLOBEX, {"until": "2026-08-01", "reason": "Please."})
    dispatch.answer(ANA, wish)
    assert "still has to decide" in words(dispatch.answer(ANA, wish))
    assert "still has to decide" in words(dispatch.answer(ANA, Clicked("waive", GLOBEX)))
    assert list(letters(council)) == ["waiver:1:005M"]
    dispatch.answer(MONA, Clicked("waiver_decline", "1"))
    dispatch.answer(ANA, wish)
    assert "waiver:2:005M" in letters(council)


@pytest.mark.parametrize("who", [ANA, ZOE, KAI, OPS])
def test_only_a_manager_above_decides(council: Council, dispatch: Dispatch, who: str) -> None:
    dispatch.answer(ANA, Submitted("waive", GLOBEX, {"until": "2026-08-01", "reason": "Please."}))
    dispatch.answer(who, Clicked("waiver_grant", "1"))
    with reading(council.engine) as connection:
        assert connection.execute(select(waiver.c.state)).scalar_one() == "asked"


def test_where_nobody_leads_a_rep_sales_operations_decide_without_seeing_the_deal(
    council: Council, dispatch: Dispatch
) -> None:
    """Zoe reports to nobody, and her deal is confidential."""
    report = read_hygiene(council.engine, council.company, as_of=TODAY)
    rule = next(one.rule for one in report.findings if one.opportunity_id == "006D")
    dispatch.answer(ZOE, Submitted("waive", f"006D:{rule}", NEXT_WEEK))
    (key,) = letters(council)
    assert letters(council) == {key: "@ops@example.com"}
    dispatch.answer(MONA, Clicked("waiver_grant", "1"))
    assert "waiver_decided:1" not in letters(council), "she stands above others"
    reply = dispatch.answer(OPS, Clicked("waiver_grant", "1"))
    assert words(reply) == "Decided, and told to whoever asked."
    assert letters(council)["waiver_decided:1"] == "@005Z"
    with reading(council.engine) as connection:
        shown = connection.execute(select(outbox.c.card).where(outbox.c.key == key)).scalar_one()
    assert "Nightfall" not in shown


def test_a_manager_exempts_at_once_for_a_year_at_most(council: Council, dispatch: Dispatch) -> None:
    late = dispatch.answer(MONA, Submitted("waive", GLOBEX, {"until": "2027-05-16", "reason": "r"}))
    assert late.form is not None
    dispatch.answer(MONA, Submitted("waive", GLOBEX, {"until": "2027-05-15", "reason": "r"}))
    assert finding(council, "category_stage_mismatch").waived
    assert letters(council) == {}


@pytest.mark.parametrize("argument", ["", "abc", "-1", "9" * 40, "٣"])
def test_a_forged_decision_is_an_old_button(dispatch: Dispatch, argument: str) -> None:
    assert "older message" in words(dispatch.answer(MONA, Clicked("waiver_grant", argument)))


# --- Wrong rule, inspect, ask, pause --------------------------------------------------------------


def test_the_longest_waiver_is_that_of_the_configuration(council: Council) -> None:
    nudges = council.company.nudges.model_copy(update={"longest_waiver_days": 10})
    short = replace(council, company=replace(council.company, nudges=nudges))
    dispatch = Dispatch(open_desk(short, NOW), lambda: NOW)
    late = dispatch.answer(MONA, Submitted("waive", GLOBEX, {"until": "2026-05-26", "reason": "r"}))
    assert late.form is not None
    assert dispatch.answer(MONA, Submitted("waive", GLOBEX, {"until": "2026-05-25", "reason": "r"})).note
    offered = dispatch.answer(MONA, Clicked("waive", "006C:category_stage_mismatch")).form
    assert offered is not None
    assert [one.value for one in offered.blocks if isinstance(one, DateInput)] == [date(2026, 5, 25)]


def test_the_rules_count_who_calls_them_wrong_what_is_waived_and_what_waits(
    council: Council, dispatch: Dispatch
) -> None:
    dispatch.answer(ANA, Submitted("wrong_rule", GLOBEX, {"reason": "It is a renewal."}))
    dispatch.answer(MONA, Submitted("waive", GLOBEX, {"until": "2026-08-01", "reason": "r"}))
    dispatch.answer(ANA, Submitted("waive", GLOBEX, {"until": "2026-09-01", "reason": "r"}))
    rule = {one.rule: one for one in read_rule_statistics(council.engine, council.company).rules}[
        "category_stage_mismatch"
    ]
    assert (rule.disputed, rule.waived, rule.waiver_wishes) == (1, 1, 1)
    shown = words(dispatch.answer(OPS, Typed("/hygiene rules")))
    assert "Called wrong: Category stage mismatch (1 time)" in shown
    assert "Waivers that wait for a manager: Category stage mismatch (1)" in shown


def test_a_wrong_rule_is_told_to_sales_operations(council: Council, dispatch: Dispatch) -> None:
    dispatch.answer(ANA, Submitted("wrong_rule", GLOBEX, {"reason": "Renewals have no next step."}))
    assert list(letters(council).values()) == ["@ops@example.com"]


@pytest.mark.parametrize("choice", ["wrong_rule", "not_mine"])
def test_operations_hear_of_a_confidential_deal_without_its_name(
    council: Council, dispatch: Dispatch, choice: str
) -> None:
    """Project Nightfall is Zoe's and confidential."""
    if choice == "not_mine":
        dispatch.answer(ZOE, Clicked(choice, "006D"))
    else:
        dispatch.answer(ZOE, Submitted(choice, "006D:next_step_missing", {"reason": "It has one."}))
    told = [said_in(council, key) for key, to in letters(council).items() if to == "@ops@example.com"]
    assert len(told) == 1
    assert "(confidential)" in told[0]
    assert "Nightfall" not in told[0]


def test_only_an_owner_says_that_a_deal_is_not_theirs(council: Council, dispatch: Dispatch) -> None:
    assert "press Reassign" in words(dispatch.answer(MONA, Clicked("not_mine", "006B")))
    assert letters(council) == {}
    assert "stays yours" in words(dispatch.answer(ANA, Clicked("not_mine", "006B")))
    assert set(letters(council).values()) == {"@005M", "@ops@example.com"}


def test_a_manager_marks_a_deal_as_inspected_and_its_owner_cannot(
    council: Council, dispatch: Dispatch
) -> None:
    dispatch.answer(ANA, Clicked("inspect", "006B"))
    assert acts(council) == []
    dispatch.answer(MONA, Clicked("inspect", "006B"))
    assert inspections(council) == [("005M", TODAY.toordinal(), "confirmed")]


def test_a_question_goes_to_the_owner_and_the_answer_back(council: Council, dispatch: Dispatch) -> None:
    dispatch.answer(MONA, Submitted("ask_owner", "006B", {"question": "Is June real?"}))
    assert letters(council) == {"asked:1": "@005M", "question:1": "@005A"}
    dispatch.answer(ANA, Submitted("answer_question", "1", {"answer": "Yes."}))
    assert threads(council) == {"asked:1": None, "question:1": None, "answer:2": "asked:1"}
    with reading(council.engine) as connection:
        assert "You answered Mona" in (read_letter_card(connection, "question:1") or "")


def test_the_answer_comes_into_the_thread_of_the_message_where_it_was_asked(
    council: Council, dispatch: Dispatch
) -> None:
    mine = Letter(key="team:1", kind="manager_digest", audience="@005M", card="{}")
    with writing(council.engine) as connection:
        put_letter(connection, mine, NOW)
    form = dispatch.answer(MONA, Clicked("ask_owner", "006B"), Where(message_key="team:1")).form
    assert form is not None
    dispatch.answer(MONA, Submitted("ask_owner", form.argument, {"question": "Is June real?"}))
    dispatch.answer(ANA, Submitted("answer_question", "1", {"answer": "Yes."}))
    assert threads(council) == {
        "team:1": None,
        "asked:1": "team:1",
        "question:1": None,
        "answer:2": "team:1",
    }


def test_an_answer_comes_into_no_thread_of_somebody_else(council: Council, dispatch: Dispatch) -> None:
    theirs = Letter(key="digest:1", kind="digest", audience="@005A", card="{}")
    with writing(council.engine) as connection:
        put_letter(connection, theirs, NOW)
    forged = '["006B", "digest:1"]'
    dispatch.answer(MONA, Submitted("ask_owner", forged, {"question": "Is June real?"}))
    assert threads(council)["asked:1"] is None


@pytest.mark.parametrize("argument", ["1", "006B:005Z", "", "-1", "9" * 40])
def test_nobody_is_answered_who_did_not_ask(council: Council, dispatch: Dispatch, argument: str) -> None:
    reply = dispatch.answer(ANA, Submitted("answer_question", argument, {"answer": "Yes."}))
    assert "older message" in words(reply)
    assert letters(council) == {}


def test_a_manager_who_opens_or_asks_has_looked_at_the_deal_and_its_owner_has_not(
    council: Council, dispatch: Dispatch
) -> None:
    dispatch.answer(ANA, Clicked("fix", "006B"))
    assert inspections(council) == []
    dispatch.answer(MONA, Clicked("fix", "006B"))
    assert inspections(council) == [("005M", TODAY.toordinal(), "opened")]


def test_a_finding_that_can_be_fixed_is_not_acknowledged(dispatch: Dispatch) -> None:
    assert "Fix or exempt this one" in words(dispatch.answer(MONA, Clicked("acknowledge", GLOBEX)))


def test_a_pause_lasts_until_its_day_and_can_end_earlier(council: Council, dispatch: Dispatch) -> None:
    assert "29 May" in words(dispatch.answer(ANA, Typed("/pause until 29 May")))
    with reading(council.engine) as connection:
        assert read_pause(connection, "005A", date(2026, 5, 29)) == date(2026, 5, 29)
        assert read_pause(connection, "005A", date(2026, 5, 30)) is None
    assert "Welcome back" in words(dispatch.answer(ANA, Typed("/pause off")))
    assert "not on leave" in words(dispatch.answer(ANA, Typed("/pause")))


@pytest.mark.parametrize("typed", ["/pause until yesterday", "/pause until blue", "/pause until 2024-01-01"])
def test_a_pause_needs_a_day_to_come(dispatch: Dispatch, typed: str) -> None:
    assert "did not work" in words(dispatch.answer(ANA, Typed(typed)))


def test_more_shows_every_finding_of_the_deal_to_its_owner_alone(dispatch: Dispatch) -> None:
    assert "What about =Globex?" in words(dispatch.answer(ANA, Clicked("more", "006B")))
    assert "What about" not in words(dispatch.answer(ZOE, Clicked("more", "006B")))
