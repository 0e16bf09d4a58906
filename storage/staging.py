"""Staging: what a pull yields goes into tables that no reader looks at.

Opportunities and what hangs on them stream into staged tables. The small reference tables (stages,
people, rates, targets …) stay in memory until the pull is switched over as a whole.
"""

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, Engine, Index, Table

from pipeline.crm_records import (
    AccountRecord,
    ActivityRecord,
    ContactRoleRecord,
    FieldChangeRecord,
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
from storage.bulk import empty_table, insert_rows
from storage.database import writing
from storage.tables import (
    STAGED,
    account,
    staged_activity,
    staged_change,
    staged_contact,
    staged_history,
    staged_kept,
    staged_line,
    staged_opportunity,
    staged_split,
)

_json = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), sort_keys=True).encode


@dataclass
class Reference:
    """The small tables of a pull, complete."""

    stages: list[StageRecord] = field(default_factory=list)
    users: list[UserRecord] = field(default_factory=list)
    roles: list[RoleRecord] = field(default_factory=list)
    rates: list[RateRecord] = field(default_factory=list)
    periods: list[PeriodRecord] = field(default_factory=list)
    targets: list[TargetRecord] = field(default_factory=list)
    spend: list[SpendRecord] = field(default_factory=list)


def _opportunity_row(record: OpportunityRecord) -> tuple[Any, ...]:
    return (*record[:-1], _json(record.fields))


_STREAMED: Mapping[type, tuple[Table, Callable[[Any], Sequence[Any]] | None]] = {
    OpportunityRecord: (staged_opportunity, _opportunity_row),
    HistoryRecord: (staged_history, None),
    FieldChangeRecord: (staged_change, None),
    LineItemRecord: (staged_line, None),
    ContactRoleRecord: (staged_contact, None),
    SplitRecord: (staged_split, None),
    ActivityRecord: (staged_activity, None),
}
"""Table of each streamed record, and how its row is made where it is not the record itself."""


class Staging:
    """The staged part of one pull. Use from one thread."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self.reference = Reference()
        with writing(engine) as connection:
            empty_table(connection, staged_opportunity)
            for table in STAGED:
                _index_of(table).drop(connection, checkfirst=True)
                empty_table(connection, table)

    def take(self, records: Sequence[Record], problems: Sequence[Problem]) -> None:
        """Take in one batch: records of one kind. One short transaction."""
        with writing(self._engine) as connection:
            if records:
                self._take_records(connection, records)
            kept = [(problem.opportunity_id,) for problem in problems if problem.opportunity_id]
            insert_rows(connection, staged_kept, kept)

    def finish(self) -> None:
        """Index what was staged, once, now that all of it is there."""
        for table in STAGED:
            with writing(self._engine) as connection:
                _index_of(table).create(connection)

    def _take_records(self, connection: Connection, records: Sequence[Record]) -> None:
        kind = type(records[0])
        if kind in _STREAMED:
            table, make_row = _STREAMED[kind]
            insert_rows(connection, table, list(map(make_row, records)) if make_row else list(records))
        elif kind is AccountRecord:
            _replace_accounts(connection, records)  # type: ignore[arg-type]
        else:
            self._list_of(kind).extend(records)

    def _list_of(self, kind: type) -> list[Any]:
        reference = self.reference
        lists: dict[type, list[Any]] = {
            StageRecord: reference.stages,
            UserRecord: reference.users,
            RoleRecord: reference.roles,
            RateRecord: reference.rates,
            PeriodRecord: reference.periods,
            TargetRecord: reference.targets,
            SpendRecord: reference.spend,
        }
        return lists[kind]


def _index_of(table: Table) -> Index:
    """The index by which the merge walks through a staged table; it exists between pulls only."""
    for index in table.indexes:
        return index
    columns = [table.c.crm_id, *([table.c["at"]] if "at" in table.c else [])]
    return Index(f"{table.name}_walk", *columns)


def _replace_accounts(connection: Connection, records: Iterable[AccountRecord]) -> None:
    """Accounts are only read while merging, so they can be replaced at once."""
    rows = [(record.id, record.name, record.master_id, _json(record.fields)) for record in records]
    if connection.dialect.name == "postgresql":
        ids = [row[0] for row in rows]
        connection.execute(account.delete().where(account.c.crm_id.in_(ids)))
        insert_rows(connection, account, rows)
    else:
        connection.exec_driver_sql("INSERT OR REPLACE INTO account VALUES (?, ?, ?, ?)", rows)
