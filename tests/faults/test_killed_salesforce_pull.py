"""A first pull of Salesforce that is killed goes on where it was, and comes to the same as another."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import NamedTuple

import pytest

from bot.app import build_company
from bot.settings import load_settings
from jobs.pulling import Progress
from pipeline.matrix import Dimension, Matrix
from pipeline.pull_report import PullWay
from storage.apm import read_apm
from storage.database import open_database
from tests.faults.interrupted_salesforce import SECRET, pull, pull_and_die
from tests.faults.processes import was_killed
from tests.salesforce.organisation import STAGES, new_organisation, salesforce
from tests.salesforce.server import LocalSalesforce

NOW = datetime(2026, 9, 21, 12, tzinfo=UTC)
DEALS = 300
_CONFIGURATION = """\
[crm]
kind = "salesforce"
[crm.salesforce]
host = "{url}"
client_id = "council-app"
[metrics]
value_field = "Amount"
qualified_stage = "Qualification"
[money]
corporate_currency = "EUR"
[dimensions]
region = [{{ field = "Region__c" }}]
segment = [{{ field = "Account.Industry" }}]
"""


class Scene(NamedTuple):
    """A running Salesforce with a configuration for it, what a pull comes to, and in which steps."""

    served: LocalSalesforce
    folder: Path
    steps: tuple[str, ...]
    tables: tuple[Matrix, ...]

    @property
    def bulk_calls(self) -> list[tuple[str, str]]:
        """Jobs that were made, and pages that were fetched."""
        calls = [(call.method, call.path) for call in self.served.calls if "/jobs/query" in call.path]
        return [call for call in calls if call[0] == "POST" or call[1].endswith("/results")]


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    folder = tmp_path_factory.mktemp("scene")
    org = new_organisation(NOW.timestamp)
    accounts = [str(row["Id"]) for row in org.rows("Account")]
    for number in range(DEALS):
        org.insert(
            "Opportunity",
            Name=f"Deal {number}",
            StageName=STAGES[number % len(STAGES)][0],
            Amount=float(number),
            CloseDate=date(2026, 7, 1) + timedelta(days=number % 90),
            AccountId=accounts[number % len(accounts)],
            Region__c=("DACH", "Nordics", "Iberia")[number % 3],
            CurrencyIsoCode="EUR",
        )
    with salesforce(org) as served:
        (folder / "council.toml").write_text(_CONFIGURATION.format(url=served.login_url), encoding="utf-8")
        reports: list[Progress] = []
        database = folder / "never_killed.db"
        pull(folder, database, NOW, reports.append)
        steps = tuple(report.step for report in reports)
        yield Scene(served, folder, steps, _tables(folder, database))


def _tables(folder: Path, database: Path) -> tuple[Matrix, ...]:
    company = build_company(load_settings(folder / "council.toml", SECRET))
    engine = open_database(f"sqlite:///{database}")
    tables = tuple(
        read_apm(engine, company, as_of=NOW.date(), dimension=one)
        for one in (Dimension.REGION, Dimension.SEGMENT)
    )
    engine.dispose()
    return tables


@pytest.mark.parametrize(
    ("step", "place", "jobs", "pages"),
    [("Reading Opportunity", -1, 0, 18), ("Reading History", -1, 0, 9), ("Merging", 0, 1, 1)],
    ids=["the deals are read", "the history is read", "all is read"],
)
def test_a_killed_pull_goes_on_where_it_was(
    scene: Scene, tmp_path: Path, step: str, place: int, jobs: int, pages: int
) -> None:
    """Deals and their history are eight pages each, seven other tables one each; accounts come each time.

    What waited to be written when the pull died, two pages, is read again. The jobs of a pull that has read
    everything are gone, that of the accounts too.
    """
    database = tmp_path / "council.db"
    dies_at = [number for number, one in enumerate(scene.steps, start=1) if one == step][place]
    assert was_killed(pull_and_die, dies_at, scene.folder, database, NOW)
    before = len(scene.bulk_calls)
    report = pull(scene.folder, database, NOW, lambda _: None)
    made = scene.bulk_calls[before:]
    assert report.way is PullWay.REST
    assert ([method for method, _ in made].count("POST"), len(made)) == (jobs, jobs + pages)
    assert _tables(scene.folder, database) == scene.tables
    assert report.taken["Opportunity"] == 12 + DEALS
    assert not scene.served.jobs.ids
