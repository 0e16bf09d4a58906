"""One deal, by its id or its name, for those who may see it."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bot.app import open_desk
from bot.dispatch import Dispatch
from handlers.asking import Clicked, Typed
from messages.card import Button, Buttons
from messages.render.terminal import render_text
from pipeline.person_links import ChatAccount, Sender
from tests.bot.small_company import open_pulled_company

TUESDAY = datetime(2026, 7, 21, 9, tzinfo=UTC)
ANA, BEN, MONA, KAI, ZOE = "005A", "005B", "005M", "kai@example.com", "005Z"


@pytest.fixture
def dispatch(tmp_path: Path) -> Iterator[Dispatch]:
    council = open_pulled_company(tmp_path, TUESDAY)
    yield Dispatch(open_desk(council, TUESDAY), lambda: TUESDAY)
    council.engine.dispose()


def shown(dispatch: Dispatch, who: str, typed: str) -> str:
    return " ".join(render_text(card, 300) for card in dispatch.answer(who, Typed(typed)).cards)


@pytest.mark.parametrize("typed", ["/deal 006C", "/deal Initech", "/deal init"])
def test_an_owner_finds_the_deal_with_what_it_lacks(dispatch: Dispatch, typed: str) -> None:
    words = shown(dispatch, BEN, typed)
    for part in ("Initech", "Owner: Ben Osei", "Stage: Proposal", "Amount: $700", "Close date: 20 Jun"):
        assert part in words
    assert "Close date was 20 Jun, 31 days ago." in words


def test_who_may_mend_it_has_the_button(dispatch: Dispatch) -> None:
    (card,) = dispatch.answer(MONA, Typed("/deal 006C")).cards
    (buttons,) = [block for block in card.blocks if isinstance(block, Buttons)]
    assert [(one.command, one.argument) for one in buttons.buttons if isinstance(one, Button)] == [
        ("fix", "006C")
    ]


def test_a_won_deal_needs_nothing(dispatch: Dispatch) -> None:
    assert "needs nothing" in shown(dispatch, ANA, "/deal 006A")


@pytest.mark.parametrize(("who", "deal"), [(ANA, "006C"), (BEN, "006D"), (MONA, "006D"), (KAI, "006D")])
def test_whoever_may_not_see_it_sees_none_of_it(dispatch: Dispatch, who: str, deal: str) -> None:
    words = shown(dispatch, who, f"/deal {deal}")
    for secret in ("Initech", "Nightfall", "$700", "$1"):
        assert secret not in words


def test_a_name_that_is_no_deals_says_what_to_do(dispatch: Dispatch) -> None:
    assert "/hygiene" in shown(dispatch, BEN, "/deal Unheard")
    assert "Type /deal and its name" in shown(dispatch, BEN, "/deal")


def test_of_several_deals_with_that_name_each_has_a_button_and_access_is_asked_at_the_click(
    dispatch: Dispatch,
) -> None:
    (card,) = dispatch.answer(MONA, Typed("/deal e")).cards
    (buttons,) = [block for block in card.blocks if isinstance(block, Buttons)]
    offered = {one.argument: one.label for one in buttons.buttons if isinstance(one, Button)}
    assert list(offered.items()) == [
        ("006B", "=Globex · $2K · Ana Lind"),
        ("006C", "Initech · $700 · Ben Osei"),
        ("006A", "Acme · $4.5K · Ana Lind"),
    ]
    (opened,) = dispatch.answer(MONA, Clicked("open_deal", "006B")).cards
    assert opened.title == "=Globex"
    (refused,) = dispatch.answer(BEN, Clicked("open_deal", "006B")).cards
    assert "Globex" not in render_text(refused, 300)


def test_a_deal_is_found_by_the_letters_of_its_name_also_where_it_needs_nothing(dispatch: Dispatch) -> None:
    won = [(one.value, one.label) for one in dispatch.suggest(chat_user(ANA), "find_deal", "ACME")]
    assert won == [("006A", "Acme · $4.5K · Ana Lind")]
    (card,) = dispatch.answer(ANA, Clicked("find_deal", "", "006A")).cards
    assert card.title == "Acme"


def test_nobody_is_offered_a_deal_that_they_may_not_see(dispatch: Dispatch) -> None:
    for person, typed in ((ANA, "initech"), (ANA, "nightfall"), ("005NOBODY", "acme")):
        assert dispatch.suggest(chat_user(person), "find_deal", typed) == ()


def test_typed_words_of_a_surface_without_a_search_find_it_too(dispatch: Dispatch) -> None:
    (card,) = dispatch.answer(BEN, Clicked("find_deal", "", "init")).cards
    assert card.title == "Initech"
    refused = dispatch.answer(BEN, Clicked("find_deal", "", "acme"))
    assert "None of your deals is called" in " ".join(render_text(one, 300) for one in refused.cards)


def chat_user(person: str) -> Sender:
    email = {ANA: "ana@example.com", BEN: "ben@example.com"}.get(person, "eve@elsewhere.example")
    return Sender(ChatAccount("fake", "T01", f"U{person}"), person, email)
