"""A fix whose process is killed at any step counts exactly once in the end, in the CRM and in the mirror."""

import json
import shutil
import signal
import subprocess
import sys
from datetime import date, timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, select

from jobs.job import JobRun
from jobs.recover import recover_writes
from storage.apm import Measuring, dimensions_of, read_apm
from storage.chat_tables import audit, inbox
from storage.database import reading
from storage.fix_tables import write_intent
from storage.mirror import pulled_state
from storage.tables import opportunity_key, opportunity_version
from tests.faults.interrupted_fix import POINTS, click, dispatch
from tests.journeys.fixed_demo import PULLED, TODAY, FixedDemo

CHILD = Path(__file__).with_name("interrupted_fix.py")
NEW_DAY = date(2026, 10, 20)


@pytest.fixture(scope="module")
def pulled(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str, str]:
    """The folder of the pulled demo company; a deal of this quarter and its owner."""
    folder = tmp_path_factory.mktemp("demo")
    demo = FixedDemo(folder, "sqlite:///council.db")
    deal = demo.countable()
    assert deal.owner_id is not None
    assert deal.close_day != NEW_DAY.toordinal()
    demo.council.engine.dispose()
    return folder, deal.id, deal.owner_id


@pytest.mark.parametrize("point", [*POINTS, "never"])
def test_it_counts_exactly_once(pulled: tuple[Path, str, str], tmp_path: Path, point: str) -> None:
    template, deal, owner = pulled
    folder = tmp_path / "company"
    shutil.copytree(template, folder)
    child = subprocess.run(
        [sys.executable, str(CHILD), point, str(folder), deal, owner, NEW_DAY.isoformat()], check=False
    )
    assert child.returncode == (0 if point == "never" else -signal.SIGKILL)

    answers = dispatch(folder, 8)
    desk = answers.desk
    run = JobRun(desk.engine, desk.company, desk.crm, PULLED + timedelta(minutes=8), TODAY)
    recover_writes(run)
    click(dispatch(folder, 11), deal, owner, NEW_DAY.isoformat())  # whoever is told of it again

    lines = (folder / "demo-fixes.jsonl").read_text(encoding="utf-8").splitlines()
    assert [json.loads(line)["changes"]["CloseDate"][1] for line in lines] == [NEW_DAY.toordinal()]
    with reading(desk.engine) as connection:
        state = pulled_state(connection)
        of_deal = select(func.count()).where(audit.c.object == f"deal:{deal}", audit.c.act == "fix_date")
        assert connection.scalar(of_deal) == 1
        assert connection.scalar(select(func.count()).where(write_intent.c.closed_at.is_(None))) == 0
        assert connection.scalar(select(func.count()).where(inbox.c.done_at.is_(None))) == 0
        closing = connection.scalar(
            select(opportunity_version.c.close_day)
            .join(opportunity_key, opportunity_key.c.no == opportunity_version.c.opportunity)
            .where(
                opportunity_key.c.crm_id == deal,
                opportunity_version.c.gen_to > state.generation,
                opportunity_version.c.valid_to > TODAY.toordinal(),
                opportunity_version.c.part == 0,
            )
        )
        assert closing == NEW_DAY.toordinal()
        measuring = Measuring(connection, desk.company, state)
        measured = [measuring.table(TODAY, one, None) for one in dimensions_of(desk.company)]
    stored = [read_apm(desk.engine, desk.company, as_of=TODAY, dimension=one.dimension) for one in measured]
    assert stored == measured
    desk.engine.dispose()
