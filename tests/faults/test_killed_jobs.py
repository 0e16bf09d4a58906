"""Each real job, killed at each of its transactions, is taken up: letters once, nothing lost or stuck."""

import sqlite3
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import BigInteger, Column, Engine, Table, create_engine, select, text

from bot.job_runner import LEASE
from pipeline.job_runs import RunState
from storage.database import open_database, reading
from storage.job_runs import read_runs
from storage.tables import metadata
from tests.bot.scheduled_company import Clock
from tests.faults.council_weeks import MOMENT_OF, CouncilWeeks, build_runner, open_company
from tests.faults.killed_job import NEVER, When, run_and_die
from tests.faults.processes import was_killed
from tests.new_database import write_new_database

JOBS = (
    "nudge", "council_prepare", "council_freeze", "manager_digest", "council", "council_recap", "escalate",
    "remind", "recover", "measure_actions", "retention",
)  # fmt: skip
OFTEN = ("nudge", "council", "escalate")
ON_POSTGRESQL = ("nudge", "council")

Dump = Mapping[str, Sequence[tuple[object, ...]]]
Copy = Callable[[str], str]
"""A new database with the contents of a job's eve; takes its name, and gives its address."""


@dataclass(frozen=True)
class Eve:
    """The moment before a job's slot."""

    job: str
    folder: Path
    copy: Copy

    @property
    def moment(self) -> datetime:
        return MOMENT_OF[self.job]

    def run(self, url: str, transaction: int, when: When) -> bool:
        """In a process of its own; whether it was killed."""
        return was_killed(run_and_die, self.job, self.folder, url, self.moment, transaction, when)

    def take_up(self, url: str) -> Dump:
        """Another process, when the lease of the dead one has ended; what stands there afterwards."""
        engine = open_database(url)
        clock = Clock(self.moment + LEASE + timedelta(seconds=1))
        runner = build_runner(open_company(self.folder, engine), clock)
        runner.run_due(self.job)
        assert not runner.run_due(self.job)
        with reading(engine) as connection:
            last = read_runs(connection, self.job)[-1]
        assert (last.state, last.attempts in (1, 2)) == (RunState.DONE, True)
        dumped = _dump(engine)
        engine.dispose()
        return dumped


def _dump(engine: Engine) -> Dump:
    """Everything but moments, numbers that a database gives out, and the runs of jobs themselves."""
    with reading(engine) as connection:
        return {
            table.name: sorted(
                (tuple(map(repr, row)) for row in connection.execute(select(*columns))), key=repr
            )
            for table in metadata.sorted_tables
            if not table.name.startswith("job_") and (columns := _lasting(table))
        }


def _lasting(table: Table) -> list[Column[Any]]:
    return [
        one
        for one in table.c
        if not isinstance(one.type, BigInteger) and one is not table.autoincrement_column
    ]


def _check(eve: Eve, transactions: Sequence[int] | None = None) -> int:
    """Kill it at each of these transactions, or at all; how often it was killed."""
    unharmed = eve.copy("unharmed")
    assert not eve.run(unharmed, NEVER, When.AFTER)
    expected = eve.take_up(unharmed)
    killed = 0
    for transaction in transactions or count(1):
        for when in When:
            url = eve.copy(f"{when}_{transaction}")
            if not eve.run(url, transaction, when):
                return killed
            killed += 1
            assert eve.take_up(url) == expected, f"killed {when} transaction {transaction}"
    return killed


# --- SQLite ---------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def eves(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mapping[str, Eve]]:
    folder = tmp_path_factory.mktemp("weeks")
    file = folder / "council.db"
    engine = open_database(write_new_database(file))
    eves = {}
    for job in CouncilWeeks(folder, engine).eves():
        _copy_file(file, folder / f"eve_{job}.db")
        eves[job] = Eve(job, folder, _copying(folder, job))
    yield eves
    engine.dispose()


def _copying(folder: Path, job: str) -> Copy:
    def copy(name: str) -> str:
        target = folder / f"eve_{job}_{name}.db"
        _copy_file(folder / f"eve_{job}.db", target)
        return f"sqlite:///{target}"

    return copy


def _copy_file(source: Path, target: Path) -> None:
    connection = sqlite3.connect(source)
    connection.execute("VACUUM INTO ?", (str(target),))
    connection.close()


@pytest.mark.parametrize("job", OFTEN)
def test_a_job_killed_at_its_first_step_is_taken_up(eves: Mapping[str, Eve], job: str) -> None:
    assert _check(eves[job], transactions=(2,)) == 2


@pytest.mark.slow
@pytest.mark.parametrize("job", JOBS)
def test_a_job_killed_at_any_transaction_is_taken_up(eves: Mapping[str, Eve], job: str) -> None:
    """The first transaction claims the slot, and the last one says that it is done."""
    assert _check(eves[job]) >= 4


# --- PostgreSQL -----------------------------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_a_job_killed_at_any_transaction_is_taken_up_on_postgresql(
    database: Engine, database_url: str, postgresql_server: str, tmp_path: Path
) -> None:
    original = str(database.url.database)
    for job in CouncilWeeks(tmp_path, database).eves():
        if job not in ON_POSTGRESQL:
            continue
        database.dispose()  # a database that somebody is connected to cannot be copied

        def copy(name: str, job: str = job) -> str:
            target = f"{original}_{job}_{name}"
            _create_from(postgresql_server, target, original)
            return database_url.replace(f"/{original}?", f"/{target}?")

        assert _check(Eve(job, tmp_path, copy)) >= 4
        if job == ON_POSTGRESQL[-1]:
            return


def _create_from(server: str, name: str, original: str) -> None:
    admin = create_engine(
        server.replace("postgresql://", "postgresql+psycopg://"), isolation_level="AUTOCOMMIT"
    )
    with admin.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name} TEMPLATE {original}"))
    admin.dispose()
