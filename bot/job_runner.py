"""Running what is due: claim a slot, do its work under a lease, say what became of it.

Several runners, in one process or many, share a database and nothing else. Everything here blocks; the
scheduler calls it from its own threads.
"""

import os
import secrets
import socket
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta

import structlog

from bot.app import Council
from bot.job_alarms import tell_failure, tell_recovery
from bot.job_table import JOBS, ScheduledJob
from bot.job_work import Work, WorkFailed, WorkStopped, working_for
from pipeline.schedule import Interval, Schedule, Slot, WallClock, latest_slot
from storage.database import reading, writing
from storage.job_runs import (
    Claim,
    LeaseLost,
    claim_by_hand,
    claim_slot,
    fail_slot,
    find_claimable,
    finish_slot,
    read_since,
    register_schedule,
    release_slot,
    renew_claim,
)
from storage.mirror import read_mirror

logger = structlog.get_logger()

LEASE = timedelta(minutes=2)
RENEWALS = 4
"""How often a lease is renewed while it lasts."""
FIRST_JOB = "pull"
"""Until it has succeeded once, there is nothing that other jobs could work on."""
DIED = "The process that ran it ended before it was done, {} times."


class JobRunner:
    """Runs the jobs of one company. One per process."""

    def __init__(
        self,
        council: Council,
        clock: Callable[[], datetime],
        *,
        jobs: Mapping[str, ScheduledJob] = JOBS,
        work: Work | None = None,
    ) -> None:
        self._council = council
        self._engine = council.engine
        self._clock = clock
        self._jobs = jobs
        self._work = work or working_for(council)
        self._by = f"{socket.gethostname()}/{os.getpid()}/{secrets.token_hex(4)}"
        self._stop = threading.Event()
        self._schedules = self._read_schedules()

    def register(self) -> None:
        """Take down the times of every job; those that changed count from now on."""
        with writing(self._engine) as connection:
            for name in self._jobs:
                times = schedule_text(self._schedules.get(name))
                register_schedule(connection, name, times, self._clock())

    def due_jobs(self) -> Sequence[str]:
        """The jobs of which something is due, as far as a glance shows."""
        now = self._clock()
        with reading(self._engine) as connection:
            since = read_since(connection)
            slots = {
                name: self._due_slot(job, since[name], now)
                for name, job in self._jobs.items()
                if self._is_enabled(name) and name in since
            }
            claimable = find_claimable(connection, slots, now)
        return claimable if self._has_pulled() else [name for name in claimable if name == FIRST_JOB]

    def run_due(self, name: str) -> bool:
        """Run what is due of a job, if it is still there to claim; whether anything was run."""
        job, now = self._jobs[name], self._clock()
        with writing(self._engine) as connection:
            claim = claim_slot(
                connection,
                name,
                self._due_slot(job, read_since(connection)[name], now),
                not_before=now - job.catch_up,
                now=now,
                by=self._by,
                lease=LEASE,
            )
        if claim is None:
            return False
        self._carry_out(job, claim, now)
        return True

    def run_by_hand(self, name: str, at: datetime | None = None) -> str:
        """Run a job now, as of `at`, and return what it says. Raises `WorkFailed`, `JobIsRunning`."""
        job = self._jobs[name]
        with writing(self._engine) as connection:
            claim = claim_by_hand(connection, name, now=self._clock(), by=self._by, lease=LEASE)
        try:
            with self._renewing(claim):
                says = self._work(job, at or self._clock(), self._stop)
        except WorkFailed as failure:
            self._fail(job, claim, str(failure))
            raise
        except BaseException:  # Ctrl-C among them
            self._release(claim)
            raise
        self._finish(claim, says)
        return says

    def stop(self) -> None:
        """Children are ended and their slots given back; other work comes to its end."""
        self._stop.set()

    # --- One slot ---------------------------------------------------------------------------------

    def _carry_out(self, job: ScheduledJob, claim: Claim, now: datetime) -> None:
        try:
            if claim.attempt > job.retries.attempts:
                self._fail(job, claim, DIED.format(job.retries.attempts))
                return
            try:
                with self._renewing(claim):
                    says = self._work(job, now, self._stop)
            except WorkFailed as failure:
                self._fail(job, claim, str(failure))
            except WorkStopped:
                self._release(claim)
            else:
                self._finish(claim, says)
        except LeaseLost:
            logger.warning("lease_lost", job=claim.job, slot=claim.slot)

    def _finish(self, claim: Claim, says: str) -> None:
        followers = [job.name for job in self._jobs.values() if job.after == claim.job]
        now = self._clock()
        with writing(self._engine) as connection:
            streak = finish_slot(
                connection, claim, says, now, [name for name in followers if self._is_enabled(name)]
            )
            if streak is not None:
                tell_recovery(connection, self._council, claim, streak, says, now)
        logger.info("job_done", job=claim.job, slot=claim.slot)

    def _fail(self, job: ScheduledJob, claim: Claim, reason: str) -> None:
        now, is_last = self._clock(), claim.by_hand or claim.attempt >= job.retries.attempts
        next_try = None if is_last else now + job.retries.pause_after(claim.attempt)
        with writing(self._engine) as connection:
            streak = fail_slot(connection, claim, reason, now, next_try)
            if streak is not None and streak.failures >= job.retries.attempts:
                tell_failure(connection, self._council, claim, streak, reason, now)
        logger.warning("job_failed", job=claim.job, slot=claim.slot, attempt=claim.attempt)

    def _release(self, claim: Claim) -> None:
        with writing(self._engine) as connection:
            release_slot(connection, claim, self._clock())

    @contextmanager
    def _renewing(self, claim: Claim) -> Iterator[None]:
        """The lease lasts as long as the work does, and little longer than this process."""
        done = threading.Event()
        renewing = threading.Thread(target=self._renew, args=(claim, done), daemon=True)
        renewing.start()
        try:
            yield
        finally:
            done.set()
            renewing.join()

    def _renew(self, claim: Claim, done: threading.Event) -> None:
        while not done.wait(LEASE.total_seconds() / RENEWALS):
            try:
                with writing(self._engine) as connection:
                    renew_claim(connection, claim, self._clock() + LEASE)
            except LeaseLost:
                return
            except Exception:
                logger.exception("lease_not_renewed", job=claim.job, slot=claim.slot)

    # --- Times ------------------------------------------------------------------------------------

    def _read_schedules(self) -> Mapping[str, Schedule]:
        settings = self._council.settings
        found = {name: settings.jobs.schedule_of(name, settings.calendar.zone) for name in self._jobs}
        return {name: schedule for name, schedule in found.items() if schedule is not None}

    def _is_enabled(self, name: str) -> bool:
        return self._council.settings.jobs.settings_of(name).enabled

    def _due_slot(self, job: ScheduledJob, since: datetime, now: datetime) -> Slot | None:
        match self._schedules.get(job.name):
            case None:
                return None
            case Interval() as schedule:  # what comes again and again begins at once
                return latest_slot(schedule, now - job.catch_up, now)
            case WallClock() as schedule:
                return latest_slot(schedule, max(since, now - job.catch_up), now)

    def _has_pulled(self) -> bool:
        return read_mirror(self._engine).generation > 0


def schedule_text(schedule: Schedule | None) -> str:
    """The times of a job in one line: other times make another text."""
    match schedule:
        case None:
            return "none"
        case Interval(minutes=minutes):
            return f"every {minutes} minutes"
        case WallClock(at=at, days=days, zone=zone):
            return f"{','.join(sorted(days))} {at:%H:%M} {zone.key}"
