"""What the demo company's CRM insists on: its picklists and its validation rules, in its own words."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from crm.demo.company import COMPETITORS, LOSS_REASONS, NEGOTIATION, PROPOSAL, SOURCES, STAGES
from crm.demo.people import user_records
from crm.demo.rows import FURTHER_FIELDS, QUALIFICATION_FIELDS
from crm.records import FieldValue, OpportunityRecord
from pipeline.crm_fields import DealShape, FieldShape, FieldType, PickValue, Refusal
from pipeline.deal_fields import CATEGORY_FIELD, CATEGORY_LABELS, value_of
from pipeline.records import Category, parse_category

RECORD_TYPE_FIELD = "Type"
"""Which of the two record types a deal is of; a form cannot change it."""

_LOST = "Closed Lost"
_STAGE_ORDER = {name: order for order, (name, _) in enumerate(STAGES)}
_CUSTOMER_LOSS_REASONS = tuple(reason for reason in LOSS_REASONS if reason != "Lost to competitor")
"""An expansion has no competitor: the customer is one already."""
_LABELS = {"ACV__c": "ACV", "Mutual_Plan__c": "Mutual Action Plan", "LeadSource": "Lead Source"}
_PICKLISTS: Mapping[str, tuple[str, ...]] = {
    "Competitor__c": COMPETITORS,
    "Pipeline_Source__c": tuple(SOURCES),
    "Region__c": ("AMER", "EMEA", "APAC", "LATAM"),
    "Mutual_Plan__c": ("Drafted", "Agreed", "Declined"),
}
_NOT_WRITABLE = frozenset({RECORD_TYPE_FIELD, "Campaign.Type", "Confidential__c", "AccountId", "Name"})
_LONGEST_LINE = 255


def shape_of(record: OpportunityRecord | None) -> DealShape:
    """The fields of a deal's record type; of no deal those of new business."""
    record_type = None if record is None else _text(value_of(record, RECORD_TYPE_FIELD))
    fields = [*_standard_fields(), _loss_reason(record_type), *_further_fields()]
    return DealShape(record_type, {field.name: field for field in fields})


def refusals_of(
    record: OpportunityRecord, changes: Mapping[str, tuple[FieldValue, FieldValue]]
) -> tuple[Refusal, ...]:
    """What the CRM says against a record as it would be; nothing where it would take it.

    Like every CRM it looks at the whole record, so an old sin stands in the way of a new value.
    """
    shape = shape_of(record)
    mistakes = tuple(_mistakes_in_values(shape, changes, record))
    return mistakes or tuple(Refusal(rule.says, rule.fields) for rule in _RULES if rule.is_broken(record))


@dataclass(frozen=True)
class _Rule:
    """A validation rule: its own message and the fields at which the message stands."""

    says: str
    fields: tuple[str, ...]
    is_broken: Callable[[OpportunityRecord], bool]


def _is_commit(record: OpportunityRecord) -> bool:
    return record.category is Category.COMMIT


_RULES = (
    _Rule(
        "Loss Reason: you must give a loss reason before a deal is closed as lost.",
        ("Loss_Reason__c",),
        lambda record: record.stage == _LOST and not value_of(record, "Loss_Reason__c"),
    ),
    _Rule(
        "Next Step: a deal in Commit needs a next step.",
        ("NextStep",),
        lambda record: _is_commit(record) and not value_of(record, "NextStep"),
    ),
    _Rule(
        "Amount: a deal in Proposal or later needs an amount.",
        ("Amount",),
        lambda record: _STAGE_ORDER[record.stage] in (PROPOSAL, NEGOTIATION) and not record.amount,
    ),
    _Rule(
        "Close Date: an open deal cannot close more than five years after it was created.",
        ("CloseDate",),
        lambda record: (
            record.close_day is not None
            and record.created_at is not None
            and record.close_day * 86_400 > record.created_at + (719_163 + 5 * 366) * 86_400
        ),
    ),
)


def _mistakes_in_values(
    shape: DealShape, changes: Mapping[str, tuple[FieldValue, FieldValue]], record: OpportunityRecord
) -> Iterator[Refusal]:
    for name, (_, wanted) in changes.items():
        field = shape.fields.get(name)
        if field is None:
            yield Refusal(f"No such column '{name}' on entity 'Opportunity'.", (name,))
        elif not field.is_writable:
            yield Refusal(f"Unable to create/update fields: {name}. Please check its security.", (name,))
        elif wanted is None and field.is_required:
            yield Refusal(f"Required fields are missing: [{name}]", (name,))
        elif isinstance(wanted, str) and field.longest is not None and len(wanted) > field.longest:
            yield Refusal(f"{field.label}: data value too large (max length={field.longest})", (name,))
        elif field.picks and wanted is not None and not _is_picked(field, wanted, record):
            yield Refusal(f"{field.label}: bad value for restricted picklist field: {wanted}", (name,))


def _is_picked(field: FieldShape, wanted: FieldValue, record: OpportunityRecord) -> bool:
    if field.name == CATEGORY_FIELD:
        return isinstance(wanted, str) and parse_category(wanted) is not None
    controlling = None if field.controlled_by is None else value_of(record, field.controlled_by)
    return any(pick.value == wanted and (not pick.needs or controlling in pick.needs) for pick in field.picks)


def _standard_fields() -> Iterator[FieldShape]:
    yield FieldShape("Name", "Opportunity Name", FieldType.TEXT, is_writable=False)
    yield FieldShape("StageName", "Stage", FieldType.PICKLIST, True, picks=_picks(n for n, _ in STAGES))
    categories = _picks(CATEGORY_LABELS[one] for one in Category)
    yield FieldShape(CATEGORY_FIELD, "Forecast Category", FieldType.PICKLIST, picks=categories)
    yield FieldShape("Amount", "Amount", FieldType.MONEY)
    yield FieldShape("CloseDate", "Close Date", FieldType.DAY, is_required=True)
    yield FieldShape("NextStep", "Next Step", FieldType.TEXT, longest=_LONGEST_LINE)
    people = tuple(PickValue(user.id, user.name) for user in user_records() if user.is_active)
    yield FieldShape("OwnerId", "Owner", FieldType.PERSON, is_required=True, picks=people)
    yield FieldShape("AccountId", "Account", FieldType.TEXT, is_writable=False)
    yield FieldShape("CurrencyIsoCode", "Currency", FieldType.TEXT, is_writable=False)


def _loss_reason(record_type: str | None) -> FieldShape:
    reasons = _CUSTOMER_LOSS_REASONS if record_type == "Expansion" else LOSS_REASONS
    picks = tuple(PickValue(reason, reason, frozenset({_LOST})) for reason in reasons)
    return FieldShape(
        "Loss_Reason__c", "Loss Reason", FieldType.PICKLIST, picks=picks, controlled_by="StageName"
    )


def _further_fields() -> Iterator[FieldShape]:
    for name in FURTHER_FIELDS:
        if name == "Loss_Reason__c" or "." in name:
            continue
        label = _LABELS.get(name, name.removesuffix("__c").replace("_", " "))
        if name in _PICKLISTS:
            yield FieldShape(name, label, FieldType.PICKLIST, picks=_picks(_PICKLISTS[name]))
        elif name in QUALIFICATION_FIELDS:
            yield FieldShape(name, label, FieldType.LONG_TEXT, longest=2_000)
        elif name == "ACV__c":
            yield FieldShape(name, label, FieldType.MONEY)
        elif name == "Confidential__c":
            yield FieldShape(name, label, FieldType.FLAG, is_writable=False)
        else:
            writable = name not in _NOT_WRITABLE
            yield FieldShape(name, label, FieldType.TEXT, is_writable=writable, longest=_LONGEST_LINE)


def _picks(values: "Iterator[str] | tuple[str, ...]") -> tuple[PickValue, ...]:
    return tuple(PickValue(value, value) for value in values)


def _text(value: FieldValue) -> str | None:
    return value if isinstance(value, str) else None
