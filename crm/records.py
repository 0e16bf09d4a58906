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
    ForecastCallRecord,
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
from pipeline.errors import CouncilError

__all__ = [
    "AccountRecord",
    "ActivityRecord",
    "Batch",
    "CannotResume",
    "Capabilities",
    "Changes",
    "ContactRoleRecord",
    "Crm",
    "DealEvidence",
    "DealShape",
    "FieldChangeRecord",
    "FieldKind",
    "FieldValue",
    "Fix",
    "ForecastCallRecord",
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
    resume: str | None = None
    """The last `Batch.resume` of a pull that broke off: what was yielded up to it stands, and `pull` goes on
    behind it. Reference tables and accounts come again from their beginning."""


class Batch(NamedTuple):
    """Records of one kind, a few thousand at most, and what was wrong beside them."""

    records: Sequence[Record]
    problems: Sequence[Problem] = ()
    total: int | None = None
    """How many rows the table has, where that is known cheaply: for progress."""
    resume: str | None = None
    """What to hand to a later pull so that nothing of opportunities and what hangs on them up to and with
    this batch is read again; `None`: what an earlier batch said still holds, or there is no going on."""


@dataclass(frozen=True)
class Changes:
    """What changed in a system of record since a mark."""

    reference: Sequence[Batch]
    """Stages, users, roles, rates, periods, targets, spend and calls, each complete: they are small."""
    accounts: Iterator[Batch]
    """The accounts that changed, and those of the changed deals. To be read before `deals`."""
    deals: Iterator[Sequence[DealEvidence]]
    """Everything of each changed deal, some hundred at a time; deleted ones have `is_deleted`.

    A deal may come twice, and one that has not changed may come as well.
    """
    mark: str
    """For the next time. It overlaps what was read, for a late commit shows an early moment."""


class CannotResume(CouncilError):
    """What a broken-off pull had begun has expired in the CRM: the next one starts over."""


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
        periods, targets, then opportunities and what hangs on them.

        Raises `CannotResume`, before the first batch, where it cannot go on from `request.resume`.
        """

    def mark(self) -> str | None:
        """Asked before a pull: what `changes` takes later to tell what changed from now on.

        `None` where that cannot be told, so that every pull reads everything.
        """

    def changes(self, since: str, request: PullRequest) -> Changes | None:
        """What changed since a mark; `None` where too much changed, or it cannot be told any more: then
        everything has to be pulled."""

    def live_ids(self) -> Iterator[Sequence[str]] | None:
        """The ids of all opportunities that stand, some thousand at a time, for the nightly comparison;
        `None` where every pull is complete anyway."""

    def prepare_forms(self) -> None:
        """Ask for what forms need and is remembered, so that no form has to wait for it.

        Raises `CouncilError` where the system of record does not answer.
        """

    def describe(self, opportunity_id: str) -> DealShape:
        """The fields of a deal's record type, as a form has to know them; of an unknown deal those of any."""

    def read_deal(self, opportunity_id: str, request: PullRequest) -> DealEvidence | None:
        """What a pull would yield of one deal, as it is now; `None` where it is not there (any more).

        Raises `CouncilError` where the system of record cannot be read.
        """

    def read_deals(
        self, opportunity_ids: Sequence[str], request: PullRequest
    ) -> Iterator[Sequence[DealEvidence]]:
        """As `read_deal` of each of many, some hundred at a time. Those that are not there are left out."""

    def write(self, fix: Fix) -> WriteResult:
        """Write all changes of a fix or none. The record is read again and compared first.

        A field that holds the new value already is no conflict, so a fix that is repeated after a crash
        is `Saved` and changes nothing a second time.
        """
