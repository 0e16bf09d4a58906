"""Reading staged rows back, a range of opportunities at a time, with all that hangs on each."""

import json
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple, TypeVar

from sqlalchemy import Connection, Select, Table, select

from pipeline.crm_records import FieldValue
from storage.related import NO_ACCOUNT, Account
from storage.tables import (
    FOREVER,
    account,
    observation,
    opportunity,
    opportunity_key,
    staged_activity,
    staged_change,
    staged_contact,
    staged_history,
    staged_line,
    staged_opportunity,
    staged_split,
)

CHUNK = 2_000
"""Opportunities a chunk: a write transaction stays within a few hundred milliseconds."""


class HistoryRow(NamedTuple):
    crm_id: str
    at: int
    stage: str | None
    amount: int | None
    close_day: int | None
    category: int | None
    has_amount: bool


class ChangeRow(NamedTuple):
    crm_id: str
    at: int
    field: str
    old: str | None
    new: str | None


class LineRow(NamedTuple):
    crm_id: str
    order: int
    total_price: int | None
    family: str | None


class ContactRow(NamedTuple):
    crm_id: str
    contact_id: str
    role: str | None


class SplitRow(NamedTuple):
    crm_id: str
    order: int
    owner_id: str
    percentage: int


class ActivityRow(NamedTuple):
    crm_id: str
    day: int | None
    is_closed: bool
    is_task: bool


class Live(NamedTuple):
    """The current record as an earlier pull left it."""

    no: int
    state: Mapping[str, Any] | None
    observed_at: int
    content_hash: str
    next_step: str | None
    next_step_day: int | None


Hanging = TypeVar("Hanging", HistoryRow, ChangeRow, LineRow, ContactRow, SplitRow, ActivityRow)


class Evidence(NamedTuple):
    """Everything a pull says of one opportunity, and what we knew of it before."""

    record: Any
    """A row of `staged_opportunity`."""
    fields: Mapping[str, FieldValue]
    account_id: str | None
    account: Account
    history: Sequence[HistoryRow]
    changes: Sequence[ChangeRow]
    lines: Sequence[LineRow]
    contacts: Sequence[ContactRow]
    splits: Sequence[SplitRow]
    activities: Sequence[ActivityRow]
    no: int | None
    live: Live | None
    observed: Sequence[tuple[int, Mapping[str, Any] | None]]
    """What earlier pulls saw before the live record, in time order."""


def read_evidence(connection: Connection, after: str) -> list[Evidence]:
    """The next chunk of staged opportunities, in order of their ids."""
    rows = connection.execute(_next_opportunities(after)).all()
    if not rows:
        return []
    first, last = rows[0].crm_id, rows[-1].crm_id
    history = _grouped(connection, HistoryRow, staged_history, first, last, staged_history.c["at"])
    changes = _grouped(connection, ChangeRow, staged_change, first, last, staged_change.c["at"])
    lines = _grouped(connection, LineRow, staged_line, first, last, staged_line.c.line_order)
    contacts = _grouped(connection, ContactRow, staged_contact, first, last)
    splits = _grouped(connection, SplitRow, staged_split, first, last, staged_split.c.split_order)
    activities = _grouped(connection, ActivityRow, staged_activity, first, last)
    lives = _live_records(connection, first, last)
    observed = _observations(connection, [live.no for live in lives.values()])
    return [
        Evidence(
            record=row,
            fields=json.loads(row.fields),
            account_id=row.master_id or row.account_id,
            account=_account_of(row),
            history=history.get(row.crm_id, ()),
            changes=changes.get(row.crm_id, ()),
            lines=lines.get(row.crm_id, ()),
            contacts=contacts.get(row.crm_id, ()),
            splits=splits.get(row.crm_id, ()),
            activities=activities.get(row.crm_id, ()),
            no=row.no,
            live=lives.get(row.crm_id),
            observed=observed.get(row.no, ()),
        )
        for row in rows
    ]


def _next_opportunities(after: str) -> Select[Any]:
    """A merged account counts as the one it was merged into."""
    own, master = account.alias("own"), account.alias("master")
    staged = staged_opportunity
    return (
        select(
            staged,
            opportunity_key.c.no,
            own.c.master_id,
            own.c.name.label("account_name"),
            own.c.fields.label("account_fields"),
            master.c.name.label("master_name"),
            master.c.fields.label("master_fields"),
        )
        .outerjoin(own, own.c.crm_id == staged.c.account_id)
        .outerjoin(master, master.c.crm_id == own.c.master_id)
        .outerjoin(opportunity_key, opportunity_key.c.crm_id == staged.c.crm_id)
        .where(staged.c.crm_id > after)
        .order_by(staged.c.crm_id)
        .limit(CHUNK)
    )


def _account_of(row: Any) -> Account:
    if row.master_fields is not None:
        return Account(row.master_name, row.master_fields)
    if row.account_fields is not None:
        return Account(row.account_name, row.account_fields)
    return NO_ACCOUNT


def _grouped(
    connection: Connection, kind: type[Hanging], table: Table, first: str, last: str, *order: Any
) -> dict[str, list[Hanging]]:
    """Rows of a staged table between two ids, by opportunity."""
    statement = (
        select(table).where(table.c.crm_id >= first, table.c.crm_id <= last).order_by(table.c.crm_id, *order)
    )
    grouped: defaultdict[str, list[Hanging]] = defaultdict(list)
    make: Callable[..., Hanging] = kind._make
    for row in connection.execute(statement):
        grouped[row[0]].append(make(row))
    return grouped


def _live_records(connection: Connection, first: str, last: str) -> dict[str, Live]:
    columns = opportunity.c
    statement = (
        select(
            opportunity_key.c.crm_id,
            columns.no,
            columns.state,
            columns.observed_at,
            columns.content_hash,
            columns.next_step,
            columns.next_step_day,
        )
        .join(opportunity, opportunity.c.no == opportunity_key.c.no)
        .where(
            opportunity_key.c.crm_id >= first,
            opportunity_key.c.crm_id <= last,
            opportunity.c.gen_to == FOREVER,
        )
    )
    return {row[0]: Live._make(row[1:]) for row in connection.execute(statement)}


def _observations(
    connection: Connection, numbers: Sequence[int]
) -> dict[int, list[tuple[int, Mapping[str, Any] | None]]]:
    """Earlier observations of a chunk's opportunities; most have none."""
    if not numbers:
        return {}
    statement = (
        select(observation)
        .where(observation.c.opportunity.between(min(numbers), max(numbers)))
        .order_by(observation.c.opportunity, observation.c["at"])
    )
    grouped: defaultdict[int, list[tuple[int, Mapping[str, Any] | None]]] = defaultdict(list)
    for number, at, state in connection.execute(statement):
        grouped[number].append((at, state))
    return grouped
