"""What a form has to know of a deal's fields: those of its record type, from what is remembered."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from crm.salesforce.describing import (
    Choices,
    Descriptions,
    FieldDescription,
    Layout,
    ObjectDescription,
)
from crm.salesforce.errors import LimitReached, QueryRefused, Unavailable
from crm.salesforce.ids import is_id
from crm.salesforce.people import People
from crm.salesforce.remembering import Remembered
from crm.salesforce.session import Session
from pipeline.crm_fields import DealShape, FieldShape, FieldType, PickValue
from pipeline.deal_fields import CATEGORY_FIELD, CATEGORY_LABELS
from pipeline.records import Category, parse_category

OBJECT = "Opportunity"
HAS_PRODUCTS = "HasOpportunityLineItem"
_RECORD_TYPE = "RecordTypeId"
SET_BY_PRODUCTS = frozenset({"Amount", "CurrencyIsoCode"})
"""Where a deal has products, Salesforce adds up the amount itself and keeps the currency."""

_TYPES: Mapping[str, FieldType] = {
    "boolean": FieldType.FLAG,
    "currency": FieldType.MONEY,
    "double": FieldType.NUMBER,
    "percent": FieldType.NUMBER,
    "int": FieldType.NUMBER,
    "long": FieldType.NUMBER,
    "date": FieldType.DAY,
    "datetime": FieldType.DAY,
    "picklist": FieldType.PICKLIST,
    "multipicklist": FieldType.PICKLIST,
    "string": FieldType.TEXT,
    "email": FieldType.TEXT,
    "phone": FieldType.TEXT,
    "url": FieldType.TEXT,
    "combobox": FieldType.TEXT,
    "textarea": FieldType.LONG_TEXT,
}
_NOT_FOR_FORMS = frozenset({"datetime", "multipicklist"})
"""A moment and several values at once are more than a form of ours can hold."""


@dataclass(frozen=True)
class Kind:
    """What makes one deal's fields differ from another's."""

    record_type_id: str | None = None
    has_products: bool = False


class Shapes:
    """Forms of deals. Safe to use from several threads.

    Salesforce is asked for what is not remembered: once for each record type, and once for which type a deal
    is of.
    """

    def __init__(self, descriptions: Descriptions, people: People, remembered: Remembered) -> None:
        self._descriptions = descriptions
        self._people = people
        self._remembered = remembered

    def of_deal(self, opportunity_id: str) -> DealShape:
        """Of a deal that is not there: the default record type's. Raises `SalesforceError` where
        nothing is known of opportunities at all."""
        return self.of_kind(self._kind(opportunity_id))

    def of_kind(self, kind: Kind) -> DealShape:
        described = self._descriptions.object(OBJECT)
        if described is None:
            return DealShape(None, {})
        return shape_of(
            described,
            kind,
            self._descriptions.choices(OBJECT, kind.record_type_id),
            self._descriptions.layout(OBJECT, kind.record_type_id),
            self._people.choices(),
        )

    def prepare(self) -> None:
        """Asks for everything that forms of any record type need, so that no form has to wait for it."""
        described = self._descriptions.object(OBJECT)
        for record_type in () if described is None else described.record_types:
            if record_type.is_active:
                self.of_kind(Kind(record_type.id))

    def _kind(self, opportunity_id: str) -> Kind:
        described = self._descriptions.object(OBJECT)
        if described is None:
            return Kind()
        usual = Kind(next((one.id for one in described.record_types if one.is_default), None))
        columns = [name for name in (_RECORD_TYPE, HAS_PRODUCTS) if name in described.fields]
        if not columns or not is_id(opportunity_id):
            return usual

        def read(session: Session) -> Kind | None:
            soql = f"SELECT {', '.join(columns)} FROM {OBJECT} WHERE Id = '{opportunity_id}'"
            rows = session.for_form().query(soql)
            return next((Kind(row.get(_RECORD_TYPE), bool(row.get(HAS_PRODUCTS))) for row in rows), None)

        try:
            return self._remembered.get(("kind", opportunity_id), read) or usual
        except (Unavailable, LimitReached, QueryRefused):
            # A form of the usual type is better than none: the write is checked against the real one.
            return usual


def shape_of(
    described: ObjectDescription,
    kind: Kind,
    choices: Choices,
    layout: Layout,
    people: tuple[PickValue, ...],
) -> DealShape:
    """The fields of a record type. The choices and the layout are those of the same type."""
    record_type = described.record_type(kind.record_type_id)
    name = None if record_type is None or record_type.is_master else record_type.name
    maker = _FieldShapes(described, kind, choices, layout, people)
    return DealShape(name, {field.name: maker.shape(field) for field in described.fields.values()})


@dataclass(frozen=True)
class _FieldShapes:
    described: ObjectDescription
    kind: Kind
    choices: Choices
    layout: Layout
    people: tuple[PickValue, ...]

    def shape(self, field: FieldDescription) -> FieldShape:
        type_ = type_of(field)
        is_text = type_ in (FieldType.TEXT, FieldType.LONG_TEXT)
        return FieldShape(
            name=field.name,
            label=field.label.removesuffix(" ID") if field.type == "reference" else field.label,
            type=type_,
            is_required=self._is_required(field),
            is_writable=self._is_writable(field),
            longest=field.length if is_text and field.length else None,
            picks=tuple(self._picks(field, type_)),
            controlled_by=field.controller if field.controller in self.described.fields else None,
            help=field.help,
        )

    def _is_required(self, field: FieldDescription) -> bool:
        """A deal that is there can never lose it, whatever a new one would get by itself."""
        if field.type == "boolean":
            return False
        return not field.is_nillable or field.name in self.layout.required

    def _is_writable(self, field: FieldDescription) -> bool:
        if not field.is_updateable or field.is_calculated or field.is_html or field.type in _NOT_FOR_FORMS:
            return False
        if field.name in self.layout.read_only or (self.kind.has_products and field.name in SET_BY_PRODUCTS):
            return False
        return field.type in _TYPES or type_of(field) is FieldType.PERSON

    def _picks(self, field: FieldDescription, type_: FieldType) -> Iterator[PickValue]:
        if type_ is FieldType.PERSON:
            yield from self.people
        elif field.name == CATEGORY_FIELD:
            yield from self._categories()
        elif type_ is FieldType.PICKLIST:
            for pick in self.choices.get(field.name, ()):
                yield PickValue(pick.value, pick.label, pick.needs)

    def _categories(self) -> Iterator[PickValue]:
        """Our words for the organisation's own names."""
        meant = categories_of(self.described)
        for pick in self.choices.get(CATEGORY_FIELD, ()):
            if pick.value in meant:
                yield PickValue(CATEGORY_LABELS[meant[pick.value]], pick.label, pick.needs)


def type_of(field: FieldDescription) -> FieldType:
    """What can be typed into it; what no form of ours can hold counts as text."""
    if field.type == "reference" and field.reference_to == ("User",):
        return FieldType.PERSON
    if field.name == "OwnerId":
        return FieldType.PERSON
    return _TYPES.get(field.type, FieldType.TEXT)


def categories_of(described: ObjectDescription) -> Mapping[str, Category]:
    """The category that each value of `ForecastCategoryName` means: an organisation can rename them all.

    `ForecastCategory` has the values that never change, with the organisation's names as labels.
    """
    fixed = described.fields.get("ForecastCategory")
    by_label = {} if fixed is None else {pick.label: parse_category(pick.value) for pick in fixed.picks}
    named = described.fields.get(CATEGORY_FIELD)
    found = {
        pick.value: by_label[pick.label] if pick.label in by_label else parse_category(pick.value)
        for pick in (() if named is None else named.picks)
    }
    return {value: category for value, category in found.items() if category is not None}
