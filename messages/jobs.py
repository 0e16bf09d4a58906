"""The scheduled jobs: how each stands, and what administrators are told when one fails."""

from collections.abc import Sequence
from datetime import datetime, tzinfo

from messages.card import Bold, Card, Column, Paragraph, Table, TableRow, Text, TextCell, Tone, text
from messages.wording import NO_VALUE, Wording
from pipeline.job_runs import JobStanding, PastRun, RunState
from pipeline.schedule import Interval, WallClock, Weekday

_DAY_NAMES = {
    Weekday.MONDAY: "Mondays",
    Weekday.TUESDAY: "Tuesdays",
    Weekday.WEDNESDAY: "Wednesdays",
    Weekday.THURSDAY: "Thursdays",
    Weekday.FRIDAY: "Fridays",
    Weekday.SATURDAY: "Saturdays",
    Weekday.SUNDAY: "Sundays",
}
_STATE_WORDS = {
    RunState.RUNNING: "Running",
    RunState.WAITING: "Will be tried again",
    RunState.DONE: "Done",
    RunState.FAILED: "Failed",
    RunState.SKIPPED: "Skipped",
}
_WEEKDAYS = frozenset(Weekday) - {Weekday.SATURDAY, Weekday.SUNDAY}


def compose_jobs(jobs: Sequence[JobStanding], zone: tzinfo, wording: Wording | None = None) -> Card:
    """A row per job; moments as clocks in `zone` show them."""
    wording = wording or Wording()
    columns = (Column("Job"), Column("When"), Column("Next"), Column("Last"), Column("What came of it"))
    rows = tuple(_row(job, zone, wording) for job in jobs)
    failing = [job.name for job in jobs if job.last is not None and _is_trouble(job.last)]
    says = (
        f"{wording.count(len(failing), 'job needs', 'jobs need')} a look: {', '.join(failing)}."
        if failing
        else "No job needs a look."
    )
    blocks = (
        Paragraph(text(says)),
        Table("Scheduled jobs", columns, rows),
        Paragraph(
            text(f"Times are those of {zone}. By hand: council job NAME --now, or --dry-run to only look."),
            Tone.NOTE,
        ),
    )
    return Card("jobs", "Scheduled jobs", blocks, f"Scheduled jobs. {says}")


def compose_job_failure(
    job: str, reason: str, failures: int, since: datetime, wording: Wording | None = None
) -> Card:
    """To the administrators, once for each streak of failures."""
    wording = wording or Wording()
    title = f"The job {job} fails"
    times = f"It was tried {wording.count(failures, 'time', 'times')} since {wording.moment(since)}."
    blocks = (
        Paragraph(text(f"{times} The last reason:")),
        *(Paragraph(text(line)) for line in reason.splitlines() if line.strip()),
        Paragraph(
            text(
                "It is tried again on its schedule, and I say so when it works. To try at once: "
                f"council job {job} --now. How all jobs stand: council jobs."
            ),
            Tone.NOTE,
        ),
    )
    return Card(f"job_failed:{job}", title, blocks, f"{title}: {reason}")


def compose_job_recovery(
    job: str, says: str, failures: int, since: datetime, wording: Wording | None = None
) -> Card:
    """To the administrators, once after a streak of failures of which they were told."""
    wording = wording or Wording()
    title = f"The job {job} works again"
    before = f"after {wording.count(failures, 'failure', 'failures')} since {wording.moment(since)}"
    return Card(f"job_works:{job}", title, (Paragraph(text(f"{says}, {before}.")),), f"{title}, {before}.")


def _row(job: JobStanding, zone: tzinfo, wording: Wording) -> TableRow:
    return TableRow(
        (
            TextCell(text(Bold(job.name), f": {job.says}")),
            TextCell(text(times_in_words(job, zone))),
            TextCell(text(NO_VALUE if job.next is None else _moment(job.next, zone, wording))),
            TextCell(text(_started(job.last, zone, wording))),
            TextCell(_outcome(job.last, zone, wording)),
        )
    )


def times_in_words(job: JobStanding, zone: tzinfo | None = None) -> str:
    """`Mondays at 09:00`, `every 15 minutes`, `after each pull`; `zone` is one that goes without saying."""
    if not job.is_enabled:
        return "switched off"
    after = f"after each {job.after}" if job.after else ""
    match job.schedule:
        case None:
            return after or "only by hand"
        case Interval(minutes=minutes):
            own = "every minute" if minutes == 1 else f"every {minutes} minutes"
        case WallClock() as schedule:
            where = "" if schedule.zone == zone else f" ({schedule.zone.key})"
            own = f"{_days(schedule.days)} at {schedule.at:%H:%M}{where}"
    return f"{after}, and {own}" if after else own


def _days(days: frozenset[Weekday]) -> str:
    if days == frozenset(Weekday):
        return "every day"
    if days == _WEEKDAYS:
        return "weekdays"
    names = [name for day, name in _DAY_NAMES.items() if day in days]
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def _is_trouble(run: PastRun) -> bool:
    return run.state is RunState.FAILED or (run.state is RunState.WAITING and run.reason != "")


def _moment(moment: datetime, zone: tzinfo, wording: Wording) -> str:
    """`23 Nov, 09:15`."""
    local = moment.astimezone(zone)
    return f"{wording.day(local.date()).words}, {local:%H:%M}"


def _started(run: PastRun | None, zone: tzinfo, wording: Wording) -> str:
    if run is None or run.started is None:
        return NO_VALUE
    return _moment(run.started, zone, wording)


def _outcome(run: PastRun | None, zone: tzinfo, wording: Wording) -> Text:
    if run is None:
        return text("It has not run yet.")
    if run.state is RunState.WAITING and run.started is None:
        return text("It waits for its turn.")
    says = run.says if run.state is RunState.DONE else run.reason
    again = (
        f" Next attempt: {_moment(run.next_try, zone, wording)}."
        if run.state is RunState.WAITING and run.next_try is not None
        else ""
    )
    return text(Bold(_STATE_WORDS[run.state]), f": {says}" if says else "", again)
