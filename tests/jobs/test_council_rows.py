"""The thread of a red row after the post: its head tells of actions, and outcomes are replies in it."""

from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from handlers.asking import Asked, Clicked, Submitted, Where
from handlers.capabilities import find_click, find_form
from jobs.council import post_council
from jobs.measure_actions import measure_actions
from messages.card import Form, TextInput
from messages.card_text import card_from_text
from messages.render.terminal import render_text
from storage.chat_tables import outbox
from storage.database import Engine, reading
from tests.jobs.test_council_answers import asked, typed
from tests.jobs.test_council_jobs import DEALS, MONDAY, engine, folder, pull, run, write

__all__ = ["engine", "folder"]

CHANNEL = "#pipeline-council"
ROW = "council:FY26 Q2:2026-05-17:EMEA@pipeline-council"
IDLE = "Red for the second week, and nobody has an action for it yet."
ASSIGN = '@council assign spiff "2x on Data Cloud" @ben by 2026-05-29'


@pytest.fixture(autouse=True)
def posted(engine: Engine, folder: Path) -> None:
    pull(engine, folder, MONDAY.replace(hour=1))
    post_council(run(engine, folder, MONDAY))


def in_thread(engine: Engine, folder: Path, now: datetime = MONDAY) -> Asked:
    where = Where("preview", CHANNEL, "somebody's words", ROW)
    return replace(asked(engine, folder, "005A", now), where=where)


def letter(engine: Engine, key: str) -> tuple[str | None, int, str]:
    """Thread, revision and words of a message."""
    with reading(engine) as connection:
        row = connection.execute(select(outbox).where(outbox.c.key == key)).one()
    return row.thread_of, row.revision, render_text(card_from_text(row.card), 300)


def fill(question: Asked, form: Form, **answers: str) -> None:
    values = {one.key: one.value for one in form.blocks if isinstance(one, TextInput)}
    find_form(form.command)(question, Submitted(form.command, form.argument, values | answers))


def test_an_action_assigned_in_the_thread_stands_in_its_head_as_it_changes(
    engine: Engine, folder: Path
) -> None:
    assert IDLE in letter(engine, ROW)[2]
    typed(in_thread(engine, folder), ASSIGN)
    _, revision, head = letter(engine, ROW)
    assert (revision, letter(engine, "action:1")[0]) == (2, ROW)
    assert "• 2x on Data Cloud · Ben, due 29 May, open" in head
    assert IDLE not in head
    find_click("action_start")(in_thread(engine, folder), Clicked("action_start", "1"))
    assert "• 2x on Data Cloud · Ben, due 29 May, in progress" in letter(engine, ROW)[2]
    form = find_click("action_drop")(in_thread(engine, folder), Clicked("action_drop", "1")).form
    assert form is not None
    fill(in_thread(engine, folder), form, words="No budget")
    dropped = letter(engine, ROW)[2]
    assert "• 2x on Data Cloud · Ben, due 29 May, dropped" in dropped
    assert IDLE in dropped


def test_the_frozen_figures_of_the_head_stay_when_the_records_move(engine: Engine, folder: Path) -> None:
    before = letter(engine, ROW)[2].splitlines()
    (folder / "targets.csv").write_text("period,dimension,value,metric,amount,currency\n", encoding="utf-8")
    pull(engine, folder, MONDAY.replace(hour=10))
    typed(in_thread(engine, folder), ASSIGN)
    after = letter(engine, ROW)[2].splitlines()
    assert set(before) - set(after) == {IDLE}


def test_what_moved_after_an_action_is_said_as_a_reply_in_its_thread_once(
    engine: Engine, folder: Path
) -> None:
    """EMEA: 300 open over 800 that remain (0.375), then 500 (0.625), told rounded down."""
    typed(in_thread(engine, folder), ASSIGN)
    write(folder, DEALS.replace("Qualification,300", "Qualification,500"))
    later = MONDAY + timedelta(weeks=2)
    pull(engine, folder, later)
    for _ in range(2):
        measure_actions(run(engine, folder, later))
    thread, revision, words = letter(engine, "action:1:after:2")
    assert (thread, revision) == (ROW, 1)
    assert "EMEA coverage, 2 weeks after: 2x on Data Cloud" in words
    assert "Moved after, in 2 weeks: 0.37× Red → 0.62× Red" in words.replace("■ ", "")
