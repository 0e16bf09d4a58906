"""Who sees whose hygiene score, and how it has moved.

Mona leads Ana and Ben; Zoe reports to nobody. Every score of 15 May 2026 is 100 %.
"""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from sqlalchemy import insert

from bot.app import Council, open_desk
from bot.dispatch import Dispatch
from handlers.asking import Typed
from messages.render.terminal import render_text
from storage.database import writing
from storage.nudge_tables import score_day
from tests.bot.small_company import open_pulled_company

NOW = datetime(2026, 5, 15, 12, tzinfo=UTC)
ANA, MONA, ZOE = "ana@example.com", "mona@example.com", "zoe@example.com"
KAI, OPS, ADMIN = "kai@example.com", "ops@example.com", "admin@example.com"


@pytest.fixture
def council(tmp_path: Path) -> Iterator[Council]:
    council = open_pulled_company(tmp_path, NOW)
    remember(council, date(2026, 5, 8), "rep", "005A", 40)
    remember(council, date(2026, 4, 16), "rep", "005A", 100)
    remember(council, date(2026, 4, 16), "region", "EMEA", 93)
    yield council
    council.engine.dispose()


def remember(council: Council, day: date, level: str, id: str, percent: int) -> None:
    """A score as it was."""
    share = percent * 10_000
    with writing(council.engine) as connection:
        row = {"value_share": share, "deal_share": share, "deals": 1, "clean_deals": 1}
        connection.execute(insert(score_day).values(day=day.toordinal(), level=level, id=id, **row))


def scores_of(council: Council, who: str, *, public: bool = False) -> dict[str, str]:
    """The lines that somebody sees, by name; empty where nothing is seen."""
    nudges = council.company.nudges.model_copy(update={"public_scores": public})
    seen = replace(council, company=replace(council.company, nudges=nudges))
    reply = Dispatch(open_desk(seen, NOW), lambda: NOW).answer(who, Typed("/hygiene scores"))
    shown = " ".join(render_text(card, 300) for card in reply.cards)
    rows = [line.split("│") for line in shown.splitlines() if line.startswith("│")]
    lines = {cells[1].strip(): " ".join(cell.strip() for cell in cells[2:-1]) for cells in rows}
    facts = [line.split(": ", 1) for line in shown.splitlines() if " of value is clean" in line]
    return lines | {fact[0]: fact[1].strip() for fact in facts}


def test_operations_see_every_rep_team_and_region_with_their_trends(council: Council) -> None:
    shown = scores_of(council, OPS)
    assert shown["Ana Lind"] == "100% +60 0 1 of 1"
    assert shown["Ben Osei"].startswith("100% – –")
    assert shown["EMEA"] == "100% of value is clean, 2 of 2 deals, up 7 points in four weeks"
    assert shown.keys() >= {"Team of Mona Reyes", "Zoe Park", "Company", "AMER"}


def test_a_rep_sees_the_own_score_and_a_manager_those_below(council: Council) -> None:
    assert scores_of(council, ANA).keys() == {"Ana Lind"}
    assert scores_of(council, ZOE).keys() == {"Zoe Park"}
    assert scores_of(council, MONA).keys() == {"Team of Mona Reyes", "Ana Lind", "Ben Osei"}


def test_the_council_sees_teams_and_regions_and_no_person(council: Council) -> None:
    assert scores_of(council, KAI).keys() == {"Team of Mona Reyes", "Company", "EMEA", "AMER"}


@pytest.mark.parametrize("who", [ANA, ZOE, KAI])
def test_where_scores_are_public_everybody_sees_all_of_them(council: Council, who: str) -> None:
    assert scores_of(council, who, public=True) == scores_of(council, OPS)


def test_an_administrator_sees_none_even_of_public_scores(council: Council) -> None:
    assert scores_of(council, ADMIN, public=True) == {}


def test_public_scores_open_nobodys_findings(council: Council) -> None:
    nudges = council.company.nudges.model_copy(update={"public_scores": True})
    seen = replace(council, company=replace(council.company, nudges=nudges))
    dispatch = Dispatch(open_desk(seen, NOW), lambda: NOW)
    for typed in ("/hygiene team", "/hygiene company"):
        (card,) = dispatch.answer(ANA, Typed(typed)).cards
        assert "Ben Osei" not in render_text(card, 300)


def test_a_score_of_long_ago_is_not_called_last_weeks(council: Council) -> None:
    remember(council, date(2026, 4, 28), "rep", "005B", 10)
    assert scores_of(council, OPS)["Ben Osei"].startswith("100% – –")
