"""How a CRM describes the fields of an opportunity, and what it answers to a change."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from pipeline.crm_records import FieldValue


class FieldType(StrEnum):
    """What can be typed into a field."""

    TEXT = "text"
    LONG_TEXT = "long_text"
    NUMBER = "number"
    MONEY = "money"
    DAY = "day"
    FLAG = "flag"
    PICKLIST = "picklist"
    PERSON = "person"


@dataclass(frozen=True)
class PickValue:
    """One entry of a picklist."""

    value: str
    label: str
    needs: frozenset[str] = frozenset()
    """Values of the controlling field with which it may stand; empty where nothing controls it."""


@dataclass(frozen=True)
class FieldShape:
    """One field of an opportunity of one record type, as a form has to know it."""

    name: str
    """API name."""
    label: str
    type: FieldType
    is_required: bool = False
    is_writable: bool = True
    longest: int | None = None
    """Characters of a text."""
    picks: tuple[PickValue, ...] = ()
    controlled_by: str | None = None
    """API name of the field on which the picks depend."""
    help: str = ""


@dataclass(frozen=True)
class DealShape:
    """The fields of one record type, by API name."""

    record_type: str | None
    fields: Mapping[str, FieldShape]


# --- What became of a change ----------------------------------------------------------------------


@dataclass(frozen=True)
class Saved:
    """The CRM took the change, or held it already."""

    written_as: str | None = None
    """Under whose name the CRM keeps it, where that is not always the same."""


@dataclass(frozen=True)
class Difference:
    """A field that somebody else has changed since the person saw it."""

    field: str
    seen: FieldValue
    now: FieldValue
    wanted: FieldValue


@dataclass(frozen=True)
class Conflict:
    """Nothing was written: the record has moved on."""

    differences: tuple[Difference, ...]


@dataclass(frozen=True)
class Refusal:
    """One objection of the CRM, in its own words."""

    says: str
    fields: tuple[str, ...] = ()
    """The fields that it names; empty: the record as a whole."""


@dataclass(frozen=True)
class Rejected:
    """Nothing was written: a validation rule, a required field, a picklist, a missing right."""

    refusals: tuple[Refusal, ...]


@dataclass(frozen=True)
class Gone:
    """The record is not there any more."""


@dataclass(frozen=True)
class Busy:
    """Nothing was written, and a little later it may work: the record is locked, the CRM limits us."""

    says: str


WriteResult = Saved | Conflict | Rejected | Gone | Busy
