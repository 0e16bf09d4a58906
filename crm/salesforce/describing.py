"""What Salesforce says of its objects: fields, picklists by record type, page layouts; kept for a while."""

import base64
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from crm.salesforce.errors import NotThere, QueryRefused, RequestRefused, Unavailable
from crm.salesforce.remembering import Remembered
from crm.salesforce.session import Session
from crm.salesforce.together import FIRST_VERSION, answered_together

_OBJECTS_A_CALL = 8
"""A description can have a megabyte, and an answer has to come in time."""
_FOUND, _NOT_FOUND = 200, 404

MASTER = "012000000000000AAA"
"""Id of the record type of records that have none."""
NO, YES = "0", "1"
"""The values of a checkbox on which a picklist depends."""


@dataclass(frozen=True)
class PickDescription:
    """One value of a picklist, whatever the record type."""

    value: str
    label: str
    is_active: bool = True
    valid_for: frozenset[int] = frozenset()
    """Places in the controlling field's picks (of a checkbox: 0 is no, 1 is yes) with which it may stand."""


@dataclass(frozen=True)
class FieldDescription:
    """One field as our user sees it."""

    name: str
    """API name."""
    label: str
    type: str
    """Salesforce's word: `string`, `textarea`, `picklist`, `reference`, `currency`, `percent` …"""
    length: int = 0
    """Characters of a text; 0 where it is none."""
    scale: int = 0
    """Digits behind the decimal point."""
    is_required: bool = False
    """A new record needs it: it is not nillable, has no default and is no checkbox."""
    is_updateable: bool = True
    is_calculated: bool = False
    picks: tuple[PickDescription, ...] = ()
    controller: str | None = None
    """API name of the field on which the picks depend."""
    reference_to: tuple[str, ...] = ()
    """Objects to which a reference can lead."""
    relationship_name: str | None = None
    """By which a path goes over a reference: `Account` of `AccountId`."""
    help: str = ""
    is_nillable: bool = True
    is_restricted: bool = False
    """Salesforce itself takes no other values than those of the list."""
    is_html: bool = False
    """A rich text: what looks like text is markup."""


@dataclass(frozen=True)
class RecordTypeDescription:
    """One kind of record of an object."""

    id: str
    name: str
    developer_name: str
    is_active: bool = True
    is_available: bool = True
    """Our user may make such records."""
    is_default: bool = False

    @property
    def is_master(self) -> bool:
        return self.id == MASTER


@dataclass(frozen=True)
class ObjectDescription:
    """One object as our user sees it: fields that are hidden from it are absent."""

    name: str
    label: str
    fields: Mapping[str, FieldDescription]
    record_types: tuple[RecordTypeDescription, ...] = ()

    def record_type(self, id: str | None) -> RecordTypeDescription | None:
        """`None` where the object has no such type."""
        return next((one for one in self.record_types if one.id == (id or MASTER)), None)


@dataclass(frozen=True)
class PickChoice:
    """One value that records of a type can take."""

    value: str
    label: str
    needs: frozenset[str] = frozenset()
    """Values of the controlling field with which it may stand; empty where nothing controls it."""


@dataclass(frozen=True)
class Layout:
    """What the page of a record type asks for, beyond what the fields themselves do."""

    required: frozenset[str] = frozenset()
    read_only: frozenset[str] = frozenset()


Choices = Mapping[str, tuple[PickChoice, ...]]


class Descriptions:
    """Descriptions by object and record type. Safe to use from several threads.

    What has expired is answered with once more and read again meanwhile, so that a form never waits; after
    `forget` the next answer is new. Raises `SalesforceError` where nothing is known yet and Salesforce does
    not tell.
    """

    def __init__(
        self,
        session: Session,
        minutes: int,
        clock: Callable[[], float] = time.monotonic,
        later: Callable[[Callable[[], None]], None] | None = None,
    ) -> None:
        self._session = session
        self._remembered = Remembered(session, minutes, clock, later)

    def object(self, name: str) -> ObjectDescription | None:
        """`None`: it is not there, or hidden from our user."""
        return self._remembered.get(("object", name), lambda session: _read_object(session, name))

    def objects(self, names: Iterable[str]) -> Mapping[str, ObjectDescription | None]:
        """Several at once; those that are not remembered are read some in a call."""
        known = {name: self._remembered.kept(("object", name)) for name in names}
        missing = [name for name, kept in known.items() if kept is None]
        read = _read_together(self._session, missing)
        for name, described in read.items():
            self._remembered.keep(("object", name), described)
        return {name: read[name] if name in read else self.object(name) for name in known}

    def choices(self, name: str, record_type_id: str | None) -> Choices:
        """The values of each picklist of an object's record type, by field.

        Where the User Interface API does not tell them by record type, those of the object are all there is.
        """
        kind = record_type_id or MASTER
        described = self.object(name)
        if described is None:
            return {}
        told = self._remembered.get(
            ("choices", name, kind), lambda session: _read_choices(session, name, kind)
        )
        return choices_of(described) if told is None else _by_record_type(described, told)

    def layout(self, name: str, record_type_id: str | None) -> Layout:
        """The page as our user gets it; one that asks for nothing where Salesforce does not tell."""
        kind = record_type_id or MASTER
        return self._remembered.get(("layout", name, kind), lambda session: _read_layout(session, name, kind))

    def forget(self) -> None:
        """The next answers are what Salesforce says then."""
        self._remembered.forget()


def choices_of(described: ObjectDescription) -> Choices:
    """The active values of all record types together."""
    return {
        name: tuple(_active_choices(described, field))
        for name, field in described.fields.items()
        if field.picks
    }


def _active_choices(described: ObjectDescription, field: FieldDescription) -> Iterator[PickChoice]:
    controller = described.fields.get(field.controller or "")
    if controller is None:
        yield from (PickChoice(pick.value, pick.label) for pick in field.picks if pick.is_active)
        return
    controlling = _controlling_values(controller)
    for pick in field.picks:
        needs = frozenset(controlling[place] for place in pick.valid_for if place < len(controlling))
        # A dependent value that goes with nothing can never be chosen.
        if pick.is_active and needs:
            yield PickChoice(pick.value, pick.label, needs)


def _controlling_values(controller: FieldDescription) -> Sequence[str]:
    """In the order in which the bits of a dependent value count them: inactive ones keep their place."""
    return (NO, YES) if controller.type == "boolean" else [pick.value for pick in controller.picks]


# --- Reading --------------------------------------------------------------------------------------


def _read_together(session: Session, names: Sequence[str]) -> Mapping[str, ObjectDescription | None]:
    """Those that Salesforce tells of at once; the others have to be asked for alone."""
    found: dict[str, ObjectDescription | None] = {}
    for start in range(0, len(names), _OBJECTS_A_CALL):
        some = names[start : start + _OBJECTS_A_CALL]
        if len(some) == 1 or float(session.version) < FIRST_VERSION:
            continue
        try:
            answers = answered_together(session, [f"sobjects/{name}/describe" for name in some])
        except (Unavailable, RequestRefused):
            continue  # too much at once, or a user who may not ask so; whoever asks alone is told more
        for name, answer in zip(some, answers, strict=True):
            if answer.status == _FOUND:
                found[name] = _described(answer.body)
            elif answer.status == _NOT_FOUND:
                found[name] = None
    return found


def _read_object(session: Session, name: str) -> ObjectDescription | None:
    try:
        return _described(session.get(f"sobjects/{name}/describe"))
    except (NotThere, QueryRefused):
        return None


def _described(told: Mapping[str, Any]) -> ObjectDescription:
    fields = map(_field, told["fields"])
    return ObjectDescription(
        name=str(told["name"]),
        label=str(told.get("label") or told["name"]),
        fields={field.name: field for field in fields},
        record_types=tuple(map(_record_type, told.get("recordTypeInfos") or ())),
    )


def _field(told: Mapping[str, Any]) -> FieldDescription:
    type_ = str(told["type"])
    is_nillable = bool(told.get("nillable"))
    return FieldDescription(
        name=str(told["name"]),
        label=str(told.get("label") or told["name"]),
        type=type_,
        length=int(told.get("length") or 0),
        scale=int(told.get("scale") or 0),
        is_required=not (is_nillable or told.get("defaultedOnCreate") or type_ == "boolean"),
        is_updateable=bool(told.get("updateable")),
        is_calculated=bool(told.get("calculated")),
        picks=tuple(map(_pick, told.get("picklistValues") or ())),
        controller=told.get("controllerName") or None,
        reference_to=tuple(map(str, told.get("referenceTo") or ())),
        relationship_name=told.get("relationshipName") or None,
        help=str(told.get("inlineHelpText") or ""),
        is_nillable=is_nillable,
        is_restricted=bool(told.get("restrictedPicklist")),
        is_html=bool(told.get("htmlFormatted")) and type_ == "textarea",
    )


def _pick(told: Mapping[str, Any]) -> PickDescription:
    value = str(told["value"])
    return PickDescription(
        value, str(told.get("label") or value), bool(told.get("active")), _places(told.get("validFor"))
    )


def _places(bitmap: str | None) -> frozenset[int]:
    """The bits that are set, the highest of a byte first."""
    content = base64.b64decode(bitmap or "")
    return frozenset(
        place for place in range(len(content) * 8) if content[place >> 3] & (0x80 >> (place & 7))
    )


def _record_type(told: Mapping[str, Any]) -> RecordTypeDescription:
    return RecordTypeDescription(
        id=str(told["recordTypeId"]),
        name=str(told["name"]),
        developer_name=str(told.get("developerName") or ""),
        is_active=bool(told.get("active", True)),
        is_available=bool(told.get("available", True)),
        is_default=bool(told.get("defaultRecordTypeMapping")),
    )


def _read_choices(session: Session, name: str, record_type_id: str) -> Mapping[str, Any] | None:
    """As the User Interface API tells it; `None` where it does not know the object or is switched off."""
    try:
        told = session.get(f"ui-api/object-info/{name}/picklist-values/{record_type_id}")
    except (RequestRefused, QueryRefused):
        return None
    found: Mapping[str, Any] = told["picklistFieldValues"]
    return found


def _by_record_type(described: ObjectDescription, told: Mapping[str, Any]) -> Choices:
    return {
        name: tuple(_told_choices(described, field, told[name]))
        for name, field in described.fields.items()
        if name in told
    }


def _told_choices(
    described: ObjectDescription, field: FieldDescription, told: Mapping[str, Any]
) -> Iterator[PickChoice]:
    controller = described.fields.get(field.controller or "")
    value_of = {place: value for value, place in (told.get("controllerValues") or {}).items()}
    if controller is not None and controller.type == "boolean":
        value_of = {0: NO, 1: YES}
    for entry in told["values"]:
        needs = frozenset(str(value_of[place]) for place in entry.get("validFor") or () if place in value_of)
        if controller is None or needs:
            value = str(entry["value"])
            label = str(entry.get("label") or value)
            yield PickChoice(value, label, needs if controller is not None else frozenset())


def _read_layout(session: Session, name: str, record_type_id: str) -> Layout:
    params = {"layoutType": "Full", "mode": "Edit", "recordTypeId": record_type_id}
    try:
        told = session.get(f"ui-api/layout/{name}", params)
    except (RequestRefused, QueryRefused):
        return Layout()
    items = [
        item
        for section in told.get("sections") or ()
        for row in section.get("layoutRows") or ()
        for item in row.get("layoutItems") or ()
    ]
    return Layout(
        frozenset(name for item in items if item.get("required") for name in _field_names(item)),
        frozenset(
            name for item in items if not item.get("editableForUpdate", True) for name in _field_names(item)
        ),
    )


def _field_names(item: Mapping[str, Any]) -> list[str]:
    """The fields of a layout item; beside them a page has links, canvases and empty places."""
    return [
        str(part["apiName"])
        for part in item.get("layoutComponents") or ()
        if part.get("componentType") == "Field" and part.get("apiName")
    ]
