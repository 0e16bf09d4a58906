"""A pull of a running Salesforce, in bulk and in small steps, in a process that dies on the way."""

import os
import signal
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from bot.app import build_company
from bot.settings import load_settings
from bot.settings.fields import field_kinds
from crm.files.beside import TablesBeside
from crm.salesforce.crm import SalesforceCrm
from crm.salesforce.organisation import organisation_of
from jobs.pull import run_pull
from jobs.pulling import Progress
from pipeline.pull_report import PullReport
from storage import staging
from storage.database import open_database

SECRET = {"COUNCIL_CRM__SALESFORCE__CLIENT_SECRET": "council-secret"}
_ROWS_A_PAGE = 40
_ROWS_A_WRITE = 100


def pull(folder: Path, database: Path, moment: datetime, progress: Callable[[Progress], None]) -> PullReport:
    """Pages and writes are so small that there are many."""
    settings = load_settings(folder / "council.toml", SECRET)
    engine = open_database(f"sqlite:///{database}")
    crm = SalesforceCrm(
        organisation_of(settings.crm.salesforce, settings.home),
        settings.calendar,
        TablesBeside(settings.crm.files, settings.home),
        field_kinds(settings),
        bulk_from=0,
        rows_a_page=_ROWS_A_PAGE,
    )
    usual, staging.ROWS_A_WRITE = staging.ROWS_A_WRITE, _ROWS_A_WRITE
    try:
        return run_pull(
            engine,
            crm,
            build_company(settings),
            fields=field_kinds(settings),
            now=moment,
            progress=progress,
        )
    finally:
        staging.ROWS_A_WRITE = usual
        engine.dispose()


def pull_and_die(count: int, folder: Path, database: Path, moment: datetime) -> None:
    """Killed, as nothing else can be killed, at the so-manieth report of progress, counted from 1."""
    reports = 0

    def note(_: Progress) -> None:
        nonlocal reports
        reports += 1
        if reports == count:
            os.kill(os.getpid(), signal.SIGKILL)

    pull(folder, database, moment, note)
