"""A surface that tells two processes of the same event: it has its effect once."""

from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import select

from bot.dispatch import ALREADY
from storage.chat_tables import audit, inbox
from storage.database import reading
from tests.bot.small_company import open_pulled_company
from tests.faults.answering import EVENT, answer_beside_another
from tests.faults.processes import FORKS, race

NOW = datetime(2026, 5, 15, 12, tzinfo=UTC)


def test_an_event_of_which_two_processes_are_told_at_once_counts_once(tmp_path: Path) -> None:
    council = open_pulled_company(tmp_path, NOW)
    assert sorted(_answer_in_two_processes(tmp_path / "council.toml")) == [f"0 cards {ALREADY}", "1 cards"]
    with reading(council.engine) as connection:
        acts = connection.execute(select(audit.c.by, audit.c.act, audit.c.new)).all()
        events = connection.execute(select(inbox.c.event, inbox.c.done_at)).all()
    council.engine.dispose()
    assert list(map(tuple, acts)) == [("005A", "pause", "2026-06-01")]
    assert list(map(tuple, events)) == [(EVENT, int(NOW.timestamp()))]


def _answer_in_two_processes(configuration: Path) -> list[str]:
    """What each of them tells the asker."""
    told = FORKS.SimpleQueue()
    race(answer_beside_another, configuration, NOW, told)
    return [told.get().strip() for _ in range(2)]
