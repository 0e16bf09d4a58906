"""An event whose process is killed has its effect once and is answered once, whoever dies on the way."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from bot.app import Council, build_crm
from bot.dispatch import Dispatch
from bot.resuming import Resuming
from bot.settings import field_kinds
from handlers.asking import Typed, Where
from jobs.pull import run_pull
from storage.chat_tables import audit, inbox, outbox
from storage.database import reading
from tests.bot.small_company import build_company
from tests.faults.answering import EVENT
from tests.faults.interrupted_event import (
    AFTER,
    ANSWERING,
    BEFORE,
    DURING,
    SENDER,
    WORDS,
    answer_and_die,
    answer_chat_and_die,
    open_dispatch,
    resume_and_die,
)
from tests.faults.processes import was_killed

NOW = datetime(2026, 5, 15, 12, tzinfo=UTC)
SIX_MINUTES = timedelta(minutes=6)
ANSWER, LOST_ANSWER = "I ask you nothing until 1 Jun 2026", "Only the answer was lost"
WAYS = [
    *((point, None) for point in (BEFORE, DURING, AFTER)),
    *((BEFORE, again) for again in (BEFORE, DURING, AFTER, ANSWERING)),
    *((DURING, again) for again in (BEFORE, AFTER, ANSWERING)),
    (AFTER, ANSWERING),
]
"""Where the process dies that answers, and where the one that resumes; `None`: that one lives."""


@pytest.fixture
def configuration(tmp_path: Path, database_url: str) -> Path:
    """Of a pulled company on either database."""
    file = build_company(tmp_path)
    file.write_text(file.read_text("utf-8").replace("sqlite:///council.db", database_url), "utf-8")
    council, _ = open_dispatch(file, NOW)
    run_pull(
        council.engine,
        build_crm(council.settings, NOW),
        council.company,
        fields=field_kinds(council.settings),
        now=NOW,
        progress=lambda _: None,
    )
    council.engine.dispose()
    return file


def _state(council: Council) -> tuple[list[tuple[str, str, str]], list[str], bool]:
    """What was audited, the letters of answers, and whether the event is settled."""
    with reading(council.engine) as connection:
        acts = [tuple(row) for row in connection.execute(select(audit.c.by, audit.c.act, audit.c.new))]
        letters = list(
            connection.execute(select(outbox.c.card).where(outbox.c.key == f"answer:{EVENT}")).scalars()
        )
        settled = connection.execute(select(inbox.c.answered_at)).scalar_one() is not None
    return acts, letters, settled


@pytest.mark.parametrize(("point", "resuming_point"), WAYS)
def test_it_has_its_effect_once_and_its_answer_arrives(
    configuration: Path, point: str, resuming_point: str | None
) -> None:
    assert was_killed(answer_and_die, point, configuration, NOW)
    now = NOW + SIX_MINUTES
    if resuming_point is not None:
        assert was_killed(resume_and_die, resuming_point, configuration, now)
        now += SIX_MINUTES
    council, dispatch = open_dispatch(configuration, now)
    resuming = Resuming(dispatch)
    assert [resuming.resume_next(), resuming.resume_next()] == [True, False]
    acts, letters, settled = _state(council)
    council.engine.dispose()
    was_done = AFTER in (point, resuming_point) or resuming_point == ANSWERING
    assert acts == [("005A", "pause", "2026-06-01")]
    assert len(letters) == 1
    assert (LOST_ANSWER if was_done else ANSWER) in letters[0]
    assert settled


def test_what_is_young_enough_to_be_at_work_is_left_alone(configuration: Path) -> None:
    assert was_killed(answer_and_die, BEFORE, configuration, NOW)
    council, dispatch = open_dispatch(configuration, NOW + timedelta(minutes=4))
    assert not Resuming(dispatch).resume_next()
    assert _state(council) == ([], [], False)
    council.engine.dispose()


def test_an_answer_that_was_found_and_not_shown_is_told_once_as_it_was_found(configuration: Path) -> None:
    assert was_killed(answer_chat_and_die, "right before it is shown", configuration, NOW)
    council, dispatch = open_dispatch(configuration, NOW + SIX_MINUTES)
    resuming = Resuming(dispatch)
    assert [resuming.resume_next(), resuming.resume_next()] == [True, False]
    acts, letters, settled = _state(council)
    council.engine.dispose()
    assert [act for act in acts if act[1] == "pause"] == [("005A", "pause", "2026-06-01")]
    assert len(letters) == 1
    assert ANSWER in letters[0]
    assert LOST_ANSWER not in letters[0]
    assert settled


def test_an_answer_that_was_shown_is_never_told_again(configuration: Path) -> None:
    council, dispatch = open_dispatch(configuration, NOW)
    dispatch.answer_sender(SENDER, Typed(WORDS), Where(), EVENT, lambda: None)
    dispatch.mark_shown(EVENT)
    later = Dispatch(dispatch.desk, lambda: NOW + timedelta(days=2))
    assert not Resuming(later).resume_next()
    assert _state(council)[1:] == ([], True)
    council.engine.dispose()
