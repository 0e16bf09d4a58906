"""A process that goes through the whole schedule beside another one, tick by tick, over one database."""

import asyncio
from datetime import datetime, timedelta
from multiprocessing.synchronize import Barrier
from pathlib import Path

from storage.database import open_database
from tests.bot.scheduled_company import Clock
from tests.faults.council_weeks import build_runner, open_company
from tests.faults.delivering import FileSurface, deliver_all

TICK = timedelta(hours=1)


def go_through(folder: Path, url: str, said: Path, start: datetime, ticks: int, together: Barrier) -> None:
    """Both come to each tick at once, and each does whatever it can claim of what is due."""
    engine = open_database(url)
    clock = Clock(start)
    runner = build_runner(open_company(folder, engine), clock)
    surface = FileSurface(said, True, lambda _: None)
    for _ in range(ticks):
        together.wait()
        while due := runner.due_jobs():
            for name in due:
                runner.run_due(name)
        asyncio.run(deliver_all(engine, surface, clock.now))
        together.wait()
        clock.now += TICK
    engine.dispose()
