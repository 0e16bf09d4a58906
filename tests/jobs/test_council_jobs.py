"""The weekly council as jobs: asked before, frozen, posted, each once, and marked where it was restated."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from sqlalchemy import select

from crm.files.crm import FilesCrm
from crm.files.definition import FilesDefinition
from jobs.council import post_council
from jobs.council_freeze import freeze_week
from jobs.council_prepare import prepare_council
from jobs.job import JobRun
from jobs.pull import run_pull
from messages.card_text import card_from_text
from messages.render.terminal import render_text
from pipeline.company import Company
from pipeline.crm_records import FieldKind
from pipeline.definitions import CellOwnerDefinition, CouncilDefinition, FunctionsDefinition, PeopleDefinition
from pipeline.matrix import Dimension, Metric
from pipeline.working_days import WorkingDays
from storage.chat_tables import outbox
from storage.database import Engine, open_database, reading
from storage.editions import find_thread_cell, read_edition
from tests.jobs import test_weekly_post as weekly
from tests.new_database import write_new_database

FRIDAY = datetime(2026, 5, 15, 9, tzinfo=UTC)
MONDAY = datetime(2026, 5, 18, 9, tzinfo=UTC)
DEALS = """\
Id,Name,StageName,Amount,CloseDate,CreatedDate,Region__c
006A,Acme,Closed Won,100,2026-05-12,2026-04-02T10:00:00.000Z,EMEA
006B,Globex,Qualification,300,2026-06-20,2026-04-02T10:00:00.000Z,EMEA
"""
USERS = """\
Id,Name,Email,IsActive
005A,Ana,ana@example.org,true
005B,Ben,ben@example.org,true
005O,Olga,olga@example.org,true
"""
OWNER = CellOwnerDefinition(
    function="sales", dimension=Dimension.REGION, value="EMEA", person="005A", deputy="005B"
)
PEOPLE = PeopleDefinition(
    council=("005A", "005B"), functions=FunctionsDefinition(operations=("005O",)), operations=("005O",)
)


def company(**changes: object) -> Company:
    council = CouncilDefinition(owners=(OWNER,))
    return replace(weekly.company(), people=PEOPLE, council=council, **changes)  # type: ignore[arg-type]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write_exports(tmp_path)
    return tmp_path


@pytest.fixture
def engine(folder: Path) -> Iterator[Engine]:
    """The exports as they were pulled on Friday."""
    file = folder / "council.db"
    file.write_bytes(_pulled())
    engine = open_database(f"sqlite:///{file}")
    yield engine
    engine.dispose()


@cache
def _pulled() -> bytes:
    with TemporaryDirectory() as name:
        folder, file = Path(name), Path(name) / "council.db"
        write_exports(folder)
        engine = open_database(write_new_database(file))
        pull(engine, folder, FRIDAY)
        engine.dispose()
        return file.read_bytes()


def write_exports(folder: Path) -> None:
    write(folder, DEALS)
    (folder / "User.csv").write_text(USERS, encoding="utf-8")
    (folder / "targets.csv").write_text(weekly.TARGETS, encoding="utf-8")


def write(folder: Path, deals: str) -> None:
    (folder / "Opportunity.csv").write_text(deals, encoding="utf-8")


def crm(folder: Path) -> FilesCrm:
    return FilesCrm(FilesDefinition(folder=".", stages=weekly.STAGES), folder)


def pull(engine: Engine, folder: Path, now: datetime) -> None:
    fields = {"Region__c": FieldKind.TEXT}
    run_pull(engine, crm(folder), company(), fields=fields, now=now, progress=lambda _: None)


def run(engine: Engine, folder: Path, now: datetime, of: Company | None = None) -> JobRun:
    return JobRun(engine, of or company(), crm(folder), now, now.date())


def letters(engine: Engine) -> list[tuple[str, str, str]]:
    """Kind, audience and words of all that was written."""
    with reading(engine) as connection:
        rows = connection.execute(select(outbox).order_by(outbox.c.no)).all()
    return [(row.kind, row.audience, render_text(card_from_text(row.card), 300)) for row in rows]


def test_the_owner_of_red_cells_is_asked_once_about_three_at_most(engine: Engine, folder: Path) -> None:
    for _ in range(2):
        prepare_council(run(engine, folder, FRIDAY))
    asked = [
        words for kind, audience, words in letters(engine) if (kind, audience) == ("preparation", "@005A")
    ]
    assert len(asked) == 1
    assert 1 <= asked[0].count("What should the council know?") <= 3
    assert "provisional" in asked[0]


def test_operations_are_warned_of_functions_that_own_no_cell(engine: Engine, folder: Path) -> None:
    prepare_council(run(engine, folder, FRIDAY))
    (warning,) = [words for kind, audience, words in letters(engine) if kind == "cell_owners"]
    assert "Product, marketing and operations own no cell of the council." in warning


def test_nobody_is_asked_on_another_day(engine: Engine, folder: Path) -> None:
    prepare_council(run(engine, folder, datetime(2026, 5, 14, 9, tzinfo=UTC)))
    assert letters(engine) == []


def test_a_late_pull_changes_no_frozen_figure_and_is_marked(engine: Engine, folder: Path) -> None:
    pull(engine, folder, MONDAY.replace(hour=1))
    freeze_week(run(engine, folder, MONDAY.replace(hour=1)))
    with reading(engine) as connection:
        before = read_edition(connection, MONDAY.date())
    assert before is not None
    assert before.as_of == date(2026, 5, 17)
    moved = DEALS.replace("100,2026-05-12", "50,2026-05-12")
    write(folder, moved)
    pull(engine, folder, MONDAY.replace(hour=2))
    freeze_week(run(engine, folder, MONDAY.replace(hour=2)))
    with reading(engine) as connection:
        after = read_edition(connection, MONDAY.date())
    assert after == before
    emea = before.tables[Dimension.REGION].rows[0]
    assert emea.cells[Metric.CLOSED_WON].figure == 100


def test_nothing_is_frozen_before_the_first_pull_past_midnight(engine: Engine, folder: Path) -> None:
    assert freeze_week(run(engine, folder, MONDAY)).says == "Waits for the first pull past midnight"


def test_a_post_freezes_by_itself_and_is_posted_once(engine: Engine, folder: Path) -> None:
    for _ in range(2):
        post_council(run(engine, folder, MONDAY))
    found = letters(engine)
    assert [(kind, audience) for kind, audience, _ in found] == [
        ("council", "#pipeline-council"),
        ("council_thread", "#pipeline-council"),
    ]
    with reading(engine) as connection:
        assert read_edition(connection, MONDAY.date()) is not None
        cell = find_thread_cell(connection, "council:FY26 Q2:2026-05-17:EMEA@pipeline-council")
    assert cell is not None
    assert (cell.value, cell.edition) == ("EMEA", MONDAY.date())


def test_red_rows_are_messages_of_their_own_after_the_summary_worst_first(
    engine: Engine, folder: Path
) -> None:
    """APAC lacks more of its target of 2,000 than EMEA of its 900."""
    write(folder, DEALS + "006C,Initech,Qualification,10,2026-06-20,2026-04-02T10:00:00.000Z,APAC\n")
    targets = weekly.TARGETS + "FY26 Q2,region,APAC,closed_won,2000,USD\n"
    (folder / "targets.csv").write_text(targets, encoding="utf-8")
    pull(engine, folder, MONDAY.replace(hour=1))
    post_council(run(engine, folder, MONDAY))
    with reading(engine) as connection:
        rows = connection.execute(select(outbox).order_by(outbox.c.no)).all()
    summary = "council:FY26 Q2:2026-05-17"
    assert [(row.key, row.thread_of, row.follows) for row in rows] == [
        (f"{summary}@pipeline-council", None, None),
        (f"{summary}:APAC@pipeline-council", None, f"{summary}@pipeline-council"),
        (f"{summary}:EMEA@pipeline-council", None, f"{summary}:APAC@pipeline-council"),
    ]


def test_the_post_says_from_whom_there_is_no_word(engine: Engine, folder: Path) -> None:
    prepare_council(run(engine, folder, FRIDAY))
    post_council(run(engine, folder, MONDAY))
    (thread,) = [words for kind, _, words in letters(engine) if kind == "council_thread"]
    assert "No word from Ana." in thread


def test_a_council_on_a_holiday_is_held_on_the_next_working_day(engine: Engine, folder: Path) -> None:
    closed = company(working_days=WorkingDays(further=frozenset({MONDAY.date()})))
    post_council(run(engine, folder, MONDAY, closed))
    assert letters(engine) == []
    post_council(run(engine, folder, MONDAY.replace(day=19), closed))
    assert len(letters(engine)) == 2
