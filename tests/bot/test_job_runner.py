"""The schedule by a clock that is moved: what runs when, what is told, and that each slot runs once."""

from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from random import Random

import pytest
from sqlalchemy import Engine, select, update

from bot.job_runner import JobRunner
from bot.job_table import ScheduledJob
from bot.job_work import WorkFailed
from pipeline.errors import CouncilError
from pipeline.job_runs import RunState
from storage.chat_tables import outbox
from storage.database import open_database, reading, writing
from storage.job_runs import read_runs
from storage.tables import Mirror
from tests.bot.scheduled_company import Clock, build_council, make_job
from tests.new_database import write_new_database

MONDAY = datetime(2026, 11, 23, 8, 50, tzinfo=UTC)

Begin = Callable[..., JobRunner]


@pytest.fixture
def clock() -> Clock:
    return Clock(MONDAY)


@pytest.fixture
def begin(tmp_path: Path, database: Engine, clock: Clock) -> Begin:
    """A runner over the jobs that a test brings, registered."""

    def begin(*jobs: ScheduledJob, **times: object) -> JobRunner:
        council = build_council(tmp_path / "company", database, times)
        runner = JobRunner(council, clock, jobs={job.name: job for job in jobs})
        runner.register()
        return runner

    return begin


def _tick(runner: JobRunner, clock: Clock, *, minutes: int = 0) -> None:
    """What the scheduler does with a tick, in this thread."""
    clock.now += timedelta(minutes=minutes)
    for name in runner.due_jobs():
        runner.run_due(name)


def _letters(engine: Engine) -> Sequence[str]:
    with reading(engine) as connection:
        return connection.execute(select(outbox.c.key).order_by(outbox.c.no)).scalars().all()


def _runs(engine: Engine, job: str) -> list[tuple[str, RunState]]:
    with reading(engine) as connection:
        return [(run.slot, run.state) for run in read_runs(connection, job)]


def _broken() -> str:
    raise CouncilError("The folder of exports is empty. Put the exports there.")


def test_a_job_runs_at_its_time_and_not_before(begin: Begin, clock: Clock, database: Engine) -> None:
    runner = begin(make_job("council"), council={"at": "09:00", "days": ["mon"]})
    _tick(runner, clock)
    assert _runs(database, "council") == []
    for _ in range(4):
        _tick(runner, clock, minutes=5)
    assert _runs(database, "council") == [("2026-11-23T09:00", RunState.DONE)]


def test_a_slot_of_before_the_installation_is_not_made_up_for(
    begin: Begin, clock: Clock, database: Engine
) -> None:
    runner = begin(make_job("council"), council={"at": "08:00"})
    _tick(runner, clock, minutes=5)
    assert _runs(database, "council") == []


def test_a_missed_slot_runs_once_within_its_window_and_never_after_it(
    begin: Begin, clock: Clock, database: Engine
) -> None:
    runner = begin(make_job("council"), council={"at": "09:00"})
    _tick(runner, clock, minutes=11 * 60)  # asleep until 19:50
    assert _runs(database, "council") == [("2026-11-23T09:00", RunState.DONE)]
    _tick(runner, clock, minutes=26 * 60)  # asleep until 21:50 of the next day
    assert len(_runs(database, "council")) == 1


def test_of_many_missed_slots_of_an_interval_the_latest_runs(
    begin: Begin, clock: Clock, database: Engine
) -> None:
    runner = begin(make_job("nudge", catch_up=timedelta(hours=1)), nudge={"every_minutes": 15})
    _tick(runner, clock)
    _tick(runner, clock, minutes=45)
    assert _runs(database, "nudge") == [
        ("2026-11-23T08:45Z", RunState.DONE),
        ("2026-11-23T09:30Z", RunState.DONE),
    ]


def test_a_job_that_follows_runs_after_each_success(begin: Begin, clock: Clock, database: Engine) -> None:
    runner = begin(
        make_job("pull"),
        make_job("measure", after="pull"),
        pull={"every_minutes": 60},
        measure={"at": "00:05"},
    )
    _tick(runner, clock)
    _tick(runner, clock)
    assert _runs(database, "measure") == [("after pull 2026-11-23T08:00Z", RunState.DONE)]


def test_before_the_first_pull_nothing_else_runs(begin: Begin, clock: Clock, database: Engine) -> None:
    runner = begin(make_job("pull"), make_job("nudge"))
    with writing(database) as connection:
        connection.execute(update(Mirror).values(generation=0))
    assert runner.due_jobs() == ["pull"]


def test_a_job_that_is_switched_off_does_not_run(begin: Begin, clock: Clock, database: Engine) -> None:
    runner = begin(make_job("nudge"), nudge={"enabled": False})
    _tick(runner, clock, minutes=60)
    assert _runs(database, "nudge") == []


def test_administrators_are_told_once_that_a_job_fails_and_once_that_it_works_again(
    begin: Begin, clock: Clock, database: Engine
) -> None:
    """Every quarter of an hour two attempts, over two hours: one message; then one that it works."""
    state = {"broken": True}

    def work() -> str:
        return _broken() if state["broken"] else "12 new"

    runner = begin(make_job("pull", work), pull={"every_minutes": 15})
    _tick(runner, clock)
    assert _letters(database) == []  # the second attempt may still succeed
    for _ in range(120):
        _tick(runner, clock, minutes=1)
    failed = "job_failed:pull:2026-11-23T08:50:00@admin@example.com"
    assert _letters(database) == [failed]
    with reading(database) as connection:
        assert "The folder of exports is empty." in read_runs(connection, "pull")[-1].reason
    state["broken"] = False
    for _ in range(40):
        _tick(runner, clock, minutes=1)
    assert _letters(database) == [failed, "job_works:pull:2026-11-23T08:50:00@admin@example.com"]


def test_one_failure_that_the_next_attempt_mends_is_nobody_s_trouble(
    begin: Begin, clock: Clock, database: Engine
) -> None:
    state = {"tries": 0}

    def work() -> str:
        state["tries"] += 1
        return _broken() if state["tries"] == 1 else "done"

    runner = begin(make_job("council", work), council={"at": "09:00"})
    for _ in range(15):
        _tick(runner, clock, minutes=1)
    assert _runs(database, "council") == [("2026-11-23T09:00", RunState.DONE)]
    assert (_letters(database), state["tries"]) == ([], 2)


def test_what_broke_on_our_side_leaves_a_reference_and_no_insides(
    begin: Begin, clock: Clock, database: Engine
) -> None:
    def work() -> str:
        raise RuntimeError("what a record holds")

    runner = begin(make_job("council", work), council={"at": "09:00"})
    _tick(runner, clock, minutes=10)
    with reading(database) as connection:
        reason = read_runs(connection, "council")[0].reason
    assert "RuntimeError" in reason
    assert "what a record holds" not in reason


def test_a_run_by_hand_says_what_came_of_it_and_leaves_the_schedule_alone(
    begin: Begin, clock: Clock, database: Engine
) -> None:
    runner = begin(make_job("council"), make_job("nudge", _broken), council={"at": "09:00"})
    assert runner.run_by_hand("council") == "done"
    with pytest.raises(WorkFailed, match="The folder of exports is empty"):
        runner.run_by_hand("nudge")
    assert _letters(database) == []
    _tick(runner, clock, minutes=10)
    assert ("2026-11-23T09:00", RunState.DONE) in _runs(database, "council")


MONTHS = [
    ("America/New_York", "2026-03-01", "02:30"),
    ("America/New_York", "2026-10-20", "01:30"),
    ("Europe/Berlin", "2026-03-10", "02:30"),
    ("Europe/Berlin", "2026-10-10", "02:30"),
    ("America/Santiago", "2026-08-25", "00:00"),
    ("America/Santiago", "2026-03-20", "23:30"),
    ("Africa/Cairo", "2026-04-10", "00:00"),
]
"""Each holds a change of clocks that strikes the job's own time: missing in spring, twice in autumn."""


@pytest.mark.parametrize(("zone", "first", "at"), MONTHS)
def test_a_month_with_a_change_of_clocks_has_each_slot_once(
    tmp_path: Path, zone: str, first: str, at: str
) -> None:
    engine = open_database(write_new_database(tmp_path / "council.db"))
    clock = Clock(datetime.fromisoformat(first).replace(tzinfo=UTC) + timedelta(hours=12))
    start = clock.now
    jobs = {"nudge": {"every_minutes": 240}, "remind": {"at": at, "days": ["mon", "wed", "sun"]}}
    council = build_council(
        tmp_path / "company", engine, {**jobs, "council_prepare": {"at": at}}, timezone=zone
    )
    ran: list[str] = []

    def noting(name: str) -> ScheduledJob:
        def work() -> str:
            ran.append(name)
            return "done"

        return make_job(name, work, catch_up=timedelta(hours=6))

    table = {name: noting(name) for name in ("nudge", "remind", "council_prepare")}
    runners = [JobRunner(council, clock, jobs=table) for _ in range(2)]
    for runner in runners:
        runner.register()
    dice = Random(7)
    while clock.now < start + timedelta(days=30):
        clock.now += timedelta(minutes=dice.randint(20, 150))
        _tick(dice.choice(runners), clock)
    days = [date.fromisoformat(first) + timedelta(days=number) for number in range(1, 30)]
    daily = [f"{day}T{at}" for day in days]
    found = [slot for slot, state in _runs(engine, "council_prepare") if state is RunState.DONE]
    assert [slot for slot in found if slot in daily] == daily
    assert len(found) == len(set(found)) == ran.count("council_prepare")
    chosen = [f"{day}T{at}" for day in days if day.weekday() in (0, 2, 6)]
    assert [slot for slot, _ in _runs(engine, "remind") if slot in chosen] == chosen
    assert ran.count("nudge") == len(_runs(engine, "nudge"))
    assert 180 <= ran.count("nudge") <= 181  # six a day, and the one at the start
    engine.dispose()
