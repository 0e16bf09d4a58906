"""Which objects and fields our user sees, and what is read of them."""

from collections.abc import Iterable, Iterator, Mapping, Sequence

from crm.files.schema import TABLES
from crm.salesforce.describing import Descriptions, FieldDescription, ObjectDescription
from crm.salesforce.soql import Select

OPPORTUNITY = "Opportunity"
ACCOUNT, OWNER, CREATOR = "Account", "Owner", "CreatedBy"

_COMPOUND = frozenset({"address", "location"})
"""Types of fields that consist of others, which have names of their own."""
_FIELDS_OF_ANY = frozenset({"Id", "Name", "Type"})
"""What a reference to several objects leads to: a record of which only that much is known."""

FIELDS: Mapping[str, tuple[str, ...]] = {
    OPPORTUNITY: (
        "Id", "Name", "StageName", "ForecastCategory", "Amount", "CloseDate", "CreatedDate",
        "LastModifiedDate", "OwnerId", "CreatedById", "AccountId", "CurrencyIsoCode", "NextStep",
        "LastActivityDate", "IsDeleted",
    ),
    "OpportunityHistory": (
        "OpportunityId", "CreatedDate", "StageName", "Amount", "CloseDate", "ForecastCategory",
    ),
    "OpportunityFieldHistory": ("OpportunityId", "CreatedDate", "Field", "OldValue", "NewValue"),
    "OpportunityLineItem": ("Id", "OpportunityId", "TotalPrice", "Product2.Family"),
    "OpportunityContactRole": ("OpportunityId", "ContactId", "Role"),
    "OpportunitySplit": (
        "Id", "OpportunityId", "SplitOwnerId", "SplitPercentage", "SplitType.IsTotalValidated",
    ),
    "Task": ("WhatId", "ActivityDate", "IsClosed", "Status"),
    "Event": ("WhatId", "ActivityDate", "EndDateTime"),
    ACCOUNT: ("Id", "Name", "MasterRecordId"),
    "User": (
        "Id", "Name", "Email", "IsActive", "UserRoleId", "ManagerId", "TimeZoneSidKey", "UserType",
        "Profile.Name",
    ),
    "UserRole": ("Id", "Name", "ParentRoleId"),
    "OpportunityStage": ("ApiName", "MasterLabel", "SortOrder", "IsClosed", "IsWon", "ForecastCategory"),
    "CurrencyType": ("IsoCode", "ConversionRate"),
    "DatedConversionRate": ("IsoCode", "ConversionRate", "StartDate", "NextStartDate"),
    "Period": ("Type", "StartDate", "EndDate", "FullyQualifiedLabel", "Number", "FiscalYearSettings.Name"),
}  # fmt: skip
"""By object, what is always read of it where it is there; further fields beside them are asked for."""

WITHOUT: Mapping[str, str] = {
    "OpportunityHistory": "what deals were on earlier days is pieced together from what pulls have seen",
    "OpportunityFieldHistory": "changes of owners, next steps and further fields are known from our first "
    "pull on",
    "OpportunityLineItem": "the product table and rules about products are switched off",
    "OpportunityContactRole": "rules about contacts are switched off",
    "Task": "rules about tasks are switched off",
    "Event": "rules about meetings are switched off",
    ACCOUNT: "account names and fields of accounts are missing",
    "UserRole": "regions by role are unknown",
}
"""What is lost with an object that every organisation can have."""

WITHOUT_FIELD: Mapping[str, str] = {
    "Amount": "deals have no amount",
    "CloseDate": "deals fall into no quarter",
    "ForecastCategory": "deals have the forecast category of their stage",
    "NextStep": "rules about next steps are switched off",
    "OwnerId": "deals belong to nobody",
    "AccountId": "account names and fields of accounts are missing",
    "LastActivityDate": "rules about activity are switched off",
}
"""What is lost with a standard field of opportunities."""


_BESIDE = (
    "Product2", "OpportunitySplitType", "Profile", "RecordType", "FiscalYearSettings", "Organization",
    "ForecastingQuota", "ForecastingType", "ForecastingItem",
)  # fmt: skip
"""Objects to which fields lead, or of which only little is asked."""


class Sight:
    """What our user sees, at one moment. Make one for each thing that is done."""

    def __init__(self, descriptions: Descriptions) -> None:
        self._descriptions = descriptions
        self._seen = dict(descriptions.objects((*FIELDS, *_BESIDE)))

    def _object(self, name: str) -> ObjectDescription | None:
        if name not in self._seen:
            self._seen[name] = self._descriptions.object(name)
        return self._seen[name]

    def sees(self, sobject: str, path: str) -> bool:
        """Whether a field can be asked for, by its API name or a path over references."""
        name, _, rest = path.partition(".")
        described = self._object(sobject)
        if described is None:
            return False
        if not rest:
            field = described.fields.get(name)
            return field is not None and field.type not in _COMPOUND
        link = next((field for field in described.fields.values() if field.relationship_name == name), None)
        if link is None:
            return False
        if len(link.reference_to) > 1 and not _leads_to_people(link):
            return rest in _FIELDS_OF_ANY
        return self.sees(_target(link), rest)

    def select(self, table: str, further: Iterable[str] = ()) -> Select | None:
        """All that is wanted of a table and there; `None` where it lacks what it cannot do without."""
        return self.select_of(table, (*FIELDS[table], *further)) if self.is_usable(table) else None

    def select_of(self, sobject: str, paths: Iterable[str]) -> Select:
        """Those of the paths that are there."""
        return Select(sobject, tuple(path for path in dict.fromkeys(paths) if self.sees(sobject, path)))

    def is_usable(self, table: str) -> bool:
        """Whether one of each alternative of what the table cannot do without is there."""
        return all(
            any(self.sees(table, name) for name in alternatives if name in FIELDS[table])
            for alternatives in TABLES[table].required
        )

    def fields_of(self, sobject: str) -> Iterator[str]:
        """The names of an object's own fields."""
        described = self._object(sobject)
        for field in () if described is None else described.fields.values():
            if field.type not in _COMPOUND:
                yield field.name

    def opportunity_fields(self, further: Iterable[str]) -> frozenset[str]:
        """The opportunity's own fields, and those over the relations that figures take something from.

        `further`: paths that the configuration names; what their relations lead to is there too.
        """
        over = {"RecordType", *(path.partition(".")[0] for path in further if "." in path)}
        names = set(self.fields_of(OPPORTUNITY))
        described = self._object(OPPORTUNITY)
        for field in () if described is None else tuple(described.fields.values()):
            relation = field.relationship_name
            if relation in (OWNER, CREATOR):
                names |= {f"{relation}.{name}" for name in self.fields_of("User")}
                if self.is_usable("UserRole") and self.sees("User", "UserRoleId"):
                    names.add(f"{relation}.UserRole.Name")
            elif relation is not None and (relation == ACCOUNT or relation in over):
                names |= {f"{relation}.{name}" for name in self.fields_of(_target(field))}
        names |= {path for path in further if self._is_over_more(path)}
        return frozenset(names)

    def notices(self) -> Iterator[str]:
        """What is lost with what our user does not see."""
        for table, loss in WITHOUT.items():
            if not self.is_usable(table):
                yield f"Salesforce: our user does not see {self.missing(table)}: {loss}."
        for field, loss in WITHOUT_FIELD.items():
            if not self.sees(OPPORTUNITY, field):
                yield f"Salesforce: our user does not see {OPPORTUNITY}.{field}: {loss}."

    def missing(self, table: str) -> str:
        """What keeps a table from being usable: itself, or fields of it."""
        if self._object(table) is None:
            return table
        return ", ".join(f"{table}.{name}" for name in self._missing_fields(table))

    def _missing_fields(self, table: str) -> Iterator[str]:
        for alternatives in TABLES[table].required:
            known: Sequence[str] = [name for name in alternatives if name in FIELDS[table]]
            if not any(self.sees(table, name) for name in known):
                yield known[0]

    def _is_over_more(self, path: str) -> bool:
        """A path over several relations."""
        return path.count(".") > 1 and self.sees(OPPORTUNITY, path)


def _leads_to_people(link: FieldDescription) -> bool:
    """An owner may be a queue; deals are owned by people all the same."""
    return "User" in link.reference_to


def _target(link: FieldDescription) -> str:
    return "User" if _leads_to_people(link) else (*link.reference_to, "")[0]
