"""The audit log: who changed what, from what to what, where. Rows are only ever added."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from storage.chat_tables import audit


@dataclass(frozen=True, kw_only=True)
class AuditEntry:
    """One change of one thing."""

    by: str
    """CRM user id, listed e-mail, or `job:NAME`."""
    surface: str
    act: str
    """`fix`, `waive`, `snooze`, `inspect`, `action_open`, ..."""
    object: str
    """`deal:006A`, `action:12`, `rule:close_date_past`."""
    field: str = ""
    old: str | None = None
    new: str | None = None
    note: str = ""
    """A reason that the person gave, or under whose name the CRM keeps the change."""


def record_audit(connection: Connection, entry: AuditEntry, now: datetime) -> int:
    """Add the entry in the transaction of the change that it tells of. Returns its number."""
    written = connection.execute(
        audit.insert().values(
            at=int(now.timestamp()),
            by=entry.by,
            surface=entry.surface,
            act=entry.act,
            object=entry.object,
            field=entry.field,
            old=entry.old,
            new=entry.new,
            note=entry.note,
        )
    )
    (number,) = written.inserted_primary_key or (0,)
    return int(number)
