"""The objects of a sales organisation, with the system fields that each really has.

They differ: a user cannot be deleted, a row of the field history has no SystemModstamp, a role no date of
creation.
"""

from tests.salesforce.schema import Field, Pick, SObject, Type, picks, read_only, sobject


def _link(name: str, to: str, relation: str | None = None, *, is_updateable: bool = True) -> Field:
    over = relation or name.removesuffix("Id")
    return Field(name, Type.REFERENCE, refers_to=to, relation=over, is_updateable=is_updateable)


ID = Field("Id", Type.ID, "Record ID", is_nillable=False, is_updateable=False)
_CREATED, _MODIFIED, _STAMP, _DELETED = read_only(
    (
        Field("CreatedDate", Type.DATETIME, "Created Date"),
        Field("LastModifiedDate", Type.DATETIME, "Last Modified Date"),
        Field("SystemModstamp", Type.DATETIME, "System Modstamp"),
        Field("IsDeleted", Type.BOOLEAN, "Deleted"),
    )
)
_CREATOR = _link("CreatedById", "User", is_updateable=False)
_MODIFIER = _link("LastModifiedById", "User", is_updateable=False)
_KEPT = (ID, _CREATED, _CREATOR, _MODIFIED, _MODIFIER, _STAMP)
_DELETABLE = (*_KEPT, _DELETED)
_CURRENCY = Field(
    "CurrencyIsoCode", Type.PICKLIST, "Currency", picks=picks("EUR", "USD", "GBP"), is_restricted=True
)

ANY = "Name"
"""The object to which a reference leads that can lead to several: it tells the record's name and object."""

FORECAST = (
    Pick("Omitted"),
    Pick("Pipeline"),
    Pick("BestCase", "Best Case"),
    Pick("Forecast", "Commit"),
    Pick("Closed"),
)
"""`ForecastCategory` knows them by value, `ForecastCategoryName` by label."""
_FORECAST_NAMES = tuple(Pick(pick.label or pick.value) for pick in FORECAST)


def opportunity() -> SObject:
    return sobject(
        "Opportunity", "Opportunity", "006",
        *_DELETABLE,
        Field("Name", length=120, is_nillable=False),
        Field("StageName", Type.PICKLIST, "Stage", is_nillable=False),
        Field("Amount", Type.CURRENCY, is_tracked=True),
        Field("Probability", Type.PERCENT, "Probability (%)", precision=3, scale=0),
        Field("CloseDate", Type.DATE, "Close Date", is_nillable=False, is_tracked=True),
        Field("ForecastCategory", Type.PICKLIST, picks=FORECAST, is_updateable=False, is_nillable=False),
        Field("ForecastCategoryName", Type.PICKLIST, "Forecast Category", picks=_FORECAST_NAMES),
        Field("NextStep", label="Next Step", length=255, is_tracked=True),
        Field("Description", Type.TEXTAREA, length=32_000),
        Field("Type", Type.PICKLIST, picks=picks("New Business", "Existing Business")),
        Field("LeadSource", Type.PICKLIST, "Lead Source", picks=picks("Web", "Partner", "Outbound")),
        Field("IsClosed", Type.BOOLEAN, "Closed", is_updateable=False, is_nillable=False),
        Field("IsWon", Type.BOOLEAN, "Won", is_updateable=False, is_nillable=False),
        Field(
            "HasOpportunityLineItem", Type.BOOLEAN, "Has Line Item", is_updateable=False, is_nillable=False
        ),
        Field("LastActivityDate", Type.DATE, "Last Activity", is_updateable=False),
        Field("PushCount", Type.INT, "Push Count", is_updateable=False, precision=9, scale=0),
        Field("FiscalYear", Type.INT, "Fiscal Year", is_updateable=False, precision=9, scale=0),
        _CURRENCY,
        _link("AccountId", "Account"),
        Field(
            "OwnerId", Type.REFERENCE, "Owner ID", refers_to="User", relation="Owner", is_nillable=False,
            is_tracked=True,
        ),
        _link("RecordTypeId", "RecordType"),
        _link("CampaignId", "Campaign"),
    )  # fmt: skip


def _history() -> tuple[SObject, ...]:
    return (
        sobject(
            "OpportunityHistory", "Opportunity History", "008",
            ID, _CREATED, _CREATOR, _STAMP, _DELETED,
            _link("OpportunityId", "Opportunity"),
            Field("StageName", Type.PICKLIST),
            Field("Amount", Type.CURRENCY),
            Field("CloseDate", Type.DATE),
            Field("Probability", Type.PERCENT),
            Field("ForecastCategory", Type.PICKLIST, picks=FORECAST),
            _CURRENCY,
            is_updateable=False,
        ),
        sobject(
            "OpportunityFieldHistory", "Opportunity Field History", "017",
            ID, _CREATED, _CREATOR, _DELETED,
            _link("OpportunityId", "Opportunity"),
            Field("Field", Type.PICKLIST),
            Field("OldValue", length=255),
            Field("NewValue", length=255),
            is_updateable=False,
        ),
    )  # fmt: skip


def _parts() -> tuple[SObject, ...]:
    on_opportunity = _link("OpportunityId", "Opportunity", is_updateable=False)
    return (
        sobject(
            "OpportunityLineItem", "Opportunity Product", "00k",
            *_DELETABLE, on_opportunity,
            _link("Product2Id", "Product2"),
            Field("Quantity", Type.DOUBLE, is_nillable=False),
            Field("UnitPrice", Type.CURRENCY),
            Field("TotalPrice", Type.CURRENCY),
            _CURRENCY,
        ),
        sobject(
            "Product2", "Product", "01t",
            *_DELETABLE,
            Field("Name", length=255, is_nillable=False),
            Field("Family", Type.PICKLIST, picks=picks("Machines", "Service", "Software")),
        ),
        sobject(
            "OpportunityContactRole", "Opportunity Contact Role", "00K",
            *_DELETABLE, on_opportunity,
            Field("ContactId", Type.REFERENCE, refers_to="Contact", relation="Contact"),
            Field("Role", Type.PICKLIST, picks=picks("Decision Maker", "Economic Buyer", "Evaluator")),
            Field("IsPrimary", Type.BOOLEAN),
        ),
        sobject(
            "Contact", "Contact", "003",
            *_DELETABLE, _link("AccountId", "Account"),
            Field("Name", length=121), Field("Email", Type.EMAIL, length=80),
        ),
        sobject(
            "OpportunitySplit", "Opportunity Split", "1OS",
            *_DELETABLE, on_opportunity,
            _link("SplitOwnerId", "User"),
            _link("SplitTypeId", "OpportunitySplitType"),
            Field("SplitPercentage", Type.PERCENT),
            Field("SplitAmount", Type.CURRENCY),
        ),
        sobject(
            "OpportunitySplitType", "Opportunity Split Type", "1OT",
            *_DELETABLE,
            Field("DeveloperName", length=80), Field("MasterLabel", length=80),
            Field("IsActive", Type.BOOLEAN), Field("IsTotalValidated", Type.BOOLEAN),
        ),
        *(
            sobject(
                name, name, prefix,
                *_DELETABLE,
                Field("WhatId", Type.REFERENCE, refers_to=ANY, relation="What"),
                _link("OwnerId", "User"),
                Field("Subject", length=255),
                Field("ActivityDate", Type.DATE),
                *further,
            )
            for name, prefix, further in (
                (
                    "Task", "00T",
                    (
                        Field("Status", Type.PICKLIST, picks=picks("Not Started", "Completed")),
                        Field("IsClosed", Type.BOOLEAN, is_updateable=False),
                    ),
                ),
                (
                    "Event", "00U",
                    (Field("StartDateTime", Type.DATETIME), Field("EndDateTime", Type.DATETIME)),
                ),
            )
        ),
    )  # fmt: skip


def _people_and_accounts() -> tuple[SObject, ...]:
    return (
        sobject(
            "User", "User", "005",
            *_KEPT,
            Field("Name", length=121, is_updateable=False),
            Field("Username", length=80, is_nillable=False),
            Field("Email", Type.EMAIL, length=128, is_nillable=False),
            Field("IsActive", Type.BOOLEAN),
            Field(
                "UserType", Type.PICKLIST, picks=picks("Standard", "AutomatedProcess"), is_updateable=False
            ),
            Field("TimeZoneSidKey", Type.PICKLIST),
            Field("Division", length=80),
            _link("UserRoleId", "UserRole"),
            _link("ManagerId", "User"),
            _link("ProfileId", "Profile"),
            is_updateable=False,
        ),
        sobject(
            "UserRole", "Role", "00E",
            ID, _MODIFIED, _MODIFIER, _STAMP,
            Field("Name", length=80), Field("DeveloperName", length=80), _link("ParentRoleId", "UserRole"),
            is_updateable=False,
        ),
        sobject(
            ANY, "Name", "", ID, Field("Name", length=255), Field("Type", Type.PICKLIST),
            is_updateable=False,
        ),
        sobject("Profile", "Profile", "00e", *_KEPT, Field("Name", length=255), is_updateable=False),
        sobject(
            "Account", "Account", "001",
            *_DELETABLE,
            Field("Name", length=255, is_nillable=False),
            Field("BillingCountry", length=80),
            Field("Industry", Type.PICKLIST, picks=picks("Energy", "Food", "Chemicals")),
            _link("OwnerId", "User"),
            _link("MasterRecordId", "Account", is_updateable=False),
        ),
        sobject(
            "RecordType", "Record Type", "012",
            *_KEPT,
            Field("Name", length=80), Field("DeveloperName", length=80), Field("SobjectType", length=40),
            Field("IsActive", Type.BOOLEAN),
            is_updateable=False,
        ),
    )  # fmt: skip


def _settings() -> tuple[SObject, ...]:
    return (
        sobject(
            "OpportunityStage", "Opportunity Stage", "01J",
            *_KEPT,
            Field("ApiName", length=255), Field("MasterLabel", length=255),
            Field("SortOrder", Type.INT), Field("IsActive", Type.BOOLEAN),
            Field("IsClosed", Type.BOOLEAN), Field("IsWon", Type.BOOLEAN),
            Field("DefaultProbability", Type.PERCENT),
            Field("ForecastCategory", Type.PICKLIST, picks=FORECAST),
            Field("ForecastCategoryName", Type.PICKLIST, picks=_FORECAST_NAMES),
            is_updateable=False,
        ),
        sobject(
            "CurrencyType", "Currency Type", "01L",
            *_KEPT,
            Field("IsoCode", length=3), Field("ConversionRate", Type.DOUBLE, scale=6),
            Field("IsCorporate", Type.BOOLEAN), Field("IsActive", Type.BOOLEAN),
            is_updateable=False,
        ),
        sobject(
            "DatedConversionRate", "Dated Conversion Rate", "04w",
            *_KEPT,
            Field("IsoCode", length=3), Field("ConversionRate", Type.DOUBLE, scale=6),
            Field("StartDate", Type.DATE), Field("NextStartDate", Type.DATE),
            is_updateable=False,
        ),
        sobject(
            "FiscalYearSettings", "Fiscal Year Settings", "022",
            ID, _STAMP,
            Field("Name", length=80), Field("StartDate", Type.DATE), Field("EndDate", Type.DATE),
            Field("YearType", Type.PICKLIST, picks=picks("Standard", "Custom")),
            Field("IsStandardYear", Type.BOOLEAN),
            is_updateable=False,
        ),
        sobject(
            "Period", "Fiscal Period", "026",
            ID, _STAMP,
            Field("Type", Type.PICKLIST, picks=picks("Month", "Quarter", "Week", "Year")),
            Field("StartDate", Type.DATE), Field("EndDate", Type.DATE),
            Field("Number", Type.INT), Field("FullyQualifiedLabel", length=80),
            Field(
                "FiscalYearSettingsId", Type.REFERENCE, refers_to="FiscalYearSettings",
                relation="FiscalYearSettings",
            ),
            is_updateable=False,
        ),
        sobject(
            "Organization", "Organization", "00D",
            *_KEPT,
            Field("Name", length=80), Field("IsSandbox", Type.BOOLEAN),
            Field("FiscalYearStartMonth", Type.INT), Field("UsesStartDateAsFiscalYearName", Type.BOOLEAN),
            Field("TimeZoneSidKey", Type.PICKLIST), Field("DefaultLocaleSidKey", Type.PICKLIST),
            is_updateable=False,
        ),
    )  # fmt: skip


def _forecasts() -> tuple[SObject, ...]:
    return (
        sobject(
            "ForecastingType", "Forecasting Type", "0Db",
            *_KEPT,
            Field("DeveloperName", length=80), Field("MasterLabel", length=80),
            Field("IsActive", Type.BOOLEAN), Field("IsAmount", Type.BOOLEAN),
            is_updateable=False,
        ),
        sobject(
            "ForecastingQuota", "Forecasting Quota", "0J9",
            *_KEPT, _CURRENCY,
            _link("QuotaOwnerId", "User"), _link("PeriodId", "Period"),
            _link("ForecastingTypeId", "ForecastingType"),
            Field("StartDate", Type.DATE), Field("QuotaAmount", Type.CURRENCY),
            Field("IsAmount", Type.BOOLEAN), Field("ProductFamily", Type.PICKLIST),
        ),
        sobject(
            "ForecastingItem", "Forecasting Item", "0J8",
            ID, _CURRENCY,
            _link("OwnerId", "User"), _link("PeriodId", "Period"),
            _link("ForecastingTypeId", "ForecastingType"),
            Field("ForecastCategoryName", Type.PICKLIST, picks=_FORECAST_NAMES),
            Field("ForecastingItemCategory", Type.PICKLIST),
            Field("ForecastAmount", Type.CURRENCY), Field("AmountWithoutAdjustments", Type.CURRENCY),
            Field("AmountWithoutManagerAdjustment", Type.CURRENCY), Field("OwnerOnlyAmount", Type.CURRENCY),
            Field("IsAmount", Type.BOOLEAN), Field("ProductFamily", Type.PICKLIST),
            is_updateable=False,
        ),
    )  # fmt: skip


def standard_objects() -> dict[str, SObject]:
    """New ones each time: tests change them."""
    every = (
        opportunity(), *_history(), *_parts(), *_people_and_accounts(), *_settings(), *_forecasts(),
    )  # fmt: skip
    return {found.name: found for found in every}
