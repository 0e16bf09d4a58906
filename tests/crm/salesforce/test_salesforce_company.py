"""A company on Salesforce through the commands: configuration, check, pull, figures."""

import csv
from io import StringIO
from pathlib import Path

import pytest

from tests.bot.test_command_line import council
from tests.salesforce.server import LocalSalesforce

_CONFIGURATION = """\
[crm]
kind = "salesforce"
[crm.salesforce]
host = "{url}"
client_id = "council-app"
[calendar]
timezone = "Europe/Berlin"
[metrics]
value_field = "Amount"
qualified_stage = "Qualification"
[money]
corporate_currency = "EUR"
[dimensions]
region = [{{ field = "Account.BillingCountry", map = {{ Germany = "DACH", Austria = "DACH" }} }}]
"""


@pytest.fixture
def folder(served: LocalSalesforce, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    configuration = _CONFIGURATION.format(url=served.login_url)
    (tmp_path / "council.toml").write_text(configuration, encoding="utf-8")
    monkeypatch.setenv("COUNCIL_CRM__SALESFORCE__CLIENT_SECRET", "council-secret")
    return tmp_path


def test_figures_come_out_of_salesforce(folder: Path) -> None:
    """On 1 September, in the third quarter: Pilot plant was won for 95,000. Commit are 60,000 and 150,000
    beside it; open are these, 22,500.50 and 80,000 USD, which at 1.2 are 66,666.67. Quotas are 750,000.
    """
    for words in (("check",), ("pull", "--at", "2026-12-01T12:00")):
        done = council(folder, *words)
        assert done.returncode == 0, done.stdout + done.stderr
    shown = council(folder, "apm", "region", "--format", "csv", "--as-of", "2026-09-01").stdout
    rows = {row["region"]: row for row in csv.DictReader(StringIO(shown))}
    figures = ("closed_won", "forecast", "open_pipeline", "target")
    assert [rows["DACH"][figure] for figure in figures] == ["95000", "305000", "299167.17", ""]
    assert [rows["TOTAL"][figure] for figure in figures] == ["95000", "305000", "299167.17", "750000"]


def test_a_secret_in_the_configuration_file_is_refused(folder: Path) -> None:
    file = folder / "council.toml"
    text = file.read_text(encoding="utf-8").replace("[calendar]", 'client_secret = "hush"\n[calendar]')
    file.write_text(text, encoding="utf-8")
    done = council(folder, "check")
    assert done.returncode != 0
    assert "COUNCIL_CRM__SALESFORCE__CLIENT_SECRET" in done.stderr
    assert "hush" not in done.stderr


def test_a_configuration_without_what_the_sign_in_needs_says_so(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("COUNCIL_CRM__SALESFORCE__CLIENT_SECRET")
    done = council(folder, "pull")
    assert done.returncode != 0
    assert "[crm.salesforce] lacks client_secret" in done.stderr
