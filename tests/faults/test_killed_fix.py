"""A fix whose process is killed at any step counts exactly once in the end, in the CRM and in the mirror."""

import json
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import product
from pathlib import Path

import pytest
from sqlalchemy import func, make_url, select

from bot.dispatch import Dispatch
from bot.event_text import Happening
from bot.resuming import Resuming
from handlers.asking import Clicked, Question, Submitted, Where
from jobs.job import JobRun
from jobs.recover import recover_writes
from messages.fix import CONFIRM_PUSH, SAVE_FIX, FixAct
from messages.nudge import FIX_DATE
from pipeline.crm_fields import DealShape
from pipeline.crm_records import FieldValue, OpportunityRecord
from pipeline.deal_entry import read_entry, token_of
from pipeline.deal_fields import value_of
from pipeline.people import People
from storage.apm import Measuring, dimensions_of, read_apm
from storage.chat_tables import audit, inbox, outbox
from storage.database import reading
from storage.deal_values import read_deal_record
from storage.fix_tables import write_intent
from storage.mirror import pulled_state
from storage.people import read_people
from tests.faults.interrupted_fix import (
    AFTER_ANSWER,
    AFTER_CALL,
    BEFORE_CALL,
    BEFORE_CLOSING,
    NEVER,
    ask,
    ask_and_die,
    dispatch,
)
from tests.faults.processes import was_killed
from tests.journeys.fixed_demo import PULLED, TODAY, FixedDemo

NEW_DAY = date(2026, 10, 20)
TYPED = {"CloseDate": NEW_DAY.isoformat(), "NextStep": "Call Ana on Monday", "ACV__c": "123000"}
LOST = {"StageName": "Closed Lost", "Loss_Reason__c": "Price"}


@dataclass(frozen=True)
class Deal:
    """The deal of all these fixes, and those who fix it."""

    record: OpportunityRecord
    shape: DealShape
    owner: str
    manager: str
    colleague: str
    """Another member of the manager's team."""


@dataclass(frozen=True)
class Fix:
    """Somebody's fix: what they do, and what the CRM holds afterwards."""

    happening: Happening
    act: FixAct
    wanted: Mapping[str, FieldValue]


def _fix(who: str, question: Question, act: FixAct, wanted: Mapping[str, FieldValue]) -> Fix:
    return Fix(Happening(who, question, Where("preview", f"@{who}")), act, wanted)


def _form(deal: Deal, act: FixAct, typed: Mapping[str, str]) -> Fix:
    seen = {name: token_of(value_of(deal.record, name)) for name in typed}
    wanted = {
        name: read_entry(deal.shape.fields[name], text, LOST["StageName"]) for name, text in typed.items()
    }
    sent = Submitted(SAVE_FIX, json.dumps([deal.record.id, act, seen]), typed)
    return _fix(deal.owner, sent, act, wanted)


def _date(deal: Deal) -> Fix:
    click = Clicked(FIX_DATE, deal.record.id, NEW_DAY.isoformat())
    return _fix(deal.owner, click, FixAct.FIX_DATE, {"CloseDate": NEW_DAY.toordinal()})


def _push(deal: Deal) -> Fix:
    """Two weeks more, wherever it closes: done twice it would be four."""
    assert deal.record.close_day is not None
    pushed = {"CloseDate": deal.record.close_day + 14}
    return _fix(deal.owner, Submitted(CONFIRM_PUSH, deal.record.id, {}), FixAct.PUSH, pushed)


def _reassign(deal: Deal) -> Fix:
    click = Clicked("reassign", deal.record.id, deal.colleague)
    return _fix(deal.manager, click, FixAct.REASSIGN, {"OwnerId": deal.colleague})


FIXES: Mapping[str, Callable[[Deal], Fix]] = {
    "a picked date": _date,
    "a form": lambda deal: _form(deal, FixAct.FIX, TYPED),
    "a push": _push,
    "closed lost": lambda deal: _form(deal, FixAct.CLOSE_LOST, LOST),
    "another owner": _reassign,
}


# --- The pulled company, and copies of it -----------------------------------------------------------


@pytest.fixture(scope="module")
def pulled(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Deal]:
    """The folder of the demo company on SQLite, and a deal of this quarter."""
    folder = tmp_path_factory.mktemp("demo")
    return folder, _pull(folder, "sqlite:///council.db")


@pytest.fixture(scope="module")
def pulled_on_postgresql(
    tmp_path_factory: pytest.TempPathFactory, create_postgresql_database: Callable[[str], str]
) -> tuple[Path, str, Deal]:
    """The same on PostgreSQL, with the address of its database."""
    folder, url = tmp_path_factory.mktemp("demo"), create_postgresql_database("template1")
    return folder, url, _pull(folder, url)


def _pull(folder: Path, url: str) -> Deal:
    demo = FixedDemo(folder, url)
    record = demo.countable()
    assert record.owner_id is not None
    assert record.close_day != NEW_DAY.toordinal()
    people = read_people(demo.council.engine)
    demo.council.engine.dispose()
    manager = people.managers_of(record.owner_id)[0]
    colleague = _colleague(people, manager, record.owner_id)
    return Deal(record, demo.crm.describe(record.id), record.owner_id, manager, colleague)


def _colleague(people: People, manager: str, owner: str) -> str:
    return min(one for one in people.reports_of(manager) if one != owner)


POINTS = (BEFORE_CALL, AFTER_CALL, BEFORE_CLOSING)
USUAL = {(point, "a form") for point in POINTS} | {(AFTER_CALL, fix) for fix in FIXES}
"""Tried on each commit: every point, and every fix at the point at which the CRM alone knows of it."""


@pytest.mark.parametrize(
    ("point", "fix"),
    [pytest.param(*way, marks=[] if way in USUAL else pytest.mark.slow) for way in product(POINTS, FIXES)],
)
def test_it_counts_exactly_once(pulled: tuple[Path, Deal], tmp_path: Path, point: str, fix: str) -> None:
    template, deal = pulled
    folder = tmp_path / "company"
    shutil.copytree(template, folder)
    _check(folder, point, deal, FIXES[fix](deal))


@pytest.mark.parametrize("point", [AFTER_ANSWER, NEVER])
def test_it_counts_once_where_all_is_done(pulled: tuple[Path, Deal], tmp_path: Path, point: str) -> None:
    template, deal = pulled
    folder = tmp_path / "company"
    shutil.copytree(template, folder)
    _check(folder, point, deal, _push(deal))


@pytest.mark.slow
@pytest.mark.parametrize("fix", FIXES)
@pytest.mark.parametrize("point", POINTS)
def test_it_counts_exactly_once_on_postgresql(
    pulled_on_postgresql: tuple[Path, str, Deal],
    create_postgresql_database: Callable[[str], str],
    tmp_path: Path,
    point: str,
    fix: str,
) -> None:
    template, url, deal = pulled_on_postgresql
    folder = tmp_path / "company"
    shutil.copytree(template, folder)
    configuration = (folder / "council.toml").read_text("utf-8")
    copy = create_postgresql_database(str(make_url(url).database))
    (folder / "council.toml").write_text(configuration.replace(url, copy), "utf-8")
    _check(folder, point, deal, FIXES[fix](deal))


# --- What has to hold -------------------------------------------------------------------------------


def _check(folder: Path, point: str, deal: Deal, fix: Fix) -> None:
    assert was_killed(ask_and_die, point, folder, fix.happening) == (point != NEVER)

    _resume(folder, 11)  # before anybody knows whether the change arrived
    recovering = dispatch(folder, 12)
    desk, now = recovering.desk, PULLED + timedelta(minutes=12)
    recover_writes(JobRun(desk.engine, desk.company, desk.crm, now, TODAY))
    _resume(folder, 13)
    repeated = dispatch(folder, 20)
    ask(repeated, fix.happening)
    repeated.desk.engine.dispose()

    lines = (folder / "demo-fixes.jsonl").read_text(encoding="utf-8").splitlines()
    written = [{name: new for name, (_, new) in json.loads(line)["changes"].items()} for line in lines]
    assert [json.dumps(one, default=str, sort_keys=True) for one in written] == [
        json.dumps(fix.wanted, default=str, sort_keys=True)
    ]
    _check_records(recovering, deal, fix, told=point not in (AFTER_ANSWER, NEVER))
    _check_tables(recovering)
    desk.engine.dispose()


def _resume(folder: Path, minutes: int) -> None:
    answers = dispatch(folder, minutes)
    while Resuming(answers).resume_next():
        pass
    answers.desk.engine.dispose()


def _check_records(answers: Dispatch, deal: Deal, fix: Fix, *, told: bool) -> None:
    """Audit, intents and inbox; a letter where the answer was lost; and the deal in the mirror."""
    with reading(answers.desk.engine) as connection:
        of_deal = select(audit.c.field).where(
            audit.c.object == f"deal:{deal.record.id}", audit.c.act == fix.act
        )
        assert sorted(connection.scalars(of_deal)) == sorted(fix.wanted)
        assert connection.scalar(select(func.count()).where(write_intent.c.closed_at.is_(None))) == 0
        assert connection.scalar(select(func.count()).where(inbox.c.answered_at.is_(None))) == 0
        kinds = list(
            connection.scalars(select(outbox.c.kind).where(outbox.c.kind.in_(["answer", "recovered"])))
        )
        assert len(kinds) == told
        mirrored = read_deal_record(connection, deal.record.id)
    assert {name: value_of(mirrored, name) for name in fix.wanted} == fix.wanted


def _check_tables(answers: Dispatch) -> None:
    desk = answers.desk
    with reading(desk.engine) as connection:
        measuring = Measuring(connection, desk.company, pulled_state(connection))
        measured = [measuring.table(TODAY, one, None) for one in dimensions_of(desk.company)]
    stored = [read_apm(desk.engine, desk.company, as_of=TODAY, dimension=one.dimension) for one in measured]
    assert stored == measured
