"""The demo company, pulled into a database, whose deals are fixed one at a time."""

from datetime import UTC, date, datetime, timedelta
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from sqlalchemy import Connection, select

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
from storage.database import reading, writing
from storage.hygiene_reading import read_hygiene
from storage.mirror import pulled_state
from storage.nudge_tables import score_day
from storage.refreshing import RefreshGround, count_at_once, prepare_refresh, refresh_deal
from storage.scores_by_day import OwnerRisk, read_risks, store_scores
from storage.tables import finding, opportunity, opportunity_key, person

PULLED = datetime(2026, 9, 15, 18, tzinfo=UTC)
TODAY = date(2026, 9, 15)


class FixedDemo:
    """The demo company, pulled, and its CRM. On SQLite it is pulled once a process, and copied."""

    def __init__(self, folder: Path, url: str) -> None:
        self.crm = DemoCrm(TODAY)
        self.seconds = 0
        if url.startswith("sqlite:"):
            (folder / "council.db").write_bytes(_pulled())
            self.council: Council = _open(folder, "sqlite:///council.db")
        else:
            self.council = _open(folder, url)
            self.pull(PULLED)
        records = [record for batch in self.crm.pull(self.request) for record in batch.records]
        self.open = [
            record
            for record in records
            if isinstance(record, OpportunityRecord) and record.stage not in ("Closed Won", "Closed Lost")
        ]

    def pull(self, now: datetime) -> None:
        _pull(self.council, self.crm, now)

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
        council = self.council
        count_at_once(
            council.engine, council.company, now, lambda ground: self.move(ground, opportunity_id, now)
        )

    def refresh_alone(self, opportunity_id: str, now: datetime) -> None:
        """The same by a process that dies when the transaction has ended."""
        self.move(prepare_refresh(self.council.engine, self.council.company, now), opportunity_id, now)

    def move(self, ground: RefreshGround, opportunity_id: str, now: datetime) -> None:
        deal = self.crm.read_deal(opportunity_id, self.request)
        assert deal is not None
        with writing(self.council.engine) as connection:
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

    def stored_scores(self) -> tuple[set[tuple[object, ...]], dict[str, OwnerRisk]]:
        """The scores of today with the exact values that they are made of, and what is at risk, by owner."""
        with reading(self.council.engine) as connection:
            return _scores_of_today(connection)

    def measured_scores(self) -> tuple[set[tuple[object, ...]], dict[str, OwnerRisk]]:
        """The same of a full measuring, kept as if it were the day's own, and undone again."""
        report = read_hygiene(self.council.engine, self.council.company, as_of=TODAY)
        with self.council.engine.connect() as connection:
            store_scores(connection, report)
            kept = _scores_of_today(connection)
            connection.rollback()
        return kept

    def open_pipeline(self, day: date = TODAY) -> object:
        table = read_apm(self.council.engine, self.council.company, as_of=day, dimension=Dimension.REGION)
        return table.total.cells[Metric.OPEN_PIPELINE].figure

    def mirrored_next_step(self, opportunity_id: str) -> object:
        with reading(self.council.engine) as connection:
            generation = pulled_state(connection).generation
            return connection.scalar(
                select(opportunity.c.next_step).where(
                    opportunity.c.crm_id == opportunity_id,
                    opportunity.c.gen_from <= generation,
                    opportunity.c.gen_to > generation,
                )
            )

    def countable(self) -> OpportunityRecord:
        """An open deal of this quarter, in the corporate currency and with a value."""
        quarter_end = date(2026, 10, 31).toordinal()
        return next(
            record
            for deal in self.open
            if (record := self.record(deal.id)).stage == "Proposal"
            and record.currency in (None, "USD")
            and record.close_day is not None
            and TODAY.toordinal() <= record.close_day <= quarter_end
            and value_of(record, "ACV__c")
        )


def _open(folder: Path, url: str) -> Council:
    file = folder / "council.toml"
    file.write_text(demo_configuration() + f'\n[storage]\nurl = "{url}"\n', encoding="utf-8")
    return open_council(load_settings(file, {}))


def _pull(council: Council, crm: DemoCrm, now: datetime) -> None:
    kinds = field_kinds(council.settings)
    run_pull(council.engine, crm, council.company, fields=kinds, now=now, progress=lambda _: None)


@cache
def _pulled() -> bytes:
    """The database that the first pull leaves."""
    with TemporaryDirectory() as name:
        council = _open(Path(name), "sqlite:///council.db")
        _pull(council, DemoCrm(TODAY), PULLED)
        council.engine.dispose()
        return (Path(name) / "council.db").read_bytes()


def _scores_of_today(connection: Connection) -> tuple[set[tuple[object, ...]], dict[str, OwnerRisk]]:
    rows = connection.execute(select(score_day).where(score_day.c.day == TODAY.toordinal()))
    owners = list(connection.execute(select(person.c.crm_id)).scalars())
    return {tuple(row) for row in rows}, dict(read_risks(connection, TODAY, owners))
