"""Pull: bring the mirror up to date with the CRM.

Stage what the CRM yields, merge it into the next generation, move readers over in one short
transaction, then measure today's tables so that answers only have to read. Whatever dies on the way
leaves the last complete generation.
"""

import time
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime

from crm.records import Batch, Crm, PullRequest
from jobs.job import JobRun
from jobs.job import Outcome as JobOutcome
from messages.wording import Wording
from pipeline.calendar import FiscalCalendar, Period, build_calendar
from pipeline.company import Company
from pipeline.crm_records import Capabilities, FieldKind, Outcome, Problem
from pipeline.errors import ConfigurationError, Mistake, NothingUsable, PullRefused
from pipeline.nearest import did_you_mean
from pipeline.pull_report import PullProblem, PullReport
from storage.apm import definitions_hash, store_tables
from storage.bulk import collecting_rarely
from storage.database import Engine, reading
from storage.hygiene_reading import store_hygiene
from storage.merging import Merge, MergeCounts
from storage.mirror import (
    MirrorState,
    Switch,
    begin_mirror,
    forget_past,
    forget_unfinished,
    pull_lock,
    read_mirror,
    switch_over,
)
from storage.rebuilding import MergeRequest
from storage.refreshes import last_refresh, refreshed_since
from storage.staging import Reference, Staging, empty_staging

LARGEST_DELETION = 0.2
"""A complete pull that would delete more than this share of the deals is refused."""
SHOWN_A_KIND = 20
SHOWN_IN_ALL = 200


@dataclass(frozen=True)
class Progress:
    """How far a pull is."""

    step: str
    """`Reading Opportunity`, `Merging`, `Measuring`."""
    done: int
    total: int | None


Listener = Callable[[Progress], None]


def pull_on_schedule(run: JobRun) -> JobOutcome:
    """The scheduled pull; `PullRefused` while another one runs. A dry run only says what it would read."""
    if run.dry_run:
        return JobOutcome(f"It would read {run.crm.name}; a pull has nothing to show before it is made.")
    report = run_pull(
        run.engine, run.crm, run.company, fields=run.fields, now=run.now, progress=lambda _: None
    )
    unusable = sum(report.problem_counts.values())
    changes = f"{report.new:,} new, {report.changed:,} changed, {report.deleted:,} deleted"
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
) -> PullReport:
    """One pull from beginning to end.

    Raises `PullRefused` while another one runs or where it would do harm, `NothingUsable` where not one
    opportunity could be read, and `ConfigurationError` for stages that the CRM does not have.
    """
    begun = time.monotonic()
    with pull_lock(engine), collecting_rarely():
        before = read_mirror(engine)
        moment = int(now.timestamp())
        _check_moment(before, moment)
        forget_unfinished(engine, before.generation)
        with reading(engine) as connection:
            refreshed_until = last_refresh(connection)
        capabilities = crm.capabilities()
        definitions = company.definitions
        request = PullRequest(
            fields=fields,
            corporate_currency=definitions.money.corporate_currency,
            now=moment,
            timezone=definitions.calendar.timezone,
            value_field=definitions.metrics.value_field,
        )
        staging = Staging(engine)
        tally = _Tally()
        for batch in crm.pull(request):
            staging.take(batch.records, batch.problems)
            tally.count(batch, progress)
        staging.finish()
        tally.require_something_usable(crm.name)
        reference = staging.reference
        _check_stages(company, reference)
        calendar = _calendar(company, reference)
        today = calendar.day_of(moment)
        begin_mirror(engine, today)
        merge = Merge(
            engine,
            MergeRequest(
                company=company,
                calendar=calendar,
                reference=reference,
                capabilities=capabilities,
                fields=fields,
                now=moment,
                generation=before.generation + 1,
            ),
        )
        absent = merge.absent() if crm.is_complete else []
        if absent:
            _check_deletion(len(absent), merge.standing())
        opportunities = tally.taken["Opportunity"]
        counts = merge.run(lambda done: progress(Progress("Merging", done, opportunities)))
        merge.delete_absent(absent)
        notices = _notices(capabilities, counts)
        to = Switch(
            generation=before.generation + 1,
            now=moment,
            today=today.toordinal(),
            definitions_hash=definitions_hash(company),
            corporate_currency=definitions.money.corporate_currency,
            source=crm.name,
            capabilities=capabilities,
            notices=notices,
            reference=reference,
            fields=fields,
            tracked=merge.tracked,
        )
        while not switch_over(engine, to, refreshed_until):
            refreshed_until = _keep_fixes(engine, crm, request, merge, refreshed_until)
        progress(Progress("Measuring", 0, None))
        store_tables(engine, company, today)
        store_hygiene(engine, company, today)
        forget_past(engine, before.generation + 1)
        empty_staging(engine)
    return PullReport(
        source=crm.name,
        taken=dict(tally.taken),
        new=counts.new,
        changed=counts.changed,
        unchanged=counts.unchanged,
        deleted=counts.deleted,
        kept=tally.kept + counts.kept,
        problems=tuple(tally.problems.shown),
        problem_counts=dict(tally.problems.counts),
        quirks=tuple(tally.quirks.shown),
        quirk_counts=dict(tally.quirks.counts),
        notices=notices,
        versions=counts.versions,
        seconds=time.monotonic() - begun,
    )


def _keep_fixes(engine: Engine, crm: Crm, request: PullRequest, merge: Merge, since: int) -> int:
    """Bring deals that were fixed while this pull read into the generation that it writes.

    What the pull has read of them can be older than the fix. Gives the number of the last one.
    """
    with reading(engine) as connection:
        refreshed = refreshed_since(connection, since)
    for opportunity_id in refreshed.opportunity_ids:
        deal = crm.read_deal(opportunity_id, request)
        if deal is not None:
            merge.refresh(deal)
    return refreshed.last


class _Listing:
    """Problems of one outcome: all are counted, the first of each kind are shown."""

    def __init__(self) -> None:
        self.counts: Counter[str] = Counter()
        self.shown: list[PullProblem] = []
        self._shown_by_kind: Counter[str] = Counter()

    def add(self, problem: Problem) -> None:
        self.counts[problem.kind] += problem.times
        if self._shown_by_kind[problem.kind] >= SHOWN_A_KIND or len(self.shown) >= SHOWN_IN_ALL:
            return
        self._shown_by_kind[problem.kind] += 1
        self.shown.append(
            PullProblem(
                problem.file,
                problem.line,
                problem.column,
                problem.value,
                problem.says,
                problem.kind,
                problem.times,
            )
        )


class _Tally:
    """What a pull has seen so far."""

    def __init__(self) -> None:
        self.taken: Counter[str] = Counter()
        self.problems = _Listing()
        self.quirks = _Listing()
        self.kept = 0

    def count(self, batch: Batch, progress: Listener) -> None:
        if batch.records:
            name = _object_name(type(batch.records[0]))
            self.taken[name] += len(batch.records)
            progress(Progress(f"Reading {name}", self.taken[name], batch.total))
        for problem in batch.problems:
            self._count_problem(problem)

    def require_something_usable(self, source: str) -> None:
        if self.taken["Opportunity"]:
            return
        reasons = "; ".join(
            f"{problem.file}{f' line {problem.line}' if problem.line else ''}: {problem.says}"
            for problem in self.problems.shown[:3]
        )
        raise NothingUsable(
            f"Not one opportunity of {source} could be used, so nothing was changed. "
            + (reasons or "The table of opportunities is empty.")
        )

    def _count_problem(self, problem: Problem) -> None:
        self.kept += problem.opportunity_id is not None
        listing = self.quirks if problem.outcome is Outcome.TAKEN_IN else self.problems
        listing.add(problem)


def _object_name(kind: type) -> str:
    return kind.__name__.removesuffix("Record")


def _check_moment(before: MirrorState, moment: int) -> None:
    if before.pulled_at is not None and moment < before.pulled_at:
        raise PullRefused(
            "A pull cannot be dated before the last one: the mirror already knows what came later. "
            "Leave out the time, or start with a new database."
        )


def _check_stages(company: Company, reference: Reference) -> None:
    names = [stage.name for stage in sorted(reference.stages, key=lambda stage: stage.order)]
    metrics = company.definitions.metrics
    wanted = {
        "metrics.qualified_stage": metrics.qualified_stage,
        "metrics.assumed_open_stage": metrics.assumed_open_stage,
    }
    mistakes = [
        Mistake("", key, name, f"no stage of the CRM{did_you_mean(name, names)}; stages: {', '.join(names)}")
        for key, name in wanted.items()
        if name is not None and name not in names
    ]
    if mistakes:
        raise ConfigurationError(mistakes)


def _calendar(company: Company, reference: Reference) -> FiscalCalendar:
    definition = company.definitions.calendar
    if definition.periods is None:
        return build_calendar(definition)
    periods = [
        Period(record.label, date.fromordinal(record.start_day), date.fromordinal(record.end_day))
        for record in reference.periods
    ]
    return build_calendar(definition, periods)


def _check_deletion(absent: int, standing: int) -> None:
    if absent > LARGEST_DELETION * standing:
        raise PullRefused(
            f"{absent:,} of {standing:,} opportunities are absent from this export, which is more than "
            f"{LARGEST_DELETION:.0%}: it looks cut off, so nothing was changed. If they really are gone, "
            "export them once with IsDeleted, or take `complete = true` out of [crm.files]."
        )


def _notices(capabilities: Capabilities, counts: MergeCounts) -> tuple[str, ...]:
    notices = [*capabilities.notices, *counts.notices]
    if counts.unknown_creation:
        notices.append(
            f"{counts.unknown_creation:,} opportunities have no creation date: they count from the first "
            "pull on (closed ones from their close date)."
        )
    return tuple(notices)
