"""The weekly council at the command line: rehearsed without a trace, posted, and marked afterwards.

EMEA: 3,000.50 open for the 4,600 that remain of 9,100; for a target of 12,000, of 7,500.
"""

import sqlite3
from pathlib import Path

import pytest

from tests.bot.small_company import PULLED_AT, build_company
from tests.bot.test_command_line import council

COUNCIL = "2026-05-18T09:00"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    build_company(tmp_path)
    done = council(tmp_path, "pull", "--at", PULLED_AT)
    assert done.returncode == 0, done.stderr
    return tmp_path


def dump(folder: Path) -> list[str]:
    connection = sqlite3.connect(folder / "council.db")
    lines = list(connection.iterdump())
    connection.close()
    return lines


def said(folder: Path, *words: str) -> str:
    done = council(folder, *words)
    assert done.returncode == 0, done.stderr
    return done.stdout


def raise_the_target(folder: Path) -> None:
    targets = folder / "exports" / "targets.csv"
    targets.write_text(targets.read_text(encoding="utf-8").replace(",9100,", ",12000,"), encoding="utf-8")
    said(folder, "pull", "--at", "2026-05-18T10:00")


@pytest.mark.parametrize("at", ["2026-05-16T12:00", COUNCIL])
def test_a_rehearsal_shows_the_post_and_its_threads_and_leaves_no_trace(folder: Path, at: str) -> None:
    """On the Saturday before, the post of the coming Monday, with the figures of Friday."""
    before = dump(folder)
    shown = said(folder, "job", "council", "--dry-run", "--at", at)
    assert "Pipeline council · FY26 Q2, day 45 of 91" in shown
    assert "EMEA · " in shown
    assert shown.splitlines()[-1] == "It would post the council of 18 May, with 2 threads"
    assert dump(folder) == before


def test_a_rehearsal_of_a_frozen_council_shows_what_is_frozen(folder: Path) -> None:
    said(folder, "pull", "--at", "2026-05-18T00:30")
    said(folder, "job", "council_freeze", "--at", "2026-05-18T00:31")
    raise_the_target(folder)
    before = dump(folder)
    shown = said(folder, "job", "council", "--dry-run", "--at", "2026-05-18T11:00")
    assert "day 47 of 91" in shown
    assert "0.65×" in shown
    assert dump(folder) == before


def test_the_table_of_a_council_s_day_marks_what_was_restated(folder: Path) -> None:
    said(folder, "pull", "--at", "2026-05-18T00:30")
    assert said(folder, "job", "council", "--at", COUNCIL).startswith("Posted to #pipeline-council, with ")
    assert "Restated" not in said(folder, "apm", "region", "--as-of", "2026-05-17")
    raise_the_target(folder)
    table = said(folder, "apm", "region", "--as-of", "2026-05-17")
    assert "Restated since the council saw the figures of 17 May:" in table
    assert "EMEA coverage 0.65× → 0.4×" in table
    assert "EMEA coverage 0.65× → 0.4×" in said(folder, "apm", "region", "EMEA", "--as-of", "2026-05-17")
    assert "Restated" not in said(folder, "apm", "region", "--as-of", "2026-05-16")
