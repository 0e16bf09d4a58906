"""Pull: bring the mirror up to date with the CRM.

What has changed since the last pull is enough where the CRM can tell it (`jobs.pull_changes`); else
everything is read (`jobs.pull_everything`), or the rest of it where a pull broke off. Whatever dies on
the way leaves a mirror that is whole, and what the next pull repeats.
"""

import time
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

from crm.records import Crm
from jobs.job import JobRun
from jobs.job import Outcome as JobOutcome
from jobs.pull_changes import pull_changes
from jobs.pull_everything import pull_everything, unfinished_pull
from jobs.pulling import Listener, Pulling, start_pulling
from messages.wording import Wording
from pipeline.company import Company
from pipeline.crm_records import FieldKind
from pipeline.errors import PullRefused
from pipeline.pull_report import PullReport, PullWay
from storage.bulk import collecting_rarely
from storage.database import Engine
from storage.mirror import MirrorState, forget_unfinished, pull_lock, read_mirror
from storage.staging import empty_staging, is_staged


def pull_on_schedule(run: JobRun) -> JobOutcome:
    """The scheduled pull; `PullRefused` while another one runs. A dry run only says what it would read."""
    if run.dry_run:
        return JobOutcome(f"It would read {run.crm.name}; a pull has nothing to show before it is made.")
    report = run_pull(
        run.engine, run.crm, run.company, fields=run.fields, now=run.now, progress=lambda _: None
    )
    unusable = sum(report.problem_counts.values())
    read = "" if report.way is PullWay.CHANGES else f"read {report.way}: "
    changes = f"{read}{report.new:,} new, {report.changed:,} changed, {report.deleted:,} deleted"
    problems = Wording().count(unusable, "problem", "problems")
    return JobOutcome(f"{changes}, {problems}" if unusable else changes)


def run_pull(
    engine: Engine,
    crm: Crm,
    company: Company,
    *,
    fields: Mapping[str, FieldKind],
    now: datetime,
    progress: Listener,
    everything: bool = False,
) -> PullReport:
    """One pull from beginning to end; `everything`: also where the CRM could tell what has changed.

    Raises `PullRefused` while another one runs or where it would do harm, `NothingUsable` where not one
    opportunity could be read, and `ConfigurationError` for stages that the CRM does not have.
    """
    begun = time.monotonic()
    with pull_lock(engine), collecting_rarely():
        before = read_mirror(engine)
        moment = int(now.timestamp())
        _check_moment(before, moment)
        forget_unfinished(engine, before.generation)
        pulling = start_pulling(engine, crm, company, fields, moment, progress)
        report = _pull(pulling, everything)
    return replace(report, seconds=time.monotonic() - begun)


def _pull(pulling: Pulling, everything: bool) -> PullReport:
    unfinished = unfinished_pull(pulling)
    if unfinished is not None:
        whole = pull_everything(pulling, unfinished)
        return _with_changes(whole, pull_changes(pulling)) if whole.way is PullWay.REST else whole
    if is_staged(pulling.engine):
        empty_staging(pulling.engine)
    changes = None if everything else pull_changes(pulling)
    return changes or pull_everything(pulling, None)


def _with_changes(rest: PullReport, changes: PullReport | None) -> PullReport:
    """What was read before the pull broke off may have changed since."""
    if changes is None:
        return rest
    return replace(
        rest,
        new=rest.new + changes.new,
        changed=rest.changed + changes.changed,
        deleted=rest.deleted + changes.deleted,
        versions=rest.versions + changes.versions,
    )


def _check_moment(before: MirrorState, moment: int) -> None:
    if before.pulled_at is not None and moment < before.pulled_at:
        raise PullRefused(
            "A pull cannot be dated before the last one: the mirror already knows what came later. "
            "Leave out the time, or start with a new database."
        )
