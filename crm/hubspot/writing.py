"""A fix as HubSpot takes it: what stands against it, and the properties it becomes."""

from collections.abc import Iterator, Mapping, Sequence

from crm.hubspot.definition import HubspotDefinition
from crm.hubspot.pipelines import Pipelines
from crm.hubspot.properties import FIELD_OF_PROPERTY, PROPERTY_OF_FIELD, PropertyDefinition
from crm.hubspot.shapes import needed_in
from crm.hubspot.values import HubspotValues
from crm.records import Fix
from pipeline.crm_fields import DealShape, FieldShape, FieldType, Refusal
from pipeline.crm_records import FieldValue, OpportunityRecord
from pipeline.deal_fields import CATEGORY_FIELD, kind_of, value_of
from pipeline.records import parse_category


def refusals_of(
    fix: Fix, shape: DealShape, record: OpportunityRecord, definition: HubspotDefinition
) -> tuple[Refusal, ...]:
    """What we know to be wrong before HubSpot is asked, much of which it would let through."""
    return (*_refusals(fix, shape), *_missing(fix, shape, record, definition))


def _refusals(fix: Fix, shape: DealShape) -> Iterator[Refusal]:
    for name, (_, wanted) in fix.changes.items():
        field = shape.fields.get(name)
        if field is None:
            yield Refusal(f"HubSpot's deals have no property {name}, or hide it from our app.", (name,))
        elif not field.is_writable:
            yield Refusal(f"{field.label} cannot be changed here.", (name,))
        elif wanted is None and field.is_required:
            yield Refusal(f"{field.label} cannot be empty.", (name,))
        elif wanted is not None and field.type is FieldType.PICKLIST and not _is_pick(field, wanted):
            choices = ", ".join(pick.label for pick in field.picks)
            yield Refusal(f"{field.label} has no value {wanted}: choose one of {choices}.", (name,))
        elif isinstance(wanted, str) and field.longest is not None and len(wanted) > field.longest:
            yield Refusal(f"{field.label} can have {field.longest:,} characters at most.", (name,))


def _is_pick(field: FieldShape, wanted: FieldValue) -> bool:
    values = {pick.value for pick in field.picks}
    if field.name == CATEGORY_FIELD:
        return parse_category(str(wanted)) in {parse_category(value) for value in values}
    return wanted in values


def _missing(
    fix: Fix, shape: DealShape, record: OpportunityRecord, definition: HubspotDefinition
) -> Iterator[Refusal]:
    """What the stage asks for to which the deal moves."""
    if "StageName" not in fix.changes:
        return
    stage = str(fix.changes["StageName"][1])
    for name in sorted(needed_in(stage, definition)):
        held = fix.changes[name][1] if name in fix.changes else value_of(record, name)
        if held is None and name in shape.fields:
            yield Refusal(f"{shape.fields[name].label} is needed in {stage}.", (name,))


def properties_of(
    fix: Fix,
    shape: DealShape,
    known: Mapping[str, PropertyDefinition],
    pipelines: Pipelines,
    pipeline_id: str | None,
    definition: HubspotDefinition,
    values: HubspotValues,
) -> Mapping[str, str]:
    """The new values by property, in HubSpot's words."""
    written = {}
    for name, (_, wanted) in fix.changes.items():
        property_ = PROPERTY_OF_FIELD.get(name, name)
        if name == "StageName":
            written[property_] = pipelines.stage_id(pipeline_id, str(wanted)) or ""
        elif name == CATEGORY_FIELD and wanted is not None:
            written[property_] = _category_value(str(wanted), known[property_], definition)
        else:
            kind = kind_of(shape.fields[name].type)
            written[property_] = values.write(wanted, kind, with_time=known[property_].type == "datetime")
    return written


def _category_value(label: str, property_: PropertyDefinition, definition: HubspotDefinition) -> str:
    wanted = parse_category(label)
    return next(
        option.value
        for option in property_.options
        if definition.category_of_value.get(option.value) is wanted and not option.is_hidden
    )


def in_our_names(refusals: Sequence[Refusal]) -> tuple[Refusal, ...]:
    """HubSpot's own words, at the fields as forms know them."""
    return tuple(
        Refusal(one.says, tuple(FIELD_OF_PROPERTY.get(name, name) for name in one.fields)) for one in refusals
    )
