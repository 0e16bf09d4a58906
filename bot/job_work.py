"""Doing a job's work: here in this thread, or in a process of its own.

A pull or a measuring of any size computes for long. In a child process it leaves the interpreter to the
threads that answer people.
"""

import os
import secrets
import signal
import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from multiprocessing import get_context, parent_process
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess

import structlog

from bot.app import Council, build_crm, open_council
from bot.job_table import ScheduledJob, find_job
from bot.settings import Settings, field_kinds
from jobs.job import JobRun, Outcome
from pipeline.errors import CouncilError

logger = structlog.get_logger()

LOOK_SECONDS = 0.5
"""How often a waiting parent looks whether it is to stop."""


class WorkFailed(CouncilError):
    """A job that did not come to its end; the text says why, for an administrator."""


class WorkStopped(Exception):
    """The application is being stopped, and the job with it."""


Work = Callable[[ScheduledJob, datetime, threading.Event], str]
"""Does a job as of a moment and returns what it says of itself. Raises `WorkFailed`, `WorkStopped`."""


def do_work(council: Council, job: ScheduledJob, now: datetime, *, dry_run: bool = False) -> Outcome:
    """The job's work in this thread. Raises `WorkFailed` with a reason for whatever went wrong."""
    run = JobRun(
        engine=council.engine,
        company=council.company,
        crm=build_crm(council.settings, now),
        now=now,
        today=now.astimezone(council.settings.calendar.zone).date(),
        dry_run=dry_run,
        jobs=council.settings.jobs,
        fields=field_kinds(council.settings),
    )
    try:
        return job.run(run)
    except CouncilError as error:
        raise WorkFailed(str(error)) from error
    except Exception as error:
        reference = secrets.token_hex(4)
        logger.exception("job_failed", job=job.name, reference=reference)
        raise WorkFailed(
            f"Something went wrong on our side ({type(error).__name__}). "
            f"The log has the details under {reference}."
        ) from error


def working_for(council: Council) -> Work:
    """How the running application works: each job where its line of the table says."""

    def work(job: ScheduledJob, now: datetime, stop: threading.Event) -> str:
        if job.in_child:
            return _work_in_child(council.settings, job, now, stop)
        return do_work(council, job, now).says

    return work


@dataclass(frozen=True)
class _Answer:
    """What a child sends before it ends."""

    says: str
    failed: bool


def _work_in_child(settings: Settings, job: ScheduledJob, now: datetime, stop: threading.Event) -> str:
    context = get_context("spawn")
    receiving, sending = context.Pipe(duplex=False)
    child = context.Process(
        target=_be_child, args=(sending, settings, job.name, now), name=f"council-{job.name}", daemon=True
    )
    child.start()
    sending.close()
    try:
        while not receiving.poll(LOOK_SECONDS):
            if stop.is_set():
                child.terminate()
                raise WorkStopped
        return _said(receiving, child)
    finally:
        receiving.close()
        child.join()


def _said(receiving: Connection, child: BaseProcess) -> str:
    try:
        answer: _Answer = receiving.recv()
    except EOFError:
        child.join()
        raise WorkFailed(f"The process that did it ended before it was done ({_end_of(child)}).") from None
    if answer.failed:
        raise WorkFailed(answer.says)
    return answer.says


def _end_of(child: BaseProcess) -> str:
    code = child.exitcode or 0
    return f"killed by signal {-code}" if code < 0 else f"exit code {code}"


def _be_child(sending: Connection, settings: Settings, name: str, now: datetime) -> None:
    """The child's whole life."""
    from bot.logs import log_to_stderr

    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the parent, which ends its children
    log_to_stderr()
    threading.Thread(target=_end_with_parent, daemon=True).start()
    council = open_council(settings)
    try:
        answer = _Answer(do_work(council, find_job(name), now).says, failed=False)
    except WorkFailed as failure:
        answer = _Answer(str(failure), failed=True)
    finally:
        council.engine.dispose()
    sending.send(answer)
    sending.close()


def _end_with_parent() -> None:
    """A child whose parent was killed stops where it is: the slot is somebody else's soon."""
    parent = parent_process()
    if parent is not None:
        wait([parent.sentinel])
        os._exit(1)
