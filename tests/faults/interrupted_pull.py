"""A pull in a process of its own that dies, or waits, when it has reported progress so many times."""

import os
import signal
from collections.abc import Callable
from datetime import datetime
from multiprocessing.synchronize import Barrier
from pathlib import Path

from bot.app import build_company, build_crm
from bot.settings import load_settings
from bot.settings.fields import field_kinds
from jobs.pull import run_pull
from jobs.pulling import Progress
from pipeline.pull_report import PullReport
from storage.database import open_database


def pull(folder: Path, database: Path, moment: datetime, progress: Callable[[Progress], None]) -> PullReport:
    """Pull a folder with its council.toml into a database."""
    settings = load_settings(folder / "council.toml", {})
    engine = open_database(f"sqlite:///{database}")
    try:
        return run_pull(
            engine,
            build_crm(settings, moment),
            build_company(settings),
            fields=field_kinds(settings),
            now=moment,
            progress=progress,
        )
    finally:
        engine.dispose()


def pull_and_die(count: int, folder: Path, database: Path, moment: datetime) -> None:
    """Killed, as nothing else can be killed, at the so-manieth report, counted from 1."""
    pull(folder, database, moment, _interrupting(count, lambda: os.kill(os.getpid(), signal.SIGKILL)))


def pull_and_wait(count: int, folder: Path, database: Path, moment: datetime, together: Barrier) -> None:
    """At the so-manieth report it meets the test, and goes on when it meets it again."""

    def wait() -> None:
        together.wait()
        together.wait()

    pull(folder, database, moment, _interrupting(count, wait))


def _interrupting(count: int, interrupt: Callable[[], None]) -> Callable[[Progress], None]:
    reports = 0

    def interrupted(_: Progress) -> None:
        nonlocal reports
        reports += 1
        if reports == count:
            interrupt()

    return interrupted
