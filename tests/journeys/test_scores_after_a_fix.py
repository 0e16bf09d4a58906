"""After a fix the scores move at once, for everybody concerned and nobody else, worked out by hand.

On 15 July the close dates of all three open deals have passed: Ana's 2,000.50 and Zoe's 1,000 in EMEA, Ben's
700 in AMER. Mona leads Ana and Ben.
"""

from collections.abc import Iterator
from datetime import UTC, date, datetime
from fractions import Fraction
from pathlib import Path

import pytest

from bot.app import Council, build_crm, open_council, open_desk
from bot.dispatch import Dispatch
from bot.settings import field_kinds, load_settings
from handlers.asking import Clicked, Submitted
from jobs.pull import run_pull
from pipeline.company import Company
from pipeline.findings import HygieneReport
from storage import hygiene_reading
from storage.database import Connection, reading
from storage.hygiene_reading import store_hygiene
from storage.scores_by_day import read_all_scores, read_risks
from tests.bot.small_company import build_company

NOW = datetime(2026, 7, 15, 12, tzinfo=UTC)
ANA, BEN, MONA, ZOE = "005A", "005B", "005M", "005Z"
NAMES = {ANA: "Ana", BEN: "Ben", MONA: "Mona", ZOE: "Zoe"}
NOTHING_CLEAN = {
    ("rep", ANA): (1, 0, 0),
    ("rep", BEN): (1, 0, 0),
    ("rep", ZOE): (1, 0, 0),
    ("team", MONA): (2, 0, 0),
    ("region", "EMEA"): (2, 0, 0),
    ("region", "AMER"): (1, 0, 0),
    ("company", "TOTAL"): (3, 0, 0),
}
"""Level and id -> deals, clean deals, clean share of the value in millionths, rounded down."""

BENS_IS_CLEAN = {
    ("rep", BEN): (1, 1, 1_000_000),
    ("team", MONA): (2, 1, 259_211),  # 700 of 2,700.50
    ("region", "AMER"): (1, 1, 1_000_000),
    ("company", "TOTAL"): (3, 1, 189_163),  # 700 of 3,700.50
}


@pytest.fixture
def council(tmp_path: Path, database_url: str) -> Iterator[Council]:
    file = build_company(tmp_path)
    file.write_text(file.read_text("utf-8").replace("sqlite:///council.db", database_url), "utf-8")
    council = open_council(load_settings(file, {}))
    run_pull(
        council.engine,
        build_crm(council.settings, NOW),
        council.company,
        fields=field_kinds(council.settings),
        now=NOW,
        progress=lambda _: None,
    )
    yield council
    council.engine.dispose()


@pytest.fixture
def dispatch(council: Council) -> Dispatch:
    return Dispatch(open_desk(council, NOW), lambda: NOW)


def scores(council: Council) -> dict[tuple[str, str], tuple[int, int, int]]:
    with reading(council.engine) as connection:
        found = read_all_scores(connection, NOW.date(), NAMES)
    return {
        (one.level, one.id): (one.deals, one.clean_deals, int((one.value_share or Fraction(0)) * 1_000_000))
        for one in found
    }


def at_risk(council: Council) -> dict[str, str]:
    with reading(council.engine) as connection:
        risks = read_risks(connection, NOW.date(), NAMES)
    return {owner: f"{risk.money.normalize():f} in {risk.deals}" for owner, risk in risks.items()}


def test_a_fixed_deal_is_clean_for_its_owner_the_team_the_region_and_the_company(
    council: Council, dispatch: Dispatch
) -> None:
    assert scores(council) == NOTHING_CLEAN
    assert at_risk(council) == {ANA: "2000.5 in 1", BEN: "700 in 1", ZOE: "1000 in 1"}
    dispatch.answer(BEN, Clicked("fix_date", "006C", "2026-08-10"))
    assert scores(council) == NOTHING_CLEAN | BENS_IS_CLEAN
    assert at_risk(council) == {ANA: "2000.5 in 1", ZOE: "1000 in 1"}


def test_a_reassigned_deal_counts_for_its_new_owner(council: Council, dispatch: Dispatch) -> None:
    dispatch.answer(BEN, Clicked("fix_date", "006C", "2026-08-10"))
    dispatch.answer(MONA, Clicked("reassign", "006B", BEN))
    after = scores(council)
    assert ("rep", ANA) not in after
    assert after == BENS_IS_CLEAN | {
        ("rep", BEN): (2, 1, 259_211),
        ("rep", ZOE): (1, 0, 0),
        ("region", "EMEA"): (2, 0, 0),
    }
    assert at_risk(council) == {BEN: "2000.5 in 1", ZOE: "1000 in 1"}


def test_a_waiver_counts_from_the_moment_at_which_it_is_granted(council: Council, dispatch: Dispatch) -> None:
    sent = Submitted(
        "waive", "006C:close_date_past", {"until": "2026-08-01", "reason": "Legal waits for the customer"}
    )
    dispatch.answer(MONA, sent)
    assert scores(council) == NOTHING_CLEAN | BENS_IS_CLEAN
    assert at_risk(council) == {ANA: "2000.5 in 1", ZOE: "1000 in 1"}


def test_a_waiver_that_is_granted_while_the_day_is_measured_is_not_measured_away(
    council: Council, dispatch: Dispatch, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent = Submitted(
        "waive", "006C:close_date_past", {"until": "2026-08-01", "reason": "Legal waits for the customer"}
    )
    answers: list[object] = []

    def measure_slowly(connection: Connection, company: Company, as_of: date) -> HygieneReport:
        report = measure_hygiene(connection, company, as_of)
        if not answers:  # Mona decides after the deals were looked at, and before what was seen is kept
            answers.append(dispatch.answer(MONA, sent))
        return report

    measure_hygiene = hygiene_reading._measure
    monkeypatch.setattr(hygiene_reading, "_measure", measure_slowly)
    store_hygiene(council.engine, council.company, NOW.date())
    assert scores(council) == NOTHING_CLEAN | BENS_IS_CLEAN


def test_a_fix_of_one_day_leaves_the_day_before_as_it_was(council: Council, dispatch: Dispatch) -> None:
    next_day = Dispatch(dispatch.desk, lambda: datetime(2026, 7, 16, 12, tzinfo=UTC))
    next_day.answer(BEN, Clicked("fix_date", "006C", "2026-08-10"))
    assert scores(council) == NOTHING_CLEAN
    with reading(council.engine) as connection:
        (company,) = (
            one for one in read_all_scores(connection, date(2026, 7, 16), NAMES) if one.level == "company"
        )
    assert company.clean_deals == 1
