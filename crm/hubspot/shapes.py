"""What a form has to know of a deal's properties."""

from collections.abc import Iterator, Mapping

from crm.hubspot.definition import HubspotDefinition
from crm.hubspot.people import People
from crm.hubspot.properties import FIELD_OF_PROPERTY, PROPERTY_OF_FIELD, PropertyDefinition
from pipeline.crm_fields import DealShape, FieldShape, FieldType, PickValue
from pipeline.deal_fields import CATEGORY_FIELD, CATEGORY_LABELS, OWNER_FIELD

_SEVERAL = "checkbox"
_ALWAYS_NEEDED = frozenset({"Name", "StageName"})
_LONGEST_TEXT = 65_536
_NOT_WRITABLE = frozenset({"CreatedDate", "LastModifiedDate", "CreatedById", "LastActivityDate"})
_WRITTEN_WITH_TIME = "CloseDate"


def shape_of(
    properties: Mapping[str, PropertyDefinition],
    definition: HubspotDefinition,
    people: People,
    *,
    pipeline: str | None,
    stages: tuple[str, ...],
    stage: str | None,
) -> DealShape:
    """The fields of a deal in a pipeline, as they are in one of its stages."""
    picks = {
        "StageName": tuple(PickValue(name, name) for name in stages),
        CATEGORY_FIELD: tuple(_categories(properties, definition)),
        OWNER_FIELD: tuple(PickValue(user.id, user.name) for user in people.users if user.is_active),
    }
    required = _ALWAYS_NEEDED | needed_in(stage, definition)
    fields = (
        _field(property_, picks.get(FIELD_OF_PROPERTY.get(name, "")), required)
        for name, property_ in properties.items()
    )
    return DealShape(pipeline, {field.name: field for field in fields})


def needed_in(stage: str | None, definition: HubspotDefinition) -> frozenset[str]:
    """The fields that a stage asks for, by their names here."""
    names = definition.required.get(stage or "", ())
    return frozenset(FIELD_OF_PROPERTY.get(name, name) for name in names)


def _field(
    definition: PropertyDefinition, picks: tuple[PickValue, ...] | None, required: frozenset[str]
) -> FieldShape:
    name = FIELD_OF_PROPERTY.get(definition.name, definition.name)
    type_ = _type(name, definition)
    if picks is None:
        options = definition.options if type_ is FieldType.PICKLIST else ()
        picks = tuple(PickValue(one.value, one.label) for one in options if not one.is_hidden)
    return FieldShape(
        name=name,
        label=definition.label,
        type=type_,
        is_required=name in required,
        is_writable=_is_writable(name, definition),
        longest=_LONGEST_TEXT if type_ in (FieldType.TEXT, FieldType.LONG_TEXT) else None,
        picks=picks,
        help=definition.description,
    )


def _is_writable(name: str, definition: PropertyDefinition) -> bool:
    """Several values at once, and moments, are more than a form of ours can hold."""
    if definition.is_read_only or name in _NOT_WRITABLE or definition.widget == _SEVERAL:
        return False
    return definition.type != "datetime" or name == _WRITTEN_WITH_TIME


def _type(name: str, definition: PropertyDefinition) -> FieldType:
    if name in ("StageName", CATEGORY_FIELD):
        return FieldType.PICKLIST
    if name == OWNER_FIELD or definition.is_person:
        return FieldType.PERSON
    match definition.type:
        case "number":
            return FieldType.MONEY if definition.is_money or name == "Amount" else FieldType.NUMBER
        case "date" | "datetime":
            return FieldType.DAY
        case "bool":
            return FieldType.FLAG
        case "enumeration":
            return FieldType.FLAG if definition.widget == "booleancheckbox" else FieldType.PICKLIST
        case _:
            is_long = definition.widget in ("textarea", "html")
            return FieldType.LONG_TEXT if is_long else FieldType.TEXT


def _categories(
    properties: Mapping[str, PropertyDefinition], definition: HubspotDefinition
) -> Iterator[PickValue]:
    """Our words for the options that HubSpot has."""
    property_ = properties.get(PROPERTY_OF_FIELD[CATEGORY_FIELD])
    for option in property_.options if property_ else ():
        category = definition.category_of_value.get(option.value)
        if category is not None and not option.is_hidden:
            yield PickValue(CATEGORY_LABELS[category], option.label)
