"""While a pull has merged its rows and not switched over, people see the last completed state, and fixes."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from pipeline.cell_names import CellName
from pipeline.matrix import Dimension, Metric
from storage.actions import owners_in_row
from storage.database import reading
from storage.deal_heads import read_deal_head
from storage.deal_values import read_deal_record
from storage.inspections import inspected_shares
from storage.merging import Merge, MergeCounts
from storage.mirror import read_mirror
from storage.nudge_memory import read_deal_facts
from storage.people import read_people
from tests.journeys.fixed_demo import PULLED, TODAY, FixedDemo

CELL = CellName(Dimension.REGION, "LATAM", Metric.COVERAGE)


@pytest.fixture
def demo(tmp_path: Path) -> Iterator[FixedDemo]:
    demo = FixedDemo(tmp_path, f"sqlite:///{tmp_path / 'council.db'}")
    yield demo
    demo.council.engine.dispose()


def seen(demo: FixedDemo, deal: str) -> tuple[object, ...]:
    """Everything that is read of a deal without a measuring."""
    people = read_people(demo.council.engine)
    with reading(demo.council.engine) as connection:
        record = read_deal_record(connection, deal)
        return (
            read_deal_head(connection, deal),
            record,
            read_deal_facts(connection, [deal], Dimension.REGION, ["LATAM"]),
            owners_in_row(connection, CELL, [record.owner_id or ""]),
            inspected_shares(connection, people, TODAY),
        )


def merged(monkeypatch: pytest.MonkeyPatch, then: Callable[[], None]) -> None:
    """Let something happen once a pull has written its rows, before readers are switched over to them."""
    run = Merge.run

    def run_then(self: Merge, progress: Callable[[int], None]) -> MergeCounts:
        counts = run(self, progress)
        then()
        return counts

    monkeypatch.setattr(Merge, "run", run_then)


def test_what_a_pull_has_merged_is_seen_by_nobody_before_it_switches_over(
    demo: FixedDemo, monkeypatch: pytest.MonkeyPatch
) -> None:
    deal = demo.countable()
    before = seen(demo, deal.id)
    amid: list[tuple[object, ...]] = []
    merged(monkeypatch, lambda: amid.append(seen(demo, deal.id)))
    later = PULLED + timedelta(minutes=1)
    assert demo.write(
        deal.id,
        later,
        OwnerId="005000000000021AAA",
        CloseDate=TODAY.toordinal() + 90,
        StageName="Qualification",
        Region__c="LATAM",
    )
    demo.pull(PULLED + timedelta(minutes=30))
    assert amid == [before]
    after = seen(demo, deal.id)
    assert all(one != other for one, other in zip(before[:3], after[:3], strict=True))


def test_what_is_fixed_meanwhile_is_seen_at_once(demo: FixedDemo, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also where the pull has written the deal's next row, without the fix, already."""
    deal = demo.countable()
    steps: list[tuple[object, object]] = []

    def fix() -> None:
        now = PULLED + timedelta(minutes=31)
        assert demo.write(deal.id, now, NextStep="Fixed meanwhile", OwnerId="005000000000021AAA")
        demo.refresh(deal.id, now)
        with reading(demo.council.engine) as connection:
            record = read_deal_record(connection, deal.id)
            steps.append((record.next_step, read_deal_head(connection, deal.id).owner_id))

    merged(monkeypatch, fix)
    assert demo.write(deal.id, PULLED + timedelta(minutes=1), NextStep="Changed in the CRM")
    demo.pull(PULLED + timedelta(minutes=30))
    assert steps == [("Fixed meanwhile", "005000000000021AAA")]
    assert read_mirror(demo.council.engine).generation == 2
