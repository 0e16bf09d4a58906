"""The tables of an export: the columns that are read, those they cannot do without, their relations."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple


class JoinTarget(NamedTuple):
    """The other table, and its column by which a record is named."""

    table: str
    key: str


@dataclass(frozen=True)
class TableSchema:
    """What a table may hold."""

    columns: tuple[str, ...]
    required: tuple[tuple[str, ...], ...]
    """Each an alternative of columns, one of which must be there."""
    relations: Mapping[str, str] = field(default_factory=dict)
    """Relation -> table; `Account` stands for the column `AccountId`."""


_ON_OPPORTUNITY = ("OpportunityId",)

TABLES: Mapping[str, TableSchema] = {
    "Opportunity": TableSchema(
        columns=(
            "Id", "Name", "StageName", "ForecastCategory", "ForecastCategoryName", "Amount", "CloseDate",
            "CreatedDate", "LastModifiedDate", "OwnerId", "CreatedById", "AccountId", "CurrencyIsoCode",
            "NextStep", "LastActivityDate", "IsDeleted", "IsClosed", "IsWon", "Probability", "RecordTypeId",
            "Product2.Family", "ProductFamily", "LeadSource", "Type",
        ),
        required=(("Id",), ("StageName",)),
        relations={
            "Account": "Account", "Owner": "User", "CreatedBy": "User",
            "RecordType": "RecordType", "Product2": "Product2",
        },
    ),
    "OpportunityHistory": TableSchema(
        columns=(
            "OpportunityId", "CreatedDate", "StageName", "Amount", "CloseDate", "ForecastCategory",
            "ForecastCategoryName",
        ),
        required=(_ON_OPPORTUNITY, ("CreatedDate",)),
    ),
    "OpportunityFieldHistory": TableSchema(
        columns=("OpportunityId", "CreatedDate", "Field", "OldValue", "NewValue"),
        required=(_ON_OPPORTUNITY, ("CreatedDate",), ("Field",), ("OldValue",), ("NewValue",)),
    ),
    "OpportunityLineItem": TableSchema(
        columns=(
            "OpportunityId", "TotalPrice", "Product2.Family", "PricebookEntry.Product2.Family",
            "ProductFamily", "Product2Id", "IsDeleted",
        ),
        required=(_ON_OPPORTUNITY, ("TotalPrice",)),
        relations={"Product2": "Product2"},
    ),
    "OpportunityContactRole": TableSchema(
        columns=("OpportunityId", "ContactId", "Role", "IsDeleted"),
        required=(_ON_OPPORTUNITY, ("ContactId",)),
    ),
    "OpportunitySplit": TableSchema(
        columns=(
            "OpportunityId", "SplitOwnerId", "SplitPercentage", "SplitTypeId",
            "SplitType.IsTotalValidated", "IsDeleted",
        ),
        required=(
            _ON_OPPORTUNITY, ("SplitOwnerId",), ("SplitPercentage",),
            ("SplitType.IsTotalValidated", "SplitTypeId"),
        ),
        relations={"SplitOwner": "User"},
    ),
    "OpportunitySplitType": TableSchema(
        columns=("Id", "IsTotalValidated"), required=(("Id",), ("IsTotalValidated",))
    ),
    "OpportunityStage": TableSchema(
        columns=(
            "ApiName", "MasterLabel", "SortOrder", "IsClosed", "IsWon", "ForecastCategory",
            "ForecastCategoryName",
        ),
        required=(("ApiName", "MasterLabel"), ("SortOrder",), ("IsClosed",), ("IsWon",)),
    ),
    "User": TableSchema(
        columns=(
            "Id", "Name", "Email", "IsActive", "UserRoleId", "ManagerId", "TimeZoneSidKey", "UserType",
            "Profile.Name", "UserRole.Name", "FirstName", "LastName",
        ),
        required=(("Id",), ("Name", "LastName")),
        relations={"Manager": "User", "UserRole": "UserRole"},
    ),
    "UserRole": TableSchema(
        columns=("Id", "Name", "ParentRoleId"),
        required=(("Id",), ("Name",)),
        relations={"ParentRole": "UserRole"},
    ),
    "Account": TableSchema(columns=("Id", "Name", "MasterRecordId"), required=(("Id",),)),
    "Product2": TableSchema(columns=("Id", "Name", "Family"), required=(("Id",), ("Family",))),
    "RecordType": TableSchema(columns=("Id", "Name", "DeveloperName"), required=(("Id",),)),
    "CurrencyType": TableSchema(
        columns=("IsoCode", "ConversionRate"), required=(("IsoCode",), ("ConversionRate",))
    ),
    "DatedConversionRate": TableSchema(
        columns=("IsoCode", "ConversionRate", "StartDate", "NextStartDate"),
        required=(("IsoCode",), ("ConversionRate",), ("StartDate",)),
    ),
    "Period": TableSchema(
        columns=(
            "Type", "StartDate", "EndDate", "FullyQualifiedLabel", "Number", "FiscalYearSettings.Name",
            "FiscalYear", "label", "start", "end",
        ),
        required=(
            ("StartDate", "start"), ("EndDate", "end"), ("FullyQualifiedLabel", "label", "Number"),
        ),
    ),
    "Task": TableSchema(
        columns=("WhatId", "ActivityDate", "IsClosed", "Status", "IsDeleted"),
        required=(("WhatId",), ("ActivityDate",)),
    ),
    "Event": TableSchema(
        columns=(
            "WhatId", "ActivityDate", "EndDateTime", "ActivityDateTime", "StartDateTime", "IsClosed",
            "Status", "IsDeleted",
        ),
        required=(("WhatId",), ("ActivityDate", "EndDateTime", "ActivityDateTime", "StartDateTime")),
    ),
    "targets": TableSchema(
        columns=("period", "dimension", "value", "metric", "amount", "currency"),
        required=(("period",), ("dimension",), ("value",), ("metric",), ("amount",)),
    ),
    "calls": TableSchema(
        columns=("period", "amount", "currency", "owner"),
        required=(("period",), ("amount",)),
    ),
    "spend": TableSchema(
        columns=("period", "lever_or_source", "lever", "source", "amount", "heads"),
        required=(("period",), ("lever_or_source", "lever", "source"), ("amount",)),
    ),
}  # fmt: skip
"""By the name of the Salesforce object, which is the name of its file too."""
