"""One opportunity's fields by their API names: reading them, comparing them, and what a form calls them."""

from collections.abc import Mapping

from pipeline.crm_fields import Difference, FieldType
from pipeline.crm_records import FieldKind, FieldValue, OpportunityRecord
from pipeline.records import Category, parse_category

CATEGORY_FIELD, OWNER_FIELD = "ForecastCategoryName", "OwnerId"

STANDARD_PLACES: Mapping[str, str] = {
    "Name": "name",
    "StageName": "stage",
    CATEGORY_FIELD: "category",
    "Amount": "amount",
    "CloseDate": "close_day",
    "NextStep": "next_step",
    OWNER_FIELD: "owner_id",
    "AccountId": "account_id",
    "CurrencyIsoCode": "currency",
}
"""Standard field that can be written -> its place in the record."""

CATEGORY_LABELS: Mapping[Category, str] = {
    Category.OMITTED: "Omitted",
    Category.PIPELINE: "Pipeline",
    Category.BEST_CASE: "Best Case",
    Category.MOST_LIKELY: "Most Likely",
    Category.COMMIT: "Commit",
    Category.CLOSED: "Closed",
}
"""As people read and choose them; a fix of the forecast category holds these words."""

_KINDS: Mapping[FieldType, FieldKind] = {
    FieldType.NUMBER: FieldKind.NUMBER,
    FieldType.MONEY: FieldKind.NUMBER,
    FieldType.DAY: FieldKind.DAY,
    FieldType.FLAG: FieldKind.FLAG,
}


def kind_of(type_: FieldType) -> FieldKind:
    """How a value of a field of that type is kept."""
    return _KINDS.get(type_, FieldKind.TEXT)


def value_of(record: OpportunityRecord, field: str) -> FieldValue:
    """A field's current value; the forecast category in words. `None` also where the field is not held."""
    place = STANDARD_PLACES.get(field)
    if field == CATEGORY_FIELD:
        return None if record.category is None else CATEGORY_LABELS[record.category]
    value: FieldValue = record.fields.get(field) if place is None else getattr(record, place)
    return value or None if isinstance(value, str) else value


def is_same(field: str, one: FieldValue, other: FieldValue) -> bool:
    """Whether two values of a field mean the same: `BestCase` and `Best Case`, empty and missing text."""
    if field == CATEGORY_FIELD:
        return _category(one) == _category(other)
    return (one or None if isinstance(one, str) else one) == (
        other or None if isinstance(other, str) else other
    )


def differences(
    changes: Mapping[str, tuple[FieldValue, FieldValue]], record: OpportunityRecord
) -> tuple[Difference, ...]:
    """The fields whose value is neither the one that the person saw nor already the one that is wanted."""
    return tuple(
        Difference(field, seen, value_of(record, field), wanted)
        for field, (seen, wanted) in changes.items()
        if not is_same(field, value_of(record, field), seen)
        and not is_same(field, value_of(record, field), wanted)
    )


def is_done(changes: Mapping[str, tuple[FieldValue, FieldValue]], record: OpportunityRecord) -> bool:
    """Whether the record holds every new value already."""
    return all(is_same(field, value_of(record, field), wanted) for field, (_, wanted) in changes.items())


def _category(value: FieldValue) -> Category | None:
    return parse_category(value) if isinstance(value, str) else None
