"""A job that is killed at any point is taken up by another process; nothing is said twice or lost."""

from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine, select

from bot.job_runner import LEASE
from pipeline.job_runs import RunState
from storage.chat_tables import outbox
from storage.database import open_database, reading
from storage.job_runs import read_runs
from tests.bot.scheduled_company import Clock, build_council
from tests.faults.processes import race, was_killed
from tests.faults.scheduled_letters import (
    NEVER,
    START,
    STEPS,
    build_runner,
    claim_each_slot,
    letters_job,
    run_and_die,
)
from tests.new_database import write_new_database

QUARTERS = 25


def _prepare(folder: Path, engine: Engine) -> None:
    """The company's files, and the job registered an hour before."""
    build_council(folder, engine, {})
    build_runner(folder, engine, Clock(START - timedelta(hours=1)), letters_job(NEVER)).register()


def _check_taken_up(folder: Path, engine: Engine) -> None:
    clock = Clock(START + timedelta(minutes=1))
    runner = build_runner(folder, engine, clock, letters_job(NEVER))
    assert not runner.run_due("council")  # the dead holder's lease still lasts
    clock.now = START + LEASE + timedelta(seconds=1)
    assert runner.due_jobs() == ["council"]
    assert runner.run_due("council")
    assert not runner.run_due("council")
    with reading(engine) as connection:
        keys = connection.execute(select(outbox.c.key).order_by(outbox.c.no)).scalars().all()
        runs = read_runs(connection, "council")
    assert keys == [f"letter:2026-11-23:{step}" for step in range(STEPS)]
    assert [(run.slot, run.state, run.attempts) for run in runs] == [("2026-11-23T09:00", RunState.DONE, 2)]


@pytest.mark.parametrize("point", range(3 * STEPS + 1))
def test_a_job_killed_before_during_or_after_a_step_is_taken_up(tmp_path: Path, point: int) -> None:
    url = write_new_database(tmp_path / "council.db")
    engine = open_database(url)
    _prepare(tmp_path / "company", engine)
    assert was_killed(run_and_die, tmp_path / "company", url, point)
    _check_taken_up(tmp_path / "company", engine)
    engine.dispose()


def test_a_job_killed_amid_a_step_is_taken_up_on_either_database(
    tmp_path: Path, database: Engine, database_url: str
) -> None:
    _prepare(tmp_path / "company", database)
    assert was_killed(run_and_die, tmp_path / "company", database_url, 4)
    _check_taken_up(tmp_path / "company", database)


def test_a_job_that_kills_its_process_each_time_is_given_up_and_told(tmp_path: Path) -> None:
    url = write_new_database(tmp_path / "council.db")
    engine = open_database(url)
    folder = tmp_path / "company"
    _prepare(folder, engine)
    assert was_killed(run_and_die, folder, url, 0)
    clock = Clock(START + LEASE + timedelta(seconds=1))
    with reading(engine) as connection:
        assert read_runs(connection, "council")[0].attempts == 1
    # The second holder dies as well: here it is one that claimed and never came back.
    dead = build_runner(folder, engine, clock, letters_job(NEVER))
    dead._carry_out = lambda *_: None  # type: ignore[method-assign]
    assert dead.run_due("council")
    clock.now += LEASE
    assert build_runner(folder, engine, clock, letters_job(NEVER)).run_due("council")
    with reading(engine) as connection:
        run = read_runs(connection, "council")[0]
    assert (run.state, run.reason) == (
        RunState.FAILED,
        "The process that ran it ended before it was done, 2 times.",
    )
    engine.dispose()


def test_two_processes_over_one_database_never_both_run_a_slot(
    tmp_path: Path, database: Engine, database_url: str
) -> None:
    folder, notes = tmp_path / "company", tmp_path / "notes"
    build_council(folder, database, {})
    job = letters_job(NEVER)
    build_runner(folder, database, Clock(START), job).register()
    _register_nudge(folder, database)
    race(claim_each_slot, folder, database_url, QUARTERS, notes)
    ran = notes.read_text().splitlines()
    assert len(ran) == len(set(ran))
    with reading(database) as connection:
        runs = [run for run in read_runs(connection, "nudge") if run.state is RunState.DONE]
    assert len(runs) == len(ran)
    assert all(run.attempts == 1 for run in runs)


def _register_nudge(folder: Path, engine: Engine) -> None:
    from storage.database import writing
    from storage.job_runs import register_schedule

    with writing(engine) as connection:
        register_schedule(connection, "nudge", "every 15 minutes", START)
