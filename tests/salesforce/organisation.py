"""The small organisation that tests start from: a dozen deals of two teams, and what hangs on them."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, date, datetime

from tests.salesforce.oauth import App
from tests.salesforce.org import Org
from tests.salesforce.schema import Field, Pick, RecordType, Type, ValidationRule, picks
from tests.salesforce.server import LocalSalesforce, serve
from tests.salesforce.values import Row

INTEGRATION_USER, REP_USER = "council@acme.example", "mara@acme.example"
STAGES = (
    ("Discovery", 10, "Pipeline", "Pipeline", False, False),
    ("Qualification", 25, "Pipeline", "Pipeline", False, False),
    ("Proposal", 50, "BestCase", "Best Case", False, False),
    ("Negotiation", 75, "Forecast", "Commit", False, False),
    ("Closed Won", 100, "Closed", "Closed", True, True),
    ("Closed Lost", 0, "Omitted", "Omitted", True, False),
)
NEEDS_NEXT_STEP = "From Proposal on, write down the next step."
_BEGUN = datetime(2026, 6, 1, 8, tzinfo=UTC)
_DEALS: tuple[tuple[str, str, float | None, date], ...] = (
    ("Dryer line 2", "Discovery", 120_000.0, date(2026, 9, 30)),
    ("Heat pump retrofit", "Qualification", 80_000.0, date(2026, 9, 15)),
    ("Spray tower", "Proposal", 410_000.0, date(2026, 10, 20)),
    ("Service contract 2027", "Negotiation", 60_000.0, date(2026, 9, 25)),
    ("Pilot plant", "Closed Won", 95_000.0, date(2026, 7, 10)),
    ("Mixer exchange", "Closed Lost", 30_000.0, date(2026, 8, 1)),
    ("Control software", "Discovery", None, date(2026, 11, 30)),
    ("Filter upgrade", "Proposal", 22_500.5, date(2026, 9, 8)),
    ("Second site", "Qualification", 700_000.0, date(2026, 12, 15)),
    ("Cooling loop", "Negotiation", 150_000.0, date(2026, 9, 29)),
    ("Spare parts frame", "Discovery", 12_000.0, date(2026, 10, 1)),
    ("Energy audit <&> «Süd»", "Closed Won", 9_900.0, date(2026, 6, 30)),
)


def new_organisation(
    clock: Callable[[], float] = time.time, *, multi_currency: bool = True, products: bool = True
) -> Org:
    """As it was on 1 June 2026; the clock counts from the first edit on."""
    org = Org(clock)
    _take_away(org, multi_currency=multi_currency, products=products)
    _customise(org)
    for order, (name, probability, category, category_name, is_closed, is_won) in enumerate(STAGES, start=1):
        org.insert(
            "OpportunityStage", at=_BEGUN, ApiName=name, MasterLabel=name, SortOrder=order, IsActive=True,
            DefaultProbability=probability, ForecastCategory=category, ForecastCategoryName=category_name,
            IsClosed=is_closed, IsWon=is_won,
        )  # fmt: skip
    reps = _hire(org)
    if multi_currency:
        for code, rate in (("EUR", 1.0), ("USD", 1.1), ("GBP", 0.85)):
            org.insert(
                "CurrencyType", at=_BEGUN, IsoCode=code, ConversionRate=rate, IsCorporate=code == "EUR",
                IsActive=True,
            )  # fmt: skip
    _sell(org, reps)
    _plan(org, reps)
    return org


@contextmanager
def salesforce(org: Org | None = None, *, instance_elsewhere: bool = True) -> Iterator[LocalSalesforce]:
    """The organisation behind its app, served."""
    app = App(
        runs_as=INTEGRATION_USER,
        approved={INTEGRATION_USER, REP_USER},
        refresh_tokens={"council-refresh": INTEGRATION_USER},
    )
    with serve(org or new_organisation(), app, instance_elsewhere=instance_elsewhere) as served:
        yield served


def _take_away(org: Org, *, multi_currency: bool, products: bool) -> None:
    if not multi_currency:
        for name in ("CurrencyType", "DatedConversionRate"):
            org.remove_object(name)
        for found in org.objects.values():
            found.fields.pop("CurrencyIsoCode", None)
    if not products:
        for name in ("OpportunityLineItem", "Product2"):
            org.remove_object(name)
        del org.objects["Opportunity"].fields["HasOpportunityLineItem"]


def _customise(org: Org) -> None:
    """Two record types, a pair of dependent picklists, a restricted one, a rule of the administrator's."""
    deal = org.objects["Opportunity"]
    open_stages = tuple(name for name, *_ in STAGES)
    deal.add(
        replace(deal.fields["StageName"], picks=picks(*open_stages), is_tracked=True),
        Field(
            "Region__c", Type.PICKLIST, "Region", picks=picks("DACH", "Nordics", "Iberia"), is_restricted=True
        ),
        Field(
            "Country__c", Type.PICKLIST, "Country", controlled_by="Region__c",
            picks=(
                Pick("Germany", goes_with=("DACH",)),
                Pick("Austria", goes_with=("DACH",)),
                Pick("Sweden", goes_with=("Nordics",)),
                Pick("Spain", goes_with=("Iberia",)),
            ),
        ),
        Field("Weighted_Value__c", Type.CURRENCY, "Weighted value"),
    )  # fmt: skip
    renewal = tuple(name for name in open_stages if name != "Discovery")
    for name, its_picks, is_default in (
        ("New business", {"StageName": open_stages, "Region__c": ("DACH", "Nordics", "Iberia")}, True),
        ("Renewal", {"StageName": renewal, "Region__c": ("DACH", "Nordics")}, False),
    ):
        developer_name = name.replace(" ", "_")
        kind = org.insert(
            "RecordType", at=_BEGUN, Name=name, DeveloperName=developer_name, SobjectType="Opportunity",
            IsActive=True,
        )  # fmt: skip
        deal.record_types.append(RecordType(kind, name, developer_name, its_picks, is_default))
    deal.rules.append(ValidationRule(NEEDS_NEXT_STEP, _lacks_next_step, "NextStep"))


def _lacks_next_step(row: Row) -> bool:
    return row["StageName"] in {"Proposal", "Negotiation"} and not row["NextStep"]


def _hire(org: Org) -> tuple[str, ...]:
    """Three reps of one manager, one of whom has left, and the integration user."""
    sales = org.insert("UserRole", at=_BEGUN, Name="VP Sales", DeveloperName="VP_Sales")
    team = org.insert("UserRole", at=_BEGUN, Name="Sales Rep", DeveloperName="Rep", ParentRoleId=sales)

    def hire(name: str, username: str, *, is_active: bool = True, **links: str) -> str:
        return org.insert(
            "User", at=_BEGUN, Name=name, Username=username, Email=username, IsActive=is_active,
            UserType="Standard", TimeZoneSidKey="Europe/Berlin", **links,
        )  # fmt: skip

    hire("Council Integration", INTEGRATION_USER)
    manager = hire("Vera Vogt", "vera@acme.example", UserRoleId=sales)
    return (
        hire("Mara Meier", REP_USER, UserRoleId=team, ManagerId=manager),
        hire("Omar Öz", "omar@acme.example", UserRoleId=team, ManagerId=manager),
        hire("Lena Left", "lena@acme.example", UserRoleId=team, ManagerId=manager, is_active=False),
    )


def _plan(org: Org, reps: tuple[str, ...]) -> None:
    """Fiscal years as calendar years, a quota for each rep, the manager's call, a dated rate."""
    org.insert(
        "Organization", at=_BEGUN, Name="Acme", IsSandbox=False, FiscalYearStartMonth=1,
        UsesStartDateAsFiscalYearName=False, TimeZoneSidKey="Europe/Berlin", DefaultLocaleSidKey="en_GB",
    )  # fmt: skip
    year = org.insert(
        "FiscalYearSettings", at=_BEGUN, Name="2026", StartDate=date(2026, 1, 1), EndDate=date(2026, 12, 31),
        YearType="Standard", IsStandardYear=True,
    )  # fmt: skip
    quarters = [
        org.insert(
            "Period", at=_BEGUN, Type="Quarter", Number=number, FiscalYearSettingsId=year, StartDate=start,
            EndDate=end, FullyQualifiedLabel=f"FY 2026, Q{number}",
        )
        for number, (start, end) in enumerate(_QUARTERS, start=1)
    ]  # fmt: skip
    kind = org.insert(
        "ForecastingType", at=_BEGUN, DeveloperName="OpportunityRevenue", MasterLabel="Opportunity Revenue",
        IsActive=True, IsAmount=True,
    )  # fmt: skip
    has_currency = "CurrencyIsoCode" in org.objects["Opportunity"].fields
    currency: Row = {"CurrencyIsoCode": "EUR"} if has_currency else {}
    of_period: Row = {"PeriodId": quarters[2], "ForecastingTypeId": kind, "IsAmount": True, **currency}
    for rep, quota in zip(reps, (300_000.0, 250_000.0, 200_000.0), strict=True):
        quota_row: Row = {
            "QuotaOwnerId": rep,
            "QuotaAmount": quota,
            "StartDate": _QUARTERS[2][0],
            **of_period,
        }
        org.insert_row("ForecastingQuota", quota_row, at=_BEGUN)
    manager = (org.row("User", reps[0]) or {})["ManagerId"]
    call: Row = {
        "OwnerId": manager, "ForecastCategoryName": "Commit",
        "ForecastingItemCategory": "CommitForecast", "ForecastAmount": 280_000.0,
        "AmountWithoutAdjustments": 250_000.0, "AmountWithoutManagerAdjustment": 250_000.0, **of_period,
    }  # fmt: skip
    org.insert_row("ForecastingItem", call, at=_BEGUN)
    if has_currency:
        org.insert(
            "DatedConversionRate", at=_BEGUN, IsoCode="USD", ConversionRate=1.2, StartDate=date(2026, 7, 1),
            NextStartDate=date(9999, 12, 31),
        )  # fmt: skip


_QUARTERS = (
    (date(2026, 1, 1), date(2026, 3, 31)),
    (date(2026, 4, 1), date(2026, 6, 30)),
    (date(2026, 7, 1), date(2026, 9, 30)),
    (date(2026, 10, 1), date(2026, 12, 31)),
)


def _sell(org: Org, reps: tuple[str, ...]) -> None:
    kinds = org.objects["Opportunity"].record_types
    has_currency = "CurrencyIsoCode" in org.objects["Opportunity"].fields
    accounts = [
        org.insert("Account", at=_BEGUN, Name=name, BillingCountry=country, Industry=industry)
        for name, country, industry in (
            ("Nordmilch", "Germany", "Food"),
            ("Alpenchemie", "Austria", "Chemicals"),
            ("Fjord Energi", "Sweden", "Energy"),
        )
    ]
    regions = (("DACH", "Germany"), ("DACH", "Austria"), ("Nordics", "Sweden"))
    deals = []
    for place, (name, stage, amount, close) in enumerate(_DEALS):
        region, country = regions[place % 3]
        values: Row = {
            "Name": name, "StageName": stage, "Amount": amount, "CloseDate": close,
            "AccountId": accounts[place % 3], "RecordTypeId": kinds[place % 2].id,
            "NextStep": "Call on Tuesday", "Region__c": region, "Country__c": country,
        }  # fmt: skip
        if has_currency:
            values["CurrencyIsoCode"] = "USD" if place == 1 else "EUR"
        rep = reps[place % 3]
        deals.append(org.insert_row("Opportunity", {"OwnerId": rep, **values}, by=rep, at=_BEGUN))
    _hang_on(org, deals, accounts[0], reps[0])


def _hang_on(org: Org, deals: list[str], account: str, rep: str) -> None:
    if "OpportunityLineItem" in org.objects:
        for family, price in (("Machines", 350_000.0), ("Service", 60_000.0)):
            product = org.insert("Product2", at=_BEGUN, Name=f"{family} package", Family=family)
            org.insert(
                "OpportunityLineItem", at=_BEGUN, OpportunityId=deals[2], Product2Id=product, Quantity=1.0,
                UnitPrice=price, TotalPrice=price,
            )  # fmt: skip
    contact = org.insert(
        "Contact", at=_BEGUN, AccountId=account, Name="Ida Iversen", Email="ida@fjord.example"
    )
    org.insert(
        "OpportunityContactRole", at=_BEGUN, OpportunityId=deals[2], ContactId=contact, Role="Economic Buyer",
        IsPrimary=True,
    )  # fmt: skip
    org.insert(
        "Task", at=_BEGUN, WhatId=deals[0], OwnerId=rep, Subject="Call", ActivityDate=date(2026, 9, 1),
        Status="Not Started", IsClosed=False,
    )  # fmt: skip
    split = org.insert(
        "OpportunitySplitType", at=_BEGUN, DeveloperName="Revenue", MasterLabel="Revenue", IsActive=True,
        IsTotalValidated=True,
    )  # fmt: skip
    owner = (org.row("Opportunity", deals[0]) or {})["OwnerId"]
    org.insert(
        "OpportunitySplit", at=_BEGUN, OpportunityId=deals[0], SplitOwnerId=owner, SplitTypeId=split,
        SplitPercentage=100.0, SplitAmount=120_000.0,
    )  # fmt: skip
