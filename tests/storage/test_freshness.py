"""What is read of the mirror and of its pulls before readers are warned of its age."""

from datetime import UTC, date, datetime, timedelta

import pytest

from pipeline.company import Company
from pipeline.definitions import CouncilDefinition, Definitions, PeopleDefinition
from pipeline.freshness import Staleness
from pipeline.hygiene.definition import HygieneDefinition
from pipeline.schedule import Interval, Slot
from storage.database import Engine, reading, writing
from storage.freshness import read_staleness
from storage.job_runs import claim_slot, fail_slot, register_schedule
from storage.mirror import begin_mirror, mirror

TODAY = date(2026, 11, 20)
PULLED = datetime(2026, 11, 20, 8, 15, tzinfo=UTC)
COMPANY = Company(
    Definitions(), HygieneDefinition(), PeopleDefinition(), CouncilDefinition(), pull_schedule=Interval(15)
)
LIMITED = "Salesforce is limiting us: all API calls of the last 24 hours are used up."


@pytest.fixture
def pulled(database: Engine) -> Engine:
    begin_mirror(database, TODAY)
    with writing(database) as connection:
        connection.execute(mirror.update().values(generation=1, pulled_at=int(PULLED.timestamp())))
    return database


def _serve(engine: Engine) -> None:
    """A service that pulls by its schedule."""
    with writing(engine) as connection:
        register_schedule(connection, "pull", "every 15 minutes", PULLED - timedelta(days=1))


def _fail(engine: Engine, reason: str, now: datetime) -> None:
    with writing(engine) as connection:
        claim = claim_slot(
            connection,
            "pull",
            Slot("2026-11-20T08:30Z", now),
            not_before=PULLED,
            now=now,
            by="one",
            lease=timedelta(minutes=2),
        )
        assert claim is not None
        fail_slot(connection, claim, reason, now, now + timedelta(minutes=1))


def _read(engine: Engine, minutes: int, as_of: date = TODAY) -> Staleness | None:
    with reading(engine) as connection:
        return read_staleness(connection, COMPANY, as_of=as_of, now=PULLED + timedelta(minutes=minutes))


def test_figures_of_today_are_stale_once_two_pulls_were_missed(pulled: Engine) -> None:
    _serve(pulled)
    assert _read(pulled, 29) is None
    assert _read(pulled, 30) == Staleness(PULLED)


def test_a_day_that_had_ended_at_the_pull_is_complete(pulled: Engine) -> None:
    _serve(pulled)
    assert _read(pulled, 300, as_of=TODAY - timedelta(days=1)) is None


def test_without_a_service_nobody_promised_pulls(pulled: Engine) -> None:
    assert _read(pulled, 300) is None


def test_a_pull_that_the_crm_refused_for_its_limits_says_so_before_the_next(pulled: Engine) -> None:
    _serve(pulled)
    _fail(pulled, LIMITED, PULLED + timedelta(minutes=15))
    assert _read(pulled, 16) == Staleness(PULLED, "Salesforce is limiting us")
