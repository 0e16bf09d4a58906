"""The forms of actions as they really come back: late, twice, from somebody else, from an older deploy."""

from pathlib import Path

import pytest

from bot.app import Council, open_council
from bot.settings import load_settings
from handlers.asking import Submitted, Where
from messages.card import ChoiceInput, Form
from messages.reply import Reply
from pipeline.actions import ActionStatus
from storage.database import writing
from storage.outbox import Letter, put_letter
from tests.bot.small_company import build_company
from tests.bot.test_dispatch import words
from tests.handlers.test_actions import (
    ANA,
    KAI,
    LINE,
    MONA,
    NOW,
    OPS,
    ZOE,
    actions_of,
    ask,
    click,
    council,
    dispatch_at,
    fill,
    letters,
    problems,
    pull,
    values,
)
from tests.handlers.test_actions_in_threads import letter

__all__ = ["council"]

SMALL_FORMS = {
    "action_comment": {"words": "Booked"},
    "action_due": {"due": "2026-06-12"},
    "action_reassign": {"owner": "ben"},
    "action_drop": {"words": "No budget"},
}


def form_of(council: Council, who: str, command: str) -> Form:
    form = click(council, who, command, "1").form
    assert form is not None
    return form


def submit(council: Council, who: str, form: Form, answers: dict[str, str]) -> Reply:
    submitted = Submitted(form.command, form.argument, answers)
    return dispatch_at(council).answer(f"{who}@example.com", submitted)


@pytest.mark.parametrize("command", SMALL_FORMS)
def test_a_form_that_somebody_without_the_right_submits_changes_nothing(
    council: Council, command: str
) -> None:
    ask(council, KAI, LINE)
    form = form_of(council, ANA, command)
    before = actions_of(council), letter(council, "action:1@005A")
    assert "This action is for its owner" in words(submit(council, ZOE, form, SMALL_FORMS[command]))
    assert (actions_of(council), letter(council, "action:1@005A")) == before


@pytest.mark.parametrize("command", SMALL_FORMS)
def test_a_form_that_is_submitted_twice_has_its_effect_once(council: Council, command: str) -> None:
    ask(council, KAI, LINE)
    form = form_of(council, KAI, command)
    submit(council, KAI, form, SMALL_FORMS[command])
    after = actions_of(council)
    again = submit(council, KAI, form, SMALL_FORMS[command])
    assert actions_of(council) == after
    said = " ".join((again.note, *problems_of(again), words(again)))
    assert "already" in said or "Nothing was changed" in said


def problems_of(reply: Reply) -> list[str]:
    return list(problems(reply.form).values()) if reply.form is not None else []


@pytest.mark.parametrize("command", SMALL_FORMS)
def test_a_form_of_an_older_deploy_without_its_fields_is_asked_again(council: Council, command: str) -> None:
    ask(council, KAI, LINE)
    before = actions_of(council)
    reply = submit(council, KAI, form_of(council, KAI, command), {"a_field_of_before": "x"})
    assert len(problems_of(reply)) == 1
    assert actions_of(council) == before


def test_a_new_action_of_an_older_deploys_form_is_asked_for_what_it_lacks(council: Council) -> None:
    form = ask(council, KAI, "/action").form
    assert form is not None
    reply = submit(council, KAI, form, {"kind": "spiff", "title": "2x", "row": "EMEA"})
    assert set(problems(reply.form)) == {"cell", "owner", "due"}
    assert actions_of(council) == ()


def test_an_action_that_was_dropped_meanwhile_takes_no_form_any_more(council: Council) -> None:
    ask(council, KAI, LINE)
    late = {command: form_of(council, ANA, command) for command in SMALL_FORMS}
    fill(council, KAI, form_of(council, KAI, "action_drop"), words="No budget")
    dropped = actions_of(council)
    for command, form in late.items():
        assert "Action 1 is dropped since 2026-05-15: No budget. Nothing was changed" in words(
            submit(council, ANA, form, SMALL_FORMS[command])
        )
    assert actions_of(council) == dropped


@pytest.mark.parametrize(
    ("typed", "says"),
    [
        ("", "is not a date that I can read"),
        ("yesterday", "Thursday 14 May 2026 has passed"),
        ("tomorrow", "It is due Saturday 16 May 2026 already"),
        ("Friday", "could be Friday 15 May 2026 or Friday 22 May 2026"),
        ("2030-01-01", "more than two years away"),
        ("y" * 5000, "is not a date that I can read"),
    ],
)
def test_a_new_date_that_is_none_is_asked_again_with_what_was_typed(
    council: Council, typed: str, says: str
) -> None:
    ask(council, KAI, LINE)
    form = submit(council, KAI, form_of(council, KAI, "action_due"), {"due": typed}).form
    assert form is not None
    assert says in problems(form)["due"]
    assert len(problems(form)["due"]) < 200
    if not isinstance(form.blocks[-1], ChoiceInput):
        assert values(form)["due"] == typed[:100]


def test_a_new_date_shows_wherever_the_action_does(council: Council) -> None:
    head = Letter(key="head", kind="council", audience="#pipeline-council", card="{}")
    with writing(council.engine) as connection:
        put_letter(connection, head, NOW)
    ask(council, KAI, LINE, Where("preview", "#pipeline-council", thread_key="head"))
    reply = fill(council, ANA, form_of(council, ANA, "action_due"), due="in 2 weeks")
    assert reply.note == "Action 1 is due Friday 29 May 2026 now."
    for key in ("action:1", "action:1@005A"):
        assert "Due: 29 May 2026" in letter(council, key)[3]


def test_each_former_owner_reads_whose_it_is_now(council: Council) -> None:
    ask(council, KAI, LINE)
    for owner in ("ben", "zoe", "ana"):
        fill(council, KAI, form_of(council, KAI, "action_reassign"), owner=owner)
    assert set(letters(council)) == {"action:1@005A", "action:1@005B", "action:1@005Z"}
    assert "Status: Open" in letter(council, "action:1@005A")[3]
    for former in ("005B", "005Z"):
        assert "This is Ana Lind's now: 2x on Data Cloud." in letter(council, f"action:1@{former}")[3]


def test_who_may_assign_nothing_is_told_before_filling_in_a_form(council: Council) -> None:
    for who in (ANA, ZOE, OPS):
        assert "Actions are assigned by the pipeline council" in words(ask(council, who, "/action"))
        assert "Actions are assigned" in words(click(council, who, "assign", "region/EMEA/coverage"))
    assert ask(council, MONA, "/action").form is not None


def test_an_action_proposed_in_a_direct_message_shows_in_the_councils_thread(council: Council) -> None:
    with writing(council.engine) as connection:
        put_letter(connection, Letter(key="prepare", kind="preparation", audience="@005M", card="{}"), NOW)
    form = click(council, MONA, "propose_action", "region/EMEA/coverage", Where(message_key="prepare")).form
    assert form is not None
    fill(council, MONA, form, kind="spiff", title="2x", owner="ana", due="in 2 weeks")
    assert "action:1" not in letters(council)  # there was no post yet in which its row has a thread


def test_types_come_from_the_configuration_with_commands_of_their_own(tmp_path: Path) -> None:
    file = build_company(tmp_path)
    webinar = '[actions.types.webinar]\nlabel = "Customer webinar"\ncommand = "webinar"\n'
    file.write_text(f"{file.read_text(encoding='utf-8')}{webinar}", encoding="utf-8")
    configured = open_council(load_settings(file, {}))
    pull(configured)
    ask(configured, KAI, '/webinar EMEA coverage "Data Cloud live" @ana by tomorrow')
    ask(configured, KAI, '/action customer webinar EMEA coverage "Again" @ana by tomorrow')
    assert [action.kind for action in actions_of(configured)] == ["webinar", "webinar"]
    form = ask(configured, KAI, LINE).form
    assert form is not None
    assert problems(form)["kind"] == "Which type of action? Choose one of Customer webinar."
    configured.engine.dispose()


def test_the_ledgers_sheet_has_a_line_an_action_and_only_for_those_who_may(council: Council) -> None:
    ask(council, KAI, LINE.replace("2x", "=2x"))
    for who in (ANA, MONA):
        assert "The company's figures are for" in words(ask(council, who, "/actions ledger"))
    sheet = ask(council, OPS, "/actions ledger").attachment
    assert sheet is not None
    header, line = sheet.content.decode("utf-8-sig").splitlines()
    assert header.startswith("no,type,dimension,value,metric,title,owner,due,status,cost,currency")
    assert line.startswith(
        "1,SPIFF,region,EMEA,coverage,'=2x on Data Cloud,Ana Lind,2026-05-16,Open,5000,USD"
    )


def test_status_is_kept_when_the_same_button_is_pressed_twice(council: Council) -> None:
    ask(council, KAI, LINE)
    click(council, ANA, "action_start", "1")
    assert "Action 1 is in progress already" in words(click(council, ANA, "action_start", "1"))
    (action,) = actions_of(council)
    assert action.status is ActionStatus.IN_PROGRESS
