"""One slot of a real job in a process of its own, which dies at one of its transactions."""

import os
import signal
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, event

from storage.database import open_database
from tests.bot.scheduled_company import Clock
from tests.faults.council_weeks import build_runner, open_company


class When(StrEnum):
    AMID = "amid"
    """All is written, and nothing is committed."""
    AFTER = "after"
    """Committed, and nothing else is done."""


NEVER = 0


def run_and_die(job: str, folder: Path, url: str, moment: datetime, transaction: int, when: When) -> None:
    """Run what is due of a job, and die at the so-manieth transaction, counted from 1: the claim of the slot.

    A process that has fewer of them comes to its end.
    """
    engine = open_database(url)
    _die_at(engine, transaction, when)
    build_runner(open_company(folder, engine), Clock(moment)).run_due(job)
    engine.dispose()


def _die_at(engine: Engine, transaction: int, when: When) -> None:
    committed = 0

    def before_commit(_: Any) -> None:
        nonlocal committed
        committed += 1
        if committed == transaction and when is When.AMID:
            os.kill(os.getpid(), signal.SIGKILL)

    def given_back(*_: Any) -> None:
        if committed == transaction != NEVER:
            os.kill(os.getpid(), signal.SIGKILL)

    event.listen(engine, "commit", before_commit)
    event.listen(engine, "checkin", given_back)
