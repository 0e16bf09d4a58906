"""Setting Salesforce up at the command line: rights, check, and what its deals hold."""

import tomllib
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from tests.bot.test_command_line import Done, council
from tests.salesforce.oauth import private_key
from tests.salesforce.organisation import salesforce
from tests.salesforce.server import LocalSalesforce

CONFIGURATION = """
[crm]
kind = "salesforce"
[crm.salesforce]
host = "{host}"
client_id = "council-app"
{further}

[metrics]
value_field = "Amount"
qualified_stage = "Qualification"
[money]
corporate_currency = "EUR"
[dimensions]
region = [{{ field = "Region__c" }}, {{ field = "Account.BillingCountry" }}]
"""


@pytest.fixture
def served(monkeypatch: pytest.MonkeyPatch) -> Iterator[LocalSalesforce]:
    monkeypatch.setenv("COUNCIL_CRM__SALESFORCE__CLIENT_SECRET", "council-secret")
    with salesforce() as running:
        yield running


def configure(folder: Path, served: LocalSalesforce, further: str = "") -> None:
    (folder / "key.pem").write_text(private_key(), encoding="utf-8")
    text = CONFIGURATION.format(host=served.login_url, further=further)
    (folder / "council.toml").write_text(text, encoding="utf-8")


def check(folder: Path, served: LocalSalesforce, further: str = "") -> Done:
    configure(folder, served, further)
    return council(folder, "check", "salesforce")


def faults(done: Done) -> list[str]:
    return [line.removeprefix("FIX ").strip() for line in done.stdout.splitlines() if line.startswith("FIX")]


# --- Check ----------------------------------------------------------------------------------------


def test_what_is_well_is_said_line_by_line(served: LocalSalesforce, tmp_path: Path) -> None:
    done = check(tmp_path, served)
    assert (done.returncode, faults(done)) == (0, []), done.stdout + done.stderr
    for says in (
        "We are signed in to Acme.",
        "of 15,000 API calls of the last 24 hours are used; pulls stop at 80%.",
        "Opportunity can be read: we see 12 records.",
        "OpportunityContactRole can be read.",
        "ForecastingQuota can be read: quotas are targets.",
        "ForecastingItem can be read: the top manager's call stands beside our forecast.",
        "All 2 fields that the configuration names can be read.",
        "Every field that people mend in chat can be written.",
    ):
        assert says in done.stdout


def test_what_is_hidden_is_named_with_the_feature_that_suffers(
    served: LocalSalesforce, tmp_path: Path
) -> None:
    served.org.hidden_objects |= {"OpportunityContactRole", "OpportunitySplit", "ForecastingQuota"}
    served.org.hidden_fields |= {("Opportunity", "NextStep"), ("Opportunity", "Region__c")}
    deal = served.org.objects["Opportunity"]
    deal.add(replace(deal.fields["CloseDate"], is_updateable=False))
    done = check(tmp_path, served)
    assert done.returncode == 1
    assert faults(done) == [
        "We do not see OpportunityContactRole: rules about contacts are switched off.",
        "We do not see Opportunity.NextStep: rules about next steps are switched off.",
        "dimensions.region[0].field names Region__c, which our user does not see.",
        "CloseDate can be read and not written: fixes of it are refused.",
    ]
    assert "OpportunitySplit is not there: deals are not shared over several owners." in done.stdout
    assert "council manifest salesforce" in done.stdout


def test_a_query_that_is_refused_is_found_though_describe_shows_the_object(
    served: LocalSalesforce, tmp_path: Path
) -> None:
    """Forecasts are closed by a right of the user, which describe does not know of."""
    served.org.closed_objects.add("ForecastingQuota")
    served.org.closed_objects.add("ForecastingItem")
    quotas, calls = faults(check(tmp_path, served))
    assert quotas.startswith("ForecastingQuota cannot be read: ")
    assert calls.startswith("ForecastingItem cannot be read: ")


def test_a_refused_sign_in_ends_the_check_with_what_to_do(
    served: LocalSalesforce, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COUNCIL_CRM__SALESFORCE__CLIENT_SECRET", "another")
    done = check(tmp_path, served)
    [fault] = faults(done)
    assert fault.endswith("The client_secret does not belong to this client_id.")
    assert done.returncode == 1
    assert "another" not in done.stdout


def test_used_up_calls_are_said(served: LocalSalesforce, tmp_path: Path) -> None:
    served.calls_used = 13_000
    [fault] = faults(check(tmp_path, served))
    assert "so pulls stop: from 80% on the rest is left to people's fixes" in fault


def test_people_who_are_not_approved_are_named_where_fixes_are_their_own(
    served: LocalSalesforce, tmp_path: Path
) -> None:
    further = 'writes = "as_person"\nprivate_key = "key.pem"'
    assert "Nobody has open deals yet" in check(tmp_path, served, further).stdout
    pulled = council(tmp_path, "pull")
    assert pulled.returncode == 0, pulled.stderr
    done = council(tmp_path, "check", "salesforce")
    refused = [fault for fault in faults(done) if fault.startswith("We cannot save as omar@acme.example")]
    assert len(refused) == 1
    assert "hasn't approved" in refused[0]
    assert "mara@acme.example" not in done.stdout


def test_without_a_section_the_missing_keys_are_named(tmp_path: Path) -> None:
    (tmp_path / "council.toml").write_text("", encoding="utf-8")
    done = council(tmp_path, "check", "salesforce")
    assert done.returncode != 0
    assert "[crm.salesforce] lacks host, client_id, client_secret" in done.stdout + done.stderr


# --- Fields ---------------------------------------------------------------------------------------


def test_fields_are_listed_and_make_a_configuration_that_fits(
    served: LocalSalesforce, tmp_path: Path
) -> None:
    configure(tmp_path, served)
    done = council(tmp_path, "fields")
    assert done.returncode == 0, done.stderr
    assert "Country__c" in done.stdout
    assert "(by Region__c)" in done.stdout
    assert "Over Account: Account.BillingCountry, Account.Industry" in done.stdout
    proposed = tomllib.loads(done.stdout[done.stdout.index("[metrics]") :])
    assert proposed["metrics"] == {"value_field": "Amount", "qualified_stage": "Qualification"}
    assert proposed["dimensions"]["region"] == [{"field": "Region__c"}]
    assert proposed["dimensions"]["source"] == [{"field": "LeadSource"}]
    text = (tmp_path / "council.toml").read_text(encoding="utf-8").partition("[metrics]")[0]
    taken = text + done.stdout[done.stdout.index("[metrics]") :] + '\n[money]\ncorporate_currency = "EUR"\n'
    (tmp_path / "council.toml").write_text(taken, encoding="utf-8")
    checked = council(tmp_path, "check")
    assert checked.returncode == 0, checked.stderr


# --- Rights ---------------------------------------------------------------------------------------


def test_rights_are_printed_or_packed(served: LocalSalesforce, tmp_path: Path) -> None:
    configure(tmp_path, served)
    printed = council(tmp_path, "manifest", "salesforce")
    assert "<field>Opportunity.Region__c</field>" in printed.stdout
    assert "<field>Account.BillingAddress</field>" in printed.stdout
    assert "<field>Opportunity.StageName</field>" not in printed.stdout
    assert "Loss_Reason__c" not in printed.stdout  # a default of ours that this organisation does not have
    packed = council(tmp_path, "manifest", "salesforce", "--output", "rights.zip")
    assert "sf project deploy start --metadata-dir rights.zip" in packed.stdout
    with zipfile.ZipFile(tmp_path / "rights.zip") as opened:
        assert opened.read("permissionsets/Pipeline_Council.permissionset").decode() == printed.stdout


def test_rights_can_be_made_before_anybody_signs_in(tmp_path: Path) -> None:
    (tmp_path / "council.toml").write_text('[metrics]\nvalue_field = "ACV__c"\n', encoding="utf-8")
    done = council(tmp_path, "manifest", "salesforce")
    assert done.returncode == 0, done.stderr
    assert "<field>Opportunity.ACV__c</field>" in done.stdout
