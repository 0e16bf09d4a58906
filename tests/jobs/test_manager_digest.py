"""The managers' weekly digest from a pulled company."""

from dataclasses import replace
from datetime import UTC, date, datetime
from fractions import Fraction
from pathlib import Path

import pytest
from sqlalchemy import select

from bot.app import Council
from bot.settings import field_kinds
from crm.files.crm import FilesCrm
from jobs.job import JobRun
from jobs.manager_digest import send_manager_digests
from jobs.pull import run_pull
from messages.render.terminal import render_text
from storage.chat_tables import outbox
from storage.database import reading, writing
from storage.deal_heads import read_deal_head
from storage.inspections import company_share, inspected_shares
from storage.nudge_choices import put_pause, record_inspection
from storage.people import read_people
from tests.bot.small_company import open_pulled_company

MONDAY = datetime(2026, 7, 20, 8, tzinfo=UTC)
"""A month after the deals of Ana (2,000.50) and Ben (700), who report to Mona, should have closed."""


@pytest.fixture
def council(tmp_path: Path) -> Council:
    council = open_pulled_company(tmp_path, MONDAY)
    return council


def pull(council: Council, now: datetime) -> None:
    run_pull(
        council.engine,
        FilesCrm(council.settings.crm.files, council.settings.home),
        council.company,
        fields=field_kinds(council.settings),
        now=now,
        progress=lambda _: None,
    )


def run(council: Council, now: datetime = MONDAY) -> JobRun:
    crm = FilesCrm(council.settings.crm.files, council.settings.home)
    return JobRun(council.engine, council.company, crm, now, now.date())


def shown(council: Council, now: datetime = MONDAY) -> str:
    (card,) = send_manager_digests(replace(run(council, now), dry_run=True)).cards
    return render_text(card, 200)


def test_a_manager_hears_of_the_team_once_a_week(council: Council) -> None:
    for _ in range(2):
        assert send_manager_digests(run(council)).says == "Told of their teams: 1 manager"
    with reading(council.engine) as connection:
        letters = connection.execute(select(outbox.c.key, outbox.c.audience, outbox.c.counts)).all()
    assert [tuple(letter) for letter in letters] == [("manager_digest:2026-07-20:005M", "@005M", True)]


def test_reps_stand_by_money_at_risk_and_deals_with_their_controls(council: Council) -> None:
    words = shown(council)
    # 2,000.50 + 700 are at risk.
    assert "$2.7K at risk in 2 deals of your team." in words
    assert words.index("Ana Lind") < words.index("Ben Osei")
    assert "[Ask the owner]  [Open and fix]  [Reassign]  [Looks right]" in words
    assert "Nightfall" not in words


def test_movement_is_against_the_week_before(council: Council) -> None:
    export = council.settings.home / "exports" / "Opportunity.csv"
    export.write_text(export.read_text().replace("2000.5", "2500.5"))
    later = datetime(2026, 7, 27, 8, tzinfo=UTC)
    pull(council, later)
    words = shown(council, later)
    assert "up $500" in words
    assert "unchanged" in words


def test_the_deals_of_who_left_are_the_managers_to_reassign(council: Council) -> None:
    people = council.settings.home / "exports" / "User.csv"
    people.write_text(people.read_text().replace("ben@example.com,true", "ben@example.com,false"))
    later = datetime(2026, 7, 27, 8, tzinfo=UTC)
    pull(council, later)
    words = shown(council, later)
    assert "Ben Osei (left)" in words
    assert "[Reassign]  [Open and fix]  [Looks right]" in words


def test_the_share_of_deals_inspected_in_the_last_fortnight(council: Council) -> None:
    people = read_people(council.engine)
    with writing(council.engine) as connection:
        deal = read_deal_head(connection, "006B")
        record_inspection(connection, deal, manager="005M", day=date(2026, 7, 10), how="confirmed")
    with reading(council.engine) as connection:
        (mona,) = inspected_shares(connection, people, date(2026, 7, 20))
        (later,) = inspected_shares(connection, people, date(2026, 7, 24))
        whole = company_share(connection, date(2026, 7, 20))
        whole_later = company_share(connection, date(2026, 7, 24))
    assert (mona.manager_id, mona.deals, mona.inspected) == ("005M", 2, 1)
    assert mona.share == Fraction(1, 2)
    assert later.share == Fraction(0)
    assert (whole, whole_later) == (Fraction(1, 3), Fraction(0)), (
        "Zoe's deal counts too, and nobody leads her"
    )


@pytest.mark.parametrize(
    ("until", "comes_on"), [(date(2026, 7, 20), date(2026, 7, 21)), (date(2026, 7, 22), date(2026, 7, 23))]
)
def test_who_is_away_on_monday_hears_on_the_next_working_day_of_the_week(
    council: Council, until: date, comes_on: date
) -> None:
    with writing(council.engine) as connection:
        put_pause(connection, "005M", since=date(2026, 7, 17), until=until)
    send_manager_digests(run(council))
    with reading(council.engine) as connection:
        (row,) = connection.execute(select(outbox.c.key, outbox.c.not_before)).all()
    assert row.key == "manager_digest:2026-07-20:005M"
    assert datetime.fromtimestamp(row.not_before, UTC).date() == comes_on


def test_who_is_away_all_week_hears_nothing_that_week(council: Council) -> None:
    with writing(council.engine) as connection:
        put_pause(connection, "005M", since=date(2026, 7, 17), until=date(2026, 7, 24))
    assert send_manager_digests(run(council)).says == "Told of their teams: 0 managers"
