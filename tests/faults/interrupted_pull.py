"""A pull in a process of its own that dies, or waits, when it has reported progress so many times.

`python interrupted_pull.py die|wait COUNT FOLDER DATABASE MOMENT`: `die` kills the process as nothing else
can be killed, and `wait` writes a line and goes on when its input ends. COUNT 0 is never reached.
"""

import os
import signal
import sys
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from bot.app import build_company, build_crm
from bot.settings import load_settings
from bot.settings.fields import field_kinds
from jobs.pull import Progress, run_pull
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


def _die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def _wait() -> None:
    sys.stdout.write("waiting\n")
    sys.stdout.flush()
    sys.stdin.read()


def _main(how: str, count: str, folder: str, database: str, moment: str) -> None:
    interrupt = {"die": _die, "wait": _wait}[how]
    reports = 0

    def interrupted(_: Progress) -> None:
        nonlocal reports
        reports += 1
        if reports == int(count):
            interrupt()

    pull(Path(folder), Path(database), datetime.fromisoformat(moment), interrupted)


if __name__ == "__main__":
    _main(*sys.argv[1:])
