"""From a person and what they typed or clicked to a reply, over a pulled company of five deals."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from structlog.testing import capture_logs

from bot.app import Council, build_crm, open_desk
from bot.dispatch import Dispatch
from bot.event_text import Happening, event_from_text, event_to_text
from handlers.asking import Clicked, Desk, Quote, Submitted, Typed, Where
from messages.render.terminal import render_text
from messages.reply import Reply, Visibility
from pipeline.definitions import CouncilDefinition, PeopleDefinition
from storage.database import writing
from storage.inbox import claim_unfinished
from tests.bot.small_company import open_pulled_company

NOW = datetime(2026, 5, 15, 12, tzinfo=UTC)
ANA, MONA, ZOE = "ana@example.com", "mona@example.com", "zoe@example.com"
KAI, OPS, ADMIN = "kai@example.com", "ops@example.com", "admin@example.com"


@pytest.fixture(scope="module")
def council(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Council]:
    council = open_pulled_company(tmp_path_factory.mktemp("company"), NOW)
    yield council
    council.engine.dispose()


def dispatch_of(pulled: Council, **changed: Any) -> Dispatch:
    """The same company with another part of its configuration."""
    company = replace(pulled.company, **changed)
    return Dispatch(Desk(pulled.engine, company, build_crm(pulled.settings, NOW)))


@pytest.fixture
def dispatch(council: Council) -> Dispatch:
    return Dispatch(open_desk(council, NOW))


def words(reply: Reply) -> str:
    return " ".join(render_text(card, 300) for card in reply.cards)


def figures(reply: Reply) -> dict[str, str]:
    """The first line of each row of the first table, by its name, without the marks of footnotes."""
    lines = [line.split("│") for line in words(reply).splitlines() if line.startswith("│")]
    named = {cells[1].strip(): "|".join(cell.strip(" ≈") for cell in cells[2:-1]) for cells in lines}
    return {name: rest for name, rest in named.items() if name[0].isalpha() or name[0] == "("}


# --- Who sees what --------------------------------------------------------------------------------


def test_the_council_sees_every_row_and_the_total(dispatch: Dispatch) -> None:
    shown = figures(dispatch.answer(KAI, Typed("/apm region")))
    assert shown["EMEA"] == "$6.5K|$4.5K|$3K|$7.5K|0.65×"
    assert shown["AMER"] == "$0|$0|$700|$700|0.7×"
    assert shown["Total"] == "$6.5K|$4.5K|$3.7K|$8.2K|0.66×"


def test_a_manager_sees_the_teams_figures_without_the_companys_targets(dispatch: Dispatch) -> None:
    reply = dispatch.answer(MONA, Typed("/apm region"))
    shown = figures(reply)
    assert shown["EMEA"] == "$6.5K|$4.5K|$2K|$6.5K|no target"
    assert shown["Total"] == "$6.5K|$4.5K|$2.7K|$7.2K|no target"
    assert "These are the deals of you and your team" in words(reply)


def test_a_rep_sees_no_company_figures_unless_granted(council: Council, dispatch: Dispatch) -> None:
    refused = words(dispatch.answer(ANA, Typed("/apm region")))
    assert "Your own deals are in /hygiene" in refused
    assert "EMEA" not in refused
    people = council.company.people.model_copy(update={"company_totals_for_reps": True})
    granted = Dispatch(
        Desk(council.engine, replace(council.company, people=people), build_crm(council.settings, NOW))
    )
    assert list(figures(granted.answer(ANA, Typed("/apm region")))) == ["Total"]


def test_an_administrator_and_a_stranger_see_nothing_and_are_told_whom_to_ask(dispatch: Dispatch) -> None:
    assert "Sales operations can add you" in words(dispatch.answer(ADMIN, Typed("/apm region")))
    assert "Ask ops@example.com in sales operations to add you" in words(
        dispatch.answer("who@else.com", Typed("/apm region"))
    )
    assert "not active" in words(dispatch.answer("dale@example.com", Typed("/help")))


def test_a_stranger_learns_nothing_from_names_that_are_almost_right(dispatch: Dispatch) -> None:
    for who in (ANA, ADMIN, "who@else.com"):
        assert "EMEA" not in words(dispatch.answer(who, Typed("/apm region EMAE")))


# --- Deals ----------------------------------------------------------------------------------------


def test_council_members_see_why_without_single_deals_unless_granted(
    council: Council, dispatch: Dispatch
) -> None:
    reply = words(dispatch.answer(KAI, Typed("/apm why EMEA coverage")))
    assert "needed on day 45 of 91" in reply
    assert "Globex" not in reply
    visible = council.company.council.model_copy(update={"deals_visible": True})
    granted = Dispatch(
        Desk(council.engine, replace(council.company, council=visible), build_crm(council.settings, NOW))
    )
    assert "Globex" in words(granted.answer(KAI, Typed("/apm why EMEA coverage")))


def test_a_confidential_deal_is_not_named_and_among_few_deals_amounts_are_hidden(dispatch: Dispatch) -> None:
    few = words(dispatch.answer(OPS, Typed("/apm why EMEA coverage")))
    assert "(confidential)" in few
    assert "Nightfall" not in few
    assert "Zoe" not in few
    assert "$2K" not in few


def test_among_three_deals_amounts_are_shown_and_the_name_still_is_not(dispatch: Dispatch) -> None:
    three = words(dispatch.answer(OPS, Typed("/apm why EMEA pipe gen")))
    assert "(confidential)" in three
    assert "Nightfall" not in three
    assert "$4.5K" in three


def test_the_managers_above_see_a_confidential_deals_name(council: Council) -> None:
    people = PeopleDefinition(council=(ZOE,))
    visible = CouncilDefinition(deals_visible=True, confidential="Secret__c")
    granted = dispatch_of(council, people=people, council=visible)
    assert "Project Nightfall" in words(granted.answer(ZOE, Typed("/apm why EMEA coverage")))


def test_a_manager_sees_only_the_deals_of_the_team(dispatch: Dispatch) -> None:
    reply = words(dispatch.answer(MONA, Typed("/apm why EMEA coverage")))
    assert "Globex" in reply
    assert "confidential" not in reply
    assert "1 deal" in reply


# --- What is typed --------------------------------------------------------------------------------


@pytest.mark.parametrize("typed", ["/apm region EMEA", "apm Region emea", "<@U1> apm region “E”", "/apm em"])
def test_one_row_is_found_however_it_is_written(dispatch: Dispatch, typed: str) -> None:
    reply = words(dispatch.answer(KAI, Typed(typed)))
    assert reply.startswith("EMEA · FY26 Q2, day 45 of 91")


@pytest.mark.parametrize(
    ("typed", "says"),
    [
        ("/apm region EMAE", "There is no region “EMAE”. Did you mean EMEA?"),
        ("/apm regoin", "There is no “regoin”. Did you mean region?"),
        ("/apm lever", "There is no lever configured. Ask for product, region, segment, source"),
        ("/apm why", "Which figure?"),
        ("/apm region on 9999-12-31", "The calendar has no fiscal quarter in the year"),
        ("/hygiene them", "There is nobody called “them”"),
        ("/deals", "I do not know “/deals”"),
    ],
)
def test_a_mistake_is_answered_with_what_would_be_right(dispatch: Dispatch, typed: str, says: str) -> None:
    assert says in words(dispatch.answer(OPS, Typed(typed)))


def test_an_answer_is_for_the_asker_alone(dispatch: Dispatch) -> None:
    for typed in ("/apm region", "/hygiene", "/help", "nonsense"):
        assert dispatch.answer(KAI, Typed(typed)).visibility is Visibility.ASKER


def test_total_asks_for_the_company(dispatch: Dispatch) -> None:
    assert words(dispatch.answer(KAI, Typed("/apm why total coverage"))).startswith(
        "Why Total coverage is red"
    )


def test_a_pair_and_an_earlier_day_can_be_asked_for(dispatch: Dispatch) -> None:
    pair = words(dispatch.answer(KAI, Typed("/apm region by product")))
    assert "(No product)" in pair
    before = figures(dispatch.answer(KAI, Typed("/apm region on 2026-05-01")))
    assert before["EMEA"].split("|")[1].startswith("$0")


def test_hygiene_shows_a_reps_own_deals_and_a_manager_the_team(dispatch: Dispatch) -> None:
    assert words(dispatch.answer(ANA, Typed("/hygiene"))).startswith("Pipeline hygiene · Ana Lind")
    assert "Globex" in words(dispatch.answer(ANA, Typed("/hygiene")))
    team = words(dispatch.answer(MONA, Typed("/hygiene team")))
    assert "Ben Osei" in team
    assert "Zoe" not in team
    assert "Nobody reports to you" in words(dispatch.answer(ANA, Typed("/hygiene team")))
    assert "You own no deals" in words(dispatch.answer(KAI, Typed("/hygiene")))
    mine = words(dispatch.answer(MONA, Typed("/hygiene")))
    assert mine.startswith("Pipeline hygiene · team of Mona"), "she owns no deal, so hers is the team"
    assert "company" in words(dispatch.answer(OPS, Typed("/hygiene team")))
    assert "pipeline council" in words(dispatch.answer(ANA, Typed("/hygiene company")))


# --- Clicks and faults ----------------------------------------------------------------------------


def test_a_button_is_answered_as_the_command_that_it_stands_for(dispatch: Dispatch) -> None:
    clicked = dispatch.answer(KAI, Clicked("why", "region/EMEA/coverage"))
    assert clicked == dispatch.answer(KAI, Typed("/apm why region EMEA coverage"))


def test_a_forged_button_gives_nothing_away(dispatch: Dispatch) -> None:
    assert "not for you" in words(dispatch.answer(ANA, Clicked("why", "region/EMEA/coverage")))
    assert "Nightfall" not in words(dispatch.answer(KAI, Clicked("fix", "006D")))
    assert "older message" in words(dispatch.answer(KAI, Clicked("no_such_control", "006D")))


def test_a_fault_of_ours_is_an_apology_with_a_reference_and_a_line_in_the_log(council: Council) -> None:
    broken = dispatch_of(council, definitions=None)
    with capture_logs() as logs:
        reply = words(broken.answer(KAI, Typed("/apm region")))
    (line,) = logs
    assert (line["event"], line["asker"]) == ("answer_failed", "(e-mail)")
    assert line["reference"] in reply
    assert "Something went wrong on our side" in reply
    assert "Traceback" not in reply
    assert "NoneType" not in reply


# --- Events ---------------------------------------------------------------------------------------


def test_an_event_that_comes_again_is_not_answered_again(dispatch: Dispatch) -> None:
    first = dispatch.answer(KAI, Typed("/help"), event="preview:005K:1")
    assert first.cards
    again = dispatch.answer(KAI, Typed("/help"), event="preview:005K:1")
    assert (again.cards, again.note) == ((), "This was done already; nothing happened a second time.")
    assert dispatch.answer(KAI, Typed("/help"), event="preview:005K:2").cards == first.cards


def test_an_event_is_settled_by_its_answer_be_it_a_refusal(council: Council, dispatch: Dispatch) -> None:
    dispatch.answer(ANA, Typed("/apm region"), event="preview:005A:refused")
    with writing(council.engine) as connection:
        assert claim_unfinished(connection, NOW + timedelta(days=400)) is None


def test_what_happened_comes_back_from_the_inbox_as_it_was() -> None:
    where = Where("preview", "#council", "m", "t", Quote("A SPIFF?", "Sam", "http://127.0.0.1/#1"))
    for question in (Typed("/help"), Clicked("fix", "006", "x"), Submitted("save", "006", {"a": "b"})):
        for place in (where, Where()):
            happening = Happening("005A", question, place)
            assert event_from_text(event_to_text(happening)) == happening
    with pytest.raises(ValueError, match="no event of this version"):
        event_from_text('{"who": "005A"}')
