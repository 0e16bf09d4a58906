"""What an object of an organisation consists of: fields, picklists, record types, rules."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from tests.salesforce.values import Row


class Type(StrEnum):
    """Field types by their API names."""

    ID = "id"
    STRING = "string"
    TEXTAREA = "textarea"
    EMAIL = "email"
    PICKLIST = "picklist"
    MULTIPICKLIST = "multipicklist"
    REFERENCE = "reference"
    BOOLEAN = "boolean"
    CURRENCY = "currency"
    DOUBLE = "double"
    PERCENT = "percent"
    INT = "int"
    DATE = "date"
    DATETIME = "datetime"


NUMBERS = frozenset({Type.CURRENCY, Type.DOUBLE, Type.PERCENT, Type.INT})


@dataclass(frozen=True)
class Pick:
    """An entry of a picklist."""

    value: str
    label: str = ""
    """Empty: the same as the value."""
    is_active: bool = True
    is_default: bool = False
    goes_with: tuple[str, ...] = ()
    """Values of the controlling field (of a checkbox: `false`, `true`); empty where nothing controls the
    field."""


@dataclass(frozen=True)
class Field:
    """One field with what describe says of it."""

    name: str
    type: Type = Type.STRING
    label: str = ""
    length: int = 0
    picks: tuple[Pick, ...] = ()
    is_restricted: bool = False
    """Only values of the list are taken, and only those of the record type."""
    controlled_by: str | None = None
    refers_to: str | None = None
    relation: str | None = None
    """By which paths go to the other record: `Account` of `AccountId`."""
    is_nillable: bool = True
    is_updateable: bool = True
    is_tracked: bool = False
    """Changes become rows of the field history."""
    precision: int = 18
    scale: int = 2
    help: str | None = None
    is_calculated: bool = False
    is_html: bool = False

    @property
    def is_filterable(self) -> bool:
        """Long texts cannot be named in a WHERE clause."""
        return not (self.type is Type.TEXTAREA and self.length > 255)


@dataclass(frozen=True)
class RecordType:
    """Which values of the picklists a kind of record offers."""

    id: str
    name: str
    developer_name: str
    picks: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """By field; of the others all."""
    is_default: bool = False
    required_on_page: tuple[str, ...] = ()
    """Fields that its page layout asks for, and the API does not."""
    read_only_on_page: tuple[str, ...] = ()


@dataclass(frozen=True)
class ValidationRule:
    """A check of the administrator's own."""

    message: str
    breaks: Callable[[Row], bool]
    at: str | None = None
    """The field beside which the message stands; `None`: at the top of the page."""


@dataclass
class SObject:
    """One object. Tests change it as an administrator would."""

    name: str
    label: str
    prefix: str
    fields: dict[str, Field]
    record_types: list[RecordType] = field(default_factory=list)
    rules: list[ValidationRule] = field(default_factory=list)
    is_updateable: bool = True

    def field(self, name: str) -> Field | None:
        """Names are compared without case."""
        return self.fields.get(name) or next(
            (found for key, found in self.fields.items() if key.lower() == name.lower()), None
        )

    def over(self, relation: str) -> Field | None:
        """The field by which a path goes on."""
        return next(
            (found for found in self.fields.values() if (found.relation or "").lower() == relation.lower()),
            None,
        )

    def add(self, *fields: Field) -> None:
        self.fields.update({new.name: new for new in fields})


def sobject(name: str, label: str, prefix: str, *fields: Field, is_updateable: bool = True) -> SObject:
    return SObject(name, label, prefix, {new.name: new for new in fields}, is_updateable=is_updateable)


def picks(*values: str) -> tuple[Pick, ...]:
    return tuple(Pick(value) for value in values)


def read_only(names: Sequence[Field]) -> tuple[Field, ...]:
    """The fields that the system fills in."""
    from dataclasses import replace

    return tuple(replace(found, is_updateable=False, is_nillable=False) for found in names)
