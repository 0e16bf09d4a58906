"""Staging: what a pull yields goes into tables that no reader looks at.

Opportunities and what hangs on them stream into staged tables. The small reference tables (stages,
people, rates, targets …) stay in memory until the pull is switched over as a whole.
"""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, Engine, Table, select

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
from storage.bulk import insert_rows, remove_some
from storage.database import reading, writing, writing_a_part
from storage.json_text import flat_json
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

ROWS_A_WRITE = 10_000
ROWS_A_REMOVAL = 100_000
"""Rows a transaction: it stays within a few hundred milliseconds."""


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
    return (*record[:-1], flat_json(record.fields))


def _account_row(record: AccountRecord) -> tuple[Any, ...]:
    return (record.id, record.name, record.master_id, flat_json(record.fields))


_STREAMED: Mapping[type, tuple[Table, Callable[[Any], Sequence[Any]] | None]] = {
    OpportunityRecord: (staged_opportunity, _opportunity_row),
    HistoryRecord: (staged_history, None),
    FieldChangeRecord: (staged_change, None),
    LineItemRecord: (staged_line, None),
    ContactRoleRecord: (staged_contact, None),
    SplitRecord: (staged_split, None),
    ActivityRecord: (staged_activity, None),
    AccountRecord: (account, _account_row),
}
"""Table of each streamed record, and how its row is made where it is not the record itself."""


class Staging:
    """The staged part of one pull. Use from one thread."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self.reference = Reference()
        self._waiting: defaultdict[Table, list[Sequence[Any]]] = defaultdict(list)
        self._rows_waiting = 0
        empty_staging(engine)

    def take(self, records: Sequence[Record], problems: Sequence[Problem]) -> None:
        """Take in one batch: records of one kind. They are written a few batches at a time."""
        if records:
            self._take_records(records)
        kept = [(problem.opportunity_id,) for problem in problems if problem.opportunity_id]
        self._wait(staged_kept, kept)
        if self._rows_waiting >= ROWS_A_WRITE:
            self._write()

    def finish(self) -> None:
        """Write the rest, and index what was staged, once, now that all of it is there."""
        self._write()
        for table in STAGED:
            with writing_a_part(self._engine) as connection:
                _create_walk(connection, table)

    def _take_records(self, records: Sequence[Record]) -> None:
        kind = type(records[0])
        if kind in _STREAMED:
            table, make_row = _STREAMED[kind]
            self._wait(table, list(map(make_row, records)) if make_row else records)
        else:
            self._list_of(kind).extend(records)

    def _wait(self, table: Table, rows: Sequence[Sequence[Any]]) -> None:
        self._waiting[table].extend(rows)
        self._rows_waiting += len(rows)

    def _write(self) -> None:
        """Write all that waits, in one short transaction."""
        with writing(self._engine) as connection:
            for table, rows in self._waiting.items():
                if table is account:
                    _replace_accounts(connection, rows)
                else:
                    insert_rows(connection, table, rows)
        self._waiting.clear()
        self._rows_waiting = 0

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


def empty_staging(engine: Engine) -> None:
    """Forget what was staged, so that the room it took serves again; opportunities last (`is_staged`).

    In steps: whoever writes to us meanwhile waits for none of them longer than for a moment.
    """
    for table in (*(table for table in STAGED if table is not staged_opportunity), staged_opportunity):
        with writing_a_part(engine) as connection:
            connection.exec_driver_sql(f"DROP INDEX IF EXISTS {table.name}_walk")
        while True:
            with writing_a_part(engine) as connection:
                if not remove_some(connection, table, ROWS_A_REMOVAL):
                    break


def is_staged(engine: Engine) -> bool:
    """Whether opportunities are staged. A pull that came to its end has emptied the staging."""
    with reading(engine) as connection:
        return connection.execute(select(staged_opportunity.c.crm_id).limit(1)).first() is not None


def _create_walk(connection: Connection, table: Table) -> None:
    """The index by which the merge walks through a staged table; it exists while a pull does."""
    columns = 'crm_id, "at"' if "at" in table.c else "crm_id"
    connection.exec_driver_sql(f"CREATE INDEX {table.name}_walk ON {table.name} ({columns})")


def _replace_accounts(connection: Connection, rows: list[Sequence[Any]]) -> None:
    """Accounts are only read while merging, so they can be replaced at once."""
    if connection.dialect.name == "postgresql":
        by_id = {row[0]: row for row in rows}
        connection.execute(account.delete().where(account.c.crm_id.in_(by_id)))
        insert_rows(connection, account, by_id.values())
    else:
        connection.exec_driver_sql("INSERT OR REPLACE INTO account VALUES (?, ?, ?, ?)", rows)
