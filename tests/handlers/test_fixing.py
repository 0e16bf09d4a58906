"""A manager mends deals of the demo company in chat: what is written, counts at once, and is refused."""

from collections.abc import Iterator
from datetime import UTC, date, datetime

import pytest
from sqlalchemy import select

from bot.app import Council, open_desk
from bot.dispatch import Dispatch
from crm.demo import demo_cast
from crm.records import Fix
from handlers.asking import Clicked, Desk, Submitted, Typed
from messages.card import DateInput, Form, TextInput
from messages.render.terminal import render_text
from messages.reply import Reply
from pipeline.crm_fields import Saved
from pipeline.findings import Finding
from pipeline.matrix import Dimension
from pipeline.records import Category
from storage.apm import read_apm
from storage.chat_tables import audit
from storage.database import reading, writing
from storage.deal_values import read_deal_record
from storage.findings_of import findings_of, findings_on
from storage.fix_tables import write_intent
from storage.people import read_people
from storage.tables import apm_table
from tests.opened_demo import open_copied_demo

NOW = datetime(2026, 5, 15, 18, tzinfo=UTC)
TODAY = date(2026, 5, 15)
CAST = {member.role: member for member in demo_cast()}
REP, MANAGER = CAST["rep"].user_id, CAST["manager"].user_id


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Council]:
    council = open_copied_demo(tmp_path_factory.mktemp("demo"), NOW)
    yield council
    council.engine.dispose()


@pytest.fixture(scope="module")
def desk(demo: Council) -> Desk:
    return open_desk(demo, NOW)


@pytest.fixture
def dispatch(desk: Desk) -> Dispatch:
    return Dispatch(desk, lambda: NOW)


def words(reply: Reply) -> str:
    return " ".join(render_text(card, 300) for card in reply.cards) + reply.note


def own(demo: Council, rule: str) -> list[Finding]:
    """Open findings of a rule in the manager's team, those of Commit deals left out."""
    team = read_people(demo.engine).reports_of(MANAGER)
    with reading(demo.engine) as connection:
        found = findings_of(connection, demo.company, team)
        return [
            one
            for one in found
            if one.rule == rule
            and read_deal_record(connection, one.opportunity_id).category is not Category.COMMIT
        ]


def rules_on(demo: Council, deal: str) -> set[str]:
    with reading(demo.engine) as connection:
        return {one.rule for one in findings_on(connection, demo.company, deal)}


def audited(demo: Council, deal: str) -> list[tuple[str, str, str | None, str | None]]:
    with reading(demo.engine) as connection:
        rows = connection.execute(select(audit).where(audit.c.object == f"deal:{deal}"))
        return [(row.act, row.field, row.old, row.new) for row in rows]


def form_of(reply: Reply) -> Form:
    assert reply.form is not None, words(reply)
    return reply.form


def problems(form: Form) -> dict[str, str]:
    return {block.key: block.problem for block in form.blocks if getattr(block, "problem", "")}  # type: ignore[union-attr]


def answers(form: Form, **changed: str) -> dict[str, str]:
    """What the page would send: the values as they stand, and what was changed."""
    filled: dict[str, str] = {}
    for block in form.blocks:
        if isinstance(block, DateInput):
            filled[block.key] = block.value.isoformat() if block.value else ""
        elif isinstance(block, TextInput):
            filled[block.key] = block.value
        elif hasattr(block, "key"):
            filled[block.key] = getattr(block, "value", None) or ""
    return filled | changed


# --- Saving ---------------------------------------------------------------------------------------


def test_a_picked_date_is_written_and_counts_at_once(demo: Council, dispatch: Dispatch) -> None:
    finding = own(demo, "close_date_past")[0]
    deal = finding.opportunity_id
    reply = dispatch.answer(MANAGER, Clicked("fix_date", deal, "2026-06-30"))
    assert "→ 30 Jun" in words(reply)
    assert "close_date_past" not in rules_on(demo, deal)
    assert audited(demo, deal) == [("fix_date", "CloseDate", finding.seen, "2026-06-30")]
    stored = read_apm(demo.engine, demo.company, as_of=TODAY, dimension=Dimension.REGION)
    with writing(demo.engine) as connection:
        connection.execute(apm_table.delete())
    assert read_apm(demo.engine, demo.company, as_of=TODAY, dimension=Dimension.REGION) == stored


def test_the_form_has_the_fields_of_the_findings_and_saves_them(demo: Council, dispatch: Dispatch) -> None:
    finding = own(demo, "next_step_missing")[0]
    form = form_of(dispatch.answer(MANAGER, Clicked("fix", finding.opportunity_id)))
    assert "NextStep" in answers(form)
    filled = answers(form, NextStep="Call Ana on Monday")
    assert "Next step empty → Call Ana on Monday" in words(
        dispatch.answer(MANAGER, Submitted(form.command, form.argument, filled))
    )
    assert "next_step_missing" not in rules_on(demo, finding.opportunity_id)


@pytest.mark.parametrize(
    ("typed", "says"), [("tomorrow", "is not a date"), ("2026-02-30", "is not a date"), ("", "is needed")]
)
def test_what_is_no_date_changes_nothing(demo: Council, dispatch: Dispatch, typed: str, says: str) -> None:
    deal = own(demo, "close_date_past")[0].opportunity_id
    assert says in words(dispatch.answer(MANAGER, Clicked("fix_date", deal, typed)))
    assert audited(demo, deal) == []


def test_a_change_by_somebody_else_shows_both_values_and_asks(
    demo: Council, desk: Desk, dispatch: Dispatch
) -> None:
    deal = own(demo, "close_date_past")[1].opportunity_id
    form = form_of(dispatch.answer(MANAGER, Clicked("fix", deal)))
    with reading(demo.engine) as connection:
        old = read_deal_record(connection, deal).close_day
    theirs = date(2026, 7, 10).toordinal()
    assert desk.crm.write(Fix(deal, REP, 0, {"CloseDate": (old, theirs)})) == Saved()
    filled = answers(form, CloseDate="2026-06-20")
    again = form_of(dispatch.answer(MANAGER, Submitted(form.command, form.argument, filled)))
    assert "to 10 Jul meanwhile" in problems(again)["CloseDate"]
    assert answers(again)["CloseDate"] == "2026-06-20"
    reply = dispatch.answer(MANAGER, Submitted(again.command, again.argument, answers(again)))
    assert "10 Jul → 20 Jun" in words(reply)


def two_of_one_type(demo: Council, desk: Desk) -> tuple[str, str]:
    by_type: dict[str | None, list[str]] = {}
    for one in own(demo, "next_step_missing"):
        record_type = desk.crm.describe(one.opportunity_id).record_type
        by_type.setdefault(record_type, []).append(one.opportunity_id)
    first, second, *_ = max(by_type.values(), key=len)
    return first, second


def test_the_crms_own_words_stand_at_the_field_and_are_asked_for_next_time(
    demo: Council, desk: Desk, dispatch: Dispatch
) -> None:
    first, second = two_of_one_type(demo, desk)
    lost = form_of(dispatch.answer(MANAGER, Clicked("close_lost", first)))
    reasons = [block for block in lost.blocks if getattr(block, "key", "") == "Loss_Reason__c"]
    assert "Price" in [pick.value for pick in reasons[0].choices]  # type: ignore[union-attr]
    filled = answers(lost, Loss_Reason__c="")
    again = form_of(dispatch.answer(MANAGER, Submitted(lost.command, lost.argument, filled)))
    assert "you must give a loss reason" in problems(again)["Loss_Reason__c"]
    assert audited(demo, first) == []
    done = answers(again, Loss_Reason__c="Price")
    assert "closed as lost" in words(dispatch.answer(MANAGER, Submitted(again.command, again.argument, done)))
    assert rules_on(demo, first) == set()
    asked = form_of(dispatch.answer(MANAGER, Clicked("close_lost", second)))
    hints = {block.key: block.hint for block in asked.blocks if getattr(block, "hint", "")}  # type: ignore[union-attr]
    assert "you must give a loss reason" in hints["Loss_Reason__c"]


# --- Asking first ---------------------------------------------------------------------------------


def test_two_weeks_more_ask_first_where_they_leave_the_quarter(demo: Council, dispatch: Dispatch) -> None:
    deal = own(demo, "next_step_missing")[0].opportunity_id
    dispatch.answer(MANAGER, Clicked("fix_date", deal, "2026-07-25"))
    form = form_of(dispatch.answer(MANAGER, Clicked("push", deal)))
    assert form.command == "push_confirm"
    assert audited(demo, deal)[-1][3] == "2026-07-25"
    dispatch.answer(MANAGER, Submitted(form.command, form.argument, {}))
    assert audited(demo, deal)[-1] == ("push", "CloseDate", "2026-07-25", "2026-08-08")


def test_two_weeks_more_for_a_deal_that_is_overdue_count_from_today(
    demo: Council, dispatch: Dispatch
) -> None:
    deal = own(demo, "close_date_past")[0].opportunity_id
    old = own(demo, "close_date_past")[0].seen
    dispatch.answer(MANAGER, Clicked("push", deal))
    assert audited(demo, deal)[-1] == ("push", "CloseDate", old, "2026-05-29")


# --- Who may --------------------------------------------------------------------------------------


def test_nobody_else_opens_or_saves_the_form(demo: Council, dispatch: Dispatch) -> None:
    deal = own(demo, "next_step_missing")[0].opportunity_id
    form = form_of(dispatch.answer(MANAGER, Clicked("fix", deal)))
    before = audited(demo, deal)
    for who in (CAST["council"].user_id, CAST["operations"].user_id):
        assert dispatch.answer(who, Clicked("fix", deal)).form is None
        sent = Submitted(form.command, form.argument, answers(form, NextStep="mine now"))
        assert dispatch.answer(who, sent).form is None
    assert audited(demo, deal) == before


def test_a_rep_does_not_give_a_deal_away_by_a_forged_form(demo: Council, dispatch: Dispatch) -> None:
    with reading(demo.engine) as connection:
        deal = findings_of(connection, demo.company, {REP})[0].opportunity_id
    forged = f'["{deal}","fix",{{"OwnerId":"{REP}"}}]'
    reply = dispatch.answer(REP, Submitted("fix_save", forged, {"OwnerId": MANAGER}))
    assert "for the deal's owner and the managers above" in words(reply)


@pytest.mark.parametrize("argument", ["", "{}", "[]", '["006","fix",{}]', "null", '["006"]', "x" * 3000])
def test_a_form_that_is_none_of_ours_is_refused_in_words(dispatch: Dispatch, argument: str) -> None:
    assert "older message" in words(dispatch.answer(MANAGER, Submitted("fix_save", argument, {})))


def test_a_deal_that_is_gone_is_said_in_words(dispatch: Dispatch) -> None:
    for command in ("fix", "fix_date", "push", "close_lost", "not_mine"):
        assert "not in the CRM any more" in words(dispatch.answer(MANAGER, Clicked(command, "006NONE")))


# --- Bad input ------------------------------------------------------------------------------------


def sent(form: Form, **changed: str) -> Submitted:
    return Submitted(form.command, form.argument, answers(form, **changed))


def test_an_open_deal_is_not_closed_in_the_past(demo: Council, dispatch: Dispatch) -> None:
    deal = own(demo, "close_date_placeholder")[0].opportunity_id
    before = audited(demo, deal)
    assert "That day has passed" in words(dispatch.answer(MANAGER, Clicked("fix_date", deal, "2026-05-14")))
    form = form_of(dispatch.answer(MANAGER, Clicked("fix", deal)))
    again = form_of(dispatch.answer(MANAGER, sent(form, CloseDate="2026-05-14")))
    assert problems(again)["CloseDate"] == "That day has passed. When will it close?"
    assert answers(again)["CloseDate"] == "2026-05-14"
    assert audited(demo, deal) == before


@pytest.mark.parametrize(
    ("typed", "says"),
    [
        (
            "202611-01-01",
            "“202611-01-01” is not a date. Write it as 2026-11-14, with four digits for the year.",
        ),
        ("2611-06-01", "The year 2611 cannot be right. Write one from "),
        ("2037-01-01", " to 2036."),
    ],
)
def test_a_day_in_a_year_that_cannot_be_meant_is_refused_at_its_field(
    demo: Council, dispatch: Dispatch, typed: str, says: str
) -> None:
    deal = own(demo, "close_date_placeholder")[0].opportunity_id
    before = audited(demo, deal)
    assert says in words(dispatch.answer(MANAGER, Clicked("fix_date", deal, typed)))
    form = form_of(dispatch.answer(MANAGER, Clicked("fix", deal)))
    again = form_of(dispatch.answer(MANAGER, sent(form, CloseDate=typed)))
    assert says in problems(again)["CloseDate"]
    assert audited(demo, deal) == before


def test_a_text_that_is_too_long_is_said_at_its_field_and_nothing_else_is_saved(
    demo: Council, dispatch: Dispatch
) -> None:
    deal = own(demo, "next_step_missing")[0].opportunity_id
    form = form_of(dispatch.answer(MANAGER, Clicked("fix", deal)))
    before = audited(demo, deal)
    again = form_of(dispatch.answer(MANAGER, sent(form, NextStep="x" * 5_000)))
    assert problems(again)["NextStep"] == "That has 5,000 characters; 255 fit."
    assert audited(demo, deal) == before


def test_a_form_that_is_sent_twice_changes_nothing_the_second_time(demo: Council, dispatch: Dispatch) -> None:
    deal = own(demo, "next_step_missing")[0].opportunity_id
    form = form_of(dispatch.answer(MANAGER, Clicked("next_step", deal)))
    first = words(dispatch.answer(MANAGER, sent(form, NextStep="Call on Friday"), event="sent-1"))
    assert "Call on Friday" in first
    before = audited(demo, deal)
    repeated = dispatch.answer(MANAGER, sent(form, NextStep="Call on Friday"), event="sent-1")
    assert "done already" in words(repeated)
    anew = dispatch.answer(MANAGER, sent(form, NextStep="Call on Friday"), event="sent-2")
    assert "nothing was changed" in words(anew)
    assert audited(demo, deal) == before


def test_a_form_from_before_a_field_went_is_refused_in_words_and_nothing_is_saved(
    demo: Council, dispatch: Dispatch
) -> None:
    deal = own(demo, "close_date_placeholder")[0].opportunity_id
    before = audited(demo, deal)
    old = f'["{deal}","fix",{{"CloseDate":1,"Gone__c":null}}]'
    reply = dispatch.answer(MANAGER, Submitted("fix_save", old, {"CloseDate": "2026-06-20", "Gone__c": "x"}))
    assert "Gone__c cannot be changed from here. Change it in the CRM." in words(reply)
    assert audited(demo, deal) == before


def test_a_field_that_the_answers_do_not_hold_stays_as_it_is(demo: Council, dispatch: Dispatch) -> None:
    deal = own(demo, "next_step_stale")[0].opportunity_id
    form = form_of(dispatch.answer(MANAGER, Clicked("next_step", deal)))
    reply = dispatch.answer(MANAGER, Submitted(form.command, form.argument, {"Surprise": "x"}))
    assert "nothing was changed" in words(reply)
    with reading(demo.engine) as connection:
        assert read_deal_record(connection, deal).next_step


def test_a_deal_that_was_deleted_while_its_form_was_open_is_said_to_be_gone(
    demo: Council, desk: Desk, dispatch: Dispatch, monkeypatch: pytest.MonkeyPatch
) -> None:
    deal = own(demo, "close_date_placeholder")[0].opportunity_id
    before = audited(demo, deal)
    form = form_of(dispatch.answer(MANAGER, Clicked("fix", deal)))
    monkeypatch.setattr(type(desk.crm), "read_deal", lambda *_: None)
    reply = dispatch.answer(MANAGER, sent(form, CloseDate="2026-06-20"))
    assert "not in the CRM any more, and nothing was saved" in words(reply)
    assert audited(demo, deal) == before


def test_a_choice_that_the_list_does_not_hold_is_refused_at_its_field(
    demo: Council, dispatch: Dispatch
) -> None:
    deal = own(demo, "next_step_missing")[0].opportunity_id
    form = form_of(dispatch.answer(MANAGER, Clicked("close_lost", deal)))
    again = form_of(dispatch.answer(MANAGER, sent(form, StageName="Nowhere")))
    assert problems(again)["StageName"] == "Stage has no such choice. Choose one from the list."


def test_the_same_click_twice_counts_once(demo: Council, dispatch: Dispatch) -> None:
    deal = own(demo, "next_step_missing")[0].opportunity_id
    click = Clicked("fix_date", deal, "2026-06-11")
    dispatch.answer(MANAGER, click, event="click-1")
    before = audited(demo, deal)
    dispatch.answer(MANAGER, click, event="click-1")
    assert audited(demo, deal) == before


def test_no_intent_stays_open(demo: Council, dispatch: Dispatch) -> None:
    deal = own(demo, "next_step_missing")[0].opportunity_id
    dispatch.answer(MANAGER, Clicked("fix_date", deal, "2026-06-12"))
    with reading(demo.engine) as connection:
        assert connection.execute(select(write_intent).where(write_intent.c.closed_at.is_(None))).all() == []


def test_a_deal_is_found_by_its_name(demo: Council, dispatch: Dispatch) -> None:
    name = own(demo, "next_step_missing")[0].opportunity_name
    assert form_of(dispatch.answer(MANAGER, Typed(f'/fix "{name}"'))).title == "Fix this deal"
    assert "None of your deals" in words(dispatch.answer(MANAGER, Typed("/fix Nowhere Inc")))
