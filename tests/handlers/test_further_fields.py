"""A field that the CRM asked for and that no pull brings is shown, saved and compared as any other."""

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from sqlalchemy import select

from bot.app import Council, open_desk
from bot.dispatch import Dispatch
from crm.demo import demo_cast
from crm.records import Fix, PullRequest
from handlers.asking import Asked, Clicked, Desk, Submitted, Where
from handlers.fixing import read_live
from messages.card import Form, TextInput
from messages.render.terminal import render_text
from messages.reply import Reply
from pipeline.access import Action
from pipeline.crm_fields import DealShape, FieldShape, FieldType, Refusal, Rejected, Saved
from pipeline.crm_records import FieldKind
from storage.chat_tables import audit
from storage.database import reading, writing
from storage.deal_values import read_deal_record
from storage.findings_of import findings_of
from storage.learnt_rejections import remember_refusals
from storage.people import read_people
from tests.opened_demo import open_copied_demo

NOW = datetime(2026, 5, 15, 18, tzinfo=UTC)
MANAGER = next(member.user_id for member in demo_cast() if member.role == "manager")
FIELD = "LeadSource"
DEMAND = Refusal("Say where it came from.", (FIELD,))


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


@pytest.fixture(scope="module")
def deals(demo: Council) -> list[str]:
    """Of the manager's team, with an empty next step and another lead source than the tests type."""
    team = read_people(demo.engine).reports_of(MANAGER)
    with reading(demo.engine) as connection:
        found = findings_of(connection, demo.company, team)
    return [one.opportunity_id for one in found if one.rule == "next_step_missing"]


def live(desk: Desk, deal: str) -> str | None:
    request = PullRequest({FIELD: FieldKind.TEXT}, "USD", int(NOW.timestamp()), "UTC")
    evidence = desk.crm.read_deal(deal, request)
    assert evidence is not None
    value = evidence.opportunity.fields[FIELD]
    assert value is None or isinstance(value, str)
    return value


def form_of(reply: Reply) -> Form:
    assert reply.form is not None, " ".join(render_text(card, 300) for card in reply.cards) + reply.note
    return reply.form


def inputs(form: Form) -> dict[str, TextInput]:
    return {block.key: block for block in form.blocks if isinstance(block, TextInput)}


def opened(demo: Council, desk: Desk, dispatch: Dispatch, deal: str) -> Form:
    """The form of a case in which the CRM has asked for the field before."""
    with writing(demo.engine) as connection:
        stage = read_deal_record(connection, deal).stage
        record_type = desk.crm.describe(deal).record_type or ""
        remember_refusals(connection, [DEMAND], stage=stage, record_type=record_type, now=NOW)
    return form_of(dispatch.answer(MANAGER, Clicked("fix", deal)))


def sent(form: Form, **changed: str) -> Submitted:
    filled = {
        block.key: str(getattr(block, "value", None) or "") for block in form.blocks if hasattr(block, "key")
    }
    return Submitted(form.command, form.argument, filled | changed)


def test_the_form_begins_with_what_the_crm_holds_and_saves_what_was_typed(
    demo: Council, desk: Desk, dispatch: Dispatch, deals: list[str]
) -> None:
    deal, before = deals[0], live(desk, deals[0])
    assert before
    form = opened(demo, desk, dispatch, deal)
    assert inputs(form)[FIELD].value == before
    reply = dispatch.answer(MANAGER, sent(form, LeadSource="Word of mouth", NextStep="Call"))
    assert f"{before} → Word of mouth" in reply.note
    assert live(desk, deal) == "Word of mouth"


def test_nothing_typed_into_it_leaves_it_as_it_is(
    demo: Council, desk: Desk, dispatch: Dispatch, deals: list[str]
) -> None:
    deal, before = deals[1], live(desk, deals[1])
    form = opened(demo, desk, dispatch, deal)
    assert "Next step empty → Call" in dispatch.answer(MANAGER, sent(form, NextStep="Call")).note
    assert live(desk, deal) == before


def test_a_change_by_somebody_else_shows_both_values_and_asks(
    demo: Council, desk: Desk, dispatch: Dispatch, deals: list[str]
) -> None:
    deal, before = deals[2], live(desk, deals[2])
    form = opened(demo, desk, dispatch, deal)
    assert desk.crm.write(Fix(deal, MANAGER, 0, {FIELD: (before, "Fair")})) == Saved()
    again = form_of(dispatch.answer(MANAGER, sent(form, LeadSource="Letter", NextStep="Call")))
    assert f"from {before} to Fair" in inputs(again)[FIELD].problem
    assert "Fair → Letter" in dispatch.answer(MANAGER, sent(again)).note


def test_a_field_that_the_crm_asks_for_on_saving_joins_the_form_with_its_value(
    desk: Desk, dispatch: Dispatch, deals: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    deal = deals[3]
    before = live(desk, deal)
    form = form_of(dispatch.answer(MANAGER, Clicked("next_step", deal)))
    with monkeypatch.context() as refusing:
        refusing.setattr(desk.crm, "write", lambda _: Rejected((DEMAND,)))
        again = form_of(dispatch.answer(MANAGER, sent(form, NextStep="Call")))
    assert (inputs(again)[FIELD].value, inputs(again)[FIELD].problem) == (before, DEMAND.says)
    assert f"{before} → Letter" in dispatch.answer(MANAGER, sent(again, LeadSource="Letter")).note


def test_the_field_on_which_picks_depend_is_read_with_them(
    desk: Desk, dispatch: Dispatch, deals: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """No pull brings it, and nobody asked for it."""
    real = desk.crm.describe(deals[0])
    source = FieldShape(FIELD, "Lead source", FieldType.PICKLIST)
    dependent = FieldShape("Campaign", "Campaign", FieldType.PICKLIST, controlled_by=FIELD)
    shape = DealShape(real.record_type, {**real.fields, FIELD: source, "Campaign": dependent})
    monkeypatch.setattr(desk.crm, "describe", lambda _: shape)
    asked = Asked(desk, dispatch.member(MANAGER), Where(), NOW)
    read = read_live(asked, deals[0], Action.FIX, also=("Campaign",))
    assert read.record.fields[FIELD] == live(desk, deals[0])


def test_the_audit_says_under_whose_name_the_crm_keeps_a_change(
    demo: Council, desk: Desk, dispatch: Dispatch, deals: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    deal, write = deals[4], desk.crm.write

    def as_integration_user(fix: Fix) -> Saved:
        assert write(fix) == Saved()
        return Saved("the integration user")

    monkeypatch.setattr(desk.crm, "write", as_integration_user)
    form = form_of(dispatch.answer(MANAGER, Clicked("next_step", deal)))
    dispatch.answer(MANAGER, sent(form, NextStep="Call"))
    with reading(demo.engine) as connection:
        [row] = connection.execute(select(audit).where(audit.c.object == f"deal:{deal}"))
    assert (row.by, row.new, row.note) == (MANAGER, "Call", "written as the integration user")
