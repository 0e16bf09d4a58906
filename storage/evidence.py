"""Reading staged rows back, a range of opportunities at a time, with all that hangs on each."""

import json
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from functools import lru_cache
from typing import Any, NamedTuple, TypeVar

from sqlalchemy import ColumnElement, Connection, Select, Table, Text, cast, select

from pipeline.crm_records import FieldValue
from storage.bulk import read_rows
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


class StagedRow(NamedTuple):
    crm_id: str
    name: str
    stage: str
    category: int | None
    amount: int | None
    close_day: int | None
    created_at: int | None
    modified_at: int | None
    owner_id: str | None
    creator_id: str | None
    account_id: str | None
    currency: str | None
    next_step: str | None
    last_activity_day: int | None
    is_deleted: int
    """A flag, as the driver gives it."""
    fields: str
    """JSON"""


HistoryRow = tuple[str, int, str | None, int | None, int | None, int | None, int]
"""Opportunity, moment, stage, amount, close day, category, whether there is an amount at all.

There are millions of them, so they stay what the driver makes of them.
"""


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
    is_closed: int
    is_task: int


class Live(NamedTuple):
    """The current record as an earlier pull left it."""

    no: int
    state_text: str
    observed_at: int
    content_hash: str
    next_step: str | None
    next_step_day: int | None

    @property
    def is_deleted(self) -> bool:
        return self.state_text == "null"

    def state(self) -> Mapping[str, Any] | None:
        """By field name; `None` of a deleted one. Read from JSON at each call: few are ever asked."""
        state: Mapping[str, Any] | None = json.loads(self.state_text)
        return state


Hanging = TypeVar("Hanging", ChangeRow, LineRow, ContactRow, SplitRow, ActivityRow)


class Evidence(NamedTuple):
    """Everything a pull says of one opportunity, and what we knew of it before."""

    record: StagedRow
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
    rows = read_rows(connection, _next_opportunities(after))
    if not rows:
        return []
    first, last = rows[0][0], rows[-1][0]
    history = _grouped(connection, staged_history, first, last, staged_history.c["at"])
    changes = _made(ChangeRow, _grouped(connection, staged_change, first, last, staged_change.c["at"]))
    lines = _made(LineRow, _grouped(connection, staged_line, first, last, staged_line.c.line_order))
    contacts = _made(ContactRow, _grouped(connection, staged_contact, first, last))
    splits = _made(SplitRow, _grouped(connection, staged_split, first, last, staged_split.c.split_order))
    activities = _made(ActivityRow, _grouped(connection, staged_activity, first, last))
    lives = _live_records(connection, first, last)
    numbers = [live.no for live in lives.values()]
    observed = _observations(
        connection, observation.c.opportunity.between(min(numbers, default=0), max(numbers, default=0))
    )
    chunk = []
    for row in rows:
        record = StagedRow._make(row[:_RECORD_COLUMNS])
        number, master_id, *names_and_fields = row[_RECORD_COLUMNS:]
        crm_id = record.crm_id
        chunk.append(
            Evidence(
                record=record,
                fields=json.loads(record.fields),
                account_id=master_id or record.account_id,
                account=_account_of(*names_and_fields),
                history=history.get(crm_id, ()),
                changes=changes.get(crm_id, ()),
                lines=lines.get(crm_id, ()),
                contacts=contacts.get(crm_id, ()),
                splits=splits.get(crm_id, ()),
                activities=activities.get(crm_id, ()),
                no=number,
                live=lives.get(crm_id),
                observed=observed.get(number or 0, ()),
            )
        )
    return chunk


_RECORD_COLUMNS = len(StagedRow._fields)


def _next_opportunities(after: str) -> Select[Any]:
    """A merged account counts as the one it was merged into."""
    own, master = account.alias("own"), account.alias("master")
    staged = staged_opportunity
    return (
        select(
            staged,
            opportunity_key.c.no,
            own.c.master_id,
            own.c.name,
            cast(own.c.fields, Text),
            master.c.name,
            cast(master.c.fields, Text),
        )
        .outerjoin(own, own.c.crm_id == staged.c.account_id)
        .outerjoin(master, master.c.crm_id == own.c.master_id)
        .outerjoin(opportunity_key, opportunity_key.c.crm_id == staged.c.crm_id)
        .where(staged.c.crm_id > after)
        .order_by(staged.c.crm_id)
        .limit(CHUNK)
    )


class AccountOfDeal(NamedTuple):
    """A deal's account, or the one into which it was merged: its id and what deals take from it."""

    id: str | None
    account: Account


def accounts_of_deals(
    connection: Connection, account_ids: Collection[str]
) -> Mapping[str | None, AccountOfDeal]:
    """By the id that stands in the deal; an account that the mirror does not hold is absent."""
    own, master = account.alias("own"), account.alias("master")
    rows = connection.execute(
        select(
            own.c.crm_id,
            own.c.master_id,
            own.c.name,
            cast(own.c.fields, Text),
            master.c.name,
            cast(master.c.fields, Text),
        )
        .outerjoin(master, master.c.crm_id == own.c.master_id)
        .where(own.c.crm_id.in_(account_ids))
    )
    return {
        own_id: AccountOfDeal(master_id or own_id, _account_of(*names_and_fields))
        for own_id, master_id, *names_and_fields in rows
    }


@lru_cache(maxsize=16_384)
def _account_of(
    name: str | None, fields: str | None, master_name: str | None, master_fields: str | None
) -> Account:
    if master_fields is not None:
        return Account(master_name, json.loads(master_fields))
    if fields is not None:
        return Account(name, json.loads(fields))
    return NO_ACCOUNT


def _grouped(
    connection: Connection, table: Table, first: str, last: str, *order: Any
) -> dict[str, list[Any]]:
    """Rows of a staged table between two ids, by opportunity."""
    statement = (
        select(table).where(table.c.crm_id >= first, table.c.crm_id <= last).order_by(table.c.crm_id, *order)
    )
    grouped: defaultdict[str, list[Any]] = defaultdict(list)
    for row in read_rows(connection, statement):
        grouped[row[0]].append(row)
    return grouped


def _made(kind: type[Hanging], grouped: Mapping[str, Sequence[Any]]) -> dict[str, list[Hanging]]:
    """The same rows with names to their columns."""
    return {crm_id: [kind._make(row) for row in rows] for crm_id, rows in grouped.items()}


def _live_records(connection: Connection, first: str, last: str) -> dict[str, Live]:
    columns = opportunity.c
    statement = (
        select(
            opportunity_key.c.crm_id,
            columns.no,
            cast(columns.state, Text),
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
    return {row[0]: Live._make(row[1:]) for row in read_rows(connection, statement)}


Observations = Mapping[int, Sequence[tuple[int, Mapping[str, Any] | None]]]
"""By our own number of the opportunity, in time order."""


def observations_of(connection: Connection, numbers: Collection[int]) -> Observations:
    """Earlier observations of some opportunities; most have none."""
    return _observations(connection, observation.c.opportunity.in_(numbers))


def _observations(connection: Connection, wanted: ColumnElement[bool]) -> Observations:
    statement = select(observation).where(wanted).order_by(observation.c.opportunity, observation.c["at"])
    grouped: defaultdict[int, list[tuple[int, Mapping[str, Any] | None]]] = defaultdict(list)
    for number, at, state in connection.execute(statement):
        grouped[number].append((at, state))
    return grouped


def remember_observations(connection: Connection, rows: Sequence[tuple[int, int, str]]) -> None:
    """Keep earlier observations (number, moment, state); those of a merge that died are there already."""
    if not rows:
        return
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql(
            "INSERT INTO observation VALUES (%s, %s, %s) ON CONFLICT DO NOTHING", list(rows)
        )
    else:
        connection.exec_driver_sql("INSERT OR IGNORE INTO observation VALUES (?, ?, ?)", list(rows))
