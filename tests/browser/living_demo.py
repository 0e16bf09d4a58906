"""The demo company in a room whose days the test moves; the real runner and delivery do the rest."""

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from bot.app import Council, open_desk
from bot.delivery import Delivery
from bot.demo import open_demo
from bot.demo_past import Clock
from bot.dispatch import Dispatch
from bot.job_runner import JobRunner
from bot.job_table import JOBS
from bot.job_work import do_work
from bot.preview.opening import open_room
from bot.preview.room import Guest, Room
from bot.preview.surface import PreviewSurface
from bot.room import list_guests

STRANGER = Guest("sam@elsewhere.example", "Sam Stranger", "Strangers", "Somebody whom the CRM does not know")


@dataclass(frozen=True)
class LivingDemo:
    """A room that is open, over a company that was pulled; its clock stands still until it is moved."""

    council: Council
    address: str
    clock: Clock

    def run(self, *jobs: str, at: datetime) -> None:
        """Move the clock and run these jobs then, one after the other."""
        self.clock.now = at
        runner = JobRunner(
            self.council,
            self.clock,
            work=lambda job, now, _stop: do_work(self.council, JOBS[job.name], now).says,
        )
        runner.register()
        for job in jobs:
            runner.run_by_hand(job)


@contextmanager
def living_demo(folder: Path, now: datetime) -> Iterator[LivingDemo]:
    """The demo company as of `now`, served beside the test."""
    council = open_demo(folder, now, lambda _: None)
    clock = Clock(now)
    room = Room(clock)
    with _running_loop() as loop:
        serving = asyncio.run_coroutine_threadsafe(_serve(council, room, clock), loop).result()
        try:
            yield LivingDemo(council, serving.address, clock)
        finally:
            asyncio.run_coroutine_threadsafe(serving.close(), loop).result()
    council.engine.dispose()


class _Serving:
    def __init__(self, council: Council, room: Room, clock: Clock) -> None:
        self._stop = asyncio.Event()
        self._delivery = Delivery(council.engine, PreviewSurface(room), clock, council.company)

    async def open(self, council: Council, room: Room, clock: Clock) -> None:
        guests = [*list_guests(council, {}), STRANGER]
        answer = Dispatch(open_desk(council, clock()), clock).answer
        self._opened = await open_room(room, lambda: guests, answer)
        self._delivering = asyncio.create_task(self._delivery.run(self._stop))

    @property
    def address(self) -> str:
        return self._opened.address

    async def close(self) -> None:
        self._stop.set()
        await self._delivering
        await self._opened.close()


async def _serve(council: Council, room: Room, clock: Clock) -> _Serving:
    serving = _Serving(council, room, clock)
    await serving.open(council, room, clock)
    return serving


@contextmanager
def _running_loop() -> Iterator[asyncio.AbstractEventLoop]:
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    try:
        yield loop
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()
