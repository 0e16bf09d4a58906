"""The properties of HubSpot's objects: what they are called here, and what HubSpot says of them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from crm.hubspot.session import Session
from pipeline.deal_fields import CATEGORY_FIELD, OWNER_FIELD

PROPERTY_OF_FIELD: Mapping[str, str] = {
    "Name": "dealname",
    "StageName": "dealstage",
    CATEGORY_FIELD: "hs_manual_forecast_category",
    "Amount": "amount",
    "CloseDate": "closedate",
    "NextStep": "hs_next_step",
    OWNER_FIELD: "hubspot_owner_id",
    "CurrencyIsoCode": "deal_currency_code",
    "CreatedDate": "createdate",
    "LastModifiedDate": "hs_lastmodifieddate",
    "CreatedById": "hs_created_by_user_id",
    "LastActivityDate": "notes_last_updated",
}
"""Standard field as the rules call it -> property of a deal. Every other property goes by its own name."""

FIELD_OF_PROPERTY: Mapping[str, str] = {name: field for field, name in PROPERTY_OF_FIELD.items()}

PIPELINE = "pipeline"
MODIFIED = PROPERTY_OF_FIELD["LastModifiedDate"]
PIPELINE_FIELD = "RecordType.Name"
"""A deal's pipeline is what other systems call its record type."""


@dataclass(frozen=True)
class Option:
    """One value of an enumeration."""

    value: str
    label: str
    is_hidden: bool


@dataclass(frozen=True)
class PropertyDefinition:
    """What HubSpot says of one property."""

    name: str
    label: str
    type: str
    """`string`, `number`, `date`, `datetime`, `enumeration`, `bool` …"""
    widget: str
    """How HubSpot shows it (`fieldType`): `textarea`, `checkbox` for several values, `booleancheckbox` …"""
    description: str
    options: tuple[Option, ...]
    is_money: bool
    is_person: bool
    is_read_only: bool


def read_properties(session: Session, object_type: str) -> Mapping[str, PropertyDefinition]:
    """All properties of `deals` or `companies`, by name."""
    answer = session.get(f"/crm/v3/properties/{object_type}")
    return {str(entry["name"]): _definition(entry) for entry in answer["results"]}


def _definition(entry: Mapping[str, Any]) -> PropertyDefinition:
    modification = entry.get("modificationMetadata") or {}
    return PropertyDefinition(
        name=str(entry["name"]),
        label=str(entry.get("label") or entry["name"]),
        type=str(entry.get("type")),
        widget=str(entry.get("fieldType")),
        description=str(entry.get("description") or ""),
        options=tuple(
            Option(str(option["value"]), str(option["label"]), bool(option.get("hidden")))
            for option in sorted(entry.get("options") or (), key=lambda one: one.get("displayOrder") or 0)
        ),
        is_money=bool(entry.get("showCurrencySymbol")),
        is_person=entry.get("referencedObjectType") == "OWNER",
        is_read_only=bool(entry.get("calculated") or modification.get("readOnlyValue")),
    )
