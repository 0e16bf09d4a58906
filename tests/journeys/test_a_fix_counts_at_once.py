"""A deal refreshed alone leaves the mirror's tables and findings as a full measuring would."""

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from bot.app import Council, open_council
from bot.settings import field_kinds, load_settings
from crm.demo import DemoCrm, demo_configuration
from crm.records import Fix, PullRequest
from jobs.pull import run_pull
from pipeline.crm_fields import Saved
from pipeline.crm_records import FieldValue, OpportunityRecord
from pipeline.deal_fields import value_of
from pipeline.matrix import Dimension, Matrix, Metric
from storage.apm import Measuring, dimensions_of, read_apm
from storage.database import Engine, reading, writing
from storage.hygiene_reading import read_hygiene
from storage.merging import Merge, MergeCounts
from storage.mirror import Switch, pulled_state, read_mirror, switch_over
from storage.refreshing import prepare_refresh, refresh_deal
from storage.staging import Staging
from storage.tables import finding, opportunity, opportunity_key

PULLED = datetime(2026, 9, 15, 18, tzinfo=UTC)
TODAY = date(2026, 9, 15)


class Demo:
    """The demo company, pulled, and its CRM."""

    def __init__(self, folder: Path, url: str) -> None:
        file = folder / "council.toml"
        file.write_text(demo_configuration() + f'\n[storage]\nurl = "{url}"\n', encoding="utf-8")
        self.council: Council = open_council(load_settings(file, {}))
        self.crm = DemoCrm(TODAY)
        self.seconds = 0
        self.pull(PULLED)
        records = [record for batch in self.crm.pull(self.request) for record in batch.records]
        self.open = [
            record
            for record in records
            if isinstance(record, OpportunityRecord) and record.stage not in ("Closed Won", "Closed Lost")
        ]

    def pull(self, now: datetime) -> None:
        council = self.council
        kinds = field_kinds(council.settings)
        run_pull(council.engine, self.crm, council.company, fields=kinds, now=now, progress=lambda _: None)

    @property
    def request(self) -> PullRequest:
        fields = field_kinds(self.council.settings)
        return PullRequest(fields, "USD", int(PULLED.timestamp()), "America/Los_Angeles")

    def record(self, opportunity_id: str) -> OpportunityRecord:
        deal = self.crm.read_deal(opportunity_id, self.request)
        assert deal is not None
        return deal.opportunity

    def write(self, opportunity_id: str, now: datetime, **changes: FieldValue) -> bool:
        record = self.record(opportunity_id)
        pairs = {field: (value_of(record, field), new) for field, new in changes.items()}
        return self.crm.write(Fix(opportunity_id, "005", int(now.timestamp()), pairs)) == Saved()

    def refresh(self, opportunity_id: str, now: datetime) -> None:
        engine = self.council.engine
        ground = prepare_refresh(engine, self.council.company, now)
        deal = self.crm.read_deal(opportunity_id, self.request)
        assert deal is not None
        with writing(engine) as connection:
            assert refresh_deal(connection, ground, deal, now)

    def fix(self, opportunity_id: str, **changes: FieldValue) -> None:
        self.seconds += 60
        now = PULLED + timedelta(seconds=self.seconds)
        if self.write(opportunity_id, now, **changes):
            self.refresh(opportunity_id, now)

    def stored_tables(self, day: date = TODAY) -> list[Matrix]:
        council = self.council
        return [
            read_apm(council.engine, council.company, as_of=day, dimension=dimension)
            for dimension in dimensions_of(council.company)
        ]

    def measured_tables(self, day: date = TODAY) -> list[Matrix]:
        council = self.council
        with reading(council.engine) as connection:
            measuring = Measuring(connection, council.company, pulled_state(connection))
            return [measuring.table(day, one, None) for one in dimensions_of(council.company)]

    def stored_findings(self) -> set[tuple[object, ...]]:
        with reading(self.council.engine) as connection:
            generation = pulled_state(connection).generation
            rows = connection.execute(
                select(opportunity_key.c.crm_id, finding)
                .join(opportunity_key, opportunity_key.c.no == finding.c.opportunity)
                .where(finding.c.gen_from <= generation, finding.c.gen_to > generation)
            )
            return {(row.crm_id, row.rule, row.severity, row.seen, bool(row.nudges)) for row in rows}

    def measured_findings(self, day: date = TODAY) -> set[tuple[object, ...]]:
        report = read_hygiene(self.council.engine, self.council.company, as_of=day)
        return {
            (one.opportunity_id, one.rule, one.severity.value, one.seen, one.nudges)
            for one in report.findings
        }

    def open_pipeline(self, day: date = TODAY) -> object:
        table = read_apm(self.council.engine, self.council.company, as_of=day, dimension=Dimension.REGION)
        return table.total.cells[Metric.OPEN_PIPELINE].figure


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    folder = tmp_path_factory.mktemp("demo")
    demo = Demo(folder, f"sqlite:///{folder / 'council.db'}")
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
    },
).filter(bool)


@settings(max_examples=8, phases=[Phase.generate], suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data())
def test_tables_and_findings_are_those_of_a_full_measuring(demo: Demo, data: st.DataObject) -> None:
    for _ in range(data.draw(st.integers(1, 3), label="fixes")):
        deal = data.draw(st.sampled_from(demo.open), label="deal")
        demo.fix(deal.id, **data.draw(changes, label="changes"))
    assert demo.stored_tables() == demo.measured_tables()
    assert demo.stored_findings() == demo.measured_findings()


def test_a_lost_deal_leaves_the_open_pipeline_by_its_value(demo: Demo) -> None:
    deal = _countable(demo)
    before = demo.open_pipeline()
    demo.fix(deal.id, StageName="Closed Lost", Loss_Reason__c="Price")
    after = demo.open_pipeline()
    assert demo.record(deal.id).stage == "Closed Lost"
    assert before != after
    assert demo.stored_tables() == demo.measured_tables()


def _countable(demo: Demo) -> OpportunityRecord:
    quarter_end = date(2026, 10, 31).toordinal()
    return next(
        record
        for deal in demo.open
        if (record := demo.record(deal.id)).stage == "Proposal"
        and record.currency in (None, "USD")
        and record.close_day is not None
        and TODAY.toordinal() <= record.close_day <= quarter_end
        and value_of(record, "ACV__c")
    )


@pytest.mark.parametrize("when", ["before it is merged", "after it was merged", "before it switches over"])
def test_a_fix_made_while_a_pull_is_under_way_is_not_undone(
    tmp_path: Path, when: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    demo = Demo(tmp_path, f"sqlite:///{tmp_path / 'council.db'}")
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
    assert _mirrored_next_step(demo, deal.id) == "Fixed meanwhile"
    assert demo.stored_tables() == demo.measured_tables()
    assert demo.stored_findings() == demo.measured_findings()
    demo.pull(PULLED + timedelta(minutes=60))
    assert _mirrored_next_step(demo, deal.id) == "Fixed meanwhile"
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
        monkeypatch.setattr("jobs.pull.switch_over", fix_and_switch)


def _mirrored_next_step(demo: Demo, opportunity_id: str) -> object:
    with reading(demo.council.engine) as connection:
        generation = pulled_state(connection).generation
        return connection.scalar(
            select(opportunity.c.next_step).where(
                opportunity.c.crm_id == opportunity_id,
                opportunity.c.gen_from <= generation,
                opportunity.c.gen_to > generation,
            )
        )


def test_a_fix_after_midnight_is_measured_for_the_new_day(tmp_path: Path) -> None:
    demo = Demo(tmp_path, f"sqlite:///{tmp_path / 'council.db'}")
    after_midnight = datetime(2026, 9, 16, 8, tzinfo=UTC)  # one in the morning in Los Angeles
    deal = _countable(demo)
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
    demo = Demo(tmp_path, database_url)
    deal = _countable(demo)
    demo.fix(deal.id, CloseDate=TODAY.toordinal() + 200, Region__c="APAC")
    assert demo.record(deal.id).close_day == TODAY.toordinal() + 200
    assert demo.stored_tables() == demo.measured_tables()
    assert demo.stored_findings() == demo.measured_findings()
    demo.council.engine.dispose()
