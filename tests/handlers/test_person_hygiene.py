"""`/hygiene NAME`: a person's deals, for the managers above and for sales operations."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bot.app import build_crm, open_council, open_desk
from bot.dispatch import Dispatch
from bot.settings import field_kinds, load_settings
from handlers.asking import Clicked, Question, Typed
from jobs.pull import run_pull
from messages.card import Button, Buttons
from messages.render.terminal import render_text
from tests.bot.small_company import build_company

TUESDAY = datetime(2026, 7, 21, 9, tzinfo=UTC)
ANA, BEN, MONA, KAI, ZOE, OPS = "005A", "005B", "005M", "kai@example.com", "005Z", "ops@example.com"


@pytest.fixture
def dispatch(tmp_path: Path) -> Iterator[Dispatch]:
    configuration = build_company(tmp_path)
    users = tmp_path / "exports" / "User.csv"
    users.write_text(users.read_text() + "005C,Ana Maro,maro@example.com,true,005M\n")
    settings = load_settings(configuration, {})
    council = open_council(settings)
    crm, fields = build_crm(settings, TUESDAY), field_kinds(settings)
    run_pull(council.engine, crm, council.company, fields=fields, now=TUESDAY, progress=lambda _: None)
    yield Dispatch(open_desk(council, TUESDAY), lambda: TUESDAY)
    council.engine.dispose()


def shown(dispatch: Dispatch, who: str, asked: str | Question) -> str:
    question = Typed(asked) if isinstance(asked, str) else asked
    return " ".join(render_text(card, 300) for card in dispatch.answer(who, question).cards)


def test_a_manager_sees_the_deals_of_somebody_of_the_team_and_can_fix_them(dispatch: Dispatch) -> None:
    words = shown(dispatch, MONA, "/hygiene ben")
    assert "Pipeline hygiene · Ben Osei" in words
    assert "Fix Initech" in words


def test_operations_see_everybody_without_names_of_confidential_deals_or_buttons_to_fix(
    dispatch: Dispatch,
) -> None:
    assert "Pipeline hygiene · Ben Osei" in (ben := shown(dispatch, OPS, "/hygiene Ben Osei"))
    assert "Initech" in ben
    assert "Fix Initech" not in ben
    assert "Nightfall" not in shown(dispatch, OPS, "/hygiene zoe")
    assert "team of Mona Reyes" in shown(dispatch, OPS, "/hygiene mona@example.com")


@pytest.mark.parametrize(("who", "whom"), [(ANA, "ben"), (MONA, "zoe"), (KAI, "ana lind"), (ANA, "ana maro")])
def test_whoever_stands_elsewhere_is_refused_kindly(dispatch: Dispatch, who: str, whom: str) -> None:
    words = shown(dispatch, who, f"/hygiene {whom}")
    assert "for the person, the managers above and sales operations" in words
    assert "Initech" not in words


def test_several_of_a_name_are_offered_and_access_is_asked_at_the_click(dispatch: Dispatch) -> None:
    (card,) = dispatch.answer(MONA, Typed("/hygiene ana")).cards
    (row,) = [block for block in card.blocks if isinstance(block, Buttons)]
    offered = [(one.label, one.command, one.argument) for one in row.buttons if isinstance(one, Button)]
    assert offered == [
        ("Ana Lind (ana@example.com)", "hygiene_of", "005A"),
        ("Ana Maro (maro@example.com)", "hygiene_of", "005C"),
    ]
    assert "Globex" in shown(dispatch, MONA, Clicked("hygiene_of", "005A"))
    assert "Globex" not in shown(dispatch, BEN, Clicked("hygiene_of", "005A"))


def test_an_unknown_name_is_told_the_views_there_are(dispatch: Dispatch) -> None:
    assert "/hygiene team, company or scores" in shown(dispatch, MONA, "/hygiene mine")


def test_the_deals_of_somebody_who_has_left_can_be_looked_at_by_their_name(dispatch: Dispatch) -> None:
    assert "Dale Gone owns no open deal" in shown(dispatch, MONA, "/hygiene Dale Gone")
