"""The records of a CRM: one plain value per row, the same for every system of record.

Records are named tuples: a pull streams millions of them straight into the database driver. Days
are proleptic ordinals (`date.toordinal`), moments are whole seconds since 1970-01-01 UTC, money is
an integer in ten-thousandths of the row's own currency (`pipeline.money`), so that nothing is ever
a float. Ids are the CRM's own text ids. `None` is "empty in the CRM".
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

from pipeline.records import Category

FieldValue = str | int | None
"""A value of a further field: text; a number in ten-thousandths; a day; or a flag as 0 or 1."""


class FieldKind(StrEnum):
    """How the text of a further field is read."""

    TEXT = "text"
    NUMBER = "number"
    DAY = "day"
    FLAG = "flag"


class OpportunityRecord(NamedTuple):
    """One opportunity as the CRM holds it now."""

    id: str
    name: str
    stage: str
    category: Category | None
    """`None` where the CRM does not say: then the stage's own category."""
    amount: int | None
    close_day: int | None
    created_at: int | None
    modified_at: int | None
    owner_id: str | None
    creator_id: str | None
    account_id: str | None
    currency: str | None
    """ISO code; `None` means the corporate currency."""
    next_step: str | None
    last_activity_day: int | None
    is_deleted: bool
    fields: Mapping[str, FieldValue]
    """The further fields that were asked for, by API name or dotted path over a relation
    (`Account.BillingCountry` and `Owner.…` are filled in from their own tables by the storage)."""


class HistoryRecord(NamedTuple):
    """A row of OpportunityHistory: the values *after* a change."""

    opportunity_id: str
    at: int
    stage: str | None
    amount: int | None
    close_day: int | None
    category: Category | None
    has_amount: bool
    """False where the export has no Amount column, which is not the same as an empty amount."""


class FieldChangeRecord(NamedTuple):
    """A row of OpportunityFieldHistory: one field's old and new value, as text."""

    opportunity_id: str
    at: int
    field: str
    old: str | None
    new: str | None


class LineItemRecord(NamedTuple):
    opportunity_id: str
    order: int
    total_price: int | None
    family: str | None


class ContactRoleRecord(NamedTuple):
    opportunity_id: str
    contact_id: str
    role: str | None


class SplitRecord(NamedTuple):
    """A split of a type that adds up to 100 % (`IsTotalValidated`)."""

    opportunity_id: str
    order: int
    owner_id: str
    percentage: int
    """Ten-thousandths of a per cent: 100 % is 1,000,000."""


class ActivityRecord(NamedTuple):
    """A task or an event on an opportunity."""

    opportunity_id: str
    day: int | None
    """Due day of a task, day of an event."""
    is_closed: bool
    is_task: bool


class AccountRecord(NamedTuple):
    id: str
    name: str | None
    master_id: str | None
    """The account into which this one was merged."""
    fields: Mapping[str, FieldValue]
    """By name without the prefix: `BillingCountry`."""


class UserRecord(NamedTuple):
    id: str
    name: str
    email: str | None
    is_active: bool
    role_id: str | None
    manager_id: str | None
    timezone: str | None
    is_integration: bool
    fields: Mapping[str, FieldValue]
    """By name without the prefix: `Division`."""


class RoleRecord(NamedTuple):
    id: str
    name: str
    parent_id: str | None


class StageRecord(NamedTuple):
    name: str
    order: int
    is_closed: bool
    is_won: bool
    category: Category


class RateRecord(NamedTuple):
    """Units of `currency` per one unit of the corporate currency, from a day on."""

    currency: str
    units: str
    """As written, a decimal number above 0."""
    start_day: int | None
    """`None` in the static table."""
    end_day: int | None
    """Exclusive; `None` for ever."""


class PeriodRecord(NamedTuple):
    """One fiscal quarter of a custom calendar."""

    label: str
    start_day: int
    end_day: int
    """Inclusive."""


class TargetRecord(NamedTuple):
    period: str
    dimension: str
    """`TOTAL`, a dimension, or a pair `region+product`."""
    value: str
    metric: str
    amount: int
    currency: str | None


class SpendRecord(NamedTuple):
    period: str
    lever_or_source: str
    amount: int
    heads: int | None


class ForecastCallRecord(NamedTuple):
    """What the manager at the top says a quarter will bring, in the CRM's own forecast."""

    period: str
    amount: int
    currency: str | None
    owner_id: str | None
    """CRM user id of the manager."""


Record = (
    OpportunityRecord
    | HistoryRecord
    | FieldChangeRecord
    | LineItemRecord
    | ContactRoleRecord
    | SplitRecord
    | ActivityRecord
    | AccountRecord
    | UserRecord
    | RoleRecord
    | StageRecord
    | RateRecord
    | PeriodRecord
    | TargetRecord
    | SpendRecord
    | ForecastCallRecord
)


@dataclass(frozen=True)
class DealEvidence:
    """Everything that a pull would yield of one opportunity."""

    opportunity: OpportunityRecord
    history: tuple[HistoryRecord, ...] = ()
    changes: tuple[FieldChangeRecord, ...] = ()
    lines: tuple[LineItemRecord, ...] = ()
    contacts: tuple[ContactRoleRecord, ...] = ()
    splits: tuple[SplitRecord, ...] = ()
    activities: tuple[ActivityRecord, ...] = ()


class Outcome(StrEnum):
    """What became of the row of a problem."""

    LEFT_OUT = "left out"
    """The row, or the value that could not be read."""
    TAKEN_IN = "taken in"
    """Row and value are used as they are; they are only odd enough to be worth knowing."""


class Problem(NamedTuple):
    """One value or row that could not be used or is odd, named so that a person finds it."""

    file: str
    line: int | None
    column: str | None
    value: str | None
    says: str
    """What was expected and what became of the row: `expected a date such as 2026-09-30; row skipped`."""
    kind: str
    """A short label to count by: `bad date`, `unknown stage`, `duplicate id`, ..."""
    opportunity_id: str | None = None
    """The opportunity whose row it is: its previous state is kept."""
    times: int = 1
    """How many equal ones it stands for; `line` is that of the first."""
    outcome: Outcome = Outcome.LEFT_OUT


@dataclass(frozen=True)
class Capabilities:
    """What this CRM account holds. What is absent disables the rules that need it, with a notice."""

    tables: frozenset[str]
    """API names of the objects that are there: `OpportunityContactRole`."""
    opportunity_fields: frozenset[str]
    """API names and dotted paths of the opportunity fields that are there."""
    notices: tuple[str, ...] = ()
