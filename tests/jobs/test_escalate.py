"""The ladder from a pulled company: asked, warned, told, and never twice."""

from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import pytest
from sqlalchemy import select

from bot.app import Council
from crm.files.crm import FilesCrm
from jobs.escalate import escalate
from jobs.job import JobRun
from jobs.nudge import send_digests
from storage.chat_tables import outbox
from storage.database import reading, writing
from storage.nudge_choices import put_pause
from tests.bot.small_company import open_pulled_company


def at(day: int, hour: int = 10) -> datetime:
    return datetime(2026, 7, day, hour, tzinfo=UTC)


@pytest.fixture
def council(tmp_path: Path) -> Council:
    """All owners were asked on Tuesday 21 July. Only Ana's deal, of 2,000.50, is above 1,000."""
    council = open_pulled_company(tmp_path, at(21, 8))
    ladder = council.company.nudges.escalation.model_copy(update={"above": Decimal(1_000)})
    nudges = council.company.nudges.model_copy(update={"escalation": ladder})
    council = replace(council, company=replace(council.company, nudges=nudges))
    send_digests(run(council, at(21, 9)))
    return council


def run(council: Council, now: datetime) -> JobRun:
    crm = FilesCrm(council.settings.crm.files, council.settings.home)
    return JobRun(council.engine, council.company, crm, now, now.date())


def letters(council: Council) -> list[tuple[str, str]]:
    with reading(council.engine) as connection:
        rows = connection.execute(
            select(outbox.c.key, outbox.c.audience).where(outbox.c.kind != "digest").order_by(outbox.c.no)
        )
        return [(row.key, row.audience) for row in rows]


WARNING, TELLING = ("warning:2026-07-27:005A", "@005A"), ("escalation:2026-07-28:005M", "@005M")


def test_the_owner_is_warned_and_a_working_day_later_the_manager_is_told_once(council: Council) -> None:
    for day in (22, 23, 24, 25, 26):
        assert escalate(run(council, at(day))).says == "Warned 0 owners, told 0 managers"
    for day in (27, 27, 28, 28, 29):
        escalate(run(council, at(day)))
    assert letters(council) == [WARNING, TELLING]


def test_leave_stops_the_clock(council: Council) -> None:
    with writing(council.engine) as connection:
        put_pause(connection, "005A", since=date(2026, 7, 22), until=date(2026, 7, 24))
    for day in range(22, 30):
        escalate(run(council, at(day)))
    # Three working days of leave: the fourth counted day is Thursday the 30th.
    assert letters(council) == []
    escalate(run(council, at(30)))
    assert letters(council) == [("warning:2026-07-30:005A", "@005A")]


def test_a_dry_run_writes_nothing(council: Council) -> None:
    (card,) = escalate(replace(run(council, at(27)), dry_run=True)).cards
    assert card.key == WARNING[0]
    assert letters(council) == []
