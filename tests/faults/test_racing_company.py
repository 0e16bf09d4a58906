"""Two processes run the whole schedule of one company at once: every job's letters are said once."""

from pathlib import Path

import pytest
from sqlalchemy import Engine, select

from pipeline.job_runs import RunState
from pipeline.letters import LetterState
from storage.chat_tables import outbox
from storage.database import reading
from storage.edition_tables import edition
from storage.job_tables import job_run
from tests.faults.council_weeks import CouncilWeeks, on_october
from tests.faults.delivering import read_lines
from tests.faults.processes import race
from tests.faults.racing_company import go_through

START, TICKS = on_october(5, 1), 33
"""From Monday before dawn until Tuesday morning: the managers' digests, the council, its recap, digests."""
EITHER = pytest.mark.parametrize(
    "database_url", ["sqlite", pytest.param("postgresql", marks=pytest.mark.slow)], indirect=True
)


@EITHER
def test_two_processes_say_each_thing_once(database: Engine, database_url: str, tmp_path: Path) -> None:
    for job in CouncilWeeks(tmp_path, database).eves():
        if job == "manager_digest":  # the night before the council, after the edition was frozen
            break
    database.dispose()
    said = tmp_path / "said"
    race(go_through, tmp_path, database_url, said, START, TICKS)

    with reading(database) as connection:
        letters = connection.execute(select(outbox)).all()
        runs = connection.execute(select(job_run)).all()
        editions = connection.execute(select(edition.c.day)).all()
    posted = [line.key for line in read_lines(said) if line.act == "post"]
    assert len(posted) == len(set(posted))
    assert set(posted) == {one.key for one in letters if one.state == LetterState.SENT}
    assert {one.state for one in letters} <= {LetterState.SENT, LetterState.HELD, LetterState.PENDING}
    assert {"manager_digest", "council", "council_thread", "recap", "digest"} <= {
        one.kind for one in letters if one.state == LetterState.SENT
    }
    assert len([one for one in letters if one.kind == "council"]) == len(editions) == 1
    assert {run.state for run in runs} <= {RunState.DONE, RunState.SKIPPED}
    assert {run.attempts for run in runs if run.state == RunState.DONE} == {1}
