"""Actions over a pulled company of five deals: assigned, changed, refused."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime

import pytest
from sqlalchemy import select

from bot.app import Council, build_crm, open_desk
from bot.dispatch import Dispatch
from bot.settings import field_kinds
from handlers.asking import Clicked, Quote, Submitted, Typed, Where
from jobs.pull import run_pull
from messages.card import ChoiceInput, Form, PersonInput, TextInput
from messages.reply import Reply
from pipeline.actions import ActionStatus, CouncilAction
from pipeline.matrix import Dimension, Metric, Status
from storage.actions import read_actions
from storage.chat_tables import audit, outbox
from storage.database import reading
from tests.bot.small_company import open_pulled_company
from tests.bot.test_dispatch import words

NOW = datetime(2026, 5, 15, 12, tzinfo=UTC)  # a Friday
ANA, MONA, ZOE, KAI, OPS = ("ana", "mona", "zoe", "kai", "ops")
LINE = '/action spiff EMEA coverage "2x on Data Cloud" @ana by tomorrow cost 5000'


@pytest.fixture
def council(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Council]:
    council = open_pulled_company(tmp_path_factory.mktemp("company"), NOW)
    yield council
    council.engine.dispose()


def pull(council: Council, now: datetime = NOW) -> None:
    run_pull(
        council.engine,
        build_crm(council.settings, now),
        council.company,
        fields=field_kinds(council.settings),
        now=now,
        progress=lambda _: None,
    )


def dispatch_at(council: Council, now: datetime = NOW) -> Dispatch:
    return Dispatch(open_desk(council, now), clock=lambda: now)


def ask(council: Council, who: str, typed: str, where: Where | None = None) -> Reply:
    return dispatch_at(council).answer(f"{who}@example.com", Typed(typed), where or Where())


def click(council: Council, who: str, command: str, argument: str, where: Where | None = None) -> Reply:
    clicked = Clicked(command, argument)
    return dispatch_at(council).answer(f"{who}@example.com", clicked, where or Where())


def fill(council: Council, who: str, form: Form, **answers: str) -> Reply:
    submitted = Submitted(form.command, form.argument, values(form) | answers)
    return dispatch_at(council).answer(f"{who}@example.com", submitted)


def values(form: Form) -> dict[str, str]:
    inputs = [block for block in form.blocks if isinstance(block, TextInput | ChoiceInput | PersonInput)]
    return {one.key: one.value or "" for one in inputs}


def problems(form: Form | None) -> dict[str, str]:
    assert form is not None
    inputs = [block for block in form.blocks if isinstance(block, TextInput | ChoiceInput | PersonInput)]
    return {one.key: one.problem for one in inputs if one.problem}


def actions_of(council: Council) -> tuple[CouncilAction, ...]:
    with reading(council.engine) as connection:
        return read_actions(connection)


def letters(council: Council) -> dict[str, str]:
    with reading(council.engine) as connection:
        return {row.key: row.audience for row in connection.execute(select(outbox))}


def test_a_typed_line_opens_an_action_with_the_cells_baseline(council: Council) -> None:
    reply = ask(council, KAI, LINE)
    assert reply.note == "Action 1 is assigned to Ana Lind, due Saturday 16 May 2026."
    (action,) = actions_of(council)
    assert (action.kind, action.title, action.owner.id) == ("spiff", "2x on Data Cloud", "005A")
    assert (action.cell.dimension, action.cell.value, action.cell.metric) == (
        Dimension.REGION,
        "EMEA",
        Metric.COVERAGE,
    )
    assert (str(action.cost), action.currency, action.due) == ("5000", "USD", date(2026, 5, 16))
    assert action.baseline is not None
    assert action.baseline.status is Status.RED
    assert action.baseline.figure is not None
    assert round(action.baseline.figure * 4600 * 2) == 6001  # 3,000.50 open over 4,600 that remain
    assert letters(council) == {"action:1@005A": "@005A"}


@pytest.mark.parametrize(
    "line",
    [
        '/spiff EMEA coverage "2x on Data Cloud" @ana by tomorrow cost 5000',
        '/action by tomorrow @ana "2x on Data Cloud" spiff region EMEA coverage cost $5,000',
        "/spiff coverage EMEA 2x on Data Cloud cost 5k USD @Ana Lind due 2026-05-16",
        "/spiff “2x on Data Cloud” ana@example.com until tomorrow emea cov cost 5000",
    ],
)
def test_the_parts_may_stand_in_any_sensible_order(council: Council, line: str) -> None:
    assert ask(council, KAI, line).note.startswith("Action 1 is assigned to Ana Lind")
    (action,) = actions_of(council)
    assert (action.kind, action.title, str(action.cost)) == ("spiff", "2x on Data Cloud", "5000")
    assert action.cell.value == "EMEA"


@pytest.mark.parametrize(
    ("change", "part", "says"),
    [
        (("EMEA", "EMAE"), "cell", "There is no value “EMAE”. Did you mean EMEA?"),
        (("@ana", "@nobody"), "owner", "There is nobody called “@nobody”."),
        (("@ana", ""), "owner", "Who does it?"),
        (("by tomorrow", "by yesterday"), "due", "Thursday 14 May 2026 has passed."),
        (("by tomorrow", "by Friday"), "due", "could be Friday 15 May 2026 or Friday 22 May 2026"),
        (("by tomorrow", "by Blursday"), "due", "“Blursday” is not a date"),
        (("cost 5000", "cost -5000"), "cost", "A cost is 0 or more"),
        (("cost 5000", "cost five"), "cost", "“five” is not an amount"),
        (('"2x on Data Cloud"', ""), "title", "What is to be done?"),
        (("spiff", ""), "kind", "Which type of action? Choose one of SPIFF, Enablement"),
    ],
)
def test_what_is_missing_or_wrong_is_asked_in_a_form_that_keeps_the_rest(
    council: Council, change: tuple[str, str], part: str, says: str
) -> None:
    form = ask(council, KAI, LINE.replace(*change)).form
    assert form is not None
    assert list(problems(form)) == [part]
    assert says in problems(form)[part]
    kept = {"kind": "spiff", "cell": "EMEA coverage", "title": "2x on Data Cloud", "cost": "5000"}
    assert {key: values(form)[key] for key in kept if key != part} == {
        key: value for key, value in kept.items() if key != part
    }
    assert actions_of(council) == ()
    good = {**kept, "owner": "Ana Lind", "due": "in 2 weeks"}
    assert "is assigned to Ana Lind, due Friday 29 May 2026" in fill(council, KAI, form, **good).note


def test_five_thousand_characters_are_answered_with_what_to_do(council: Council) -> None:
    assert "a form asks for it" in words(ask(council, KAI, "/spiff " + "x" * 5000))
    form = ask(council, KAI, "/action").form
    assert form is not None
    reply = fill(council, KAI, form, title="x" * 5000, due="y" * 5000, owner="z" * 5000, cell="w" * 5000)
    assert "Shorten it to 200 at most" in problems(reply.form)["title"]
    assert actions_of(council) == ()


def test_the_same_form_twice_or_the_same_words_twice_make_one_action(council: Council) -> None:
    form = ask(council, KAI, LINE.replace("@ana", "")).form
    assert form is not None
    assert fill(council, KAI, form, owner="ana").note
    assert "This form was filled in before: action 1" in words(fill(council, KAI, form, owner="ben"))
    assert "The same is assigned already: action 1" in words(ask(council, KAI, LINE))
    assert len(actions_of(council)) == 1


def test_a_form_that_somebody_else_opened_is_refused(council: Council) -> None:
    form = ask(council, KAI, "/action").form
    assert form is not None
    assert "Somebody else opened this form" in words(fill(council, MONA, form))
    forged = replace(form, argument="nonsense")
    assert "older message" in words(fill(council, KAI, forged))


def test_the_council_and_managers_of_the_rows_deals_may_assign_and_nobody_else(council: Council) -> None:
    assert "Actions are assigned by the pipeline council" in words(ask(council, ANA, LINE))
    assert "Actions are assigned by the pipeline council" in words(ask(council, ZOE, LINE))
    assert "Actions are assigned by the pipeline council" in words(ask(council, OPS, LINE))
    total = LINE.replace("EMEA", "total")
    assert "Actions are assigned by the pipeline council" in words(ask(council, MONA, total))
    reply = ask(council, MONA, LINE)
    assert "Action 1 is assigned" in reply.note
    assert "At the opening" not in words(reply)
    assert "At the opening: 0.65× " in words(click(council, KAI, "action_show", "1"))


def test_a_message_becomes_the_action_with_its_text_and_link(council: Council) -> None:
    quoted = Quote("Let us double the SPIFF\nfor Data", "Mona", "https://chat.example.com/m/1")
    where = Where("preview", "#pipeline-council", quoted=quoted)
    form = click(council, KAI, "assign_from_message", "", where).form
    assert form is not None
    assert values(form)["title"] == "Let us double the SPIFF"
    assert values(form)["quoted"] == "Let us double the SPIFF\nfor Data"
    fill(council, KAI, form, kind="spiff", cell="EMEA coverage", owner="ana", due="end of quarter")
    (action,) = actions_of(council)
    assert (action.link, action.due) == ("https://chat.example.com/m/1", date(2026, 6, 30))


def test_status_comment_owner_and_drop_are_kept_with_who_did_it(council: Council) -> None:
    ask(council, KAI, LINE)
    assert click(council, ANA, "action_start", "1").note == "Action 1 is in progress now."
    comment = click(council, ANA, "action_comment", "1").form
    assert comment is not None
    assert "Write a few words" in problems(fill(council, ANA, comment).form)["words"]
    fill(council, ANA, comment, words="Booked")
    owner = click(council, KAI, "action_reassign", "1").form
    assert owner is not None
    assert "nobody called" in problems(fill(council, KAI, owner, owner="@x").form)["owner"]
    assert fill(council, KAI, owner, owner="ben").note == "It is Ben Osei's now."
    drop = click(council, KAI, "action_drop", "1").form
    assert drop is not None
    fill(council, KAI, drop, words="No budget")
    (action,) = actions_of(council)
    assert (action.status, action.drop_reason, action.owner.id) == (ActionStatus.DROPPED, "No budget", "005B")
    assert [comment.text for comment in action.comments] == ["Booked"]
    assert set(letters(council)) == {"action:1@005A", "action:1@005B"}
    with reading(council.engine) as connection:
        acts = [(row.by, row.act) for row in connection.execute(select(audit).order_by(audit.c.no))]
    assert acts == [
        ("kai@example.com", "action_open"),
        ("005A", "action_status"),
        ("005A", "action_comment"),
        ("kai@example.com", "action_reassign"),
        ("kai@example.com", "action_status"),
    ]
    for command in ("action_done", "action_comment", "action_drop"):
        late = words(click(council, KAI, command, "1"))
        assert "Action 1 is dropped since 2026-05-15: No budget. Nothing was changed" in late


@pytest.mark.parametrize("argument", ["99", "", "x", "1" * 40, "-1"])
def test_a_number_that_is_no_action_is_told_so(council: Council, argument: str) -> None:
    reply = words(click(council, KAI, "action_done", argument))
    assert "There is no action 99" in reply or "older message" in reply


def test_others_may_not_change_an_action_and_do_not_see_it(council: Council) -> None:
    ask(council, KAI, LINE)
    assert "This action is for its owner" in words(click(council, ZOE, "action_done", "1"))
    assert "2x on Data Cloud" not in words(ask(council, ZOE, "/actions all"))
    assert "2x on Data Cloud" in words(ask(council, MONA, "/actions EMEA coverage"))
    assert "2x on Data Cloud" in words(ask(council, ANA, "/actions"))
    assert "not for you" in words(ask(council, ANA, "/actions ledger"))
    ledger = ask(council, KAI, "/actions ledger")
    assert "fewer than 5" in words(ledger)
    assert ledger.attachment is not None
    assert ledger.attachment.content.decode().count("\n") == 2


def test_where_nothing_is_overdue_nobody_is_told_that_nothing_is_open(council: Council) -> None:
    ask(council, KAI, f'/spiff EMEA coverage "2x on Data Cloud" @{KAI} by Friday')
    overdue = words(ask(council, KAI, "/actions overdue"))
    assert "Nothing is overdue." in overdue
    assert "open." in words(ask(council, KAI, "/actions all"))
