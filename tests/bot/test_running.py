"""The application in a process of its own: it pulls, it answers, it stops when asked to, it looks only."""

import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bot.app import open_council, open_read_only_desk
from bot.settings import load_settings
from crm.records import Fix
from handlers.asking import Asked, ReadOnly, Where
from pipeline.access import Member, Role
from pipeline.crm_fields import Rejected
from pipeline.job_runs import PastRun, RunState
from storage.database import open_database, reading
from storage.job_runs import read_last_runs
from tests.bot.small_company import build_company

PATIENCE_SECONDS = 60
MONA = Member("005M", "Mona Reyes", frozenset({Role.MANAGER}))


@contextmanager
def _running(configuration: Path, *options: str) -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, "-m", "bot", "--config", str(configuration), "run", *options]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        try:
            yield process
        finally:
            process.kill()


def _last_runs(folder: Path) -> dict[str, PastRun]:
    engine = open_database(f"sqlite:///{folder / 'council.db'}")
    with reading(engine) as connection:
        last = dict(read_last_runs(connection))
    engine.dispose()
    return last


@pytest.mark.slow
def test_it_pulls_in_a_child_measures_after_it_and_stops_when_asked_to(tmp_path: Path) -> None:
    configuration = build_company(tmp_path)
    with _running(configuration, "--real-crm") as process:
        assert process.stdout is not None
        assert re.search(r"http://127\.0\.0\.1:\d+", process.stdout.readline())
        last_moment = time.monotonic() + PATIENCE_SECONDS
        while True:
            last = _last_runs(tmp_path)
            measured = last.get("measure")
            if measured is not None and measured.state is RunState.DONE:
                break
            assert time.monotonic() < last_moment, last
        process.send_signal(signal.SIGTERM)
        assert process.wait(PATIENCE_SECONDS) == 0
    pulled = _last_runs(tmp_path)["pull"]
    assert (pulled.state, pulled.says) == (RunState.DONE, "4 new, 0 changed, 0 deleted, 1 problem")


@pytest.mark.slow
def test_over_a_real_crm_the_room_opens_only_when_asked_for_by_name(tmp_path: Path) -> None:
    with _running(build_company(tmp_path)) as process:
        said, complaint = process.communicate(timeout=PATIENCE_SECONDS)
    assert (process.returncode, said) == (2, "")
    assert "The local room does not open over CSV exports in exports" in complaint


def test_behind_a_read_only_desk_nothing_can_be_changed(tmp_path: Path) -> None:
    council = open_council(load_settings(build_company(tmp_path), {}))
    now = datetime(2026, 11, 23, tzinfo=UTC)
    desk = open_read_only_desk(council, now)
    with pytest.raises(ReadOnly, match="nothing was changed"), Asked(desk, MONA, Where(), now).acting():
        pytest.fail("an act began")
    assert isinstance(desk.crm.write(Fix("006B", "005A", 0)), Rejected)
    council.engine.dispose()
