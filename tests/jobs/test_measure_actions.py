"""Cells are measured again weeks after an action, and every message that shows the action says so, on SQLite
and on PostgreSQL."""

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from fractions import Fraction
from pathlib import Path

import pytest
from sqlalchemy import select

from bot.app import Council, build_crm, open_council
from bot.settings import load_settings
from handlers.asking import Where
from jobs.job import JobRun
from jobs.measure_actions import measure_actions
from jobs.remind import remind_owners
from messages.card_text import card_from_text
from messages.render.terminal import render_text
from pipeline.actions import Verdict
from storage.actions import read_action
from storage.chat_tables import outbox
from storage.database import reading, writing
from storage.outbox import Letter, put_letter
from tests.bot.small_company import build_company
from tests.handlers.test_actions import KAI, LINE, NOW, ask, click, fill, pull

HEAD = "council:FY26 Q2:2026-05-12@pipeline-council"
IN_THREAD = Where("preview", "#pipeline-council", thread_key=HEAD)


@pytest.fixture
def council(database_url: str, tmp_path: Path) -> Iterator[Council]:
    """The small company with a post of the council, on either database."""
    council = open_council(load_settings(build_company(tmp_path), {"COUNCIL_STORAGE__URL": database_url}))
    pull(council, NOW)
    with writing(council.engine) as connection:
        head = Letter(key=HEAD, kind="council", audience="#pipeline-council", card="{}")
        put_letter(connection, head, NOW)
    yield council
    council.engine.dispose()


def run_at(council: Council, now: datetime) -> JobRun:
    return JobRun(council.engine, council.company, build_crm(council.settings, now), now, now.date())


def said(council: Council) -> dict[str, str]:
    """What every message about an action says now."""
    with reading(council.engine) as connection:
        rows = connection.execute(select(outbox).where(outbox.c.key != HEAD).order_by(outbox.c.no)).all()
    return {row.key: render_text(card_from_text(row.card), 400) for row in rows}


def test_two_weeks_after_the_cell_is_measured_once_and_told_where_figures_may_be_seen(
    council: Council,
) -> None:
    ask(council, KAI, LINE.replace("tomorrow", "2026-06-01"), IN_THREAD)
    ask(council, KAI, LINE.replace("@ana", "kai@example.com").replace("2x", "3x"), IN_THREAD)
    form = click(council, KAI, "action_reassign", "2").form
    assert form is not None
    fill(council, KAI, form, owner="mona")
    form = click(council, KAI, "action_reassign", "2").form
    assert form is not None
    fill(council, KAI, form, owner="kai@example.com")
    later = NOW + timedelta(days=15)
    assert measure_actions(run_at(council, later)).says == "0 actions measured"
    pull(council, later)
    assert measure_actions(run_at(council, later)).says == "2 actions measured"
    assert measure_actions(run_at(council, later)).says == "0 actions measured"
    with reading(council.engine) as connection:
        (measured,) = read_action(connection, 1).measured
    # 29 May is day 59 of 91: of 4,600 that remain 3,000.50 are open, and all of it is required.
    assert (measured.weeks, measured.reading.as_of) == (2, date(2026, 5, 29))
    assert measured.reading.figure == Fraction(6001, 9200)
    assert measured.verdict is Verdict.NO_CHANGE
    assert remind_owners(run_at(council, datetime(2026, 6, 1, 12, tzinfo=later.tzinfo))).says == "1 reminder"
    shown = said(council)
    assert list(shown) == [
        "action:1",
        "action:1@005A",
        "action:2",
        "action:2@005M",
        "action:2:after:2",
        "action:1:after:2",
        "reminder:1:2026-06-01@005A",
    ]
    moved = "Moved after, in 2 weeks: 0.65×"
    assert moved in shown["action:1"]
    assert moved in shown["action:2"]
    assert moved not in shown["action:1@005A"]  # a rep sees none of the company's figures
    assert "This is kai@example.com's now: 3x on Data Cloud." in shown["action:2@005M"]


def test_an_owner_of_the_council_reads_the_movement_in_the_copy_of_their_own(council: Council) -> None:
    ask(council, "mona", LINE.replace("@ana", "kai@example.com"), IN_THREAD)
    assert "At the opening: 0.65×" in said(council)["action:1@kai@example.com"]
    later = NOW + timedelta(days=15)
    pull(council, later)
    measure_actions(run_at(council, later))
    assert "Moved after, in 2 weeks: 0.65×" in said(council)["action:1@kai@example.com"]
