"""What describe says of an object, and the User Interface API of its picklists and pages."""

import base64
from collections.abc import Sequence

from tests.salesforce.errors import no_such_resource
from tests.salesforce.org import Org
from tests.salesforce.schema import NUMBERS, Field, Pick, RecordType, SObject, Type
from tests.salesforce.values import Json, long_id


def describe(org: Org, name: str) -> Json:
    """Raises `Refused`."""
    sobject = _visible(org, name)
    return {
        "name": sobject.name,
        "label": sobject.label,
        "keyPrefix": sobject.prefix,
        "queryable": True,
        "updateable": sobject.is_updateable,
        "createable": sobject.is_updateable,
        "deletable": sobject.is_updateable,
        "custom": sobject.name.endswith("__c"),
        "fields": [_field(sobject, field) for field in sobject.fields.values()],
        "recordTypeInfos": _record_types(sobject),
        "urls": {},
    }


def picklist_values(org: Org, name: str, record_type_id: str) -> Json:
    """Raises `Refused`."""
    sobject = _visible(org, name)
    kind = _record_type(sobject, record_type_id)
    values = {
        field.name: _picklist(sobject, field, kind)
        for field in sobject.fields.values()
        if field.type in {Type.PICKLIST, Type.MULTIPICKLIST}
    }
    return {"eTag": "test", "picklistFieldValues": values}


def layout(org: Org, name: str, record_type_id: str) -> Json:
    """The page on which a record is edited. Raises `Refused`."""
    sobject = _visible(org, name)
    kind = _record_type(sobject, record_type_id)
    rows = [{"layoutItems": [_item(field, kind), _EMPTY_ITEM]} for field in sobject.fields.values()]
    section = {"id": "01B5f0000000001", "heading": "Information", "columns": 2, "layoutRows": rows}
    return {
        "id": "00h5f0000000001",
        "layoutType": "Full",
        "mode": "Edit",
        "objectApiName": sobject.name,
        "recordTypeId": kind.id if kind is not None else _MASTER,
        "saveOptions": [],
        "sections": [section],
    }


_MASTER = "012000000000000AAA"
_EMPTY_ITEM: Json = {
    "editableForNew": False,
    "editableForUpdate": False,
    "label": "",
    "layoutComponents": [{"apiName": None, "componentType": "EmptySpace"}],
    "lookupIdApiName": None,
    "required": False,
    "sortable": False,
}


def _item(field: Field, kind: RecordType | None) -> Json:
    label = field.label or field.name
    is_read_only = kind is not None and field.name in kind.read_only_on_page
    is_asked_for = kind is not None and field.name in kind.required_on_page
    can_edit = field.is_updateable and not is_read_only
    return {
        "editableForNew": can_edit,
        "editableForUpdate": can_edit,
        "label": label,
        "layoutComponents": [{"apiName": field.name, "componentType": "Field", "label": label}],
        "lookupIdApiName": field.name if field.type is Type.REFERENCE else None,
        "required": is_asked_for or (field.is_updateable and not field.is_nillable),
        "sortable": False,
    }


def _record_type(sobject: SObject, record_type_id: str) -> RecordType | None:
    """`None` is the master. Raises `Refused`."""
    if long_id(record_type_id) == _MASTER:
        return None
    for each in sobject.record_types:
        if each.id == long_id(record_type_id):
            return each
    raise no_such_resource()


def _visible(org: Org, name: str) -> SObject:
    sobject = org.visible(name)
    if sobject is None:
        raise no_such_resource()
    return sobject


def _field(sobject: SObject, field: Field) -> Json:
    controller = sobject.field(field.controlled_by) if field.controlled_by else None
    return {
        "name": field.name,
        "label": field.label or field.name,
        "type": field.type.value,
        "length": field.length if field.type not in NUMBERS else 0,
        "precision": field.precision if field.type in NUMBERS else 0,
        "scale": field.scale if field.type in NUMBERS else 0,
        "nillable": field.is_nillable,
        "defaultedOnCreate": field.type is Type.BOOLEAN or field.name == "OwnerId",
        "updateable": field.is_updateable,
        "createable": field.is_updateable,
        "filterable": field.is_filterable,
        "sortable": field.is_filterable,
        "calculated": field.is_calculated,
        "htmlFormatted": field.is_html,
        "custom": field.name.endswith("__c"),
        "inlineHelpText": field.help,
        "restrictedPicklist": field.is_restricted,
        "dependentPicklist": controller is not None,
        "controllerName": field.controlled_by,
        "picklistValues": [
            {
                "value": pick.value,
                "label": pick.label or pick.value,
                "active": pick.is_active,
                "defaultValue": pick.is_default,
                "validFor": _bitmap(pick, controller) if controller is not None else None,
            }
            for pick in field.picks
        ],
        "referenceTo": [field.refers_to] if field.refers_to else [],
        "relationshipName": field.relation,
    }


def _bitmap(pick: Pick, controller: Field) -> str:
    """A bit for each value of the controlling field in its order, the highest of a byte first."""
    values = _controlling(controller)
    bits = bytearray(max(3, (len(values) + 7) // 8))
    for place, value in enumerate(values):
        if value in pick.goes_with:
            bits[place >> 3] |= 0x80 >> (place % 8)
    return base64.b64encode(bytes(bits)).decode()


def _controlling(controller: Field) -> list[str]:
    if controller.type is Type.BOOLEAN:
        return ["false", "true"]
    return [each.value for each in controller.picks]


def _record_types(sobject: SObject) -> list[Json]:
    """Beside the real ones there always is Master."""
    has_default = any(kind.is_default for kind in sobject.record_types)
    master = RecordType(_MASTER, "Master", "Master", is_default=not has_default)
    return [
        {
            "recordTypeId": kind.id,
            "name": kind.name,
            "developerName": kind.developer_name,
            "active": True,
            "available": True,
            "defaultRecordTypeMapping": kind.is_default,
            "master": kind is master,
        }
        for kind in (*sobject.record_types, master)
    ]


def _picklist(sobject: SObject, field: Field, kind: RecordType | None) -> Json:
    controller = sobject.field(field.controlled_by) if field.controlled_by else None
    places = {value: place for place, value in enumerate(_controlling_of_type(controller, kind))}
    return {
        "controllerValues": places,
        "defaultValue": None,
        "url": "",
        "values": [
            {
                "attributes": None,
                "label": pick.label or pick.value,
                "value": pick.value,
                "validFor": [places[value] for value in pick.goes_with if value in places],
            }
            for pick in _offered(field, kind)
        ],
    }


def _controlling_of_type(controller: Field | None, kind: RecordType | None) -> list[str]:
    if controller is None or controller.type is Type.BOOLEAN:
        return [] if controller is None else _controlling(controller)
    return [pick.value for pick in _offered(controller, kind)]


def _offered(field: Field, kind: RecordType | None) -> Sequence[Pick]:
    wanted = kind.picks.get(field.name) if kind is not None else None
    return [pick for pick in field.picks if pick.is_active and (wanted is None or pick.value in wanted)]
