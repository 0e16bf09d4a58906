"""What stands against a change: what we know ourselves before it is sent, and what Salesforce answers."""

import re
from collections.abc import Iterator, Mapping, Sequence

from crm.records import Fix
from crm.salesforce.describing import ObjectDescription
from crm.salesforce.errors import Objection, RequestRefused
from crm.salesforce.pairs import pair_refusals
from crm.salesforce.shapes import SET_BY_PRODUCTS
from pipeline.crm_fields import DealShape, FieldShape, FieldType, Refusal
from pipeline.crm_records import FieldValue, OpportunityRecord
from pipeline.deal_fields import CATEGORY_FIELD, is_same
from pipeline.money import SCALE

_ADMINISTRATOR = "Ask your Salesforce administrator"
_NO_RIGHT = frozenset(
    {
        "INSUFFICIENT_ACCESS",
        "INSUFFICIENT_ACCESS_OR_READONLY",
        "INSUFFICIENT_ACCESS_ON_CROSS_REFERENCE_ENTITY",
        "NOT_FOUND",
    }
)
"""Codes of a record that the user may not change; or does not see, where we have just read it."""
_FIELD_CLOSED = frozenset({"INVALID_FIELD_FOR_INSERT_UPDATE", "INVALID_FIELD"})
_AUTOMATION = frozenset(
    {
        "CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY",
        "CANNOT_EXECUTE_FLOW_TRIGGER",
        "APEX_ERROR",
        "TXN_SECURITY_APEX_ERROR",
    }
)
_COLUMN = re.compile(r"No such column '([^']+)'")
_TRACE = re.compile(r"\s*(?:Class|Trigger|AnonymousBlock)\.[\w.]+: line \d+.*|: \[\]\s*$", re.DOTALL)


# --- Before it is sent ----------------------------------------------------------------------------


def refusals_of(
    fix: Fix, shape: DealShape, described: ObjectDescription, record: OpportunityRecord, *, has_products: bool
) -> tuple[Refusal, ...]:
    """What we know to be wrong, much of which Salesforce's API would let through."""
    single = (
        refusal
        for name, (_, wanted) in fix.changes.items()
        for refusal in _refusals_of_field(name, wanted, shape, described, has_products=has_products)
    )
    return (*single, *pair_refusals(fix.changes, shape, record))


def _refusals_of_field(
    name: str, wanted: FieldValue, shape: DealShape, described: ObjectDescription, *, has_products: bool
) -> Iterator[Refusal]:
    field = shape.fields.get(name)
    if field is None:
        yield Refusal(f"Salesforce's opportunities have no field {name}, or hide it from our user.", (name,))
    elif has_products and name in SET_BY_PRODUCTS:
        yield Refusal(
            f"{field.label} follows from the deal's products. Change the products in Salesforce.", (name,)
        )
    elif not field.is_writable:
        yield Refusal(f"{field.label} cannot be changed here.", (name,))
    elif wanted is None or wanted == "":
        if field.is_required:
            yield Refusal(f"{field.label} cannot be empty.", (name,))
    else:
        yield from _refusals_of_value(field, wanted, shape, scale=described.fields[name].scale)


def _refusals_of_value(
    field: FieldShape, wanted: str | int, shape: DealShape, *, scale: int
) -> Iterator[Refusal]:
    if field.type is FieldType.PICKLIST and not _is_pick(field, wanted):
        kind = f" for {shape.record_type}" if shape.record_type else ""
        choices = ", ".join(pick.label for pick in field.picks) or "none"
        yield Refusal(f"{field.label} has no value {wanted}{kind}: choose one of {choices}.", (field.name,))
    elif isinstance(wanted, str) and field.longest is not None and len(wanted) > field.longest:
        yield Refusal(f"{field.label} can have {field.longest:,} characters at most.", (field.name,))
    elif field.type in (FieldType.NUMBER, FieldType.MONEY) and _digits_behind(int(wanted)) > scale:
        digits = f"{scale} digits behind the decimal point at most" if scale else "whole numbers only"
        yield Refusal(f"{field.label} takes {digits}.", (field.name,))


def _is_pick(field: FieldShape, wanted: FieldValue) -> bool:
    if field.name == CATEGORY_FIELD:
        return any(is_same(CATEGORY_FIELD, pick.value, wanted) for pick in field.picks)
    return any(pick.value == wanted for pick in field.picks)


def _digits_behind(value: int) -> int:
    return len(f"{abs(value) % SCALE:04d}".rstrip("0"))


# --- What Salesforce answers ----------------------------------------------------------------------


def answered_refusals(error: RequestRefused, described: ObjectDescription, whom: str) -> tuple[Refusal, ...]:
    """Salesforce's own words where they were written for people, and ours where they were not.

    `whom`: who was not let: `you`, `the council's own user`.
    """
    return tuple(_answered(one, described, whom) for one in error.objections)


def _answered(objection: Objection, described: ObjectDescription, whom: str) -> Refusal:
    names = tuple(_named(objection, described))
    labels = ", ".join(described.fields[name].label if name in described.fields else name for name in names)
    code, says = objection.code, objection.says.strip()
    if code in _NO_RIGHT:
        return Refusal(
            f"Salesforce does not let {whom} change this deal. {_ADMINISTRATOR} for the right to edit it."
        )
    if code in _FIELD_CLOSED and names:
        return Refusal(
            f"Salesforce does not let {whom} change {labels}. {_ADMINISTRATOR} for edit access to the field.",
            names,
        )
    if code == "ENTITY_IS_LOCKED":
        return Refusal(
            "This deal is locked in Salesforce, as deals are that wait for an approval. Change it when that "
            f"is done, or ask your Salesforce administrator to unlock it. ({says})"
        )
    if code == "INACTIVE_OWNER_OR_USER":
        return Refusal(
            "The new owner is deactivated in Salesforce: choose somebody else.", names or ("OwnerId",)
        )
    if code == "INVALID_CROSS_REFERENCE_KEY":
        return Refusal(
            f"The change points to a record that was deleted in Salesforce, or that {whom} may not see.",
            names,
        )
    if code == "DUPLICATES_DETECTED":
        return Refusal(
            f"Salesforce takes the changed deal for a duplicate: {says} Look at it there, where duplicates "
            "can be allowed.",
            names,
        )
    if code in _AUTOMATION:
        return Refusal(f"An automation in Salesforce stopped the change: {_without_trace(says)}", names)
    return Refusal(says, names)


def _named(objection: Objection, described: ObjectDescription) -> Iterator[str]:
    """API names as describe spells them; a refused column is named in the text alone."""
    known: Mapping[str, str] = {name.lower(): name for name in described.fields}
    column = _COLUMN.search(objection.says)
    told: Sequence[str] = objection.fields or ((column[1],) if column else ())
    for name in told:
        if name.lower() != "id":
            yield known.get(name.lower(), name)


def _without_trace(says: str) -> str:
    """An administrator's automation fails with lines of code behind its words."""
    return _TRACE.sub("", says).strip() or "it failed."
