"""What of an account our app can see, and what is switched off without it."""

from crm.hubspot.portal import COMPANIES, CONTACTS, LINE_ITEMS, Portal
from crm.hubspot.properties import PIPELINE_FIELD, PROPERTY_OF_FIELD
from crm.hubspot.rates import may_read_rates
from crm.records import Capabilities

_ALWAYS = frozenset(
    {
        "Opportunity",
        "OpportunityHistory",
        "OpportunityFieldHistory",
        "OpportunityStage",
        "User",
        "UserRole",
    }
)
_TABLE_OF_OBJECT = {
    CONTACTS: ("OpportunityContactRole", "rules about contacts"),
    COMPANIES: ("Account", "fields of companies"),
    LINE_ITEMS: ("OpportunityLineItem", "the product table and rules about products"),
}
_OVER_PEOPLE = frozenset(
    {"Owner.Name", "Owner.Email", "Owner.UserRole.Name", "CreatedBy.Name", "CreatedBy.UserRole.Name"}
)


def read_capabilities(portal: Portal) -> Capabilities:
    tables, notices = set(_ALWAYS), []
    for object_type, (table, feature) in _TABLE_OF_OBJECT.items():
        if portal.may_read(object_type):
            tables.add(table)
        else:
            notices.append(
                f"HubSpot: the private app lacks the scope crm.objects.{object_type}.read: without it "
                f"{feature} are switched off."
            )
    if may_read_rates(portal.session):
        tables |= {"CurrencyType", "DatedConversionRate"}
    properties = portal.deal_properties
    standard = {field for field, name in PROPERTY_OF_FIELD.items() if name in properties}
    companies = {f"Account.{name}" for name in portal.company_properties}
    over_company = {"AccountId", "Account.Name", *companies} if "Account" in tables else set()
    fields = {"Id", "IsDeleted", PIPELINE_FIELD, *standard, *_OVER_PEOPLE, *over_company, *properties}
    return Capabilities(frozenset(tables), frozenset(fields), tuple(notices))
