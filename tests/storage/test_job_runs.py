"""The row of a slot is the permission to run it: on both databases."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Engine

from pipeline.job_runs import RunState
from pipeline.schedule import Slot
from storage.database import reading, writing
from storage.job_runs import (
    Claim,
    JobIsRunning,
    LeaseLost,
    Streak,
    claim_by_hand,
    claim_slot,
    fail_slot,
    find_claimable,
    finish_slot,
    mark_told,
    read_last_runs,
    read_runs,
    read_since,
    register_schedule,
    release_slot,
    renew_claim,
)

NINE = datetime(2026, 11, 23, 9, tzinfo=UTC)
SLOT = Slot("2026-11-23T09:00", NINE)
LATER = Slot("2026-11-23T09:15", NINE + timedelta(minutes=15))
LEASE = timedelta(minutes=2)


@pytest.fixture
def engine(database: Engine) -> Engine:
    with writing(database) as connection:
        for job in ("pull", "measure"):
            register_schedule(connection, job, "every 15 minutes", NINE - timedelta(days=1))
    return database


def _claim(
    engine: Engine, slot: Slot | None = SLOT, *, now: datetime = NINE, by: str = "one", job: str = "pull"
) -> Claim | None:
    with writing(engine) as connection:
        return claim_slot(
            connection, job, slot, not_before=now - timedelta(hours=1), now=now, by=by, lease=LEASE
        )


def _claimed(engine: Engine, slot: Slot | None = SLOT, *, now: datetime = NINE, by: str = "one") -> Claim:
    claim = _claim(engine, slot, now=now, by=by)
    assert claim is not None
    return claim


def _finish(engine: Engine, claim: Claim, now: datetime, followers: tuple[str, ...] = ()) -> Streak | None:
    with writing(engine) as connection:
        return finish_slot(connection, claim, "3 new", now, followers)


def _fail(engine: Engine, claim: Claim, now: datetime, next_try: datetime | None) -> Streak | None:
    with writing(engine) as connection:
        return fail_slot(connection, claim, "the CRM does not answer", now, next_try)


def _states(engine: Engine, job: str = "pull") -> list[tuple[str, RunState]]:
    with reading(engine) as connection:
        return [(run.slot, run.state) for run in read_runs(connection, job)]


def test_a_slot_is_claimed_once_and_never_again_after_it_is_done(engine: Engine) -> None:
    claim = _claimed(engine)
    assert (claim.slot, claim.attempt) == ("2026-11-23T09:00", 1)
    assert _claim(engine, by="two") is None
    _finish(engine, claim, NINE + timedelta(seconds=30))
    assert _claim(engine, by="two") is None
    assert _claim(engine, now=NINE + timedelta(minutes=50), by="two") is None
    assert _states(engine) == [("2026-11-23T09:00", RunState.DONE)]


def test_a_job_at_work_is_not_begun_a_second_time_by_its_next_slot(engine: Engine) -> None:
    claim = _claimed(engine)
    with writing(engine) as connection:
        renew_claim(connection, claim, NINE + timedelta(minutes=20))
    assert _claim(engine, LATER, now=LATER.due, by="two") is None
    _finish(engine, claim, LATER.due)
    assert _claimed(engine, LATER, now=LATER.due).slot == LATER.name


def test_a_holder_that_died_loses_the_slot_when_its_lease_is_out(engine: Engine) -> None:
    dead = _claimed(engine)
    assert _claim(engine, now=NINE + LEASE - timedelta(seconds=1), by="two") is None
    taken = _claimed(engine, now=NINE + LEASE, by="two")
    assert (taken.slot, taken.attempt) == (SLOT.name, 2)
    with pytest.raises(LeaseLost):
        _finish(engine, dead, NINE + LEASE)
    with pytest.raises(LeaseLost), writing(engine) as connection:
        renew_claim(connection, dead, NINE + timedelta(hours=1))
    _finish(engine, taken, NINE + LEASE)
    assert _states(engine) == [(SLOT.name, RunState.DONE)]


def test_a_renewed_lease_keeps_others_out(engine: Engine) -> None:
    claim = _claimed(engine)
    with writing(engine) as connection:
        renew_claim(connection, claim, NINE + timedelta(minutes=10))
    assert _claim(engine, now=NINE + timedelta(minutes=9), by="two") is None


def test_a_failure_waits_for_its_next_attempt_and_keeps_its_reason(engine: Engine) -> None:
    _fail(engine, _claimed(engine), NINE, NINE + timedelta(minutes=1))
    assert _claim(engine, now=NINE + timedelta(seconds=59)) is None
    again = _claimed(engine, now=NINE + timedelta(minutes=1))
    assert again.attempt == 2
    _fail(engine, again, NINE + timedelta(minutes=1), None)
    assert _claim(engine, now=NINE + timedelta(minutes=30)) is None
    with reading(engine) as connection:
        last = read_last_runs(connection)["pull"]
    assert (last.state, last.attempts, last.reason) == (RunState.FAILED, 2, "the CRM does not answer")


def test_failures_in_a_row_are_one_streak_that_success_ends(engine: Engine) -> None:
    first = _fail(engine, _claimed(engine), NINE, None)
    assert first == Streak(1, NINE, is_told=False)
    second = _fail(engine, _claimed(engine, LATER, now=LATER.due), LATER.due, None)
    assert second == Streak(2, NINE, is_told=False)
    with writing(engine) as connection:
        mark_told(connection, "pull")
    third = Slot("2026-11-23T09:30", NINE + timedelta(minutes=30))
    ended = _finish(engine, _claimed(engine, third, now=third.due), third.due)
    assert ended == Streak(2, NINE, is_told=True)
    fourth = Slot("2026-11-23T09:45", NINE + timedelta(minutes=45))
    assert _finish(engine, _claimed(engine, fourth, now=fourth.due), fourth.due) is None


def test_the_latest_slot_runs_and_what_waited_before_it_is_skipped(engine: Engine) -> None:
    _fail(engine, _claimed(engine), NINE, NINE + timedelta(minutes=20))
    assert _claimed(engine, LATER, now=LATER.due).slot == LATER.name
    assert _states(engine) == [(SLOT.name, RunState.SKIPPED), (LATER.name, RunState.RUNNING)]


def test_what_waited_for_too_long_has_missed_its_time(engine: Engine) -> None:
    _fail(engine, _claimed(engine), NINE, NINE + timedelta(minutes=1))
    assert _claim(engine, None, now=NINE + timedelta(hours=2)) is None
    assert _states(engine) == [(SLOT.name, RunState.SKIPPED)]


def test_a_job_that_follows_gets_a_slot_of_its_own_with_the_success(engine: Engine) -> None:
    assert _claim(engine, None, job="measure") is None
    _finish(engine, _claimed(engine), NINE, ("measure",))
    claim = _claim(engine, None, job="measure")
    assert claim is not None
    assert claim.slot == "after pull 2026-11-23T09:00"
    _finish(engine, claim, NINE)
    assert _claim(engine, None, job="measure") is None


def test_a_stopped_attempt_is_given_back_and_does_not_count(engine: Engine) -> None:
    claim = _claimed(engine)
    with writing(engine) as connection:
        release_slot(connection, claim, NINE)
    assert _claimed(engine, by="two").attempt == 1


def test_a_run_by_hand_waits_for_nobody_and_ends_with_whoever_started_it(engine: Engine) -> None:
    with writing(engine) as connection:
        by_hand = claim_by_hand(connection, "pull", now=NINE, by="me", lease=LEASE)
    assert _claim(engine) is None
    with pytest.raises(JobIsRunning), writing(engine) as connection:
        claim_by_hand(connection, "pull", now=NINE, by="you", lease=LEASE)
    assert _claimed(engine, now=NINE + LEASE).slot == SLOT.name
    assert dict(_states(engine))[by_hand.slot] is RunState.FAILED


def test_a_failure_by_hand_is_no_part_of_a_streak(engine: Engine) -> None:
    with writing(engine) as connection:
        by_hand = claim_by_hand(connection, "pull", now=NINE, by="me", lease=LEASE)
    assert _fail(engine, by_hand, NINE, None) is None


def test_other_times_count_from_the_moment_of_the_change(engine: Engine) -> None:
    for schedule, since in (
        ("every 15 minutes", NINE - timedelta(days=1)),
        ("every 30 minutes", NINE),
    ):
        with writing(engine) as connection:
            register_schedule(connection, "pull", schedule, NINE)
            assert read_since(connection)["pull"] == since


def test_a_glance_finds_what_a_claim_would_be_given(engine: Engine) -> None:
    def glance(now: datetime, slot: Slot | None) -> list[str]:
        with reading(engine) as connection:
            return list(find_claimable(connection, {"pull": slot, "measure": None}, now))

    assert glance(NINE, None) == []
    assert glance(NINE, SLOT) == ["pull"]
    claim = _claimed(engine)
    assert glance(NINE, SLOT) == []
    assert glance(NINE + LEASE, SLOT) == ["pull"]
    _finish(engine, claim, NINE, ("measure",))
    assert glance(NINE, SLOT) == ["measure"]
