"""Figures that one person asked for, shared with the council's channel and with no other."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bot.app import open_desk
from bot.dispatch import Dispatch
from handlers.asking import Clicked, Typed, Where
from messages.card import Button
from messages.render.terminal import render_text
from messages.reply import Reply, Visibility
from tests.bot.small_company import open_pulled_company

NOW = datetime(2026, 5, 15, 12, tzinfo=UTC)
KAI, MONA = "kai@example.com", "mona@example.com"
COUNCIL = Where("slack", "#pipeline-council")


@pytest.fixture
def dispatch(tmp_path: Path) -> Iterator[Dispatch]:
    council = open_pulled_company(tmp_path, NOW)
    yield Dispatch(open_desk(council, NOW), lambda: NOW)
    council.engine.dispose()


def share_buttons(reply: Reply) -> list[Button]:
    return [button for card in reply.cards for button in card.actions if button.command == "share_apm"]


def words(reply: Reply) -> str:
    return " ".join(render_text(card, 300) for card in reply.cards)


def test_a_table_asked_for_in_the_councils_channel_can_be_shared_there(dispatch: Dispatch) -> None:
    asked = dispatch.answer(KAI, Typed("/apm region EMEA"), COUNCIL)
    assert asked.visibility is Visibility.ASKER
    (button,) = share_buttons(asked)
    shared = dispatch.answer(KAI, Clicked(button.command, button.argument), COUNCIL)
    assert shared.visibility is Visibility.CHANNEL
    assert "Shared by kai@example.com" in words(shared)
    assert shared.cards[0].title == asked.cards[0].title
    assert shared.cards[0].key != asked.cards[0].key, "the asker's own message stays as it is"
    assert share_buttons(shared) == []


@pytest.mark.parametrize("where", [Where("slack", "#general"), Where("slack", "@U0KAI")])
def test_elsewhere_nothing_is_offered_and_a_forged_click_shares_nothing(
    dispatch: Dispatch, where: Where
) -> None:
    assert share_buttons(dispatch.answer(KAI, Typed("/apm region"), where)) == []
    refused = dispatch.answer(KAI, Clicked("share_apm", '"region"'), where)
    assert refused.visibility is Visibility.ASKER
    assert "#pipeline-council" in words(refused)


def test_a_manager_who_sees_the_own_team_alone_shares_nothing(dispatch: Dispatch) -> None:
    assert share_buttons(dispatch.answer(MONA, Typed("/apm region"), COUNCIL)) == []
    assert dispatch.answer(MONA, Clicked("share_apm", '"region"'), COUNCIL).visibility is Visibility.ASKER


def test_what_leads_to_deals_is_never_shared(dispatch: Dispatch) -> None:
    assert share_buttons(dispatch.answer(KAI, Typed("/apm why EMEA coverage"), COUNCIL)) == []
    forged = dispatch.answer(KAI, Clicked("share_apm", '"why" "EMEA" "coverage"'), COUNCIL)
    assert forged.visibility is Visibility.ASKER
    assert "hold no deals" in words(forged)
