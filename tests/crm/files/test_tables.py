"""The tables beside the opportunities."""

from collections.abc import Callable

import pytest

from crm.records import (
    AccountRecord,
    ActivityRecord,
    ContactRoleRecord,
    FieldChangeRecord,
    FieldKind,
    ForecastCallRecord,
    HistoryRecord,
    LineItemRecord,
    PeriodRecord,
    RateRecord,
    RoleRecord,
    SpendRecord,
    SplitRecord,
    StageRecord,
    TargetRecord,
    UserRecord,
)
from pipeline.records import Category
from tests.crm.files.conftest import Folder, day

EPOCH_2026 = 1_767_225_600
"""2026-01-01T00:00:00Z."""


@pytest.fixture
def deals(opportunities: Callable[..., Folder]) -> Folder:
    return opportunities("Id,StageName", "006A,Prospecting", "X1,Prospecting")


def test_history_holds_the_values_after_each_change(deals: Folder) -> None:
    deals.rows(
        "OpportunityHistory.csv",
        "Id,CloseDate,OpportunityId,CreatedDate,StageName,Amount,ForecastCategory,Probability",
        "008A,2026-03-31,006A,2026-01-01T00:00:00.000+0000,Qualification,10.5,Forecast,50",
        "008B,,006A,2026-01-01T00:00:01.000Z,,,,",
    )
    assert deals.pull().of(HistoryRecord) == [
        HistoryRecord(
            "006A", EPOCH_2026, "Qualification", 105_000, day("2026-03-31"), Category.COMMIT, has_amount=True
        ),
        HistoryRecord("006A", EPOCH_2026 + 1, None, None, None, None, has_amount=True),
    ]


def test_history_without_an_amount_column_says_so(deals: Folder) -> None:
    deals.rows("OpportunityHistory.csv", "OpportunityId,CreatedDate,StageName", "006A,2026-01-01,Prospecting")
    (record,) = deals.pull().of(HistoryRecord)
    assert (record.has_amount, record.at) == (False, EPOCH_2026)


def test_field_history(deals: Folder) -> None:
    deals.rows(
        "OpportunityFieldHistory.csv",
        "OpportunityId,CreatedDate,Field,OldValue,NewValue",
        '006A,2026-01-01T00:00:00Z,NextStep,,"Call, then write"',
    )
    assert deals.pull().of(FieldChangeRecord) == [
        FieldChangeRecord("006A", EPOCH_2026, "NextStep", None, "Call, then write")
    ]


@pytest.mark.parametrize("column", ["Product2.Family", "PricebookEntry.Product2.Family"])
def test_line_items_with_a_dotted_family(deals: Folder, column: str) -> None:
    deals.rows("OpportunityLineItem.csv", f"OpportunityId,TotalPrice,{column}", "006A,5.5,Cloud", "X1,-1,")
    assert deals.pull().of(LineItemRecord) == [
        LineItemRecord("006A", 1, 55_000, "Cloud"),
        LineItemRecord("X1", 2, -10_000, None),
    ]


def test_line_items_find_their_family_in_the_products(deals: Folder) -> None:
    deals.rows("Product2.csv", "Id,Name,Family", "01A,Server,Hardware", "01B,Advice,")
    deals.rows(
        "OpportunityLineItem.csv",
        "OpportunityId,TotalPrice,Product2Id",
        "006A,1,01A",
        "006A,1,01B",
        "006A,1,01C",
    )
    pulled = deals.pull()
    assert [item.family for item in pulled.of(LineItemRecord)] == ["Hardware", None, None]
    problem = pulled.problem("unknown Product2")
    assert (problem.file, problem.line, problem.value) == ("OpportunityLineItem.csv", 4, "01C")
    assert problem.says == "no row of Product2.csv has this Id; taken as empty"


def test_deleted_details_are_passed_over(deals: Folder) -> None:
    deals.rows("OpportunityContactRole.csv", "OpportunityId,ContactId,Role,IsDeleted", "006A,003A,Buyer,true")
    deals.rows("OpportunityLineItem.csv", "OpportunityId,TotalPrice,IsDeleted", "006A,1,true", "006A,2,false")
    pulled = deals.pull()
    assert pulled.of(ContactRoleRecord) == []
    assert [item.total_price for item in pulled.of(LineItemRecord)] == [20_000]


def test_contact_roles(deals: Folder) -> None:
    deals.rows("OpportunityContactRole.csv", "OpportunityId,ContactId,Role", "006A,003A,Economic Buyer")
    assert deals.pull().of(ContactRoleRecord) == [ContactRoleRecord("006A", "003A", "Economic Buyer")]


def test_only_splits_that_add_up_to_100_per_cent_count(deals: Folder) -> None:
    deals.rows("OpportunitySplitType.csv", "Id,IsTotalValidated", "149A,true", "149B,false")
    deals.rows(
        "OpportunitySplit.csv",
        "OpportunityId,SplitOwnerId,SplitPercentage,SplitTypeId",
        "006A,005A,60,149A",
        "006A,005B,40.5,149A",
        "006A,005C,100,149B",
    )
    assert deals.pull().of(SplitRecord) == [
        SplitRecord("006A", 1, "005A", 600_000),
        SplitRecord("006A", 2, "005B", 405_000),
    ]


def test_splits_whose_types_nobody_knows_are_not_used(deals: Folder) -> None:
    deals.rows(
        "OpportunitySplit.csv", "OpportunityId,SplitOwnerId,SplitPercentage,SplitTypeId", "006A,005A,60,149A"
    )
    pulled = deals.pull()
    assert pulled.of(SplitRecord) == []
    assert "OpportunitySplitType.csv" in pulled.problem("missing file").says
    capabilities = deals.crm().capabilities()
    assert "OpportunitySplit" not in capabilities.tables
    assert any("OpportunitySplitType.csv" in notice for notice in capabilities.notices)


def test_users_roles_and_accounts_with_the_fields_asked_for(deals: Folder) -> None:
    deals.rows("UserRole.csv", "Id,Name,ParentRoleId", "00EA,VP Sales,", "00EB,AE EMEA,00EA")
    deals.rows(
        "User.csv",
        "Id,Name,FirstName,LastName,Email,IsActive,UserRoleId,ManagerId,TimeZoneSidKey,UserType,Division",
        "005A,,Ana,Alba,ana@example.com,true,00EB,005B,Europe/Madrid,Standard,North",
        "005B,Bob,,,,0,,,,AutomatedProcess,",
    )
    deals.rows("Account.csv", "Id,Name,MasterRecordId,NumberOfEmployees", "001A,Acme,,250", "001B,Old,001A,x")
    pulled = deals.pull(
        {
            "Owner.Division": FieldKind.TEXT,
            "Owner.UserRole.Name": FieldKind.TEXT,
            "Account.NumberOfEmployees": FieldKind.NUMBER,
        }
    )
    assert pulled.of(RoleRecord) == [
        RoleRecord("00EA", "VP Sales", None),
        RoleRecord("00EB", "AE EMEA", "00EA"),
    ]
    assert pulled.of(UserRecord) == [
        UserRecord(
            "005A", "Ana Alba", "ana@example.com", True, "00EB", "005B", "Europe/Madrid", False,
            {"Division": "North", "UserRole.Name": "AE EMEA"},
        ),
        UserRecord(
            "005B", "Bob", None, False, None, None, None, True, {"Division": None, "UserRole.Name": None}
        ),
    ]  # fmt: skip
    assert pulled.of(AccountRecord) == [
        AccountRecord("001A", "Acme", None, {"NumberOfEmployees": 2_500_000}),
        AccountRecord("001B", "Old", "001A", {"NumberOfEmployees": None}),
    ]
    assert pulled.kinds() == {"bad amount": 1}


def test_duplicate_users_are_reported(deals: Folder) -> None:
    deals.rows("User.csv", "Id,Name", "005A,Ana", "005A,Ana")
    pulled = deals.pull()
    assert len(pulled.of(UserRecord)) == 1
    assert pulled.problem("duplicate id").line == 3


def test_rates(deals: Folder) -> None:
    deals.rows("CurrencyType.csv", "IsoCode,ConversionRate,IsActive", "EUR,0.92,true")
    deals.rows(
        "DatedConversionRate.csv",
        "IsoCode,StartDate,NextStartDate,ConversionRate",
        "EUR,2026-01-01,2026-02-01,0.91",
        "EUR,2026-02-01,,0.93",
    )
    assert deals.pull().of(RateRecord) == [
        RateRecord("EUR", "0.92", None, None),
        RateRecord("EUR", "0.91", day("2026-01-01"), day("2026-02-01")),
        RateRecord("EUR", "0.93", day("2026-02-01"), None),
    ]


def test_periods_are_quarters_with_a_label_given_or_made(deals: Folder) -> None:
    deals.rows(
        "Period.csv",
        "Type,Number,StartDate,EndDate,FullyQualifiedLabel,FiscalYearSettings.Name",
        "Year,,2026-02-01,2027-01-30,,2027",
        "Quarter,1,2026-02-01,2026-05-02,FY27 Q1,2027",
        "Quarter,2,2026-05-03,2026-08-01,,2027",
        "Month,1,2026-02-01,2026-02-28,,2027",
        "Quarter,3,2026-10-31,2026-08-02,,2027",
        "Quarter,4,2026-11-01,2027-01-30,,",
    )
    pulled = deals.pull()
    assert pulled.of(PeriodRecord) == [
        PeriodRecord("FY27 Q1", day("2026-02-01"), day("2026-05-02")),
        PeriodRecord("FY27 Q2", day("2026-05-03"), day("2026-08-01")),
    ]
    assert [(problem.line, problem.kind) for problem in pulled.problems] == [
        (6, "bad period"),
        (7, "empty cell"),
    ]


def test_periods_in_the_plain_form(deals: Folder) -> None:
    deals.rows("Period.csv", "label,start,end", "FY27 Q1,2026-02-01,2026-05-02")
    assert deals.pull().of(PeriodRecord) == [PeriodRecord("FY27 Q1", day("2026-02-01"), day("2026-05-02"))]


def test_targets_and_spend(deals: Folder) -> None:
    deals.rows(
        "targets.csv",
        "period,dimension,value,metric,amount,currency",
        "FY27 Q1,TOTAL,TOTAL,closed_won,1000,",
        "FY27 Q1,Region + Product,EMEA+Cloud,pipe_gen,300,eur",
        "FY27 Q1,deal_type,renewal,closed_won,70,",
    )
    deals.rows("spend.csv", "period,lever,amount,heads", "FY27 Q1,events,500,3", "FY27 Q1,digital,20,")
    pulled = deals.pull()
    assert pulled.of(TargetRecord) == [
        TargetRecord("FY27 Q1", "TOTAL", "TOTAL", "closed_won", 10_000_000, None),
        TargetRecord("FY27 Q1", "region+product", "EMEA+Cloud", "pipe_gen", 3_000_000, "EUR"),
        TargetRecord("FY27 Q1", "deal_type", "renewal", "closed_won", 700_000, None),
    ]
    assert pulled.of(SpendRecord) == [
        SpendRecord("FY27 Q1", "events", 5_000_000, 3),
        SpendRecord("FY27 Q1", "digital", 200_000, None),
    ]


def test_the_calls_of_quarters(deals: Folder) -> None:
    deals.rows("calls.csv", "period,amount,owner", "FY27 Q1,5900,005A", "FY27 Q1,1,005B", "FY27 Q2,x,")
    pulled = deals.pull()
    assert pulled.of(ForecastCallRecord) == [ForecastCallRecord("FY27 Q1", 59_000_000, None, "005A")]
    assert [(one.line, one.kind) for one in pulled.problems] == [(3, "duplicate call"), (4, "bad amount")]


def test_tasks_and_events_of_opportunities_alone(deals: Folder) -> None:
    deals.rows(
        "Task.csv",
        "WhatId,ActivityDate,Status",
        "006A,2026-03-01,Completed",
        "001A,2026-03-01,Not Started",
        "X1,2026-03-02,Not Started",
        ",2026-03-02,Not Started",
    )
    deals.rows("Event.csv", "WhatId,EndDateTime,IsClosed", "006Z,2026-03-02T03:00:00.000Z,false")
    assert deals.pull(timezone="America/Los_Angeles").of(ActivityRecord) == [
        ActivityRecord("006A", day("2026-03-01"), is_closed=True, is_task=True),
        ActivityRecord("X1", day("2026-03-02"), is_closed=False, is_task=True),
        ActivityRecord("006Z", day("2026-03-01"), is_closed=False, is_task=False),
    ]


def test_stages_come_from_the_export_in_its_order(deals: Folder) -> None:
    deals.rows(
        "OpportunityStage.csv",
        "ApiName,MasterLabel,SortOrder,IsClosed,IsWon,ForecastCategoryName,IsActive",
        "Won,Closed Won,9,true,true,Closed,true",
        "Prospecting,Prospection,1,false,false,,false",
        "Deal,The Deal,5,false,false,Commit,true",
    )
    deals.rows("Opportunity.csv", "Id,StageName", "006A,closed won", "006B,the  deal")
    pulled = deals.pull()
    assert pulled.of(StageRecord) == [
        StageRecord("Prospecting", 1, False, False, Category.PIPELINE),
        StageRecord("Deal", 5, False, False, Category.COMMIT),
        StageRecord("Won", 9, True, True, Category.CLOSED),
    ]
    assert [pulled.opportunity(deal).stage for deal in ("006A", "006B")] == ["Won", "Deal"]


def test_stages_come_from_the_configuration(deals: Folder) -> None:
    deals.definition["stages"] = [
        {"name": "Prospecting"},
        {"name": "Deal", "category": "Best Case"},
        {"name": "Won", "won": True},
        {"name": "Lost", "closed": True},
    ]
    assert deals.pull().of(StageRecord) == [
        StageRecord("Prospecting", 1, False, False, Category.PIPELINE),
        StageRecord("Deal", 2, False, False, Category.BEST_CASE),
        StageRecord("Won", 3, True, True, Category.CLOSED),
        StageRecord("Lost", 4, True, False, Category.OMITTED),
    ]
    assert deals.crm().capabilities().notices == ()


def test_without_a_list_salesforces_standard_stages_are_taken_with_a_notice(deals: Folder) -> None:
    stages = deals.pull().of(StageRecord)
    assert [stage.name for stage in stages if not stage.is_closed] == [
        "Prospecting", "Qualification", "Discovery", "Needs Analysis", "Value Proposition",
        "Id. Decision Makers", "Perception Analysis", "Proposal/Price Quote", "Proposal",
        "Negotiation/Review", "Negotiation",
    ]  # fmt: skip
    assert [(stage.name, stage.is_won) for stage in stages if stage.is_closed] == [
        ("Closed Won", True),
        ("Closed Lost", False),
    ]
    (notice,) = deals.crm().capabilities().notices
    assert "Salesforce's standard stages are taken" in notice


def test_the_rows_place_stages_that_the_standard_list_lacks(deals: Folder) -> None:
    deals.rows(
        "Opportunity.csv",
        "Id,StageName,IsClosed,IsWon,Probability",
        "006A,Technical Win,false,false,80",
        "006B,Technical Win,false,false,80",
        "006C,Technical Win,false,false,10",
        "006D,Signed,true,true,100",
        "006E,No Decision,true,false,0",
        "006F,Nobody Knows,false,false,",
    )
    pulled = deals.pull()
    stages = {stage.name: stage for stage in pulled.of(StageRecord)}
    order = [stage.name for stage in sorted(stages.values(), key=lambda stage: stage.order)]
    assert order[order.index("Proposal") :] == [
        "Proposal", "Technical Win", "Negotiation/Review", "Negotiation", "Closed Won", "Signed",
        "Closed Lost", "No Decision",
    ]  # fmt: skip
    assert (stages["Signed"].is_won, stages["No Decision"].is_closed, stages["No Decision"].is_won) == (
        True,
        True,
        False,
    )
    assert pulled.problem("unknown stage").opportunity_id == "006F"
