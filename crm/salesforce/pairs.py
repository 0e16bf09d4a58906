"""Values that depend on one another: which pairs a fix would make that no record of its type can have.

Salesforce's pages never show such a pair, and its API lets it through.
"""

from collections.abc import Iterator, Mapping

from pipeline.crm_fields import DealShape, FieldShape, PickValue, Refusal
from pipeline.crm_records import FieldKind, FieldValue, OpportunityRecord
from pipeline.deal_entry import shown_text
from pipeline.deal_fields import STANDARD_PLACES, kind_of, value_of

Changes = Mapping[str, tuple[FieldValue, FieldValue]]


def fields_beside(changed: Mapping[str, object], shape: DealShape) -> Mapping[str, FieldKind]:
    """The further fields that have to be read to judge a change: what controls its fields, and what they
    control."""
    controllers = {shape.fields[name].controlled_by for name in changed if name in shape.fields}
    return {
        name: kind_of(field.type)
        for name, field in shape.fields.items()
        if name not in STANDARD_PLACES and (name in controllers or field.controlled_by in changed)
    }


def pair_refusals(changes: Changes, shape: DealShape, record: OpportunityRecord) -> Iterator[Refusal]:
    """One for each dependent field that would not go with the value of the field that controls it."""
    for field in shape.fields.values():
        controller = shape.fields.get(field.controlled_by or "")
        if controller is None or not {field.name, controller.name} & {*changes}:
            continue
        wanted = _value_after(changes, record, field.name)
        pick = next((one for one in field.picks if one.value == wanted), None)
        controlling = _value_after(changes, record, controller.name)
        if pick is not None and pick.needs and str(controlling) not in pick.needs:
            yield _refusal(field, pick, controller, controlling)


def _value_after(changes: Changes, record: OpportunityRecord, name: str) -> FieldValue:
    return changes[name][1] if name in changes else value_of(record, name)


def _refusal(field: FieldShape, pick: PickValue, controller: FieldShape, controlling: FieldValue) -> Refusal:
    now = shown_text(controller, controlling)
    against = f"{controller.label} {now}" if now else f"an empty {controller.label}"
    fitting = [one.label for one in field.picks if str(controlling) in one.needs]
    advice = f"choose one of {', '.join(fitting)}" if fitting else "leave it empty"
    return Refusal(f"{field.label} {pick.label} does not go with {against}: {advice}.", (field.name,))
