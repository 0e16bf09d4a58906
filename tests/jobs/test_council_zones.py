"""A council far from its organisation lives by its own clock: prepared, frozen, posted and recapped."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select

from bot.job_table import JOBS
from handlers.asking import Asked, Desk, Where
from jobs.job import JobRun
from jobs.pull import run_pull
from messages.render.terminal import render_text
from pipeline.access import identify
from pipeline.company import Company
from pipeline.crm_records import FieldKind
from pipeline.definitions import CalendarDefinition, CouncilDefinition, Weekday
from pipeline.jobs_definition import JobsDefinition
from pipeline.schedule import slots_between
from storage.cell_words import read_contexts
from storage.chat_tables import outbox
from storage.database import Engine, open_database, reading
from storage.edition_tables import edition
from storage.people import read_people
from tests.jobs import test_council_jobs as usual
from tests.jobs.test_council_answers import typed
from tests.jobs.test_council_jobs import crm, folder
from tests.new_database import write_new_database

__all__ = ["folder"]

ORGANISATION = "America/Los_Angeles"
TARGETS = """\
period,dimension,value,metric,amount,currency
FY26 Q2,region,EMEA,closed_won,900,USD
FY26 Q3,region,EMEA,closed_won,900,USD
"""
HOUR = timedelta(hours=1)
COUNCIL, FOLLOWING = date(2026, 5, 18), date(2026, 5, 25)


@dataclass(frozen=True)
class Week:
    """A council of a Californian organisation, and when each of its jobs has something to do, in UTC."""

    zone: str
    weekday: Weekday
    council: date
    prepared: datetime
    frozen: datetime
    """By the first of the pulls, which come at 20 past the hour, that is past the council's midnight.

    Around it they come each hour, as scheduled, and else each sixth: so many pulls take long."""
    posted: datetime
    recapped: datetime


def utc(month: int, day: int, hour: int, minute: int = 0) -> datetime:
    return datetime(2026, month, day, hour, minute, tzinfo=UTC)


WEEKS = (
    # Sunday, five in the morning, in California when Monday begins in Auckland
    Week(
        "Pacific/Auckland",
        "monday",
        date(2026, 5, 18),
        prepared=utc(5, 14, 21),
        frozen=utc(5, 17, 12, 20),
        posted=utc(5, 17, 21),
        recapped=utc(5, 18, 5),
    ),
    # Monday, three in the morning, in California when Monday begins in Honolulu
    Week(
        "Pacific/Honolulu",
        "monday",
        date(2026, 5, 18),
        prepared=utc(5, 15, 19),
        frozen=utc(5, 18, 10, 20),
        posted=utc(5, 18, 19),
        recapped=utc(5, 19, 3),
    ),
    # the day of the figures, Sunday the 6th, begins at one o'clock
    Week(
        "America/Santiago",
        "monday",
        date(2026, 9, 7),
        prepared=utc(9, 4, 13),
        frozen=utc(9, 7, 3, 20),
        posted=utc(9, 7, 12),
        recapped=utc(9, 7, 20),
    ),
    # the council's own day, Friday the 24th, begins at one o'clock
    Week(
        "Africa/Cairo",
        "friday",
        date(2026, 4, 24),
        prepared=utc(4, 23, 7),
        frozen=utc(4, 23, 22, 20),
        posted=utc(4, 24, 6),
        recapped=utc(4, 24, 14),
    ),
)


def company(week: Week) -> Company:
    plain = usual.company()
    council = CouncilDefinition(owners=plain.council.owners, weekday=week.weekday)
    calendar = CalendarDefinition(timezone=ORGANISATION)
    definitions = plain.definitions.model_copy(update={"calendar": calendar})
    return replace(plain, definitions=definitions, council=council, council_timezone=week.zone)


@pytest.fixture
def engine(folder: Path) -> Iterator[Engine]:
    (folder / "targets.csv").write_text(TARGETS, encoding="utf-8")
    engine = open_database(write_new_database(folder / "council.db"))
    yield engine
    engine.dispose()


def live(engine: Engine, folder: Path, week: Week, until: datetime) -> None:
    """From four days before the council: each job at its times, the freeze after each pull."""
    of = company(week)
    began = week.posted - timedelta(days=4)
    _pull(engine, folder, of, began - HOUR)
    pulls = _pulls(week.posted - timedelta(days=1), until)
    events = [(moment, "pull") for moment in pulls if moment.hour % 6 == 0 or _is_near(moment, week.frozen)]
    jobs = JobsDefinition.model_validate({"council": {"timezone": week.zone}})
    for name in ("council_prepare", "council", "council_recap"):
        schedule = jobs.schedule_of(name, ZoneInfo(ORGANISATION))
        assert schedule is not None
        events += [(slot.due, name) for slot in slots_between(schedule, began, until)]
    for moment, name in sorted(events):
        if name == "pull":
            _pull(engine, folder, of, moment)
        run_job(engine, folder, of, "council_freeze" if name == "pull" else name, moment)


def run_job(engine: Engine, folder: Path, of: Company, name: str, now: datetime) -> None:
    today = now.astimezone(ZoneInfo(ORGANISATION)).date()
    JOBS[name].run(JobRun(engine, of, crm(folder), now, today))


def _pulls(since: datetime, until: datetime) -> Iterator[datetime]:
    moment = since.replace(minute=20)
    while moment <= until:
        yield moment
        moment += HOUR


def _is_near(moment: datetime, other: datetime) -> bool:
    return abs(moment - other) <= 2 * HOUR


def _pull(engine: Engine, folder: Path, of: Company, now: datetime) -> None:
    fields = {"Region__c": FieldKind.TEXT}
    run_pull(engine, crm(folder), of, fields=fields, now=now, progress=lambda _: None)


def moments(engine: Engine, kind: str) -> list[datetime]:
    with reading(engine) as connection:
        found = select(outbox.c.created_at).where(outbox.c.kind == kind)
        return [datetime.fromtimestamp(at, UTC) for at in connection.execute(found).scalars()]


@pytest.mark.parametrize("week", WEEKS, ids=lambda week: week.zone)
def test_everything_has_its_day_and_hour_by_the_clock_of_the_council(
    engine: Engine, folder: Path, week: Week
) -> None:
    live(engine, folder, week, week.posted + timedelta(days=2))
    assert moments(engine, "preparation") == [week.prepared]
    assert moments(engine, "council") == [week.posted]
    assert moments(engine, "recap") == [week.recapped]
    with reading(engine) as connection:
        editions = connection.execute(select(edition.c.day, edition.c.as_of, edition.c.frozen_at)).all()
    frozen = [(date.fromordinal(day), date.fromordinal(as_of), at) for day, as_of, at in editions]
    yesterday = week.council - timedelta(days=1)
    assert frozen == [(week.council, yesterday, int(week.frozen.timestamp()))]


def test_what_is_decided_at_a_council_whose_day_is_ahead_stands_in_its_recap(
    engine: Engine, folder: Path
) -> None:
    """Ten in the morning of Monday in Auckland is Sunday in California."""
    week = WEEKS[0]
    live(engine, folder, week, week.posted)
    question = _asked(engine, folder, week, week.posted + HOUR)
    typed(question, '/action spiff EMEA coverage "2x on Data Cloud" @ben by Friday')
    (card,) = typed(replace(question, now=week.recapped), "/council recap").cards
    words = render_text(card, 300)
    assert "1 new action for 1 person." in words
    assert "22 May 2026" in words


def test_a_word_after_the_post_is_for_its_thread_and_after_the_recap_for_the_next(
    engine: Engine, folder: Path
) -> None:
    """An hour before the post of Monday and an hour after it, it is Sunday in California."""
    week = WEEKS[0]
    live(engine, folder, week, week.posted - HOUR)
    typed(_asked(engine, folder, week, week.posted - HOUR), '/council context EMEA coverage "before"')
    run_job(engine, folder, company(week), "council", week.posted)
    typed(_asked(engine, folder, week, week.posted + HOUR), '/council context EMEA coverage "after"')
    (head,) = [words for kind, _, words in usual.letters(engine) if kind == "council_thread"]
    run_job(engine, folder, company(week), "council_recap", week.recapped)
    typed(_asked(engine, folder, week, week.recapped + HOUR), '/council context EMEA coverage "next"')
    (thread,) = [words for kind, _, words in usual.letters(engine) if kind == "council_thread"]
    assert "Ana on coverage: after" in head
    assert thread == head
    with reading(engine) as connection:
        said = {day: [one.words for one in read_contexts(connection, day)] for day in (COUNCIL, FOLLOWING)}
    assert said == {COUNCIL: ["after"], FOLLOWING: ["next"]}


def _asked(engine: Engine, folder: Path, week: Week, now: datetime) -> Asked:
    of = company(week)
    member = identify(read_people(engine), of.people, of.council, "005A")
    return Asked(Desk(engine, of, crm(folder)), member, Where(), now)
