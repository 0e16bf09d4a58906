"""What describe and the picklist resource say of an object."""

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
    kind = next((each for each in sobject.record_types if each.id == long_id(record_type_id)), None)
    if kind is None and sobject.record_types:
        raise no_such_resource()
    values = {
        field.name: _picklist(sobject, field, kind)
        for field in sobject.fields.values()
        if field.type is Type.PICKLIST
    }
    return {"eTag": "test", "picklistFieldValues": values}


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
        "calculated": False,
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
    values = [each.value for each in controller.picks]
    bits = bytearray(max(3, (len(values) + 7) // 8))
    for place, value in enumerate(values):
        if value in pick.goes_with:
            bits[place >> 3] |= 0x80 >> (place % 8)
    return base64.b64encode(bytes(bits)).decode()


def _record_types(sobject: SObject) -> list[Json]:
    """Beside the real ones there always is Master."""
    has_default = any(kind.is_default for kind in sobject.record_types)
    master = RecordType("012000000000000AAA", "Master", "Master", is_default=not has_default)
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
    controlling = _offered(controller, kind) if controller is not None else ()
    places = {pick.value: place for place, pick in enumerate(controlling)}
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


def _offered(field: Field, kind: RecordType | None) -> Sequence[Pick]:
    wanted = kind.picks.get(field.name) if kind is not None else None
    return [pick for pick in field.picks if pick.is_active and (wanted is None or pick.value in wanted)]
