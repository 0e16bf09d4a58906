"""What stands between a PATCH and the record: the checks in Salesforce's order and words."""

from datetime import date, datetime
from email.utils import parsedate_to_datetime

from tests.salesforce.errors import Refused, no_such_resource
from tests.salesforce.org import Org
from tests.salesforce.schema import NUMBERS, Field, SObject, Type
from tests.salesforce.values import Json, Row, Value, long_id, read_moment


def patch(org: Org, name: str, row_id: str, body: Json, *, by: str, unmodified_since: str | None) -> None:
    """Raises `Refused`; then nothing was changed."""
    sobject = org.visible(name)
    if sobject is None:
        raise no_such_resource()
    row = org.row(sobject.name, long_id(row_id))
    changes = {field.name: _read(field, value) for field, value in _named(org, sobject, body, by)}
    if row is not None and (by, str(row["Id"])) in org.hidden_from:
        raise no_such_resource()
    _check_record(org, row, by)
    assert row is not None
    _check_condition(row, unmodified_since)
    _check_values(org, sobject, {**row, **changes}, changes)
    org.update(sobject.name, str(row["Id"]), by=by, **changes)


def _named(org: Org, sobject: SObject, body: Json, by: str) -> list[tuple[Field, object]]:
    found = [(sobject.field(name), name) for name in body]
    for field, name in found:
        if field is None:
            raise Refused(400, "INVALID_FIELD", f"No such column '{name}' on sobject of type {sobject.name}")
    fixed = [
        field.name
        for field, _ in found
        if field is not None and (not field.is_updateable or (by, field.name) in org.closed_fields)
    ]
    if fixed or not sobject.is_updateable:
        raise Refused(
            400,
            "INVALID_FIELD_FOR_INSERT_UPDATE",
            f"Unable to create/update fields: {', '.join(fixed)}. Please check the security settings of this "
            "field and verify that it is read/write for your profile or permission set.",
            tuple(fixed),
        )
    return [(field, body[name]) for field, name in found if field is not None]


def _check_record(org: Org, row: Row | None, by: str) -> None:
    if row is None:
        raise no_such_resource()
    if row.get("IsDeleted"):
        raise Refused(404, "ENTITY_IS_DELETED", "entity is deleted", ())
    if (by, str(row["Id"])) in org.read_only_for:
        raise Refused(403, "INSUFFICIENT_ACCESS_OR_READONLY", "insufficient access rights on object id", ())
    if row["Id"] in org.locked:
        raise Refused(
            400,
            "ENTITY_IS_LOCKED",
            "The record you are attempting to edit, or one of its related records, is currently locked.",
            (),
        )


def _check_condition(row: Row, unmodified_since: str | None) -> None:
    """To the second: a change within the same one passes."""
    if unmodified_since is None:
        return
    try:
        since = parsedate_to_datetime(unmodified_since)
    except ValueError:
        raise Refused(400, "INVALID_HEADER", "If-Unmodified-Since is no HTTP date") from None
    modified = row["LastModifiedDate"]
    if isinstance(modified, datetime) and modified.replace(microsecond=0) > since:
        raise Refused(412, "PRECONDITION_FAILED", "The record has been modified since the date specified")


def _check_values(org: Org, sobject: SObject, row: Row, changes: Row) -> None:
    empty = [
        name
        for name, field in sobject.fields.items()
        if name in changes and row[name] is None and not field.is_nillable
    ]
    if empty:
        raise Refused(
            400, "REQUIRED_FIELD_MISSING", f"Required fields are missing: [{', '.join(empty)}]", tuple(empty)
        )
    for name, value in changes.items():
        field = sobject.fields[name]
        _check_length(field, value)
        _check_pick(sobject, field, row, value)
        _check_link(org, field, value)
    for rule in sobject.rules:
        if rule.breaks(row):
            raise Refused(
                400,
                "FIELD_CUSTOM_VALIDATION_EXCEPTION",
                rule.message,
                (rule.at,) if rule.at is not None else (),
            )


def _check_length(field: Field, value: Value) -> None:
    if isinstance(value, str) and field.length and len(value) > field.length:
        raise Refused(
            400,
            "STRING_TOO_LONG",
            f"{field.label or field.name}: data value too large: {value[:255]} (max length={field.length})",
            (field.name,),
        )
    limit = 10 ** (field.precision - field.scale)
    if field.type in NUMBERS and isinstance(value, int | float) and abs(value) >= limit:
        raise Refused(
            400,
            "NUMBER_OUTSIDE_VALID_RANGE",
            f"{field.label or field.name}: value outside of valid range on numeric field: {value}",
            (field.name,),
        )


def _check_pick(sobject: SObject, field: Field, row: Row, value: Value) -> None:
    """Pairs of dependent picklists are not looked at: the API lets them through."""
    if not field.is_restricted or value is None:
        return
    kind = next((each for each in sobject.record_types if each.id == row.get("RecordTypeId")), None)
    active = tuple(pick.value for pick in field.picks if pick.is_active)
    offered = kind.picks.get(field.name, active) if kind is not None else active
    if value not in offered:
        raise Refused(
            400,
            "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST",
            f"{field.label or field.name}: bad value for restricted picklist field: {value}",
            (field.name,),
        )


def _check_link(org: Org, field: Field, value: Value) -> None:
    if field.type is not Type.REFERENCE or value is None or field.refers_to not in org.objects:
        return
    if not str(value).startswith(org.objects[field.refers_to].prefix):
        raise Refused(
            400,
            "MALFORMED_ID",
            f"{field.label or field.name}: id value of incorrect type: {value}",
            (field.name,),
        )
    target = org.row(field.refers_to, str(value))
    if target is None or target.get("IsDeleted"):
        raise Refused(400, "INVALID_CROSS_REFERENCE_KEY", "invalid cross reference id", ())
    if field.refers_to == "User" and not target["IsActive"]:
        raise Refused(
            400, "INACTIVE_OWNER_OR_USER", f"operation performed with inactive user [{value}] as owner", ()
        )


def _read(field: Field, value: object) -> Value:
    try:
        return _parsed(field, value)
    except (ValueError, TypeError):
        raise Refused(
            400,
            "JSON_PARSER_ERROR",
            f"Cannot deserialize instance of {field.type} from VALUE_STRING value {value} or request may be "
            "missing a required field at [line:1, column:2]",
        ) from None


def _parsed(field: Field, value: object) -> Value:
    if value is None or value == "":
        return None
    match field.type:
        case Type.BOOLEAN if isinstance(value, bool):
            return value
        case Type.DATE if isinstance(value, str):
            return date.fromisoformat(value)
        case Type.DATETIME if isinstance(value, str):
            return read_moment(value)
        case kind if kind in NUMBERS and isinstance(value, int | float | str) and not isinstance(value, bool):
            return float(value)
        case Type.REFERENCE if isinstance(value, str):
            return long_id(value)
        case kind if kind not in NUMBERS | {Type.BOOLEAN, Type.DATE, Type.DATETIME} and isinstance(
            value, str
        ):
            return value.strip()
    raise TypeError(field.name)
