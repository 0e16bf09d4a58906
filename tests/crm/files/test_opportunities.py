"""Opportunity.csv as Salesforce exports it."""

from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from crm.records import FieldKind, LineItemRecord, OpportunityRecord, PullRequest
from pipeline.records import Category
from tests.crm.files.conftest import Folder, day

Opportunities = Callable[..., Folder]


def moment(text: str) -> int:
    return int(datetime.fromisoformat(text).astimezone(UTC).timestamp())


def test_every_column_finds_its_place_in_the_record(opportunities: Opportunities) -> None:
    folder = opportunities(
        "Id,Name,StageName,ForecastCategoryName,Amount,CloseDate,CreatedDate,LastModifiedDate,OwnerId,"
        "CreatedById,AccountId,CurrencyIsoCode,NextStep,LastActivityDate,IsDeleted,Ignored__c",
        "006A,Acme renewal,Qualification,Best Case,1234.5,2026-09-30,2026-01-02T03:04:05.000+0000,"
        "2026-02-03T10:00:00.000Z,005A,005B,001A,eur,Call Ana,2026-02-01,true,whatever",
    )
    assert folder.pull().opportunity("006A") == OpportunityRecord(
        id="006A",
        name="Acme renewal",
        stage="Qualification",
        category=Category.BEST_CASE,
        amount=12_345_000,
        close_day=day("2026-09-30"),
        created_at=moment("2026-01-02T03:04:05+00:00"),
        modified_at=moment("2026-02-03T10:00:00+00:00"),
        owner_id="005A",
        creator_id="005B",
        account_id="001A",
        currency="EUR",
        next_step="Call Ana",
        last_activity_day=day("2026-02-01"),
        is_deleted=True,
        fields={},
    )


def test_empty_and_absent_columns_are_none(opportunities: Opportunities) -> None:
    folder = opportunities("stagename,ID,Amount", "Prospecting,006A,")
    record = folder.pull().opportunity("006A")
    assert (record.amount, record.close_day, record.owner_id, record.name) == (None, None, None, "")
    assert record.is_deleted is False


@pytest.mark.parametrize(
    ("text", "category"),
    [
        ("Pipeline", Category.PIPELINE),
        ("BestCase", Category.BEST_CASE),
        ("Best Case", Category.BEST_CASE),
        ("MostLikely", Category.MOST_LIKELY),
        ("Forecast", Category.COMMIT),
        ("Commit", Category.COMMIT),
        ("Omitted", Category.OMITTED),
        ("Closed", Category.CLOSED),
        ("", None),
    ],
)
def test_a_category_is_read_by_api_value_or_label(
    opportunities: Opportunities, text: str, category: Category | None
) -> None:
    folder = opportunities("Id,StageName,ForecastCategory", f"006A,Prospecting,{text}")
    assert folder.pull().opportunity("006A").category is category


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-09-30T10:00:00.000+0000", "2026-09-30T10:00:00+00:00"),
        ("2026-09-30T10:00:00.000Z", "2026-09-30T10:00:00+00:00"),
        ("2026-09-30T10:00:00Z", "2026-09-30T10:00:00+00:00"),
        ("2026-09-30T10:00:00+02:00", "2026-09-30T08:00:00+00:00"),
        ("2026-09-30T10:00:00.000-0730", "2026-09-30T17:30:00+00:00"),
        ("2026-09-30 10:00:00", "2026-09-30T10:00:00+00:00"),
        ("2026-09-30", "2026-09-30T00:00:00-07:00"),
        ("2026-12-31", "2026-12-31T00:00:00-08:00"),
    ],
)
def test_a_moment_is_read_in_every_form(opportunities: Opportunities, text: str, expected: str) -> None:
    folder = opportunities("Id,StageName,CreatedDate", f"006A,Prospecting,{text}")
    pulled = folder.pull(timezone="America/Los_Angeles")
    assert pulled.opportunity("006A").created_at == moment(expected)


def test_midnight_that_the_clock_skips_is_the_first_second_of_its_day(opportunities: Opportunities) -> None:
    folder = opportunities("Id,StageName,CreatedDate", "006A,Prospecting,2018-11-04")
    created = folder.pull(timezone="America/Sao_Paulo").opportunity("006A").created_at
    assert created == moment("2018-11-04T03:00:00+00:00")


def test_a_timestamp_in_a_date_column_is_its_day_in_the_organisations_time_zone(
    opportunities: Opportunities,
) -> None:
    folder = opportunities("Id,StageName,CloseDate", "006A,Prospecting,2026-10-01T03:00:00.000Z")
    pulled = folder.pull(timezone="America/Los_Angeles")
    assert pulled.opportunity("006A").close_day == day("2026-09-30")


def test_further_fields_are_read_as_their_kind_and_absent_ones_left_out(opportunities: Opportunities) -> None:
    folder = opportunities(
        "Id,StageName,ACV__c,Start__c,Confidential__c,Region__c,Account.BillingCountry,id__c",
        "006A,Prospecting,12.3456,2026-02-01,TRUE, EMEA ,Germany,x",
    )
    fields = {
        "ACV__c": FieldKind.NUMBER,
        "Start__c": FieldKind.DAY,
        "Confidential__c": FieldKind.FLAG,
        "Region__c": FieldKind.TEXT,
        "Account.BillingCountry": FieldKind.TEXT,
        "Account.Industry": FieldKind.TEXT,
        "Missing__c": FieldKind.TEXT,
    }
    assert folder.pull(fields).opportunity("006A").fields == {
        "ACV__c": 123_456,
        "Start__c": day("2026-02-01"),
        "Confidential__c": 1,
        "Region__c": "EMEA",
        "Account.BillingCountry": "Germany",
    }


def test_a_further_field_may_be_called_like_one_of_ours(opportunities: Opportunities) -> None:
    folder = opportunities("Id,StageName,owner", "006A,Prospecting,Ana")
    record = folder.pull({"owner": FieldKind.TEXT}).opportunity("006A")
    assert (record.fields, record.owner_id) == ({"owner": "Ana"}, None)


def test_the_record_type_is_found_by_its_id(opportunities: Opportunities) -> None:
    folder = opportunities("Id,StageName,RecordTypeId", "006A,Prospecting,012A", "006B,Prospecting,")
    folder.rows("RecordType.csv", "Id,Name", "012A,New Business")
    pulled = folder.pull({"RecordType.Name": FieldKind.TEXT})
    assert pulled.opportunity("006A").fields == {"RecordType.Name": "New Business"}
    assert pulled.opportunity("006B").fields == {"RecordType.Name": None}
    assert pulled.kinds() == {}


def test_a_product_on_the_deal_plays_the_line_item(opportunities: Opportunities) -> None:
    folder = opportunities("Id,StageName,ProductFamily", "006A,Prospecting,Cloud", "006B,Prospecting,")
    assert folder.pull().of(LineItemRecord) == [LineItemRecord("006A", 1, 10_000, "Cloud")]
    assert "OpportunityLineItem" in folder.crm().capabilities().tables


def test_real_line_items_stand_before_a_product_on_the_deal(opportunities: Opportunities) -> None:
    folder = opportunities("Id,StageName,ProductFamily", "006A,Prospecting,Cloud")
    folder.rows(
        "OpportunityLineItem.csv", "OpportunityId,TotalPrice,Product2.Family", "006A,5,Data", "006A,7,"
    )
    assert folder.pull().of(LineItemRecord) == [
        LineItemRecord("006A", 1, 50_000, "Data"),
        LineItemRecord("006A", 2, 70_000, None),
    ]


def test_empty_cells_that_matter_are_counted_not_listed(opportunities: Opportunities) -> None:
    folder = opportunities(
        "Id,StageName,AccountId,CloseDate", *(f"006{number},Prospecting,," for number in range(1425))
    )
    found = [(problem.kind, problem.column, problem.times) for problem in folder.pull().problems]
    assert found == [("no account", "AccountId", 1425), ("no close date", "CloseDate", 1425)]


def test_a_batch_holds_a_few_thousand_rows_at_most_and_says_how_many_there_are(
    opportunities: Opportunities,
) -> None:
    folder = opportunities("Id,StageName", *(f"006{number},Prospecting" for number in range(5000)))
    batches = list(folder.crm().pull(PullRequest({}, "USD", 0, "UTC")))
    sizes = [len(batch.records) for batch in batches]
    assert sum(sizes) == 5000 + 13
    assert max(sizes) <= 4096
    assert {batch.total for batch in batches if len(batch.records) > 13} == {5000}
