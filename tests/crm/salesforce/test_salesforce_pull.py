"""What a pull of Salesforce yields: figures worked out by hand from what the organisation holds."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from urllib.parse import unquote

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
    OpportunityRecord,
    PeriodRecord,
    PullRequest,
    RateRecord,
    RoleRecord,
    SplitRecord,
    StageRecord,
    TargetRecord,
    UserRecord,
)
from crm.salesforce.errors import LimitReached, QueryRefused
from pipeline.definitions import CalendarDefinition
from pipeline.errors import NothingUsable
from pipeline.records import Category
from tests.crm.salesforce.conftest import Connections, deal_id, user_id
from tests.crm.salesforce.pulling import NOW, ZONE, of_kind, open_crm, problems, pulled, request_for
from tests.salesforce.errors import Refused
from tests.salesforce.org import Org
from tests.salesforce.organisation import new_organisation, salesforce
from tests.salesforce.schema import Field, Type
from tests.salesforce.server import LocalSalesforce

TEXT, NUMBER, DAY, FLAG = FieldKind.TEXT, FieldKind.NUMBER, FieldKind.DAY, FieldKind.FLAG
JUNE_1 = int(datetime(2026, 6, 1, 8, tzinfo=UTC).timestamp())


def ordinal(year: int, month: int, day: int) -> int:
    return date(year, month, day).toordinal()


@contextmanager
def connected(org: Org, folder: Path) -> Iterator[tuple[LocalSalesforce, Connections]]:
    """An organisation of the test's own."""
    with salesforce(org) as served:
        connections = Connections(served, folder)
        yield served, connections
        connections.close()


def asked(served: LocalSalesforce) -> list[str]:
    """The queries that arrived: alone, with others, or for a job."""
    queries = []
    for call in served.calls:
        body = call.body or {}
        queries += [call.params.get("q", ""), body.get("query", "")]
        queries += [unquote(part["url"]) for part in body.get("compositeRequest", ())]
    return queries


# --- What a pull yields ---------------------------------------------------------------------------


@pytest.mark.parametrize("in_bulk", [False, True])
def test_a_deal_has_its_money_days_people_and_the_fields_that_are_asked_for(
    served: LocalSalesforce, connections: Connections, tmp_path: Path, in_bulk: bool
) -> None:
    """22,500.50 of money is 225,005,000 ten-thousandths."""
    deal = deal_id(served, "Filter upgrade")
    org = served.org
    org.objects["Opportunity"].add(
        Field("Score__c", Type.DOUBLE), Field("Signed__c", Type.DATETIME), Field("Strategic__c", Type.BOOLEAN)
    )
    signed = datetime(2026, 9, 1, 23, 30, tzinfo=UTC)  # the second of September in Berlin
    org.update("Opportunity", deal, Score__c=0.25, Signed__c=signed, Strategic__c=True)
    row = org.row("Opportunity", deal)
    assert row is not None
    crm = open_crm(connections, tmp_path, in_bulk=in_bulk)
    fields = {
        "Region__c": TEXT,
        "RecordType.Name": TEXT,
        "Account.Industry": TEXT,
        "Owner.Division": TEXT,
        "Score__c": NUMBER,
        "Signed__c": DAY,
        "Strategic__c": FLAG,
    }
    (found,) = (one for one in pulled(crm, OpportunityRecord, **fields) if one.id == deal)
    mara = user_id(served, "Omar Öz")
    modified = row["LastModifiedDate"]
    assert isinstance(modified, datetime)
    assert found == OpportunityRecord(
        id=deal,
        name="Filter upgrade",
        stage="Proposal",
        category=Category.BEST_CASE,
        amount=225_005_000,
        close_day=ordinal(2026, 9, 8),
        created_at=JUNE_1,
        modified_at=int(modified.timestamp()),
        owner_id=mara,
        creator_id=mara,
        account_id=str(row["AccountId"]),
        currency="EUR",
        next_step="Call on Tuesday",
        last_activity_day=None,
        is_deleted=False,
        fields={
            "Region__c": "DACH",
            "RecordType.Name": "Renewal",
            "Score__c": 2_500,
            "Signed__c": ordinal(2026, 9, 2),
            "Strategic__c": 1,
        },
    )


def test_both_ways_of_reading_yield_the_same_whatever_the_columns(
    served: LocalSalesforce, connections: Connections, tmp_path: Path
) -> None:
    """In bulk, pages of three rows have their columns in another order each, and lack empty ones."""
    served.faults.shuffles_columns = served.faults.drops_null_columns = True
    request = request_for(**{"Account.Industry": TEXT, "RecordType.Name": TEXT, "LeadSource": TEXT})
    one, other = (
        [record for batch in crm.pull(request) for record in batch.records]
        for crm in (
            open_crm(connections, tmp_path),
            open_crm(connections, tmp_path, in_bulk=True, rows_a_page=3),
        )
    )
    assert one == other
    assert sum(isinstance(record, OpportunityRecord) for record in one) == 12


def test_stages_people_and_roles_are_salesforces_own(
    served: LocalSalesforce, connections: Connections, tmp_path: Path
) -> None:
    served.org.insert("User", Name="A Visitor", Username="x@y.example", UserType="Guest")
    crm = open_crm(connections, tmp_path)
    batches = list(crm.pull(request_for(**{"Owner.Division": TEXT})))
    assert of_kind(batches, StageRecord)[2:] == [
        StageRecord("Proposal", 3, False, False, Category.BEST_CASE),
        StageRecord("Negotiation", 4, False, False, Category.COMMIT),
        StageRecord("Closed Won", 5, True, True, Category.CLOSED),
        StageRecord("Closed Lost", 6, True, False, Category.OMITTED),
    ]
    sales, team = of_kind(batches, RoleRecord)
    assert (sales.name, sales.parent_id, team.parent_id) == ("VP Sales", None, sales.id)
    users = {user.name: user for user in of_kind(batches, UserRecord)}
    assert set(users) == {"Council Integration", "Vera Vogt", "Mara Meier", "Omar Öz", "Lena Left"}
    assert users["Mara Meier"] == UserRecord(
        id=user_id(served, "Mara Meier"),
        name="Mara Meier",
        email="mara@acme.example",
        is_active=True,
        role_id=team.id,
        manager_id=users["Vera Vogt"].id,
        timezone="Europe/Berlin",
        is_integration=False,
        fields={"Division": None},
    )
    assert not users["Lena Left"].is_active


def test_accounts_are_those_of_deals(
    served: LocalSalesforce, connections: Connections, tmp_path: Path
) -> None:
    served.org.insert("Account", Name="Nobody's customer")
    accounts = pulled(
        open_crm(connections, tmp_path),
        AccountRecord,
        **{"Account.BillingCountry": TEXT, "Account.Name": TEXT},
    )
    assert [(one.name, one.fields["BillingCountry"]) for one in accounts] == [
        ("Nordmilch", "Germany"),
        ("Alpenchemie", "Austria"),
        ("Fjord Energi", "Sweden"),
    ]


def test_rates_are_units_for_one_of_the_corporate_currency(
    served: LocalSalesforce, connections: Connections, tmp_path: Path
) -> None:
    rates = pulled(open_crm(connections, tmp_path), RateRecord)
    assert rates == [
        RateRecord("EUR", "1.0", None, None),
        RateRecord("USD", "1.1", None, None),
        RateRecord("GBP", "0.85", None, None),
        RateRecord("USD", "1.2", ordinal(2026, 7, 1), ordinal(9999, 12, 31)),
    ]


def test_rates_for_another_corporate_currency_are_not_used(
    served: LocalSalesforce, connections: Connections, tmp_path: Path
) -> None:
    crm = open_crm(connections, tmp_path)
    batches = list(crm.pull(PullRequest({}, "USD", NOW, ZONE)))
    assert not of_kind(batches, RateRecord)
    said = [one.says for batch in batches for one in batch.problems if one.file == "CurrencyType"]
    assert said == [
        "Salesforce's corporate currency is EUR, [money] corporate_currency is USD; its rates are not used"
    ]


def test_history_tells_the_values_after_each_change(
    served: LocalSalesforce, connections: Connections, tmp_path: Path
) -> None:
    deal = deal_id(served, "Dryer line 2")
    served.org.update("Opportunity", deal, StageName="Negotiation", Amount=90_000.0)
    first, second = (
        one for one in pulled(open_crm(connections, tmp_path), HistoryRecord) if one.opportunity_id == deal
    )
    day = ordinal(2026, 9, 30)
    assert first == HistoryRecord(deal, JUNE_1, "Discovery", 1_200_000_000, day, Category.PIPELINE, True)
    assert second[2:] == ("Negotiation", 900_000_000, day, Category.COMMIT, True)


def test_of_the_field_history_only_what_counts_is_read(
    served: LocalSalesforce, connections: Connections, tmp_path: Path
) -> None:
    deal = deal_id(served, "Dryer line 2")
    fields = served.org.objects["Opportunity"].fields
    for name in ("Region__c", "LeadSource"):
        fields[name] = replace(fields[name], is_tracked=True)
    served.org.update("Opportunity", deal, NextStep="Sign", Region__c="Nordics", LeadSource="Web")
    changes = pulled(open_crm(connections, tmp_path), FieldChangeRecord, Region__c=TEXT)
    assert {one[2:] for one in changes if one.opportunity_id == deal} == {
        ("NextStep", "Call on Tuesday", "Sign"),
        ("Region__c", "DACH", "Nordics"),
    }


def test_products_contacts_and_splits_hang_on_their_deal(
    served: LocalSalesforce, connections: Connections, tmp_path: Path
) -> None:
    """A deleted product and a split that is none of 100 % are none of ours."""
    org = served.org
    deal = deal_id(served, "Spray tower")
    product = next(row for row in org.rows("Product2") if row["Family"] == "Service")
    gone = org.insert(
        "OpportunityLineItem",
        OpportunityId=deal,
        Product2Id=product["Id"],
        Quantity=1.0,
        UnitPrice=1.0,
        TotalPrice=1.0,
    )
    org.delete("OpportunityLineItem", gone)
    overlay = org.insert("OpportunitySplitType", DeveloperName="Overlay", IsTotalValidated=False)
    mara = user_id(served, "Mara Meier")
    org.insert(
        "OpportunitySplit", OpportunityId=deal, SplitOwnerId=mara, SplitTypeId=overlay, SplitPercentage=20.0
    )
    batches = list(open_crm(connections, tmp_path).pull(request_for()))
    assert of_kind(batches, LineItemRecord) == [
        LineItemRecord(deal, 1, 3_500_000_000, "Machines"),
        LineItemRecord(deal, 2, 600_000_000, "Service"),
    ]
    assert [(one.opportunity_id, one.role) for one in of_kind(batches, ContactRoleRecord)] == [
        (deal, "Economic Buyer")
    ]
    dryer = deal_id(served, "Dryer line 2")
    assert of_kind(batches, SplitRecord) == [SplitRecord(dryer, 1, mara, 1_000_000)]


def test_of_activities_open_tasks_and_coming_meetings_count(
    served: LocalSalesforce, connections: Connections, tmp_path: Path
) -> None:
    """Now is 21 September. The open task of 1 September is overdue; what hangs on an account is no deal's."""
    org = served.org
    deal = deal_id(served, "Second site")
    account = next(org.rows("Account"))["Id"]
    org.insert("Task", WhatId=deal, ActivityDate=date(2026, 9, 2), Status="Completed", IsClosed=True)
    org.insert("Task", WhatId=account, ActivityDate=date(2026, 9, 25), IsClosed=False)
    org.insert("Event", WhatId=deal, ActivityDate=date(2026, 8, 1))
    org.insert("Event", WhatId=deal, ActivityDate=date(2026, 9, 24))
    assert pulled(open_crm(connections, tmp_path), ActivityRecord) == [
        ActivityRecord(deal_id(served, "Dryer line 2"), ordinal(2026, 9, 1), False, True),
        ActivityRecord(deal, ordinal(2026, 9, 24), False, False),
    ]


def test_deals_in_the_recycle_bin_come_as_deleted_with_their_history(
    served: LocalSalesforce, connections: Connections, tmp_path: Path
) -> None:
    deal = deal_id(served, "Pilot plant")
    served.org.delete("Opportunity", deal)
    batches = list(open_crm(connections, tmp_path).pull(request_for()))
    assert [one.id for one in of_kind(batches, OpportunityRecord) if one.is_deleted] == [deal]
    assert sum(one.opportunity_id == deal for one in of_kind(batches, HistoryRecord)) == 1


def test_a_deal_in_a_stage_that_is_gone_is_named_and_keeps_its_state(
    served: LocalSalesforce, connections: Connections, tmp_path: Path
) -> None:
    deal = deal_id(served, "Pilot plant")
    served.org.update("Opportunity", deal, StageName="Piloting")
    (problem,) = (one for one in problems(open_crm(connections, tmp_path)) if one.opportunity_id)
    assert (problem.kind, problem.value, problem.opportunity_id) == ("unknown stage", "Piloting", deal)


# --- Targets and periods --------------------------------------------------------------------------


def test_quotas_add_up_to_the_targets_of_the_company_and_of_product_families(
    served: LocalSalesforce, connections: Connections, tmp_path: Path
) -> None:
    """300,000 + 250,000 + 200,000 of three reps; 50,000 of them are asked for in Service by their manager."""
    quota = next(served.org.rows("ForecastingQuota"))
    kept = {name: quota[name] for name in ("PeriodId", "ForecastingTypeId", "StartDate", "CurrencyIsoCode")}
    served.org.insert_row(
        "ForecastingQuota",
        {
            **kept,
            "QuotaOwnerId": user_id(served, "Vera Vogt"),
            "QuotaAmount": 50_000.0,
            "IsAmount": True,
            "ProductFamily": "Service",
        },
    )
    assert pulled(open_crm(connections, tmp_path), TargetRecord) == [
        TargetRecord("FY26 Q3", "TOTAL", "TOTAL", "closed_won", 7_500_000_000, "EUR"),
        TargetRecord("FY26 Q3", "product", "Service", "closed_won", 500_000_000, "EUR"),
    ]


def test_a_managers_quota_stands_for_those_below(
    served: LocalSalesforce, connections: Connections, tmp_path: Path
) -> None:
    quota = next(served.org.rows("ForecastingQuota"))
    kept = {name: quota[name] for name in ("PeriodId", "ForecastingTypeId", "StartDate", "CurrencyIsoCode")}
    served.org.insert_row(
        "ForecastingQuota",
        {
            **kept,
            "QuotaOwnerId": user_id(served, "Vera Vogt"),
            "QuotaAmount": 700_000.0,
            "IsAmount": True,
        },
    )
    (target,) = pulled(open_crm(connections, tmp_path), TargetRecord)
    assert target.amount == 7_000_000_000


def test_the_call_of_the_manager_at_the_top_is_read_with_what_was_adjusted(
    served: LocalSalesforce, connections: Connections, tmp_path: Path
) -> None:
    """Vera Vogt has moved 250,000 to 280,000. A rep's own call stands below hers, and one of a product,
    of another column or of two years ago is none of the company's quarter."""
    item = next(served.org.rows("ForecastingItem"))
    kept = {name: item[name] for name in ("PeriodId", "ForecastingTypeId", "IsAmount", "CurrencyIsoCode")}
    vera, rep = user_id(served, "Vera Vogt"), next(served.org.rows("ForecastingQuota"))["QuotaOwnerId"]
    for further in (
        {"OwnerId": rep, "ForecastingItemCategory": "CommitForecast"},
        {"OwnerId": vera, "ForecastingItemCategory": "BestCaseForecast"},
        {"OwnerId": vera, "ForecastingItemCategory": "CommitForecast", "ProductFamily": "Service"},
    ):
        served.org.insert_row("ForecastingItem", {**kept, **further, "ForecastAmount": 9_000.0})
    assert pulled(open_crm(connections, tmp_path), ForecastCallRecord) == [
        ForecastCallRecord("FY26 Q3", 2_800_000_000, "EUR", vera)
    ]


def test_two_managers_at_the_top_make_no_one_call(
    served: LocalSalesforce, connections: Connections, tmp_path: Path
) -> None:
    item = next(served.org.rows("ForecastingItem"))
    alone = user_id(served, "Vera Vogt")
    reps = [row["QuotaOwnerId"] for row in served.org.rows("ForecastingQuota")]
    for rep in reps[:2]:
        kept = {name: value for name, value in item.items() if name != "Id"}
        served.org.insert_row("ForecastingItem", {**kept, "OwnerId": rep})
    served.org.purge("ForecastingItem", str(item["Id"]))
    assert item["OwnerId"] == alone
    assert pulled(open_crm(connections, tmp_path), ForecastCallRecord) == []


def test_an_organisation_without_forecasts_has_no_call(
    served: LocalSalesforce, connections: Connections, tmp_path: Path
) -> None:
    served.org.closed_objects.add("ForecastingItem")
    assert pulled(open_crm(connections, tmp_path), ForecastCallRecord) == []


def test_targets_in_a_file_beside_win_over_quotas(
    served: LocalSalesforce, connections: Connections, tmp_path: Path
) -> None:
    folder = tmp_path / "exports"
    folder.mkdir()
    (folder / "targets.csv").write_text(
        "period,dimension,value,metric,amount,currency\nFY26 Q3,region,EMEA,closed_won,2000,EUR\n",
        encoding="utf-8",
    )
    crm = open_crm(connections, tmp_path)
    assert pulled(crm, TargetRecord) == [
        TargetRecord("FY26 Q3", "region", "EMEA", "closed_won", 20_000_000, "EUR")
    ]


def test_quotas_in_several_currencies_make_no_target_and_say_so(
    served: LocalSalesforce, connections: Connections, tmp_path: Path
) -> None:
    quota = next(served.org.rows("ForecastingQuota"))
    served.org.update("ForecastingQuota", str(quota["Id"]), CurrencyIsoCode="USD")
    crm = open_crm(connections, tmp_path)
    assert not pulled(crm, TargetRecord)
    (problem,) = (one for one in problems(crm) if one.file == "ForecastingQuota")
    assert (problem.value, problem.kind) == ("EUR, USD", "several currencies")


def test_custom_fiscal_years_have_salesforces_own_quarters(
    served: LocalSalesforce, connections: Connections, tmp_path: Path
) -> None:
    org = served.org
    year = next(org.rows("FiscalYearSettings"))["Id"]
    org.update("FiscalYearSettings", str(year), IsStandardYear=False, YearType="Custom")
    for period in org.rows("Period"):
        if period["Number"] == 3:
            org.update("Period", str(period["Id"]), StartDate=date(2026, 6, 28), EndDate=date(2026, 9, 26))
        if period["Number"] == 2:
            org.update("Period", str(period["Id"]), EndDate=date(2026, 6, 27))
        if period["Number"] == 4:
            org.update("Period", str(period["Id"]), StartDate=date(2026, 9, 27))
    by_months = open_crm(connections, tmp_path)
    assert by_months.capabilities().notices == (
        "Salesforce has custom fiscal years (2026 …), and [calendar] counts by months: set periods = "
        '"Period" there so that Salesforce\'s own quarters count.',
    )
    crm = open_crm(connections, tmp_path, calendar=CalendarDefinition(timezone=ZONE, periods="Period"))
    assert not crm.capabilities().notices
    assert pulled(crm, PeriodRecord)[2] == PeriodRecord(
        "FY 2026, Q3", ordinal(2026, 6, 28), ordinal(2026, 9, 26)
    )
    assert [one.period for one in pulled(crm, TargetRecord)] == ["FY 2026, Q3"]


def test_a_fiscal_year_that_starts_elsewhere_is_told(
    served: LocalSalesforce, connections: Connections, tmp_path: Path
) -> None:
    calendar = CalendarDefinition(timezone=ZONE, start_month=2)
    assert open_crm(connections, tmp_path, calendar=calendar).capabilities().notices == (
        "Salesforce's fiscal year starts in month 1, [calendar] start_month is 2.",
    )


# --- Organisations that lack something ------------------------------------------------------------


def test_an_organisation_of_one_currency_without_products_works(tmp_path: Path) -> None:
    org = new_organisation(multi_currency=False, products=False)
    with connected(org, tmp_path) as (_, connections):
        crm = open_crm(connections, tmp_path)
        capabilities = crm.capabilities()
        batches = list(crm.pull(request_for()))
    assert capabilities.notices == (
        "Salesforce: our user does not see OpportunityLineItem: the product table and rules about products "
        "are switched off.",
    )
    assert not {"CurrencyType", "DatedConversionRate", "OpportunityLineItem"} & capabilities.tables
    assert {one.currency for one in of_kind(batches, OpportunityRecord)} == {None}
    assert not of_kind(batches, RateRecord)
    (target,) = of_kind(batches, TargetRecord)
    assert target.currency is None


def test_what_our_user_does_not_see_is_never_asked_for_and_says_what_suffers(
    served: LocalSalesforce, connections: Connections, tmp_path: Path
) -> None:
    org = served.org
    org.hidden_fields |= {
        ("Opportunity", "NextStep"),
        ("Opportunity", "AccountId"),
        ("OpportunityContactRole", "ContactId"),
        ("User", "ManagerId"),
        ("Opportunity", "Region__c"),
    }
    org.hidden_objects |= {"OpportunityFieldHistory", "Event", "Organization"}
    crm = open_crm(connections, tmp_path)
    capabilities = crm.capabilities()
    assert capabilities.notices == (
        "Salesforce: our user does not see OpportunityFieldHistory: changes of owners, next steps and "
        "further fields are known from our first pull on.",
        "Salesforce: our user does not see OpportunityContactRole.ContactId: rules about contacts are "
        "switched off.",
        "Salesforce: our user does not see Event: rules about meetings are switched off.",
        "Salesforce: our user does not see Opportunity.NextStep: rules about next steps are switched off.",
        "Salesforce: our user does not see Opportunity.AccountId: account names and fields of accounts are "
        "missing.",
    )
    assert not {"NextStep", "Region__c", "Account.Name"} & capabilities.opportunity_fields
    assert {"StageName", "Owner.UserRole.Name", "RecordType.Name"} <= capabilities.opportunity_fields
    batches = list(crm.pull(request_for(Region__c=TEXT)))
    assert len(of_kind(batches, OpportunityRecord)) == 12
    assert {one.fields.get("Region__c") for one in of_kind(batches, OpportunityRecord)} == {None}
    assert {one.manager_id for one in of_kind(batches, UserRecord)} == {None}
    assert not of_kind(batches, ContactRoleRecord)


def test_who_does_not_see_opportunities_is_told_which_right_is_missing(
    served: LocalSalesforce, connections: Connections, tmp_path: Path
) -> None:
    served.org.hidden_objects.add("Opportunity")
    crm = open_crm(connections, tmp_path)
    with pytest.raises(NothingUsable, match="View All on Opportunity"):
        crm.capabilities()
    with pytest.raises(NothingUsable):
        list(crm.pull(request_for()))


def test_of_three_hundred_fields_only_those_that_are_asked_for_are_read(
    served: LocalSalesforce, connections: Connections, tmp_path: Path
) -> None:
    deal = served.org.objects["Opportunity"]
    deal.add(*(Field(f"Custom_{number}__c", label=f"Custom {number}") for number in range(300)))
    crm = open_crm(connections, tmp_path)
    assert "Custom_299__c" in crm.capabilities().opportunity_fields
    (found, *_) = pulled(crm, OpportunityRecord, Custom_7__c=TEXT)
    assert found.fields == {"Custom_7__c": None}
    assert {"Custom_7__c" in query for query in asked(served) if "Custom_" in query} == {True}
    assert not any("Custom_8" in query for query in asked(served))


def test_fields_over_a_relation_that_the_configuration_names_are_known(
    served: LocalSalesforce, connections: Connections, tmp_path: Path
) -> None:
    deal = deal_id(served, "Pilot plant")
    owner = next(served.org.rows("Account"))["Id"]
    served.org.objects["Opportunity"].add(
        Field("Partner__c", Type.REFERENCE, refers_to="Account", relation="Partner__r")
    )
    served.org.update("Opportunity", deal, Partner__c=owner)
    crm = open_crm(connections, tmp_path, fields=["Partner__r.Industry", "Account.Owner.Email"])
    known = crm.capabilities().opportunity_fields
    assert {"Partner__r.Industry", "Partner__r.Name", "Account.Owner.Email"} <= known
    assert "Partner__r.Industry" not in open_crm(connections, tmp_path).capabilities().opportunity_fields
    found = {one.id: one.fields for one in pulled(crm, OpportunityRecord, **{"Partner__r.Industry": TEXT})}
    assert found[deal] == {"Partner__r.Industry": "Food"}


def test_a_renamed_stage_has_its_new_name_in_history_too(
    served: LocalSalesforce, connections: Connections, tmp_path: Path
) -> None:
    served.org.rename_stage("Proposal", "Offer")
    batches = list(open_crm(connections, tmp_path).pull(request_for()))
    assert "Proposal" not in {one.stage for one in of_kind(batches, OpportunityRecord)}
    assert not [one for batch in batches for one in batch.problems if one.kind == "unknown stage"]


# --- Going on ------------------------------------------------------------------------------------


def add_deals(org: Org, count: int) -> None:
    """More than a page of REST holds."""
    for number in range(count):
        org.insert("Opportunity", Name=f"Deal {number}", StageName="Discovery", CloseDate=date(2026, 9, 30))


@pytest.mark.parametrize("fault", ["session", "locator"])
def test_where_salesforce_forgets_its_place_a_query_goes_on_after_the_last_row(
    served: LocalSalesforce, connections: Connections, tmp_path: Path, fault: str
) -> None:
    """4,512 deals are three pages; the place is lost while the first of them is worked on."""
    add_deals(served.org, 4_500)
    crm = open_crm(connections, tmp_path)
    crm.capabilities()
    batches = crm.pull(request_for())
    taken = []
    for batch in batches:
        taken += [one.id for one in of_kind([batch], OpportunityRecord)]
        if len(taken) == 512 and fault == "session":
            served.tokens.end_sessions()
        elif len(taken) == 512:
            served.queries.forget()
    assert len(taken) == len(set(taken)) == 4_512
    assert sum("AND (Id > " in query or "WHERE (Id > " in query for query in asked(served)) == 1


def test_pulls_stop_before_people_have_no_calls_left(
    served: LocalSalesforce, connections: Connections, tmp_path: Path
) -> None:
    crm = open_crm(connections, tmp_path)
    deal = deal_id(served, "Pilot plant")
    assert crm.read_deal(deal, request_for()) is not None
    served.calls_used = int(served.calls_allowed * 0.85)
    assert crm.read_deal(deal, request_for()) is not None
    with pytest.raises(LimitReached, match="Pulls go on by themselves"):
        list(crm.pull(request_for()))


def test_one_of_many_deals_is_read_with_all_that_hangs_on_it(
    served: LocalSalesforce, connections: Connections, tmp_path: Path
) -> None:
    """A thousand ids stand in three addresses of the query for each table; the server refuses longer ones."""
    add_deals(served.org, 1_000)
    crm = open_crm(connections, tmp_path)
    ids = [str(row["Id"]) for row in served.org.rows("Opportunity")]
    found = [deal for deals in crm.read_deals([*ids, "006nothing"], request_for()) for deal in deals]
    assert [deal.opportunity.id for deal in found] == ids
    assert all(deal.history for deal in found)
    spray = found[ids.index(deal_id(served, "Spray tower"))]
    assert (len(spray.lines), len(spray.contacts)) == (2, 1)
    short = crm.read_deal(ids[0][:15], request_for())
    assert short is not None
    assert short.opportunity.id == ids[0]


# --- What it costs --------------------------------------------------------------------------------


def test_a_deal_is_read_in_two_calls(
    served: LocalSalesforce, connections: Connections, tmp_path: Path
) -> None:
    """Eight tables, five of them in a call; the stages and what describe says are remembered."""
    crm = open_crm(connections, tmp_path)
    deal = deal_id(served, "Spray tower")
    first = crm.read_deal(deal, request_for())
    before = len(served.calls)
    assert crm.read_deal(deal, request_for()) == first
    assert len(served.calls) - before == 2


def test_an_api_that_takes_one_query_a_call_is_asked_so(
    served: LocalSalesforce, connections: Connections, tmp_path: Path
) -> None:
    crm = open_crm(connections, tmp_path, api_version="37.0")
    deal = deal_id(served, "Spray tower")
    found = crm.read_deal(deal, request_for())
    assert found == open_crm(connections, tmp_path).read_deal(deal, request_for())
    assert found is not None
    assert not [call for call in served.calls if call.path.endswith("37.0/composite")]


def test_a_query_that_fails_among_others_is_asked_again_alone(
    served: LocalSalesforce, connections: Connections, tmp_path: Path
) -> None:
    """The field went away after it was described, which only the query itself can tell."""
    crm = open_crm(connections, tmp_path)
    deal = deal_id(served, "Spray tower")
    assert crm.read_deal(deal, request_for()) is not None
    served.org.hidden_fields.add(("OpportunityContactRole", "Role"))
    with pytest.raises(QueryRefused, match="No such column 'Role' on entity 'OpportunityContactRole'"):
        crm.read_deal(deal, request_for())


def test_a_deal_in_a_stage_that_is_newer_than_what_we_remember_is_read(
    served: LocalSalesforce, connections: Connections, tmp_path: Path
) -> None:
    crm = open_crm(connections, tmp_path)
    deal = deal_id(served, "Spray tower")
    assert crm.read_deal(deal, request_for()) is not None
    served.org.rename_stage("Proposal", "Offer")
    found = crm.read_deal(deal, request_for())
    assert found is not None
    assert found.opportunity.stage == "Offer"


def test_what_there_is_is_described_in_three_calls_whatever_is_remembered(
    served: LocalSalesforce, connections: Connections, tmp_path: Path
) -> None:
    """Twenty-four objects; nothing is remembered here, and nothing asked twice while one thing is done."""
    crm = open_crm(connections, tmp_path, description_minutes=0)
    capabilities = crm.capabilities()
    composites = [call for call in served.calls if call.path.endswith("/composite")]
    assert [len(call.body["compositeRequest"]) for call in composites] == [8, 8, 8]
    assert not [call for call in served.calls if call.path.endswith("/describe")]
    assert capabilities == open_crm(connections, tmp_path, api_version="37.0").capabilities()


def test_objects_that_cannot_be_described_together_are_described_alone(
    served: LocalSalesforce, connections: Connections, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> object:
        raise Refused(400, "API_DISABLED_FOR_ORG", "Composite is not enabled for this user.")

    monkeypatch.setattr(served, "_composite", refuse)
    assert "Opportunity" in open_crm(connections, tmp_path).capabilities().tables
    assert sum(call.path.endswith("/describe") for call in served.calls) == 24
