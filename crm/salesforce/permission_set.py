"""The least rights of our user in Salesforce, as metadata that an administrator deploys."""

import io
import zipfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from xml.etree import ElementTree
from xml.etree.ElementTree import Element, SubElement

from crm.salesforce.describing import FieldDescription, ObjectDescription
from crm.salesforce.sight import ACCOUNT, CREATOR, OPPORTUNITY, OWNER

NAME = "Pipeline_Council"
_NAMESPACE = "http://soap.sforce.com/2006/04/metadata"
_KNOWN_RELATIONS: Mapping[str, str] = {
    ACCOUNT: ACCOUNT,
    OWNER: "User",
    CREATOR: "User",
    "RecordType": "RecordType",
    "UserRole": "UserRole",
    "Campaign": "Campaign",
}
_WITHOUT_RIGHTS = frozenset({"User", "UserRole", "RecordType", "Profile"})
"""Objects that everybody sees; no permission set can name them."""
_VERSION = "64.0"

_RESTRICTED: Mapping[str, frozenset[str]] = {
    OPPORTUNITY: frozenset(
        {
            "AccountId", "Amount", "CampaignId", "Description", "ExpectedRevenue", "IsPrivate", "LeadSource",
            "NextStep", "Probability", "TotalOpportunityQuantity", "Type",
        }
    ),
    ACCOUNT: frozenset(
        {
            "AccountSource", "AnnualRevenue", "BillingAddress", "Description", "Fax", "Industry",
            "NumberOfEmployees", "Ownership", "ParentId", "Phone", "Rating", "ShippingAddress", "Sic", "Site",
            "TickerSymbol", "Type", "Website",
        }
    ),
    "Product2": frozenset({"Family"}),
    "Campaign": frozenset({"Description", "EndDate", "IsActive", "ParentId", "StartDate", "Status", "Type"}),
}  # fmt: skip
"""Standard fields that field-level security can hide. The others come with their object, and a permission
set that names one of them is refused as a whole."""
_ADDRESSES = ("Billing", "Shipping")
_OF_ADDRESS = ("Street", "City", "State", "StateCode", "PostalCode", "Country", "CountryCode")
_ALWAYS_READ = ("AccountId", "Amount", "NextStep", "Type", "LeadSource")


@dataclass(frozen=True)
class Rights:
    """What the permission set gives."""

    objects: Mapping[str, "ObjectRights"]
    edited: Mapping[str, bool]
    """Field, as `Opportunity.Amount` -> whether it is written, not only read."""
    unclear: tuple[str, ...] = ()
    """Paths over relations of the organisation's own, which our user does not see yet."""


@dataclass(frozen=True)
class ObjectRights:
    """Rights to an object's records, beside reading those that are shared with the user."""

    is_edited: bool = False
    sees_all: bool = False


def rights_for(
    read: Iterable[str], written: Iterable[str], describe: Callable[[str], ObjectDescription | None]
) -> Rights:
    """`read`: paths from an opportunity that the configuration names beside the fields that are always
    read. `written`: fields of the opportunity that people mend in chat; none where they do it in their own
    name. `describe`: what our user sees of an object already; `None` before it can sign in.
    """
    edits = {*written}
    objects = {
        OPPORTUNITY: ObjectRights(is_edited=bool(edits), sees_all=True),
        ACCOUNT: ObjectRights(sees_all=True),
        "Contact": ObjectRights(),
        "Product2": ObjectRights(),
    }
    edited = {"Product2.Family": False}
    unclear = []
    for path in sorted({*_ALWAYS_READ, *read, *edits}):
        relation, _, name = path.rpartition(".")
        owner = _object_of(relation, describe)
        if owner is None:
            unclear.append(path)
            continue
        if owner not in _WITHOUT_RIGHTS:
            objects.setdefault(owner, ObjectRights())
        field = _restricted(owner, name)
        held = _field(owner, name, describe)
        if field is not None and not (held is not None and _comes_with_object(held)):
            can_edit = held is None or not held.is_calculated
            edited[f"{owner}.{field}"] = owner == OPPORTUNITY and name in edits and can_edit
    return Rights(objects, edited, tuple(unclear))


def _object_of(relation: str, describe: Callable[[str], ObjectDescription | None]) -> str | None:
    """To which object a path leads; `None` where only the organisation knows."""
    at = OPPORTUNITY
    for step in relation.split(".") if relation else ():
        if step in _KNOWN_RELATIONS:
            at = _KNOWN_RELATIONS[step]
            continue
        described = describe(at)
        links = () if described is None else described.fields.values()
        targets = next((link.reference_to for link in links if link.relationship_name == step), ())
        if not targets:
            return None
        at = targets[0]
    return at


def _field(
    owner: str, name: str, describe: Callable[[str], ObjectDescription | None]
) -> FieldDescription | None:
    described = describe(owner)
    return None if described is None else described.fields.get(name)


def _comes_with_object(held: FieldDescription) -> bool:
    """A required field cannot be hidden, so a permission set must not name it."""
    return not held.is_nillable and held.type != "boolean"


def _restricted(owner: str, name: str) -> str | None:
    """The name under which field-level security knows a field; `None` where it cannot hide it."""
    for address in _ADDRESSES:
        if owner == ACCOUNT and name in {f"{address}{part}" for part in _OF_ADDRESS}:
            return f"{address}Address"
    if name.endswith("__c") or name in _RESTRICTED.get(owner, ()):
        return name
    return None


# --- As metadata ----------------------------------------------------------------------------------


def write_permission_set(rights: Rights, label: str) -> str:
    """The file `Pipeline_Council.permissionset-meta.xml`."""
    root = Element("PermissionSet", xmlns=_NAMESPACE)
    _text(
        root, "description", "What Pipeline Council reads, and what it writes when people mend their deals."
    )
    for field, is_edited in sorted(rights.edited.items()):
        _entry(root, "fieldPermissions", {"editable": is_edited, "field": field, "readable": True})
    _text(root, "hasActivationRequired", "false")
    _text(root, "label", label)
    for name, given in sorted(rights.objects.items()):
        _entry(
            root,
            "objectPermissions",
            {
                "allowCreate": False,
                "allowDelete": False,
                "allowEdit": given.is_edited,
                "allowRead": True,
                "modifyAllRecords": False,
                "object": name,
                "viewAllRecords": given.sees_all,
            },
        )
    for permission in ("ApiEnabled", "ViewRoles"):
        _entry(root, "userPermissions", {"enabled": True, "name": permission})
    return _as_file(root)


def write_package(rights: Rights, label: str) -> bytes:
    """A zip file that `sf project deploy start --metadata-dir` and Workbench take."""
    root = Element("Package", xmlns=_NAMESPACE)
    types = SubElement(root, "types")
    _text(types, "members", NAME)
    _text(types, "name", "PermissionSet")
    _text(root, "version", _VERSION)
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as package:
        for name, content in _files(_as_file(root), write_permission_set(rights, label)):
            package.writestr(zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0)), content)
    return held.getvalue()


def _files(package: str, permission_set: str) -> Iterator[tuple[str, str]]:
    yield "package.xml", package
    yield f"permissionsets/{NAME}.permissionset", permission_set


def _entry(root: Element, name: str, values: Mapping[str, bool | str]) -> None:
    entry = SubElement(root, name)
    for key, value in values.items():
        _text(entry, key, value if isinstance(value, str) else str(value).lower())


def _text(parent: Element, name: str, text: str) -> None:
    SubElement(parent, name).text = text


def _as_file(root: Element) -> str:
    ElementTree.indent(root, "    ")
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ElementTree.tostring(root, encoding="unicode") + "\n"
