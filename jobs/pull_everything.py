"""Pulling everything: stage what the CRM yields, merge it into the next generation, move readers over in one
short transaction, then measure today's tables so that answers only have to read.

Whatever dies on the way leaves the last complete generation. What is staged by then is kept where the CRM can
go on behind it.
"""

from dataclasses import replace
from datetime import date, timedelta

from crm.records import CannotResume, Crm, PullRequest
from jobs.pulling import Progress, Pulling, Tally, check_deletion, object_name
from pipeline.calendar import FiscalCalendar, Period, build_calendar
from pipeline.company import Company
from pipeline.crm_records import Capabilities
from pipeline.errors import ConfigurationError, Mistake
from pipeline.nearest import did_you_mean
from pipeline.pull_report import PullReport, PullWay
from storage.apm import definitions_hash, store_tables
from storage.database import Engine, reading
from storage.hygiene_reading import store_hygiene
from storage.merging import Merge, MergeCounts
from storage.mirror import Switch, begin_mirror, forget_past, read_mirror, switch_over
from storage.pull_progress import PullProgress, read_progress
from storage.rebuilding import MergeRequest
from storage.refreshes import last_refresh, refreshed_since
from storage.staging import Reference, Staging, empty_staging

KEPT_FOR = timedelta(days=1)
"""What was staged longer ago is read again."""
_IF_REALLY_GONE = (
    "If they really are gone, export them once with IsDeleted, or take `complete = true` out of [crm.files]."
)


def unfinished_pull(pulling: Pulling) -> PullProgress | None:
    """The pull that broke off, where this one can go on with it: it was asked the same, not long ago."""
    with reading(pulling.engine) as connection:
        progress = read_progress(connection)
    if progress is None or progress.ground != pulling.reading_ground:
        return None
    return progress if pulling.now - progress.begun_at <= KEPT_FOR.total_seconds() else None


def pull_everything(pulling: Pulling, unfinished: PullProgress | None) -> PullReport:
    """From the beginning, or on from where a pull broke off.

    Raises `PullRefused`, `NothingUsable` and `ConfigurationError` as `jobs.pull.run_pull`.
    """
    engine, crm, company, request = pulling.engine, pulling.crm, pulling.company, pulling.request
    before = read_mirror(engine)
    with reading(engine) as connection:
        refreshed_until = last_refresh(connection)
    begun, staging, tally = _stage(pulling, unfinished)
    tally.require_something_usable(crm.name)
    reference = staging.reference
    _check_stages(company, reference)
    calendar = _calendar(company, reference)
    today = calendar.day_of(request.now)
    begin_mirror(engine, today)
    merge = Merge(
        engine,
        MergeRequest(
            company=company,
            calendar=calendar,
            reference=reference,
            capabilities=pulling.capabilities,
            fields=request.fields,
            now=request.now,
            generation=before.generation + 1,
        ),
    )
    absent = merge.absent() if crm.is_complete else []
    if absent:
        check_deletion(len(absent), merge.standing(), _IF_REALLY_GONE)
    opportunities = tally.taken["Opportunity"]
    counts = merge.run(lambda done: pulling.progress(Progress("Merging", done, opportunities)))
    merge.delete_absent(absent)
    notices = _notices(pulling.capabilities, counts)
    to = Switch(
        generation=before.generation + 1,
        now=request.now,
        today=today.toordinal(),
        definitions_hash=definitions_hash(company),
        corporate_currency=request.corporate_currency,
        source=crm.name,
        capabilities=pulling.capabilities,
        notices=notices,
        reference=reference,
        fields=request.fields,
        tracked=merge.tracked,
        mark=begun.mark,
        mark_ground=pulling.mirror_ground(reference),
    )
    while not switch_over(engine, to, refreshed_until):
        refreshed_until = _keep_fixes(engine, crm, request, merge, refreshed_until)
    pulling.progress(Progress("Measuring", 0, None))
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
        seconds=0,
        way=PullWay.EVERYTHING if begun.resume is None else PullWay.REST,
    )


def _stage(pulling: Pulling, unfinished: PullProgress | None) -> tuple[PullProgress, Staging, Tally]:
    """All that the CRM yields. Where it cannot go on with what broke off, it is read from the beginning."""
    if unfinished is not None:
        try:
            return unfinished, *_read(pulling, unfinished)
        except CannotResume:
            pass
    begun = PullProgress(pulling.reading_ground, pulling.crm.mark(), pulling.now)
    return begun, *_read(pulling, begun)


def _read(pulling: Pulling, begun: PullProgress) -> tuple[Staging, Tally]:
    staging = Staging(pulling.engine, begun)
    tally = Tally()
    if begun.resume is not None:
        tally.taken.update({object_name(kind): count for kind, count in staging.counts().items() if count})
    for batch in pulling.crm.pull(replace(pulling.request, resume=begun.resume)):
        staging.take(batch.records, batch.problems, batch.resume)
        tally.count(batch, pulling.progress)
    staging.finish()
    return staging, tally


def _keep_fixes(engine: Engine, crm: Crm, request: PullRequest, merge: Merge, since: int) -> int:
    """Bring deals that were fixed while this pull read into the generation that it writes.

    What the pull has read of them can be older than the fix. Gives the number of the last one.
    """
    with reading(engine) as connection:
        refreshed = refreshed_since(connection, since)
    for deals in crm.read_deals(refreshed.opportunity_ids, request):
        for deal in deals:
            merge.refresh(deal)
    return refreshed.last


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


def _notices(capabilities: Capabilities, counts: MergeCounts) -> tuple[str, ...]:
    notices = [*capabilities.notices, *counts.notices]
    if counts.unknown_creation:
        notices.append(
            f"{counts.unknown_creation:,} opportunities have no creation date: they count from the first "
            "pull on (closed ones from their close date)."
        )
    return tuple(notices)
