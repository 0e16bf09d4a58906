"""A deal refreshed alone leaves tables, findings and scores as a full measuring would."""

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from storage.apm import is_measured, renew_tables
from storage.database import Engine
from storage.hygiene_reading import store_hygiene
from storage.merging import Merge, MergeCounts
from storage.mirror import Switch, read_mirror, switch_over
from storage.refreshing import RefreshGround, count_at_once
from storage.staging import Staging
from tests.examples import examples
from tests.journeys.fixed_demo import PULLED, TODAY, FixedDemo

LEARNT_LIMITS = frozenset({"stuck_in_stage", "too_old"})
"""Rules that ask whether something takes longer than it took the deals that were won."""
WINS = 12


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FixedDemo]:
    folder = tmp_path_factory.mktemp("demo")
    demo = FixedDemo(folder, f"sqlite:///{folder / 'council.db'}")
    yield demo
    demo.council.engine.dispose()


changes = st.fixed_dictionaries(
    {},
    optional={
        "CloseDate": st.integers(TODAY.toordinal() - 60, TODAY.toordinal() + 400),
        "Amount": st.integers(1, 10_000_000_000),
        "ACV__c": st.one_of(st.none(), st.integers(-10_000_000_000, 10_000_000_000)),
        "StageName": st.sampled_from(["Prospecting", "Qualification", "Discovery", "Proposal"]),
        "ForecastCategoryName": st.sampled_from(["Omitted", "Pipeline", "Best Case", "Commit"]),
        "NextStep": st.one_of(st.none(), st.sampled_from(["Call", "Write to the sponsor"])),
        "Region__c": st.sampled_from(["AMER", "EMEA", "APAC", "LATAM", None]),
        "OwnerId": st.sampled_from([f"0050000000000{number}AAA" for number in (20, 21, 22, 23, 24, 25)]),
    },
).filter(bool)


@settings(max_examples=examples(8), phases=[Phase.generate], suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data())
def test_tables_findings_and_scores_are_those_of_a_full_measuring(
    demo: FixedDemo, data: st.DataObject
) -> None:
    for _ in range(data.draw(st.integers(1, 3), label="fixes")):
        deal = data.draw(st.sampled_from(demo.open), label="deal")
        demo.fix(deal.id, **data.draw(changes, label="changes"))
    assert demo.stored_tables() == demo.measured_tables()
    assert demo.stored_findings() == demo.measured_findings()
    assert demo.stored_scores() == demo.measured_scores()


def test_until_the_tables_are_renewed_answers_put_theirs_together_from_the_sums(tmp_path: Path) -> None:
    demo = FixedDemo(tmp_path, f"sqlite:///{tmp_path / 'council.db'}")
    engine, company, deal, now = demo.council.engine, demo.council.company, demo.countable(), PULLED
    was = demo.open_pipeline()
    assert demo.write(deal.id, now, CloseDate=date(2027, 3, 31).toordinal())
    demo.refresh_alone(deal.id, now + timedelta(minutes=1))
    assert not is_measured(engine, TODAY)
    moved = demo.stored_tables()
    assert moved == demo.measured_tables()
    assert demo.open_pipeline() != was
    renew_tables(engine, company)
    assert is_measured(engine, TODAY)
    assert demo.stored_tables() == moved
    engine.dispose()


def test_a_fix_that_a_pull_overtook_prepares_again_and_counts_once(tmp_path: Path) -> None:
    demo = FixedDemo(tmp_path, f"sqlite:///{tmp_path / 'council.db'}")
    engine, company, deal = demo.council.engine, demo.council.company, demo.countable()
    grounds: list[RefreshGround] = []

    def act(ground: RefreshGround) -> None:
        grounds.append(ground)
        if len(grounds) == 1:
            demo.pull(PULLED + timedelta(minutes=2))
        demo.move(ground, deal.id, PULLED + timedelta(minutes=3))

    assert demo.write(deal.id, PULLED, CloseDate=date(2027, 3, 31).toordinal())
    count_at_once(engine, company, PULLED + timedelta(minutes=1), act)
    assert [ground.state.generation for ground in grounds] == [1, 2]
    assert demo.stored_tables() == demo.measured_tables()
    assert demo.stored_findings() == demo.measured_findings()
    engine.dispose()


def test_won_deals_count_at_once_and_what_is_learnt_of_them_waits(tmp_path: Path) -> None:
    """Beside the two rules whose limits are learnt of all won deals, all is that of a full measuring; the
    next measuring makes those two right as well."""
    demo = FixedDemo(tmp_path, f"sqlite:///{tmp_path / 'council.db'}")
    won = 0
    for deal in demo.open:
        record = demo.record(deal.id)
        if record.stage in ("Proposal", "Negotiation") and won < WINS:
            demo.fix(deal.id, StageName="Closed Won", CloseDate=TODAY.toordinal())
            won += demo.record(deal.id).stage == "Closed Won"
    assert won == WINS
    assert demo.stored_tables() == demo.measured_tables()
    assert _of_fixed_limits(demo.stored_findings()) == _of_fixed_limits(demo.measured_findings())
    store_hygiene(demo.council.engine, demo.council.company, TODAY)
    assert demo.stored_findings() == demo.measured_findings()
    assert demo.stored_scores() == demo.measured_scores()
    demo.council.engine.dispose()


def _of_fixed_limits(findings: set[tuple[object, ...]]) -> set[tuple[object, ...]]:
    return {one for one in findings if one[1] not in LEARNT_LIMITS}


def test_a_lost_deal_leaves_the_open_pipeline_by_its_value(demo: FixedDemo) -> None:
    deal = demo.countable()
    before = demo.open_pipeline()
    demo.fix(deal.id, StageName="Closed Lost", Loss_Reason__c="Price")
    after = demo.open_pipeline()
    assert demo.record(deal.id).stage == "Closed Lost"
    assert before != after
    assert demo.stored_tables() == demo.measured_tables()


@pytest.mark.parametrize("when", ["before it is merged", "after it was merged", "before it switches over"])
def test_a_fix_made_while_a_pull_is_under_way_is_not_undone(
    tmp_path: Path, when: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    demo = FixedDemo(tmp_path, f"sqlite:///{tmp_path / 'council.db'}")
    deal, other = demo.open[0], demo.open[1]
    pull_at = PULLED + timedelta(minutes=30)
    fixed_at = PULLED + timedelta(minutes=31)

    def fix() -> None:
        assert demo.write(deal.id, fixed_at, NextStep="Fixed meanwhile", Region__c="LATAM")
        demo.refresh(deal.id, fixed_at)

    _interrupt(monkeypatch, when, fix)
    assert demo.write(other.id, PULLED + timedelta(minutes=1), NextStep="So that the pull changes something")
    demo.pull(pull_at)
    assert read_mirror(demo.council.engine).generation == 2
    assert demo.mirrored_next_step(deal.id) == "Fixed meanwhile"
    assert demo.stored_tables() == demo.measured_tables()
    assert demo.stored_findings() == demo.measured_findings()
    demo.pull(PULLED + timedelta(minutes=60))
    assert demo.mirrored_next_step(deal.id) == "Fixed meanwhile"
    demo.council.engine.dispose()


def _interrupt(monkeypatch: pytest.MonkeyPatch, when: str, fix: Callable[[], None]) -> None:
    """Let somebody fix a deal once, at a point of the pull."""
    done: list[bool] = []

    def once() -> None:
        if not done:
            done.append(True)
            fix()

    finish, run = Staging.finish, Merge.run

    def finish_and_fix(self: Staging) -> None:
        finish(self)
        once()

    def run_and_fix(self: Merge, progress: Callable[[int], None]) -> MergeCounts:
        counts = run(self, progress)
        once()
        return counts

    def fix_and_switch(engine: Engine, to: Switch, refreshed_until: int) -> bool:
        once()
        return switch_over(engine, to, refreshed_until)

    if when == "before it is merged":
        monkeypatch.setattr(Staging, "finish", finish_and_fix)
    elif when == "after it was merged":
        monkeypatch.setattr(Merge, "run", run_and_fix)
    else:
        monkeypatch.setattr("jobs.pull_everything.switch_over", fix_and_switch)


def test_a_fix_after_midnight_is_measured_for_the_new_day(tmp_path: Path) -> None:
    demo = FixedDemo(tmp_path, f"sqlite:///{tmp_path / 'council.db'}")
    after_midnight = datetime(2026, 9, 16, 8, tzinfo=UTC)  # one in the morning in Los Angeles
    deal = demo.countable()
    yesterday = demo.open_pipeline()
    assert demo.write(deal.id, after_midnight, StageName="Closed Lost", Loss_Reason__c="Price")
    demo.refresh(deal.id, after_midnight)
    tomorrow = date(2026, 9, 16)
    assert read_mirror(demo.council.engine).measured_day == tomorrow.toordinal()
    assert demo.open_pipeline(TODAY) == yesterday
    assert demo.open_pipeline(tomorrow) != yesterday
    assert demo.stored_tables(tomorrow) == demo.measured_tables(tomorrow)
    demo.council.engine.dispose()


def test_on_postgresql_a_fix_counts_at_once_too(tmp_path: Path, database_url: str) -> None:
    demo = FixedDemo(tmp_path, database_url)
    deal = demo.countable()
    demo.fix(deal.id, CloseDate=TODAY.toordinal() + 200, Region__c="APAC")
    assert demo.record(deal.id).close_day == TODAY.toordinal() + 200
    assert demo.stored_tables() == demo.measured_tables()
    assert demo.stored_findings() == demo.measured_findings()
    assert demo.stored_scores() == demo.measured_scores()
    demo.council.engine.dispose()
