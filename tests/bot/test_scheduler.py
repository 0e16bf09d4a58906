"""The ticking of the schedule: it runs what is due, holds up nobody, and stops without a complaint."""

import asyncio
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
import structlog
from sqlalchemy import Engine

from bot.job_runner import JobRunner
from bot.scheduler import Scheduler
from storage.database import open_database, reading
from storage.job_runs import read_runs
from tests.bot.scheduled_company import Clock, build_council, make_job
from tests.bot.test_job_runner import MONDAY
from tests.new_database import write_new_database

PATIENCE_SECONDS = 20


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    engine = open_database(write_new_database(tmp_path / "council.db"))
    yield engine
    engine.dispose()


async def test_a_job_at_work_holds_up_neither_the_event_loop_nor_other_jobs(
    tmp_path: Path, engine: Engine
) -> None:
    goes_on, short_is_done = threading.Event(), threading.Event()

    def long() -> str:
        assert goes_on.wait(PATIENCE_SECONDS)
        return "done"

    def short() -> str:
        short_is_done.set()
        return "done"

    table = {"nudge": make_job("nudge", long), "recover": make_job("recover", short)}
    runner = JobRunner(build_council(tmp_path / "company", engine, {}), Clock(MONDAY), jobs=table)
    stop = asyncio.Event()
    running = asyncio.create_task(Scheduler(runner, tick_seconds=0.05).run(stop))
    assert await asyncio.to_thread(short_is_done.wait, PATIENCE_SECONDS)
    goes_on.set()
    stop.set()
    await asyncio.wait_for(running, PATIENCE_SECONDS)
    with reading(engine) as connection:
        assert [run.says for run in read_runs(connection, "nudge")] == ["done"]


async def test_it_stops_amid_its_first_tick_without_a_complaint(tmp_path: Path, engine: Engine) -> None:
    runner = JobRunner(build_council(tmp_path / "company", engine, {}), Clock(MONDAY), jobs={})
    with structlog.testing.capture_logs() as logs:
        for pauses in range(6):
            stop = asyncio.Event()
            running = asyncio.create_task(Scheduler(runner, tick_seconds=0.01).run(stop))
            for _ in range(pauses):
                await asyncio.to_thread(lambda: None)
            stop.set()
            await asyncio.wait_for(running, PATIENCE_SECONDS)
    assert logs == []
