"""The council's four jobs on SQLite and on PostgreSQL, by themselves and two at the same time."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import date, datetime, timedelta
from pathlib import Path
from threading import Barrier, Event

import pytest
from sqlalchemy import select
from sqlalchemy.event import listen

from jobs.council import post_council
from jobs.council_freeze import freeze, freeze_week
from jobs.council_prepare import prepare_council
from jobs.council_recap import post_recap
from jobs.job import JobRun, Outcome
from storage.cell_words import read_requests
from storage.council_week import read_or_measure
from storage.database import Engine, open_database, reading, writing
from storage.edition_tables import edition, thread_cell
from storage.editions import freeze_edition, read_edition
from tests.jobs.test_council_jobs import FRIDAY, MONDAY, company, folder, letters, pull, run

__all__ = ["folder"]

SECONDS = 60

ONCE_EACH = [
    ("preparation", "@005A"),
    ("cell_owners", "@005O"),
    ("council", "#pipeline-council"),
    ("council_thread", "#pipeline-council"),
    ("recap", "#pipeline-council"),
]
WEEK: tuple[tuple[Callable[[JobRun], Outcome], datetime], ...] = (
    (prepare_council, FRIDAY),
    (freeze_week, MONDAY.replace(hour=8)),
    (post_council, MONDAY),
    (post_recap, MONDAY.replace(hour=17)),
)


@pytest.fixture
def pulled(database: Engine, folder: Path) -> Engine:
    pull(database, folder, FRIDAY)
    return database


def test_a_week_of_the_council_says_each_thing_once_however_often_its_jobs_run(
    pulled: Engine, folder: Path
) -> None:
    said = []
    for job, now in WEEK:
        if job is freeze_week:
            pull(pulled, folder, now)
        said += [job(run(pulled, folder, now)).says for _ in range(2)]
    assert [(kind, audience) for kind, audience, _ in letters(pulled)] == ONCE_EACH
    assert said[2:6] == [
        "Froze the edition of 18 May: figures as of 17 May",
        "The edition of 18 May is frozen already",
        "Posted to #pipeline-council, with 1 thread",
        "The council of 18 May is posted already",
    ]
    with reading(pulled) as connection:
        kept = read_edition(connection, MONDAY.date())
        assert len(read_requests(connection, MONDAY.date())) == 3
    assert kept is not None
    assert kept.as_of == date(2026, 5, 17)


def test_who_does_the_same_at_the_same_time_says_nothing_a_second_time(
    pulled: Engine, database_url: str, folder: Path
) -> None:
    """No lease of the schedule between them: the post freezes by itself, so that two freeze at once too."""
    for job, now in WEEK:
        if job is not freeze_week:
            _at_once(database_url, folder, job, now)
    assert [(kind, audience) for kind, audience, _ in letters(pulled)] == ONCE_EACH
    with reading(pulled) as connection:
        assert len(connection.execute(select(edition.c.day)).all()) == 1
        assert len(connection.execute(select(thread_cell.c.key)).all()) == 1


def _at_once(url: str, folder: Path, job: Callable[[JobRun], Outcome], now: datetime) -> None:
    together = Barrier(4)

    def work() -> None:
        engine = open_database(url)
        together.wait()
        job(run(engine, folder, now))
        engine.dispose()

    with ThreadPoolExecutor(4) as workers:
        for done in [workers.submit(work) for _ in range(4)]:
            done.result()


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_of_two_who_freeze_between_reading_and_writing_the_first_one_s_edition_holds(
    pulled: Engine, database_url: str, folder: Path
) -> None:
    """The second is about to write while the first has not committed yet."""
    day, now = MONDAY.date(), MONDAY
    measured = read_or_measure(pulled, company(), day=day, now=now)
    other, is_writing = open_database(database_url), Event()

    def notice(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        if statement.startswith("INSERT INTO edition"):
            is_writing.set()

    listen(other, "before_cursor_execute", notice)
    with ThreadPoolExecutor(1) as second:
        with writing(pulled) as connection:
            assert freeze_edition(connection, measured)
            later = now + timedelta(minutes=1)
            frozen = second.submit(freeze, other, company(), day=day, now=later)
            assert is_writing.wait(SECONDS)
        assert frozen.result(SECONDS).frozen_at == now
    other.dispose()
