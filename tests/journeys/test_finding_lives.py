"""Stored findings, read by owner, and their lives from pull to pull."""

from datetime import UTC, date, datetime, time
from pathlib import Path

import pytest
from sqlalchemy import select

from bot.app import Council, open_council
from bot.settings import field_kinds, load_settings
from crm.files.crm import FilesCrm
from jobs.pull import run_pull
from pipeline.findings import Finding
from storage.database import reading, writing
from storage.deal_rows import numbers_of
from storage.finding_lives import HowClosed, TheseDeals, keep_lives
from storage.findings_of import findings_of, findings_on, owners_with_findings
from storage.hygiene_findings import store_findings_of
from storage.hygiene_reading import read_hygiene, store_hygiene
from storage.mirror import move_measured_day
from storage.nudge_tables import finding_life, waiver
from storage.scores_by_day import read_risks, read_scores
from tests.bot.small_company import build_company

DAY = date(2026, 7, 15)
"""A month after the deals of Ana and Ben should have closed."""


@pytest.fixture
def council(tmp_path: Path) -> Council:
    council = open_council(load_settings(build_company(tmp_path), {}))
    pull(council, DAY)
    return council


def pull(council: Council, day: date) -> None:
    run_pull(
        council.engine,
        FilesCrm(council.settings.crm.files, council.settings.home),
        council.company,
        fields=field_kinds(council.settings),
        now=datetime.combine(day, time(12), UTC),
        progress=lambda _: None,
    )


def lives(council: Council) -> list[tuple[str, str | None, str | None]]:
    columns = finding_life.c
    with reading(council.engine) as connection:
        rows = connection.execute(select(columns.rule, columns.owner, columns.how).order_by(columns.rule))
        return [(row.rule, row.owner, row.how) for row in rows if row.owner == "005A"]


def of(council: Council, owner: str) -> tuple[Finding, ...]:
    with reading(council.engine) as connection:
        return findings_of(connection, council.company, [owner])


def test_findings_of_one_person_are_what_a_measuring_of_all_deals_finds(council: Council) -> None:
    report = read_hygiene(council.engine, council.company, as_of=DAY)
    for owner in ("005A", "005B", "005Z"):
        measured = tuple(one for one in report.findings if one.owner is not None and one.owner.id == owner)
        assert of(council, owner) == measured
        assert measured
    with reading(council.engine) as connection:
        assert findings_on(connection, council.company, "006B") == tuple(
            one for one in report.findings if one.opportunity_id == "006B"
        )
        assert owners_with_findings(connection) == {"005A", "005B", "005Z"}


def test_a_finding_that_is_fixed_in_the_crm_closes_its_life_at_the_next_pull(council: Council) -> None:
    assert ("close_date_past", "005A", None) in lives(council)
    export = council.settings.home / "exports" / "Opportunity.csv"
    export.write_text(export.read_text().replace("2026-06-10", "2026-09-10"))
    pull(council, date(2026, 7, 16))
    assert ("close_date_past", "005A", "fixed_in_crm") in lives(council)


def test_a_finding_keeps_its_first_day_through_days_without_a_pull(council: Council) -> None:
    """Else it would be another one each day, and its owner would be asked about it again and again."""
    pull(council, date(2026, 7, 16))
    export = council.settings.home / "exports" / "Opportunity.csv"
    export.write_text(export.read_text().replace("2026-06-10", "2026-07-17"))
    pull(council, date(2026, 7, 17))
    for day in (17, 18, 19, 20, 21):
        store_hygiene(council.engine, council.company, date(2026, 7, day))
        move_measured_day(council.engine, date(2026, 7, day))
    (past,) = [one for one in of(council, "005A") if one.rule == "close_date_past"]
    assert past.since == date(2026, 7, 19)
    with reading(council.engine) as connection:
        opened = select(finding_life.c.opened_day).where(
            finding_life.c.rule == "close_date_past", finding_life.c.closed_day.is_(None)
        )
        assert past.since.toordinal() in connection.execute(opened).scalars().all()


def test_a_finding_fixed_in_chat_closes_with_its_deal_and_can_come_back(council: Council) -> None:
    before = [one for one in of(council, "005A") if one.opportunity_id == "006B"]
    asked = {one.rule for one in before}
    with writing(council.engine) as connection:
        deals = TheseDeals([numbers_of(connection, ["006B"])["006B"]])
        for findings in ((), before, ()):
            store_findings_of(connection, deals, findings, 1)
            keep_lives(connection, deals, asked, DAY, HowClosed.FIXED_IN_CHAT)
    assert {how for _, _, how in lives(council)} == {"fixed_in_chat"}
    assert of(council, "005A") == ()


def test_a_waived_finding_leaves_the_score_until_the_waiver_ends(council: Council) -> None:
    with writing(council.engine) as connection:
        connection.execute(
            waiver.insert().values(
                opportunity=connection.execute(
                    select(finding_life.c.opportunity).where(finding_life.c.owner == "005A")
                ).scalar(),
                rule="close_date_past",
                since_day=DAY.toordinal(),
                until_day=DAY.toordinal() + 1,
                reason="Legal waits for the customer",
                asked_by="005A",
                asked_at=0,
                state="granted",
            )
        )
    assert [one.waived for one in of(council, "005A") if one.rule == "close_date_past"] == [True]
    later = read_hygiene(council.engine, council.company, as_of=date(2026, 7, 17))
    mine = [one for one in later.findings if one.opportunity_id == "006B"]
    assert not any(one.waived for one in mine)


def test_scores_and_risks_are_kept_by_day(council: Council) -> None:
    report = read_hygiene(council.engine, council.company, as_of=DAY)
    ana = next(one for one in report.scores if one.level == "rep" and one.id == "005A")
    with reading(council.engine) as connection:
        (kept,) = read_scores(connection, date(2026, 8, 1), "rep", {"005A": ana.name})
        risks = read_risks(connection, DAY, ["005A", "005M"])
    assert kept == ana
    # Only Ana's open deal of 2,000.50 is at risk: its close date has passed.
    assert {owner: (str(risk.money), risk.deals) for owner, risk in risks.items()} == {"005A": ("2000.5", 1)}
