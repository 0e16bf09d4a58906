"""The clock of the running application: APScheduler ticks, and the database decides who runs what.

APScheduler 3 is named here alone, and is given nothing but one tick. Its own triggers would fire twice in
a repeated hour and late in a missing one, its numbered weekdays begin on Monday, what is late by a second
it drops in silence, and a job store that replicas share fires in each of them.
"""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import structlog
from apscheduler.schedulers.asyncio import AsyncIOScheduler

from bot.job_runner import JobRunner

logger = structlog.get_logger()

TICK_SECONDS = 5
JOBS_AT_ONCE = 4
STOPPING_SECONDS = 20.0
"""How long work under way may take to end. What does not end in time is taken up when its lease is out."""


class Scheduler:
    """Looks every few seconds what is due, and runs it in threads that no answer waits for."""

    def __init__(self, runner: JobRunner, *, tick_seconds: float = TICK_SECONDS) -> None:
        self._runner = runner
        self._tick_seconds = tick_seconds
        self._ticking = asyncio.Lock()
        self._is_stopping = False
        self._under_way: dict[str, asyncio.Task[None]] = {}
        self._glances = ThreadPoolExecutor(1, "schedule")
        self._workers = ThreadPoolExecutor(JOBS_AT_ONCE, "job")

    async def run(self, stop: asyncio.Event) -> None:
        """Until `stop` is set; then what is under way comes to its end."""
        await asyncio.get_running_loop().run_in_executor(self._glances, self._runner.register)
        ticks = AsyncIOScheduler(timezone=UTC)
        ticks.add_job(
            self._tick,
            "interval",
            seconds=self._tick_seconds,
            next_run_time=datetime.now(UTC),
            max_instances=1,
            coalesce=True,
            misfire_grace_time=None,
        )
        ticks.start()
        try:
            await stop.wait()
        finally:
            self._is_stopping = True  # for a tick that was handed out and has not begun
            ticks.pause()
            async with self._ticking:  # a tick that is cut off would be reported as an error
                ticks.shutdown(wait=False)
            await self._settle()

    async def _tick(self) -> None:
        async with self._ticking:
            if not self._is_stopping:
                await self._start_due()

    async def _start_due(self) -> None:
        try:
            due = await asyncio.get_running_loop().run_in_executor(self._glances, self._runner.due_jobs)
        except Exception:
            logger.exception("tick_failed")  # the database is away: the next tick looks again
            return
        for name in due:
            if name not in self._under_way:
                self._under_way[name] = asyncio.create_task(self._run(name), name=f"job {name}")

    async def _run(self, name: str) -> None:
        try:
            await asyncio.get_running_loop().run_in_executor(self._workers, self._runner.run_due, name)
        except Exception:
            logger.exception("run_failed", job=name)
        finally:
            del self._under_way[name]

    async def _settle(self) -> None:
        self._runner.stop()
        if self._under_way:
            await asyncio.wait(self._under_way.values(), timeout=STOPPING_SECONDS)
        self._workers.shutdown(wait=False, cancel_futures=True)
        self._glances.shutdown(wait=False)
