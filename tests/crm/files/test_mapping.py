"""Exports under names of their own."""

import tomllib
from pathlib import Path

import pytest

from crm.files.definition import FilesDefinition
from crm.records import (
    AccountRecord,
    FieldKind,
    LineItemRecord,
    OpportunityRecord,
    RoleRecord,
    UserRecord,
)
from pipeline.errors import NothingUsable
from tests.crm.files.conftest import Folder, day, names


@pytest.fixture
def shop(folder: Folder) -> Folder:
    """Sales of a shop whose export knows no ids."""
    folder.definition = {
        "tables": {
            "Opportunity": "sales.csv",
            "Account": "clients.csv",
            "User": "agents.csv",
            "UserRole": "agents.csv",
        },
        "columns": {
            "Opportunity": {
                "Id": "no",
                "StageName": "state",
                "CloseDate": "closed",
                "Product2.Family": "product",
            },
            "Account": {"Name": "client", "BillingCountry": "country"},
            "User": {"Name": "agent", "Office__c": "office"},
            "UserRole": {"Name": "office"},
        },
        "values": {
            "Opportunity": {
                "StageName": {"Won": "Closed Won", "Open": "Prospecting"},
                "Product2.Family": {"GTXPro": "GTX Pro"},
                "CloseDate": {"never": ""},
            },
            "Account": {"BillingCountry": {"Deutschland": "Germany"}},
        },
        "joins": {
            "Opportunity": {
                "Account": {"column": "client", "key": "Name"},
                "Owner": {"column": "agent", "key": "Name"},
            },
            "User": {
                "Manager": {"column": "boss", "key": "Name"},
                "UserRole": {"column": "office", "key": "Name"},
            },
        },
    }
    folder.rows(
        "sales.csv",
        "no,agent,client,state,closed,product",
        "1,Ana,Acme,Won,2026-03-01,GTXPro",
        "2,Bob,,Open,never,GTX Pro",
        "3,Zoe,Nobody,Open,,",
    )
    folder.rows("clients.csv", "client,country", "Acme,Deutschland")
    folder.rows("agents.csv", "agent,boss,office", "Ana,Cleo,North", "Bob,Cleo,South", "Dan,Ana,North")
    return folder


def test_tables_columns_values_and_joins(shop: Folder) -> None:
    pulled = shop.pull({"Account.BillingCountry": FieldKind.TEXT, "Owner.Office__c": FieldKind.TEXT})
    first, second = pulled.opportunity("1"), pulled.opportunity("2")
    assert (first.stage, first.close_day, first.account_id, first.owner_id) == (
        "Closed Won",
        day("2026-03-01"),
        "Acme",
        "Ana",
    )
    assert (second.stage, second.close_day, second.account_id) == ("Prospecting", None, None)
    assert pulled.of(AccountRecord) == [AccountRecord("Acme", "Acme", None, {"BillingCountry": "Germany"})]
    assert pulled.of(LineItemRecord) == [
        LineItemRecord("1", 1, 10_000, "GTX Pro"),
        LineItemRecord("2", 1, 10_000, "GTX Pro"),
    ]


def test_one_file_serves_two_tables_and_managers_without_a_row_become_users(shop: Folder) -> None:
    pulled = shop.pull({"Owner.Office__c": FieldKind.TEXT})
    users = {user.id: user for user in pulled.of(UserRecord)}
    assert sorted(users) == ["Ana", "Bob", "Cleo", "Dan"]
    assert [(users[name].manager_id, users[name].role_id) for name in ("Ana", "Dan", "Cleo")] == [
        ("Cleo", "North"),
        ("Ana", "North"),
        (None, None),
    ]
    assert users["Ana"].fields == {"Office__c": "North"}
    assert users["Cleo"].is_active
    assert pulled.of(RoleRecord) == [RoleRecord("North", "North", None), RoleRecord("South", "South", None)]
    assert "duplicate id" not in pulled.kinds()


def test_a_name_that_the_joined_table_lacks_is_kept_and_reported(shop: Folder) -> None:
    pulled = shop.pull()
    record = pulled.opportunity("3")
    assert (record.account_id, record.owner_id) == ("Nobody", "Zoe")
    account, owner = pulled.problem("unknown Account"), pulled.problem("unknown User")
    assert (account.file, account.line, account.column, account.value) == ("sales.csv", 4, "client", "Nobody")
    assert account.says == "no row of clients.csv has this client; kept as it is"
    assert owner.value == "Zoe"


def test_a_join_leads_to_the_id_where_there_is_one(folder: Folder) -> None:
    folder.definition = {
        "joins": {
            "Opportunity": {"Account": {"column": "client", "key": "Name"}},
            "User": {"Manager": {"column": "boss", "key": "Name"}},
        }
    }
    folder.rows("Opportunity.csv", "Id,StageName,client", "006A,Prospecting,Acme", "006B,Prospecting,Ghost")
    folder.rows("Account.csv", "Id,Name", "001A,Acme", "001B,Acme")
    folder.rows("User.csv", "Id,Name,boss", "005A,Ana,Bob", "005B,Bob,Nobody")
    pulled = folder.pull()
    assert pulled.opportunity("006A").account_id == "001A"
    assert pulled.opportunity("006B").account_id is None
    assert [user.manager_id for user in pulled.of(UserRecord)] == ["005B", None]
    ambiguous = pulled.problem("ambiguous key")
    assert (ambiguous.file, ambiguous.line, ambiguous.value) == ("Account.csv", 3, "Acme")
    assert pulled.problem("unknown Account").says == "no row of Account.csv has this Name; taken as empty"
    assert pulled.problem("unknown User").value == "Nobody"


def test_a_product_is_joined_to_its_family(folder: Folder) -> None:
    folder.definition = {
        "tables": {"Product2": "products.csv"},
        "columns": {"Product2": {"Name": "product", "Family": "series"}},
        "joins": {"Opportunity": {"Product2": {"column": "product", "key": "Name"}}},
        "values": {"Opportunity": {"Product2": {"GTXPro": "GTX Pro"}}},
    }
    folder.rows(
        "Opportunity.csv",
        "Id,StageName,product",
        "006A,Prospecting,GTX Pro",
        "006B,Prospecting,GTXPro",
        "006C,Prospecting,GTXPr",
        "006D,Prospecting,",
    )
    folder.rows("products.csv", "product,series", "GTX Pro,GTX")
    pulled = folder.pull()
    assert pulled.of(LineItemRecord) == [
        LineItemRecord("006A", 1, 10_000, "GTX"),
        LineItemRecord("006B", 1, 10_000, "GTX"),
        LineItemRecord("006C", 1, 10_000, None),
    ]
    assert pulled.problem("unknown Product2").value == "GTXPr"
    assert "OpportunityLineItem" in folder.crm().capabilities().tables


def test_capabilities_speak_our_names(shop: Folder) -> None:
    capabilities = shop.crm().capabilities()
    assert capabilities.tables == {"Opportunity", "OpportunityLineItem", "Account", "User", "UserRole"}
    assert {
        "Id", "StageName", "CloseDate", "AccountId", "OwnerId", "Account.BillingCountry",
        "Owner.Office__c", "Owner.UserRole.Name",
    } <= capabilities.opportunity_fields  # fmt: skip
    assert not {"state", "Amount", "NextStep"} & capabilities.opportunity_fields


def test_capabilities_of_a_plain_export(folder: Folder) -> None:
    folder.rows("opportunity.csv", "id,stagename,AccountId,Region__c,Campaign.Type", "006A,Prospecting,,,")
    folder.rows("Account.csv", "Id,Industry", "001A,Retail")
    folder.rows("User.csv", "Id,Name", "005A,Ana")
    capabilities = folder.crm().capabilities()
    assert capabilities.tables == {"Opportunity", "Account", "User"}
    assert capabilities.opportunity_fields == {
        "Id", "StageName", "AccountId", "Region__c", "Campaign.Type", "Account.Id", "Account.Industry",
    }  # fmt: skip


def test_a_mapped_column_that_is_not_there_names_the_nearest(shop: Folder) -> None:
    shop.definition["columns"]["Account"]["BillingCountry"] = "contry"
    problem = shop.pull().problem("missing column")
    assert (problem.file, problem.column) == ("clients.csv", "contry")
    assert problem.says.endswith("did you mean country?")


def test_a_mapped_column_that_cannot_be_missing_is_refused(shop: Folder) -> None:
    shop.definition["columns"]["Opportunity"]["StageName"] = "stat"
    with pytest.raises(NothingUsable, match=r"expected a column stat, .* did you mean state\?"):
        shop.pull()


def test_a_mapped_file_that_is_not_there_is_reported(shop: Folder) -> None:
    shop.definition["tables"]["Account"] = "client.csv"
    problem = shop.pull().problem("missing file")
    assert problem.file == "client.csv"
    assert "did you mean clients.csv?" in problem.says


def test_the_documented_example_fits_its_files(folder: Folder) -> None:
    example = Path(__file__).parents[3] / "docs" / "examples" / "maven.toml"
    section = tomllib.loads(example.read_text())["crm"]["files"]
    assert section["folder"] == "maven_crm"
    FilesDefinition.model_validate(section)
    folder.definition = section | {"folder": "exports"}
    folder.rows(
        "sales_pipeline.csv",
        "opportunity_id,sales_agent,product,account,deal_stage,engage_date,close_date,close_value",
        "A1,Ana Alba,GTXPro,Acme,Won,2017-01-02,2017-03-01,1054",
        "A2,Bob Bell,GTK 500,,Engaging,2017-02-02,,",
    )
    folder.rows("accounts.csv", "account,sector,employees,office_location", "Acme,technolgy,2822,Kenya")
    folder.rows("sales_teams.csv", "sales_agent,manager,regional_office", "Ana Alba,Cleo,East")
    pulled = folder.pull({"Account.NumberOfEmployees": FieldKind.NUMBER, "Account.Industry": FieldKind.TEXT})
    assert [(deal.stage, deal.account_id) for deal in pulled.of(OpportunityRecord)] == [
        ("Closed Won", "Acme"),
        ("Engaging", None),
    ]
    assert [item.family for item in pulled.of(LineItemRecord)] == ["GTX Pro", "GTK 500"]
    assert names(pulled.of(UserRecord)) == ["Ana Alba", "Cleo"]
    assert pulled.of(AccountRecord)[0].fields == {"NumberOfEmployees": 28_220_000, "Industry": "technology"}
    assert pulled.kinds() == {"unknown User": 1}
