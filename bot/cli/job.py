"""`council job NAME`: one scheduled job by hand, to see what it would say or to run it now."""

import threading
from datetime import UTC, datetime
from typing import Annotated

from cyclopts import Parameter

from bot.app import Council
from bot.cli.invocation import Called, in_zone
from bot.cli.opening import opened
from bot.cli.sheet import print_cards, print_text
from bot.job_runner import JobRunner
from bot.job_table import JOBS, ScheduledJob, find_job
from bot.job_work import do_work
from bot.logs import log_to_stderr
from pipeline.errors import CouncilError


def run_job(
    name: str | None = None,
    *,
    now: Annotated[bool, Parameter(name="--now", negative="", help="Run it now.")] = False,
    dry_run: Annotated[
        bool, Parameter(name="--dry-run", negative="", help="Show what it would say; write and post nothing.")
    ] = False,
    at: Annotated[
        datetime | None,
        Parameter(
            help="Run it, or show it, as of this moment (2026-10-01T09:00, in the organisation's time zone "
            "where none is given)."
        ),
    ] = None,
    invocation: Called,
) -> None:
    """Run a job by hand.

    Parameters
    ----------
    name
        The job; without one they are listed.
    """
    if name is None:
        print_text(_list())
        return
    job = find_job(name)
    if not (now or dry_run or at):
        raise CouncilError(
            f"Say how: council job {name} --dry-run shows what it would say, --now runs it, and --at "
            "2026-10-01T09:00 runs it as of that moment."
        )
    if now and (dry_run or at):
        raise CouncilError("--now runs it for real and as of now: leave out --dry-run and --at, or --now.")
    log_to_stderr()
    with opened(invocation) as council:
        moment = datetime.now(UTC) if at is None else in_zone(at, council.settings.calendar.zone)
        if dry_run:
            _show(council, job, moment)
        else:
            _run(council, job, moment if at else None)


def _list() -> str:
    width = max(map(len, JOBS))
    lines = [f"  {job.name:<{width}}  {job.says}\n" for job in JOBS.values()]
    how = (
        "Name one: council job NAME --dry-run shows what it would say, --now runs it. council jobs says when "
        "each runs.\n"
    )
    return f"{''.join(lines)}{how}"


def _show(council: Council, job: ScheduledJob, moment: datetime) -> None:
    outcome = do_work(council, job, moment, dry_run=True)
    print_cards(*outcome.cards)
    print_text(f"{outcome.says}\n")


def _run(council: Council, job: ScheduledJob, at: datetime | None) -> None:
    def work_here(job: ScheduledJob, moment: datetime, stop: threading.Event) -> str:  # noqa: ARG001
        return do_work(council, job, moment).says

    runner = JobRunner(council, lambda: datetime.now(UTC), work=work_here)
    runner.register()
    print_text(f"{runner.run_by_hand(job.name, at)}\n")
