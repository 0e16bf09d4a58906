"""Where the local Salesforce is subtle, seen through our own client and through plain HTTP."""

import base64
import csv
import io
import time
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path

import httpx
import jwt
import pytest

from tests.salesforce.oauth import another_private_key, private_key
from tests.salesforce.organisation import NEEDS_NEXT_STEP, REP_USER, new_organisation, salesforce
from tests.salesforce.server import LocalSalesforce

DATA = "/services/data/v64.0"


@pytest.fixture
def served() -> Iterator[LocalSalesforce]:
    with salesforce() as running:
        yield running


@pytest.fixture
def client(served: LocalSalesforce) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=served.instance_url) as signed_in:
        _sign_in(served, signed_in)
        yield signed_in


def _sign_in(served: LocalSalesforce, client: httpx.Client) -> None:
    form = {"grant_type": "client_credentials", "client_id": "council-app", "client_secret": "council-secret"}
    token = client.post(f"{served.login_url}/services/oauth2/token", data=form).json()["access_token"]
    client.headers["Authorization"] = f"Bearer {token}"


def _query(client: httpx.Client, soql: str) -> httpx.Response:
    return client.get(f"{DATA}/query", params={"q": soql})


def _deal(served: LocalSalesforce, name: str) -> str:
    return next(str(row["Id"]) for row in served.org.rows("Opportunity") if row["Name"] == name)


def test_rows_hold_their_parents_and_an_unknown_field_is_named_with_its_place(client: httpx.Client) -> None:
    row = _query(client, "SELECT Name, Account.Name FROM Opportunity WHERE Amount > 400000 LIMIT 1").json()
    assert row["records"][0]["Account"]["Name"] == "Fjord Energi"
    [error] = _query(client, "SELECT Id, Nmae FROM Opportunity").json()
    assert error["errorCode"] == "INVALID_FIELD"
    assert "Row:1:Column:12\nNo such column 'Nmae' on entity 'Opportunity'" in error["message"]


@pytest.mark.parametrize(
    ("soql", "code"),
    [
        ("SELECT Id FROM Opportunity WHERE", "MALFORMED_QUERY"),
        ("SELECT Id FROM Opportunity WHERE IsWon = true OR IsWon = false AND Name = 'x'", "MALFORMED_QUERY"),
        ("SELECT Id FROM Opportunity WHERE CloseDate = '2026-09-30'", "INVALID_FIELD"),
        ("SELECT Id FROM Opportunity WHERE Description = 'x'", "INVALID_FIELD"),
        ("SELECT SystemModstamp FROM OpportunityFieldHistory", "INVALID_FIELD"),
        ("SELECT Id FROM Deal", "INVALID_TYPE"),
    ],
)
def test_what_salesforce_refuses_is_refused(client: httpx.Client, soql: str, code: str) -> None:
    answer = _query(client, soql)
    assert (answer.status_code, answer.json()[0]["errorCode"]) == (400, code)


def test_a_locator_belongs_to_the_session_that_made_it(served: LocalSalesforce, client: httpx.Client) -> None:
    served.faults.expires_session_after(pages=1)
    headers = {"Sforce-Query-Options": "batchSize=200"}
    for number in range(201):
        served.org.insert("Contact", Name=f"Contact {number}")
    page = client.get(f"{DATA}/query", params={"q": "SELECT Id FROM Contact"}, headers=headers).json()
    assert (page["totalSize"], len(page["records"]), page["done"]) == (202, 200, False)
    assert client.get(page["nextRecordsUrl"]).json()[0]["errorCode"] == "INVALID_SESSION_ID"
    _sign_in(served, client)
    assert client.get(page["nextRecordsUrl"]).status_code == 401


def test_writes_are_checked_and_the_history_writes_itself(
    served: LocalSalesforce, client: httpx.Client
) -> None:
    deal = f"{DATA}/sobjects/Opportunity/{_deal(served, 'Dryer line 2')}"
    [error] = client.patch(deal, json={"StageName": "Proposal", "NextStep": ""}).json()
    assert (error["message"], error["fields"]) == (NEEDS_NEXT_STEP, ["NextStep"])
    old = {"If-Unmodified-Since": "Sun, 31 May 2026 08:00:00 GMT"}
    assert client.patch(deal, json={"Amount": 1}, headers=old).status_code == 412
    assert client.patch(deal, json={"StageName": "Proposal"}).status_code == 204
    row = client.get(deal).json()
    assert (row["ForecastCategoryName"], row["Probability"]) == ("Best Case", 50)
    history = [each for each in served.org.rows("OpportunityHistory") if each["OpportunityId"] == row["Id"]]
    assert [each["StageName"] for each in history] == ["Discovery", "Proposal"]


def test_an_amount_of_products_is_left_as_it_is_without_a_word(
    served: LocalSalesforce, client: httpx.Client
) -> None:
    deal = f"{DATA}/sobjects/Opportunity/{_deal(served, 'Spray tower')}"
    assert client.patch(deal, json={"Amount": 1}).status_code == 204
    assert client.get(deal).json()["Amount"] == 410_000


def test_dependent_values_are_told_by_bits_and_wrong_pairs_are_let_through(
    served: LocalSalesforce, client: httpx.Client
) -> None:
    fields = client.get(f"{DATA}/sobjects/Opportunity/describe").json()["fields"]
    country = next(each for each in fields if each["name"] == "Country__c")
    bits = {each["value"]: base64.b64decode(each["validFor"])[0] for each in country["picklistValues"]}
    assert bits == {
        "Germany": 0b1000_0000,
        "Austria": 0b1000_0000,
        "Sweden": 0b0100_0000,
        "Spain": 0b0010_0000,
    }
    deal = f"{DATA}/sobjects/Opportunity/{_deal(served, 'Dryer line 2')}"
    assert client.patch(deal, json={"Region__c": "Iberia", "Country__c": "Sweden"}).status_code == 204
    assert client.patch(deal, json={"Region__c": "Atlantis"}).json()[0]["fields"] == ["Region__c"]


def test_bulk_pages_can_differ_in_their_columns(served: LocalSalesforce, client: httpx.Client) -> None:
    served.faults.shuffles_columns = served.faults.drops_null_columns = True
    body = {"operation": "query", "query": "SELECT Name, Amount, LeadSource FROM Opportunity"}
    job = client.post(f"{DATA}/jobs/query", json=body).json()
    assert client.get(f"{DATA}/jobs/query/{job['id']}").json()["state"] == "JobComplete"
    heads, names, locator = [], [], ""
    while locator != "null":
        params = {"maxRecords": "6", **({"locator": locator} if locator else {})}
        answer = client.get(f"{DATA}/jobs/query/{job['id']}/results", params=params)
        assert answer.headers["Content-Encoding"] == "gzip"
        rows = list(csv.DictReader(io.StringIO(answer.text)))
        heads.append(list(rows[0]))
        names += [row["Name"] for row in rows]
        locator = answer.headers["Sforce-Locator"]
    assert heads == [["Name", "Amount"], ["Amount", "Name"]]
    assert len(names) == len(set(names)) == 12


def test_prepared_pages_stand_in_for_tables_too_large_to_keep(
    served: LocalSalesforce, client: httpx.Client, tmp_path: Path
) -> None:
    files = [tmp_path / "1.csv", tmp_path / "2.csv"]
    for number, file in enumerate(files):
        file.write_text(f'"Id"\n"00{number}"\n')
    served.jobs.prepared["Contact"] = files
    job = client.post(
        f"{DATA}/jobs/query", json={"operation": "query", "query": "SELECT Id FROM Contact"}
    ).json()
    results = f"{DATA}/jobs/query/{job['id']}/results"
    assert client.get(results).json()[0]["errorCode"] == "INVALIDJOBSTATE"
    client.get(f"{DATA}/jobs/query/{job['id']}")
    first = client.get(results)
    second = client.get(results, params={"locator": first.headers["Sforce-Locator"]})
    assert (first.text, second.text) == ('"Id"\n"000"\n', '"Id"\n"001"\n')
    assert second.headers["Sforce-Locator"] == "null"


def test_a_held_change_appears_later_with_its_old_stamp() -> None:
    now = [1_790_000_000.0]
    org = new_organisation(lambda: now[0])
    deal = next(org.rows("Opportunity"))
    org.is_holding_commits = True
    org.update("Opportunity", str(deal["Id"]), Amount=5.0)
    org.insert("Opportunity", Name="Late", StageName="Discovery", CloseDate=date(2026, 9, 30))
    now[0] += 60
    assert all(row["Name"] != "Late" for row in org.rows("Opportunity"))
    assert deal["Amount"] == 120_000
    org.commit()
    assert deal["Amount"] == 5
    [late] = [row for row in org.rows("Opportunity") if row["Name"] == "Late"]
    assert deal["SystemModstamp"] == late["SystemModstamp"] == datetime.fromtimestamp(1_790_000_000, UTC)


def test_a_statement_counts_with_the_right_key_and_an_approved_user_alone(served: LocalSalesforce) -> None:
    def ask(key: str, username: str) -> str:
        statement = {
            "iss": "council-app",
            "sub": username,
            "aud": "https://login.salesforce.com",
            "exp": int(time.time()) + 60,
        }
        form = {
            "grant_type": "urn:ietf:params:oauth:grant-type:jwt-bearer",
            "assertion": jwt.encode(statement, key, algorithm="RS256"),
        }
        body = httpx.post(f"{served.login_url}/services/oauth2/token", data=form).json()
        return str(body.get("error_description", body.get("instance_url")))

    assert ask(private_key(), REP_USER) == served.instance_url != served.login_url
    assert ask(another_private_key(), REP_USER) == "invalid assertion"
    assert ask(private_key(), "omar@acme.example") == "user hasn't approved this consumer"
