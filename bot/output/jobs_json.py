"""`council jobs --format json` and its CSV: how each scheduled job stands."""

from collections.abc import Sequence
from datetime import datetime

from messages.csv_sheet import csv_sheet
from messages.jobs import times_in_words
from pipeline.job_runs import JobStanding, PastRun

Json = dict[str, object]

_COLUMNS = ("job", "when", "next", "slot", "state", "attempts", "started", "ended", "says", "reason")


def jobs_json(standings: Sequence[JobStanding]) -> Json:
    return {"jobs": [_standing(standing) for standing in standings]}


def jobs_csv(standings: Sequence[JobStanding]) -> str:
    """A line per job."""
    return csv_sheet(_COLUMNS, map(_line, standings))


def _line(standing: JobStanding) -> tuple[str | int | None, ...]:
    own = (standing.name, times_in_words(standing), _iso(standing.next))
    run = standing.last
    if run is None:
        return (*own, *[None] * (len(_COLUMNS) - len(own)))
    moments = (_iso(run.started), _iso(run.ended))
    return (*own, run.slot, run.state.value, run.attempts, *moments, run.says, run.reason)


def _standing(standing: JobStanding) -> Json:
    return {
        "job": standing.name,
        "enabled": standing.is_enabled,
        "when": times_in_words(standing),
        "next": _iso(standing.next),
        "last": None if standing.last is None else _run(standing.last),
    }


def _run(run: PastRun) -> Json:
    return {
        "slot": run.slot,
        "state": run.state.value,
        "attempts": run.attempts,
        "started": _iso(run.started),
        "ended": _iso(run.ended),
        "next_try": _iso(run.next_try),
        "says": run.says,
        "reason": run.reason,
    }


def _iso(moment: datetime | None) -> str | None:
    return None if moment is None else moment.isoformat()
