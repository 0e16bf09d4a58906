"""A surface that tells two processes of the same event: it has its effect once."""

import subprocess
import sys
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import select

from bot.app import build_crm, open_council
from bot.dispatch import ALREADY
from bot.settings import field_kinds, load_settings
from jobs.pull import run_pull
from storage.chat_tables import audit, inbox
from storage.database import reading
from tests.bot.small_company import build_company
from tests.faults.answering import EVENT

CHILD = Path(__file__).with_name("answering.py")
NOW = datetime(2026, 5, 15, 12, tzinfo=UTC)


def test_an_event_of_which_two_processes_are_told_at_once_counts_once(tmp_path: Path) -> None:
    configuration = build_company(tmp_path)
    council = open_council(load_settings(configuration, {}))
    run_pull(
        council.engine,
        build_crm(council.settings, NOW),
        council.company,
        fields=field_kinds(council.settings),
        now=NOW,
        progress=lambda _: None,
    )
    assert sorted(_answer_in_two_processes(configuration)) == [f"0 cards {ALREADY}", "1 cards"]
    with reading(council.engine) as connection:
        acts = connection.execute(select(audit.c.by, audit.c.act, audit.c.new)).all()
        events = connection.execute(select(inbox.c.event, inbox.c.done_at)).all()
    council.engine.dispose()
    assert list(map(tuple, acts)) == [("005A", "pause", "2026-06-01")]
    assert list(map(tuple, events)) == [(EVENT, int(NOW.timestamp()))]


def _answer_in_two_processes(configuration: Path) -> list[str]:
    """What each of them tells the asker."""
    command = [sys.executable, str(CHILD), str(configuration), NOW.isoformat()]
    with ExitStack() as stack:
        children = [
            stack.enter_context(
                subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
            )
            for _ in range(2)
        ]
        for child in children:
            assert child.stdout is not None
            assert child.stdout.readline() == "ready\n"
        for child in children:
            assert child.stdin is not None
            child.stdin.write("go\n")
            child.stdin.flush()
        return [child.communicate(timeout=60)[0].strip() for child in children]
