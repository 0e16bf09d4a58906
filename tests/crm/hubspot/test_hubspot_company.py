"""A company on HubSpot through the commands: configuration, check, pull, figures."""

import csv
from io import StringIO
from pathlib import Path

import pytest

from tests.bot.test_command_line import council
from tests.hubspot.account import TOKEN
from tests.hubspot.server import LocalHubspot

_CONFIGURATION = """\
[crm]
kind = "hubspot"
[crm.hubspot]
url = "{url}"
[calendar]
timezone = "America/Los_Angeles"
[metrics]
qualified_stage = "Qualified To Buy"
[dimensions]
region = [{{ field = "Account.country", map = {{ Germany = "EMEA" }} }}]
"""

_TARGETS = """\
period,dimension,value,metric,amount,currency
FY26 Q2,region,EMEA,closed_won,2000,USD
"""


@pytest.fixture
def folder(hubspot: LocalHubspot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A target of 2,000. Of Germans a won deal of 500, 1,200.50 in Commit and a lost one; 40 of nobody."""
    account = hubspot.account
    german = account.add("companies", name="Acme", country="Germany")
    for stage, amount, category in (
        ("closedwon", "500", ""),
        ("contractsent", "1200.50", "COMMIT"),
        ("closedlost", "77", ""),
    ):
        deal = account.add(
            "deals",
            dealname=f"Acme {stage}",
            dealstage=stage,
            amount=amount,
            hs_manual_forecast_category=category,
            closedate="2026-06-20T00:00:00.000Z",
            hubspot_owner_id="71",
        )
        account.link(deal, "companies", german, "Primary")
    account.add("deals", amount="40", closedate="2026-06-25T00:00:00.000Z")
    (tmp_path / "exports").mkdir()
    (tmp_path / "exports" / "targets.csv").write_text(_TARGETS, encoding="utf-8")
    (tmp_path / "council.toml").write_text(_CONFIGURATION.format(url=hubspot.url), encoding="utf-8")
    monkeypatch.setenv("COUNCIL_CRM__HUBSPOT__ACCESS_TOKEN", TOKEN)
    return tmp_path


def test_figures_come_out_of_hubspot(folder: Path) -> None:
    for words in (("check",), ("pull", "--at", "2026-06-10T12:00")):
        done = council(folder, *words)
        assert done.returncode == 0, done.stderr
    shown = council(folder, "apm", "region", "--format", "csv", "--as-of", "2026-06-10").stdout
    rows = {row["region"]: row for row in csv.DictReader(StringIO(shown))}
    figures = ("closed_won", "open_pipeline", "forecast", "attainment")
    assert {name: [row[figure] for figure in figures] for name, row in rows.items()} == {
        "EMEA": ["500", "1200.5", "1700.5", "0.25"],
        "(Unassigned)": ["0", "40", "0", ""],
        "TOTAL": ["500", "1240.5", "1700.5", "0.25"],
    }


def test_a_token_in_the_configuration_file_is_refused(folder: Path) -> None:
    file = folder / "council.toml"
    text = file.read_text(encoding="utf-8").replace("[calendar]", f'access_token = "{TOKEN}"\n[calendar]')
    file.write_text(text, encoding="utf-8")
    done = council(folder, "check")
    assert done.returncode != 0
    assert "keep tokens out of this file: set COUNCIL_CRM__HUBSPOT__ACCESS_TOKEN" in done.stderr
    assert TOKEN not in done.stderr
