"""Digests from a pulled company: who gets one, when, and what a second run does."""

from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from sqlalchemy import select

from bot.app import Council
from bot.settings import field_kinds
from crm.files.crm import FilesCrm
from jobs.job import JobRun
from jobs.measure import measure_today
from jobs.nudge import send_digests
from jobs.pull import run_pull
from storage.chat_tables import outbox
from storage.database import reading, writing
from storage.digests import last_digest
from storage.findings_of import findings_of
from storage.nudge_choices import note_out_of_office, put_pause
from storage.nudge_memory import Leave, read_leaves
from tests.bot.small_company import open_pulled_company

TUESDAY = datetime(2026, 7, 21, 9, tzinfo=UTC)
"""The deals of Ana (006B), Ben (006C) and Zoe (006D) should all have closed in June."""


@pytest.fixture
def council(tmp_path: Path) -> Council:
    council = open_pulled_company(tmp_path, TUESDAY)
    return council


def pull(council: Council, now: datetime) -> None:
    run_pull(
        council.engine,
        crm(council),
        council.company,
        fields=field_kinds(council.settings),
        now=now,
        progress=lambda _: None,
    )


def crm(council: Council) -> FilesCrm:
    return FilesCrm(council.settings.crm.files, council.settings.home)


def run(council: Council, now: datetime = TUESDAY) -> JobRun:
    return JobRun(council.engine, council.company, crm(council), now, now.date())


def audiences(council: Council) -> list[str]:
    with reading(council.engine) as connection:
        return list(connection.execute(select(outbox.c.audience).order_by(outbox.c.audience)).scalars())


def test_each_owner_gets_one_digest_and_a_second_run_adds_none(council: Council) -> None:
    assert send_digests(run(council)).says == "3 digests; 0 people had nothing new"
    assert send_digests(run(council)).says == "It is nobody's time for a digest"
    assert audiences(council) == ["@005A", "@005B", "@005Z"]
    with reading(council.engine) as connection:
        mine = last_digest(connection, "005A")
        assert connection.execute(select(outbox.c.counts)).scalars().all() == [True] * 3
    assert mine is not None
    assert [(item.opportunity_id, item.close_date) for item in mine.items] == [("006B", date(2026, 6, 10))]
    assert "close_date_past" in [one.rule for one in mine.items[0].open_findings]


def test_a_dry_run_shows_the_digests_and_writes_nothing(council: Council) -> None:
    outcome = send_digests(replace(run(council), dry_run=True))
    assert len(outcome.cards) == 3
    assert audiences(council) == []


@pytest.mark.parametrize(
    "now",
    [
        datetime(2026, 7, 21, 8, 15, tzinfo=UTC),
        datetime(2026, 7, 21, 12, 0, tzinfo=UTC),
        datetime(2026, 7, 22, 9, 0, tzinfo=UTC),
    ],
)
def test_at_other_times_nobody_is_asked(council: Council, now: datetime) -> None:
    assert send_digests(run(council, now)).says == "It is nobody's time for a digest"


def test_who_is_on_leave_is_not_asked(council: Council) -> None:
    with writing(council.engine) as connection:
        put_pause(connection, "005A", since=date(2026, 7, 20), until=date(2026, 7, 21))
    send_digests(run(council))
    assert audiences(council) == ["@005B", "@005Z"]


def test_who_is_out_of_office_by_the_platform_is_not_asked_until_they_are_back(council: Council) -> None:
    for day, until in ((20, date(2026, 7, 31)), (21, date(2026, 7, 22))):
        with writing(council.engine) as connection:
            note_out_of_office(connection, "005A", until=until, today=date(2026, 7, day))
    send_digests(run(council))
    assert audiences(council) == ["@005B", "@005Z"]
    with reading(council.engine) as connection:
        assert read_leaves(connection)["005A"] == Leave(date(2026, 7, 20), date(2026, 7, 22))
    send_digests(run(council, datetime(2026, 7, 23, 9, tzinfo=UTC)))
    assert audiences(council) == ["@005A", "@005B", "@005Z"]


def test_who_is_back_early_by_the_platform_is_asked_again(council: Council) -> None:
    with writing(council.engine) as connection:
        note_out_of_office(connection, "005A", until=date(2026, 7, 31), today=date(2026, 7, 20))
        note_out_of_office(connection, "005A", until=None, today=date(2026, 7, 21))
        assert read_leaves(connection)["005A"] == Leave(date(2026, 7, 20), date(2026, 7, 20))
    send_digests(run(council))
    assert audiences(council) == ["@005A", "@005B", "@005Z"]


@pytest.mark.parametrize("until", [None, date(2026, 7, 21), date(2026, 12, 1)])
def test_a_pause_that_somebody_chose_goes_before_what_the_platform_says(
    council: Council, until: date | None
) -> None:
    with writing(council.engine) as connection:
        put_pause(connection, "005A", since=date(2026, 7, 20), until=date(2026, 7, 24))
        note_out_of_office(connection, "005A", until=until, today=date(2026, 7, 21))
        assert read_leaves(connection)["005A"] == Leave(date(2026, 7, 20), date(2026, 7, 24))


def test_a_finding_is_asked_about_twice_and_then_never_again_but_counts_on(council: Council) -> None:
    days = (datetime(2026, 7, day, 9, tzinfo=UTC) for day in (21, 23, 28, 30))
    says = [send_digests(run(council, day)).says for day in days]
    # Two working days after the first question is too early; a week after it is the second and last one.
    assert says == [
        "3 digests; 0 people had nothing new",
        "0 digests; 3 people had nothing new",
        "3 digests; 0 people had nothing new",
        "0 digests; 3 people had nothing new",
    ]
    with reading(council.engine) as connection:
        counted = findings_of(connection, council.company, ["005A"])
    assert ("close_date_past", True, False) in [(one.rule, one.nudges, one.waived) for one in counted]


def test_days_that_are_measured_without_a_pull_do_not_make_a_finding_new(council: Council) -> None:
    for day in (21, 23, 28, 30):
        now = datetime(2026, 7, day, 9, tzinfo=UTC)
        measure_today(run(council, now))
        send_digests(run(council, now))
    assert audiences(council) == ["@005A", "@005A", "@005B", "@005B", "@005Z", "@005Z"]


def test_what_was_fixed_in_the_crm_is_said_first_in_the_next_digest(council: Council) -> None:
    export = council.settings.home / "exports" / "Opportunity.csv"
    second = "006F,Hooli,Proposal,Pipeline,500,,2026-04-02T10:00:00.000Z,005A,EMEA,false\n"
    send_digests(run(council))
    export.write_text(export.read_text().replace("2026-06-10", "2026-09-10") + second)
    later = datetime(2026, 7, 23, 8, tzinfo=UTC)
    pull(council, later)
    send_digests(run(council, later.replace(hour=9)))
    with reading(council.engine) as connection:
        digest = last_digest(connection, "005A")
    assert digest is not None
    assert [(one.opportunity_id, "close_date_past" in one.rules) for one in digest.fixed] == [("006B", True)]
    assert [item.opportunity_id for item in digest.items] == ["006F"]
