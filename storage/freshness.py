"""Whether readers have to be warned of the mirror's age."""

from datetime import UTC, date, datetime

from sqlalchemy import Connection

from pipeline.company import Company
from pipeline.freshness import Freshness, Staleness, find_staleness
from pipeline.job_runs import RunState
from storage.job_runs import read_last_runs, read_since
from storage.mirror import mirror_state

_PULL = "pull"


def read_freshness(connection: Connection, company: Company, *, as_of: date, now: datetime) -> Freshness:
    """Of the figures of a day, when they are looked at `now`."""
    pulled_at = mirror_state(connection).pulled_at
    return Freshness(
        None if pulled_at is None else datetime.fromtimestamp(pulled_at, UTC),
        read_staleness(connection, company, as_of=as_of, now=now),
    )


def read_staleness(
    connection: Connection, company: Company, *, as_of: date, now: datetime
) -> Staleness | None:
    """`None` where the mirror is as fresh as its schedule promises, where no service ever pulled by that
    schedule, and for a day that had ended when the mirror was last brought up to date."""
    pulled_at = mirror_state(connection).pulled_at
    if pulled_at is None or _PULL not in read_since(connection):
        return None
    pulled = datetime.fromtimestamp(pulled_at, UTC)
    if pulled.astimezone(company.definitions.calendar.zone).date() > as_of:
        return None
    last = read_last_runs(connection).get(_PULL)
    failure = last.reason if last is not None and last.state is not RunState.DONE else ""
    return find_staleness(pulled, company.pull_schedule, failure, now)
