"""`council job NAME`: every job by hand, rehearsed without a trace, as of a moment, and now."""

import sqlite3
from pathlib import Path

import pytest

from bot.job_table import JOBS
from tests.bot.test_command_line import council
from tests.faults.council_weeks import FIRST, MOMENT_OF
from tests.faults.month_company import MonthCompany

MOMENTS = {
    "pull": "2026-10-05T00:30",
    "measure": "2026-10-06T00:05",
    "reconcile": "2026-10-06T02:00",
    **{job: f"{moment:%Y-%m-%dT%H:%M}" for job, moment in MOMENT_OF.items() if job in JOBS},
}
"""At which each job has something to do, in the company's time zone."""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The month's company, pulled on its first day."""
    folder = tmp_path_factory.mktemp("company")
    company = MonthCompany("Europe/Berlin", FIRST, folder=folder)
    company.write_configuration()
    company.write_exports(FIRST)
    done = council(folder, "pull", "--at", "2026-10-01T00:30")
    assert done.returncode == 0, done.stderr
    return folder


def dump(folder: Path) -> list[str]:
    connection = sqlite3.connect(folder / "council.db")
    lines = list(connection.iterdump())
    connection.close()
    return lines


@pytest.mark.parametrize("job", JOBS)
def test_a_rehearsal_says_what_would_be_done_and_writes_nothing(folder: Path, job: str) -> None:
    before = dump(folder)
    done = council(folder, "job", job, "--dry-run", "--at", MOMENTS[job])
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip()
    assert dump(folder) == before
    assert not (folder / "exports" / "fixes.csv").exists()


def test_a_rehearsal_shows_the_messages_in_full(folder: Path) -> None:
    shown = council(folder, "job", "nudge", "--dry-run", "--at", MOMENTS["nudge"]).stdout
    assert "Hello Ana." in shown
    assert shown.splitlines()[-1] == "2 digests; 1 person had nothing new"


def test_each_job_runs_by_hand_as_of_a_moment_and_now(folder: Path) -> None:
    said = {}
    for job, moment in MOMENTS.items():
        done = council(folder, "job", job, "--at", moment)
        assert (done.returncode, done.stdout != "") == (0, True), f"{job}: {done.stderr}"
        said[job] = done.stdout
    assert said["nudge"] == "3 digests; 0 people had nothing new\n"
    assert said["council"].startswith("Posted to #pipeline-council")
    assert "No job needs a look." in council(folder, "jobs").stdout
    for job in JOBS:
        done = council(folder, "job", job, "--now")
        assert (done.returncode, done.stdout != "") == (0, True), f"{job}: {done.stderr}"


@pytest.mark.parametrize(
    ("words", "says"),
    [
        ("nudg --now", "There is no job “nudg”; did you mean nudge?"),
        ("breakfast --now", "There is no job “breakfast”; there are pull, measure,"),
        ("nudge --at yesterday", "Write it as 2026-10-01"),
        ("nudge --at 2026-13-01T09:00 --dry-run", "Write it as 2026-10-01"),
        ("nudge --at 2026-10-01T09:00 --now", "leave out --dry-run and --at"),
        ("nudge", "Say how: council job nudge --dry-run"),
    ],
)
def test_a_mistake_is_told_in_words(folder: Path, words: str, says: str) -> None:
    done = council(folder, "job", *words.split())
    assert done.returncode != 0
    assert says in " ".join(done.stderr.split())
    assert "Traceback" not in done.stderr


def test_without_a_name_every_job_is_listed_with_what_it_does(folder: Path) -> None:
    listed = council(folder, "job")
    assert listed.returncode == 0
    lines = listed.stdout.splitlines()
    assert [line.split()[0] for line in lines[: len(JOBS)]] == list(JOBS)
    assert all(job.says in line for job, line in zip(JOBS.values(), lines, strict=False))
    assert lines[-1].startswith("Name one: council job NAME")
