"""Reading the audit: the newest first, of one object, of one person, since a moment."""

from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import Connection, Row, Select, and_, func, select

from pipeline.access import Deal
from pipeline.audit_trail import AuditPage, AuditRecord
from pipeline.findings import PersonName
from storage.chat_tables import audit
from storage.current_deals import is_seen
from storage.tables import opportunity, opportunity_key, person

_DEAL = "deal:"


@dataclass(frozen=True, kw_only=True)
class AuditFilter:
    """What is asked for; `None` asks for all."""

    object: str | None = None
    by: str | None = None
    since: datetime | None = None
    limit: int | None = None
    """At most so many records."""


def read_audit(connection: Connection, wanted: AuditFilter) -> AuditPage:
    """One statement, whatever is asked for."""
    statement = _records(wanted).order_by(audit.c.no.desc())
    if wanted.limit is not None:
        statement = statement.limit(wanted.limit + 1)
    records = tuple(_record(row) for row in connection.execute(statement))
    return AuditPage(records[: wanted.limit], has_older=len(records) > len(records[: wanted.limit]))


def _records(wanted: AuditFilter) -> Select[tuple[object, ...]]:
    # Cut out of the object, so that the key's index is used.
    deal_id = func.substr(audit.c.object, len(_DEAL) + 1)
    statement = (
        select(
            audit,
            person.c.name.label("by_name"),
            opportunity.c.name.label("deal_name"),
            opportunity.c.owner_id,
            opportunity.c.confidential,
        )
        .outerjoin(person, person.c.crm_id == audit.c.by)
        .outerjoin(
            opportunity_key,
            and_(func.substr(audit.c.object, 1, len(_DEAL)) == _DEAL, opportunity_key.c.crm_id == deal_id),
        )
        .outerjoin(
            opportunity,
            and_(opportunity.c.no == opportunity_key.c.no, is_seen(opportunity)),
        )
    )
    if wanted.object is not None:
        statement = statement.where(audit.c.object == wanted.object)
    if wanted.by is not None:
        statement = statement.where(audit.c.by == wanted.by)
    if wanted.since is not None:
        statement = statement.where(audit.c.at >= int(wanted.since.timestamp()))
    return statement


def _record(row: Row[tuple[object, ...]]) -> AuditRecord:
    return AuditRecord(
        at=datetime.fromtimestamp(row.at, UTC),
        by=PersonName(row.by, row.by_name or row.by),
        surface=row.surface,
        act=row.act,
        object=row.object,
        object_name=row.deal_name or "",
        deal=_deal(row),
        field=row.field,
        old=row.old,
        new=row.new,
        note=row.note,
    )


def _deal(row: Row[tuple[object, ...]]) -> Deal | None:
    """A deal that the mirror does not hold any more may have been confidential, so it counts as such."""
    if not row.object.startswith(_DEAL):
        return None
    return Deal(row.owner_id, is_confidential=row.confidential is None or bool(row.confidential))
