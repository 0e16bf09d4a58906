"""Staging: what a pull yields goes into tables that no reader looks at.

Opportunities and what hangs on them stream into staged tables. The small reference tables (stages,
people, rates, targets …) stay in memory until the pull is switched over as a whole.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from sqlalchemy import Connection, Engine, Table, func, select

from pipeline.crm_records import (
    AccountRecord,
    ActivityRecord,
    ContactRoleRecord,
    FieldChangeRecord,
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
from storage.bulk import insert_rows, remove_some
from storage.database import reading, writing, writing_a_part
from storage.json_text import flat_json
from storage.pull_progress import PullProgress, forget_progress, note_progress
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
_LONGEST_WAIT = 20
"""For so many times the rows a CRM may let us wait for its next word on how to go on."""
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
    calls: list[ForecastCallRecord] = field(default_factory=list)

    def take(self, records: Sequence[Record]) -> None:
        """Add records of one of these kinds."""
        lists: dict[type, list[Any]] = {
            StageRecord: self.stages,
            UserRecord: self.users,
            RoleRecord: self.roles,
            RateRecord: self.rates,
            PeriodRecord: self.periods,
            TargetRecord: self.targets,
            SpendRecord: self.spend,
            ForecastCallRecord: self.calls,
        }
        if records:
            lists[type(records[0])].extend(records)


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


def _table_of(records: Sequence[Record]) -> Table | None:
    streamed = _STREAMED.get(type(records[0]))
    return None if streamed is None else streamed[0]


class Staging:
    """The staged part of one pull, which goes on behind what is staged by `progress`. Use from one thread."""

    def __init__(self, engine: Engine, progress: PullProgress) -> None:
        self._engine = engine
        self._progress = progress
        self.reference = Reference()
        self._waiting: defaultdict[Table, list[Sequence[Any]]] = defaultdict(list)
        self._rows_waiting = 0
        self._is_covered = True
        """What waits is all in front of the place that `resume` names, or may come twice."""
        if progress.resume is None:
            empty_staging(engine)
        else:
            _forget_walks(engine)

    def take(self, records: Sequence[Record], problems: Sequence[Problem], resume: str | None = None) -> None:
        """Take in one batch: records of one kind. They are written a few batches at a time.

        `resume`: what the CRM takes to go on behind this batch. Once it has given one, rows are written only
        together with the next, so that going on brings none of them twice.
        """
        kept = [(problem.opportunity_id,) for problem in problems if problem.opportunity_id]
        if kept or (records and _table_of(records) not in (None, account)):
            self._is_covered = False
        if resume is not None:
            self._progress = replace(self._progress, resume=resume)
            self._is_covered = True
        if records:
            self._take_records(records)
        self._wait(staged_kept, kept)
        waits = self._progress.resume is not None and not self._is_covered
        if self._rows_waiting >= ROWS_A_WRITE * (_LONGEST_WAIT if waits else 1):
            self._write()

    def counts(self) -> Mapping[type, int]:
        """How many records of each streamed kind are staged; accounts are not."""
        with reading(self._engine) as connection:
            return {
                kind: connection.execute(select(func.count()).select_from(table)).scalar_one()
                for kind, (table, _) in _STREAMED.items()
                if table is not account
            }

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
            self.reference.take(records)

    def _wait(self, table: Table, rows: Sequence[Sequence[Any]]) -> None:
        self._waiting[table].extend(rows)
        self._rows_waiting += len(rows)

    def _write(self) -> None:
        """Write all that waits, in one short transaction."""
        if not self._is_covered:
            self._progress = replace(self._progress, resume=None)
        with writing(self._engine) as connection:
            for table, rows in self._waiting.items():
                if table is account:
                    _write_accounts(connection, rows)
                else:
                    insert_rows(connection, table, rows)
            if self._progress.resume is None:
                forget_progress(connection)
            else:
                note_progress(connection, self._progress)
        self._waiting.clear()
        self._rows_waiting = 0


def empty_staging(engine: Engine) -> None:
    """Forget what was staged, so that the room it took serves again; opportunities last (`is_staged`).

    In steps: whoever writes to us meanwhile waits for none of them longer than for a moment.
    """
    with writing(engine) as connection:
        forget_progress(connection)
    for table in (*(table for table in STAGED if table is not staged_opportunity), staged_opportunity):
        with writing_a_part(engine) as connection:
            connection.exec_driver_sql(f"DROP INDEX IF EXISTS {table.name}_walk")
        while True:
            with writing_a_part(engine) as connection:
                if not remove_some(connection, table, ROWS_A_REMOVAL):
                    break


def _forget_walks(engine: Engine) -> None:
    for table in STAGED:
        with writing_a_part(engine) as connection:
            connection.exec_driver_sql(f"DROP INDEX IF EXISTS {table.name}_walk")


def is_staged(engine: Engine) -> bool:
    """Whether opportunities are staged. A pull that came to its end has emptied the staging."""
    with reading(engine) as connection:
        return connection.execute(select(staged_opportunity.c.crm_id).limit(1)).first() is not None


def _create_walk(connection: Connection, table: Table) -> None:
    """The index by which the merge walks through a staged table; it exists while a pull does."""
    columns = 'crm_id, "at"' if "at" in table.c else "crm_id"
    connection.exec_driver_sql(f"CREATE INDEX {table.name}_walk ON {table.name} ({columns})")


def replace_accounts(connection: Connection, records: Iterable[AccountRecord]) -> None:
    _write_accounts(connection, list(map(_account_row, records)))


def _write_accounts(connection: Connection, rows: list[Sequence[Any]]) -> None:
    """Accounts are only read while merging, so they can be replaced at once."""
    if connection.dialect.name == "postgresql":
        by_id = {row[0]: row for row in rows}
        connection.execute(account.delete().where(account.c.crm_id.in_(by_id)))
        insert_rows(connection, account, by_id.values())
    else:
        connection.exec_driver_sql("INSERT OR REPLACE INTO account VALUES (?, ?, ?, ?)", rows)
