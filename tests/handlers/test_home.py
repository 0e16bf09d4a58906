"""A person's own page: what is theirs, and what they set on it."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import select

from bot.app import Council, open_desk
from bot.dispatch import Dispatch
from handlers.asking import Clicked, Typed
from messages.card import Card, Folded, Table
from messages.render.terminal import render_text
from storage.chat_tables import audit
from storage.database import reading
from storage.nudge_choices import read_pause
from storage.person_settings import read_digest_at
from tests.bot.small_company import open_pulled_company

NOW = datetime(2026, 7, 21, 9, tzinfo=UTC)
"""The deals of Ana, Ben and Zoe should all have closed in June."""
ANA, MONA, OPS = "ana@example.com", "mona@example.com", "ops@example.com"


@pytest.fixture
def council(tmp_path: Path) -> Iterator[Council]:
    council = open_pulled_company(tmp_path, NOW)
    yield council
    council.engine.dispose()


@pytest.fixture
def dispatch(council: Council) -> Dispatch:
    return Dispatch(open_desk(council, NOW), lambda: NOW)


def home_of(dispatch: Dispatch, who: str) -> Card:
    (card,) = dispatch.answer(who, Typed("/home")).cards
    return card


def words(card: Card) -> str:
    return render_text(card, 300)


def test_a_rep_finds_the_deals_to_fix_the_actions_and_the_settings(dispatch: Dispatch) -> None:
    page = words(home_of(dispatch, ANA))
    for part in ("Your deals", "Globex", "Your actions", "Nothing is waiting for you.", "Settings"):
        assert part in page
    assert "Your team" not in page


def test_a_manager_who_owns_no_deal_finds_the_team_and_is_thanked_for_none(dispatch: Dispatch) -> None:
    page = words(home_of(dispatch, MONA))
    assert "2 deals need a hand" in page
    assert "They belong to 2 people." in page
    assert "Your deals" not in page
    assert "Away until" in page
    assert "Your digest comes at" not in page


def test_somebody_who_owns_no_deals_is_asked_for_none(dispatch: Dispatch) -> None:
    page = words(home_of(dispatch, OPS))
    assert "Your deals" not in page
    assert "Settings" not in page, "nobody sends them digests"


def test_the_page_holds_only_what_a_page_may_hold(dispatch: Dispatch) -> None:
    for who in (ANA, MONA, OPS):
        assert not [block for block in home_of(dispatch, who).blocks if isinstance(block, Table | Folded)]


def test_a_pause_begins_and_ends_by_a_control(dispatch: Dispatch, council: Council) -> None:
    dispatch.answer(ANA, Clicked("pause_until", "", "2026-07-28"))
    with reading(council.engine) as connection:
        assert str(read_pause(connection, "005A", NOW.date())) == "2026-07-28"
    assert "away until 28 Jul" in words(home_of(dispatch, ANA))
    assert dispatch.answer(ANA, Clicked("pause_off")).note == "Welcome back."
    assert "away until" not in words(home_of(dispatch, ANA))


def test_the_time_of_the_digest_is_kept_and_stands_in_the_audit(dispatch: Dispatch, council: Council) -> None:
    assert dispatch.answer(ANA, Clicked("digest_at", "", "10:30")).note.startswith(
        "Your digest comes at 10:30"
    )
    with reading(council.engine) as connection:
        assert read_digest_at(connection, "005A") == "10:30"
        row = connection.execute(select(audit)).one()
    assert (row.by, row.act, row.object, row.old, row.new) == (
        "005A",
        "digest_at",
        "person:005A",
        None,
        "10:30",
    )


@pytest.mark.parametrize("at", ["03:00", "19:00", "noon", "", "10:17"])
def test_a_time_at_which_nobody_is_asked_is_refused_in_words(
    dispatch: Dispatch, council: Council, at: str
) -> None:
    (card,) = dispatch.answer(ANA, Clicked("digest_at", "", at)).cards
    assert "between 08:00 and 11:30" in words(card)
    with reading(council.engine) as connection:
        assert read_digest_at(connection, "005A") is None


def test_what_is_at_risk_says_in_how_many_deals(dispatch: Dispatch) -> None:
    page = words(home_of(dispatch, ANA))
    assert "1 deal needs a hand, $2K at risk in 1 deal." in page


def test_everything_that_a_rep_may_type_stands_in_the_help(dispatch: Dispatch) -> None:
    (card,) = dispatch.answer(ANA, Typed("/help")).cards
    for command in ("/fix ACME", "/pause until", "/home", "/deal ACME", "/hygiene"):
        assert command in words(card)
