"""A company whose mirror follows a CRM that can tell what has changed."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import event, select

from bot.app import Council, open_council
from bot.settings import field_kinds, load_settings
from jobs.pull import run_pull
from pipeline.matrix import Matrix
from pipeline.pull_report import PullReport
from storage.apm import Measuring, dimensions_of, read_apm
from storage.database import reading
from storage.hygiene_reading import read_hygiene
from storage.mirror import pulled_state
from storage.nudge_tables import finding_life, score_day
from storage.scores_by_day import OwnerRisk, read_risks, store_scores
from storage.tables import (
    FOREVER,
    currency_table,
    finding,
    opportunity,
    opportunity_key,
    opportunity_version,
    person,
    slice_table,
)
from tests.jobs.changing_crm import ChangingCrm

BEGIN = datetime(2026, 5, 11, 9, tzinfo=UTC)
"""A Monday in the second quarter."""

_CONFIGURATION = """\
[crm]
kind = "files"
[crm.files]
folder = "."
[storage]
url = "{url}"
[calendar]
timezone = "UTC"
[dimensions]
region = [
    { field = "Region__c" },
    { field = "Account.BillingCountry", map = { Germany = "EMEA", Canada = "AMER" } },
    { role_chain = "owner", map = { EMEA = "EMEA", AMER = "AMER" } },
]
source = [{ value = "AE" }]
[hygiene.rules.possible_duplicate]
enabled = true
[colours]
pacing = "linear"
forecast_curve."*" = 1.0
required_coverage."*" = 1.0
"""


class Killed(BaseException):
    """The process is gone."""


def new_crm() -> ChangingCrm:
    """A CRM with three people, two accounts and four deals."""
    crm = ChangingCrm(int((BEGIN - timedelta(days=30)).timestamp()))
    crm.put_user("005M", None)
    crm.put_user("005A", "00E1", "005M")
    crm.put_user("005B", "00E2", "005M")
    crm.put_account("001A", "Germany")
    crm.put_account("001B", "Canada")
    close = date(2026, 6, 20).toordinal()
    crm.create("006A", close_day=close, account_id="001A")
    crm.create("006B", "Proposal", close_day=close, account_id="001A", owner_id="005B")
    crm.create("006C", close_day=close + 30, account_id="001B", currency="EUR")
    crm.create("006D", "Closed Won", close_day=date(2026, 5, 2).toordinal())
    crm.now = int(BEGIN.timestamp())
    return crm


@dataclass
class ChangingCompany:
    """A mirror of a CRM, and the clock by which it is pulled."""

    folder: Path
    crm: ChangingCrm
    url: str = "sqlite:///council.db"
    council: Council = field(init=False)

    def __post_init__(self) -> None:
        self.folder.mkdir(exist_ok=True)
        file = self.folder / "council.toml"
        file.write_text(_CONFIGURATION.replace("{url}", self.url), encoding="utf-8")
        self.council = open_council(load_settings(file, {}))

    @property
    def now(self) -> datetime:
        return datetime.fromtimestamp(self.crm.now, UTC)

    @property
    def today(self) -> date:
        return self.now.date()

    def pull(self, *, everything: bool = False) -> PullReport:
        return run_pull(
            self.council.engine,
            self.crm,
            self.council.company,
            fields=field_kinds(self.council.settings),
            now=self.now,
            progress=lambda _: None,
            everything=everything,
        )

    def close(self) -> None:
        self.council.engine.dispose()

    @contextmanager
    def dying_at_commit(self, number: int) -> Iterator[None]:
        """Whoever writes dies right before the so-manieth write is there to stay, counted from 1."""
        left = number

        def die(_: object) -> None:
            nonlocal left
            left -= 1
            if left == 0:
                raise Killed

        event.listen(self.council.engine, "commit", die)
        try:
            yield
        except Killed:
            pass
        finally:
            event.remove(self.council.engine, "commit", die)

    # --- What people are told ---------------------------------------------------------------------

    def stored_tables(self) -> list[Matrix]:
        council = self.council
        return [
            read_apm(council.engine, council.company, as_of=self.today, dimension=one)
            for one in dimensions_of(council.company)
        ]

    def measured_tables(self) -> list[Matrix]:
        with reading(self.council.engine) as connection:
            measuring = Measuring(connection, self.council.company, pulled_state(connection))
            return [measuring.table(self.today, one, None) for one in dimensions_of(self.council.company)]

    def stored_findings(self) -> set[tuple[Any, ...]]:
        with reading(self.council.engine) as connection:
            generation = pulled_state(connection).generation
            rows = connection.execute(
                select(opportunity_key.c.crm_id, finding)
                .join(opportunity_key, opportunity_key.c.no == finding.c.opportunity)
                .where(finding.c.gen_from <= generation, finding.c.gen_to > generation)
            )
            return {
                (row.crm_id, row.rule, row.severity, row.seen, bool(row.nudges), row.first_seen)
                for row in rows
            }

    def measured_findings(self) -> set[tuple[Any, ...]]:
        report = read_hygiene(self.council.engine, self.council.company, as_of=self.today)
        return {
            (one.opportunity_id, one.rule, one.severity.value, one.seen, one.nudges, one.since.toordinal())
            for one in report.findings
        }

    def open_lives(self) -> set[tuple[Any, ...]]:
        with reading(self.council.engine) as connection:
            rows = connection.execute(
                select(opportunity_key.c.crm_id, finding_life)
                .join(opportunity_key, opportunity_key.c.no == finding_life.c.opportunity)
                .where(finding_life.c.closed_day.is_(None))
            )
            return {(row.crm_id, row.rule, row.opened_day) for row in rows}

    def stored_scores(self) -> tuple[set[tuple[Any, ...]], dict[str, OwnerRisk]]:
        with reading(self.council.engine) as connection:
            return self._scores(connection)

    def measured_scores(self) -> tuple[set[tuple[Any, ...]], dict[str, OwnerRisk]]:
        report = read_hygiene(self.council.engine, self.council.company, as_of=self.today)
        with self.council.engine.connect() as connection:
            store_scores(connection, report)
            kept = self._scores(connection)
            connection.rollback()
        return kept

    def _scores(self, connection: Any) -> tuple[set[tuple[Any, ...]], dict[str, OwnerRisk]]:
        rows = connection.execute(select(score_day).where(score_day.c.day == self.today.toordinal()))
        owners = list(connection.execute(select(person.c.crm_id)).scalars())
        return {tuple(row) for row in rows}, dict(read_risks(connection, self.today, owners))

    def deleted(self) -> int:
        with reading(self.council.engine) as connection:
            gone = select(opportunity.c.no).where(opportunity.c.gen_to == FOREVER, opportunity.c.is_deleted)
            return len(connection.execute(gone).all())

    def records(self) -> set[tuple[Any, ...]]:
        """Every deal that stands as readers see it, but for when we saw it so first."""
        with reading(self.council.engine) as connection:
            generation = pulled_state(connection).generation
            rows = connection.execute(
                select(opportunity).where(
                    opportunity.c.gen_from <= generation,
                    opportunity.c.gen_to > generation,
                    opportunity.c.is_deleted.is_(False),
                )
            )
            left_out = {"no", "gen_from", "gen_to", "observed_at", "stage", "content_hash"}
            return {
                tuple(repr(value) for name, value in row._mapping.items() if name not in left_out)
                for row in rows
            }

    def versions(self) -> set[tuple[Any, ...]]:
        """What every deal that stands was from when to when, with our own small numbers spelt out."""
        with reading(self.council.engine) as connection:
            generation = pulled_state(connection).generation
            slices = {row.no: tuple(row)[1:] for row in connection.execute(select(slice_table))}
            codes = {row.no: row.code for row in connection.execute(select(currency_table))}
            people = {row.no: row.crm_id for row in connection.execute(select(person))}
            version = opportunity_version
            rows = connection.execute(
                select(version, opportunity_key.c.crm_id)
                .join(opportunity_key, opportunity_key.c.no == version.c.opportunity)
                .join(opportunity, opportunity.c.no == version.c.opportunity)
                .where(
                    version.c.gen_from <= generation,
                    version.c.gen_to > generation,
                    opportunity.c.gen_from <= generation,
                    opportunity.c.gen_to > generation,
                    opportunity.c.is_deleted.is_(False),
                )
            )
            spelt: dict[str, Callable[[Any], Any]] = {
                "slice": slices.get,
                "currency": codes.get,
                "owner": people.get,
            }
            left_out = {"opportunity", "gen_from", "gen_to"}
            return {
                tuple(
                    spelt[name](value) if name in spelt else value
                    for name, value in row._mapping.items()
                    if name not in left_out
                )
                for row in rows
            }
