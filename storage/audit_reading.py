"""Reading the audit: the newest first, of one object, of one person, since a moment."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from sqlalchemy import Connection, Row, Select, and_, func, select

from pipeline.access import Deal
from pipeline.audit_trail import AuditPage, AuditRecord
from pipeline.findings import PersonName
from storage.action_tables import council_action
from storage.chat_tables import audit
from storage.current_deals import is_seen
from storage.tables import opportunity, opportunity_key, person

_DEAL, _PERSON, _ACTION = "deal:", "person:", "action:"
_ACTIONS_AT_ONCE = 500


@dataclass(frozen=True, kw_only=True)
class AuditFilter:
    """What is asked for; `None` asks for all."""

    object: str | None = None
    by: str | None = None
    since: datetime | None = None
    limit: int | None = None
    """At most so many records."""


def read_audit(connection: Connection, wanted: AuditFilter) -> AuditPage:
    """One statement for the records, whatever is asked for; names of people and actions beside it."""
    statement = _records(wanted).order_by(audit.c.no.desc())
    if wanted.limit is not None:
        statement = statement.limit(wanted.limit + 1)
    records = tuple(_record(row) for row in connection.execute(statement))
    shown = records[: wanted.limit]
    people = {row.crm_id: row.name for row in connection.execute(select(person.c.crm_id, person.c.name))}
    names = {f"{_PERSON}{id}": name for id, name in people.items()} | _action_titles(connection, shown)
    named = tuple(replace(one, object_name=one.object_name or names.get(one.object, "")) for one in shown)
    return AuditPage(named, has_older=len(records) > len(shown), people=people)


def _action_titles(connection: Connection, records: Iterable[AuditRecord]) -> dict[str, str]:
    """By object."""
    written = {one.object.removeprefix(_ACTION) for one in records if one.object.startswith(_ACTION)}
    numbers = sorted(int(no) for no in written if no.isascii() and no.isdigit())
    titles = {}
    for start in range(0, len(numbers), _ACTIONS_AT_ONCE):
        some = council_action.c.no.in_(numbers[start : start + _ACTIONS_AT_ONCE])
        for row in connection.execute(select(council_action.c.no, council_action.c.title).where(some)):
            titles[f"{_ACTION}{row.no}"] = row.title
    return titles


def _records(wanted: AuditFilter) -> Select[tuple[object, ...]]:
    # Cut out of the object, so that the key's index is used.
    deal_id = func.substr(audit.c.object, len(_DEAL) + 1)
    statement = (
        select(
            audit,
            person.c.name.label("by_name"),
            opportunity.c.name.label("deal_name"),
            opportunity.c.owner_id,
            opportunity.c.currency,
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
        currency=row.currency,
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
