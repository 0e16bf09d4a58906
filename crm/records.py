"""The port of a system of record: what is asked of a CRM and what it yields.

The records themselves are values of `pipeline.crm_records`, so that the storage knows them too.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple, Protocol

from pipeline.crm_fields import DealShape, WriteResult
from pipeline.crm_records import (
    AccountRecord,
    ActivityRecord,
    Capabilities,
    ContactRoleRecord,
    DealEvidence,
    FieldChangeRecord,
    FieldKind,
    FieldValue,
    HistoryRecord,
    LineItemRecord,
    OpportunityRecord,
    PeriodRecord,
    Problem,
    RateRecord,
    Record,
    RoleRecord,
    SpendRecord,
    SplitRecord,
    StageRecord,
    TargetRecord,
    UserRecord,
)

__all__ = [
    "AccountRecord",
    "ActivityRecord",
    "Batch",
    "Capabilities",
    "ContactRoleRecord",
    "Crm",
    "DealEvidence",
    "DealShape",
    "FieldChangeRecord",
    "FieldKind",
    "FieldValue",
    "Fix",
    "HistoryRecord",
    "LineItemRecord",
    "OpportunityRecord",
    "PeriodRecord",
    "Problem",
    "PullRequest",
    "RateRecord",
    "Record",
    "RoleRecord",
    "SpendRecord",
    "SplitRecord",
    "StageRecord",
    "TargetRecord",
    "UserRecord",
    "WriteResult",
]


@dataclass(frozen=True)
class PullRequest:
    """What is wanted of a pull."""

    fields: Mapping[str, FieldKind]
    """Further opportunity fields, by API name or dotted path (`Account.BillingCountry`)."""
    corporate_currency: str
    now: int
    timezone: str
    """In which a moment falls on a day."""
    value_field: str | None = None
    """The further field that holds a deal's value: what cannot be read there makes the row bad."""


class Batch(NamedTuple):
    """Records of one kind, a few thousand at most, and what was wrong beside them."""

    records: Sequence[Record]
    problems: Sequence[Problem] = ()
    total: int | None = None
    """How many rows the table has, where that is known cheaply: for progress."""


@dataclass(frozen=True)
class Fix:
    """A change that a person made in chat, on its way to the CRM."""

    opportunity_id: str
    by: str
    """User id of the person."""
    at: int
    changes: Mapping[str, tuple[FieldValue, FieldValue]] = field(default_factory=dict)
    """Field -> (old value as the person saw it, new value)."""
    kinds: Mapping[str, FieldKind] = field(default_factory=dict)
    """How the values of further fields are meant; the standard fields' kinds are known."""


class Crm(Protocol):
    """A system of record."""

    @property
    def name(self) -> str:
        """How people call it: `Salesforce exports in exports/`."""

    @property
    def is_complete(self) -> bool:
        """Every opportunity is in every pull, so one that is absent was deleted.

        To be asked after the pull: rows that nobody can identify make it untrue.
        """

    def capabilities(self) -> Capabilities:
        """What is there. Raises `CouncilError` where nothing can be read at all."""

    def pull(self, request: PullRequest) -> Iterator[Batch]:
        """All records, reference tables first: stages, roles, users, accounts, record types, rates,
        periods, targets, then opportunities and what hangs on them."""

    def describe(self, opportunity_id: str) -> DealShape:
        """The fields of a deal's record type, as a form has to know them; of an unknown deal those of any."""

    def read_deal(self, opportunity_id: str, request: PullRequest) -> DealEvidence | None:
        """What a pull would yield of one deal, as it is now; `None` where it is not there (any more).

        Raises `CouncilError` where the system of record cannot be read.
        """

    def write(self, fix: Fix) -> WriteResult:
        """Write all changes of a fix or none. The record is read again and compared first.

        A field that holds the new value already is no conflict, so a fix that is repeated after a crash
        is `Saved` and changes nothing a second time.
        """
