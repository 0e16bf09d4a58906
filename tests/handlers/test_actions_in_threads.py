"""An action that is assigned in a council's thread: its cell, its message there, and how that changes."""

from dataclasses import replace
from datetime import date

import pytest
from sqlalchemy import select

from bot.app import Council
from handlers.asking import Quote, Where
from messages.card_text import card_from_text
from messages.render.terminal import render_text
from pipeline.editions import ThreadCell
from pipeline.matrix import Dimension, Metric
from storage.chat_tables import outbox
from storage.database import reading, writing
from storage.editions import record_thread_cell
from storage.outbox import Letter, put_letter
from tests.handlers.test_actions import KAI, LINE, NOW, actions_of, ask, click, council, fill, values

__all__ = ["council"]

HEAD, CHANNEL = "council:FY26 Q2:2026-05-12", "#pipeline-council"
ROW = f"{HEAD}:EMEA"
IN_THREAD = Where("preview", CHANNEL, "someone's words", ROW, Quote("More events, please"))
COVERAGE, FORECAST = "region EMEA coverage", "region AMER forecast"


def post_council(council: Council, **cells: Metric) -> None:
    with writing(council.engine) as connection:
        put_letter(connection, Letter(key=HEAD, kind="council", audience=CHANNEL, card="{}"), NOW)
        before = HEAD
        for value, metric in cells.items():
            key = f"{HEAD}:{value}"
            letter = Letter(key=key, kind="council_thread", audience=CHANNEL, card="{}", follows=before)
            put_letter(connection, letter, NOW)
            before = key
            about = ThreadCell(date(2026, 5, 12), Dimension.REGION, value, metric)
            record_thread_cell(connection, key, about)


def letter(council: Council, key: str) -> tuple[str, str | None, int, str]:
    """Audience, thread, revision and words of a message."""
    with reading(council.engine) as connection:
        row = connection.execute(select(outbox).where(outbox.c.key == key)).one()
    return row.audience, row.thread_of, row.revision, render_text(card_from_text(row.card), 300)


def test_the_cell_comes_from_the_thread_and_the_action_shows_in_it(council: Council) -> None:
    post_council(council, EMEA=Metric.COVERAGE)
    form = click(council, KAI, "assign_from_message", "", IN_THREAD).form
    assert form is not None
    assert (values(form)["cell"], values(form)["title"]) == (COVERAGE, "More events, please")
    fill(council, KAI, form, kind="paid media", owner="ana", due="in 2 weeks")
    audience, thread, revision, says = letter(council, "action:1")
    assert (audience, thread, revision) == (CHANNEL, ROW, 1)
    assert "At the opening: 0.65×" in says
    assert "At the opening" not in letter(council, "action:1@005A")[3]
    click(council, KAI, "action_done", "1", Where("preview", CHANNEL, "action:1", ROW))
    assert letter(council, "action:1")[2] == 2
    assert "Done on 15 May" in letter(council, "action:1")[3]
    assert "Done on 15 May" in letter(council, "action:1@005A")[3]


def test_in_the_summarys_thread_the_cell_is_one_of_the_rows_that_follow(council: Council) -> None:
    post_council(council, EMEA=Metric.COVERAGE, AMER=Metric.FORECAST)
    form = click(council, KAI, "assign_from_message", "", replace(IN_THREAD, thread_key=HEAD)).form
    assert form is not None
    choices = next(block for block in form.blocks if getattr(block, "key", "") == "cell")
    assert [choice.value for choice in choices.choices] == [COVERAGE, FORECAST]  # type: ignore[union-attr]


@pytest.mark.parametrize("command", ["assign", "propose_action"])
def test_a_button_of_a_row_brings_its_cell(council: Council, command: str) -> None:
    form = click(council, KAI, command, "region/EMEA/coverage").form
    assert form is not None
    assert values(form)["cell"] == COVERAGE


def test_words_in_the_thread_need_no_cell(council: Council) -> None:
    post_council(council, EMEA=Metric.COVERAGE)
    line = "@council assign spiff @ana by 2026-05-29 double it"
    assert "Action 1 is assigned to Ana Lind" in ask(council, KAI, line, IN_THREAD).note
    (action,) = actions_of(council)
    assert (action.cell.value, action.title, action.quoted) == ("EMEA", "double it", "More events, please")


def test_an_action_typed_elsewhere_shows_in_the_rows_last_thread(council: Council) -> None:
    post_council(council, EMEA=Metric.COVERAGE)
    ask(council, KAI, LINE)
    assert letter(council, "action:1")[:2] == (CHANNEL, ROW)
