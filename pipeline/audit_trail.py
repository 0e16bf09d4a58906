"""The audit as it is read: who did what to what, where."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from pipeline.access import Deal
from pipeline.findings import PersonName


@dataclass(frozen=True, kw_only=True)
class AuditRecord:
    """One change of one thing."""

    at: datetime
    """In UTC."""
    by: PersonName
    """The name is the id where nobody of that id is in the CRM: a job, a listed e-mail."""
    surface: str
    act: str
    object: str
    """`deal:006A`, `action:12`, `rule:close_date_past`."""
    object_name: str
    """The name of the deal, the person or the action; empty where the object has none."""
    deal: Deal | None
    """Whose deal it is about, by which access is decided; `None` where it is about something else."""
    currency: str | None
    """Of the deal's amounts, where its record says so."""
    field: str
    old: str | None
    new: str | None
    note: str


@dataclass(frozen=True)
class AuditPage:
    """The newest records first."""

    records: tuple[AuditRecord, ...]
    has_older: bool
    """There are older ones that were not asked for."""
    people: Mapping[str, str] = field(default_factory=dict)
    """Names by CRM user id, of everybody: old and new values hold ids."""
