"""Fixes in fixes.csv, laid over the exports."""

import csv
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crm.files.clock import Clock
from crm.files.fixes import fixing, read_fixes
from crm.files.stages import StageList
from crm.records import FieldKind, Fix, StageRecord
from pipeline.crm_fields import Busy
from pipeline.records import Category
from tests.crm.files.conftest import Folder, day

TEN_O_CLOCK = 1_767_261_600
"""2026-01-01T10:00:00Z."""


def append_fix(path: Path, fix: Fix) -> None:
    """As the port does it, but without looking at the record first."""
    with fixing(path) as add:
        add(fix)


def fixes_of(folder: Folder) -> Path:
    return folder.path / "fixes.csv"


@pytest.fixture
def deal(opportunities: Callable[..., Folder]) -> Folder:
    """A deal that was last modified at ten o'clock."""
    return opportunities(
        "Id,StageName,Amount,CloseDate,NextStep,LastModifiedDate,Seats__c",
        "006A,Prospecting,5,2026-01-31,Call,2026-01-01T10:00:00.000Z,1",
        "006B,Prospecting,5,2026-01-31,Call,2026-01-01T10:00:00.000Z,1",
    )


def test_a_fix_is_laid_over_the_record_by_the_next_pull(deal: Folder) -> None:
    changes: dict[str, tuple[str | int | None, str | int | None]] = {
        "CloseDate": (day("2026-01-31"), day("2026-03-15")),
        "Amount": (50_000, 12_345_678),
        "StageName": ("Prospecting", "Qualification"),
        "NextStep": ("Call", 'Write to "Ana",\nthen call'),
        "ForecastCategoryName": (None, "Commit"),
        "OwnerId": ("005A", "005B"),
        "Seats__c": (10_000, 75_000),
    }
    kinds = {"Seats__c": FieldKind.NUMBER}
    append_fix(fixes_of(deal), Fix("006A", "005A", TEN_O_CLOCK + 60, changes, kinds))
    pulled = deal.pull({"Seats__c": FieldKind.NUMBER})
    fixed = pulled.opportunity("006A")
    assert (fixed.close_day, fixed.amount, fixed.stage) == (day("2026-03-15"), 12_345_678, "Qualification")
    assert (fixed.next_step, fixed.category) == ('Write to "Ana",\nthen call', Category.COMMIT)
    assert (fixed.owner_id, fixed.fields, fixed.modified_at) == (
        "005B",
        {"Seats__c": 75_000},
        TEN_O_CLOCK + 60,
    )
    assert pulled.opportunity("006B").next_step == "Call"
    assert pulled.kinds() == {}


def test_the_file_is_plain_to_read(deal: Folder) -> None:
    append_fix(
        deal.path / "fixes.csv", Fix("006A", "005A", TEN_O_CLOCK, {"CloseDate": (None, day("2026-03-15"))})
    )
    append_fix(fixes_of(deal), Fix("006B", "005A", TEN_O_CLOCK, {"Amount": (50_000, 1_500)}))
    assert (deal.path / "fixes.csv").read_text() == (
        "at,by,opportunity_id,field,old,new\n"
        "2026-01-01T10:00:00Z,005A,006A,CloseDate,,2026-03-15\n"
        "2026-01-01T10:00:00Z,005A,006B,Amount,5,0.15\n"
    )


def test_a_fix_can_empty_a_field(deal: Folder) -> None:
    append_fix(fixes_of(deal), Fix("006A", "005A", TEN_O_CLOCK + 1, {"NextStep": ("Call", None)}))
    assert deal.pull().opportunity("006A").next_step is None


@pytest.mark.parametrize(("seconds_after", "next_step"), [(-1, "Call"), (0, "Write"), (1, "Write")])
def test_a_fix_holds_until_the_record_is_modified_later(
    deal: Folder, seconds_after: int, next_step: str
) -> None:
    append_fix(
        deal.path / "fixes.csv",
        Fix("006A", "005A", TEN_O_CLOCK + seconds_after, {"NextStep": ("Call", "Write")}),
    )
    assert deal.pull().opportunity("006A").next_step == next_step


def test_a_record_without_a_modification_date_keeps_its_fixes(opportunities: Callable[..., Folder]) -> None:
    folder = opportunities("Id,StageName,NextStep", "006A,Prospecting,Call")
    append_fix(fixes_of(folder), Fix("006A", "005A", TEN_O_CLOCK, {"NextStep": ("Call", "Write")}))
    record = folder.pull().opportunity("006A")
    assert (record.next_step, record.modified_at) == ("Write", None)


def test_the_latest_of_several_fixes_wins_in_whatever_order_they_stand(deal: Folder) -> None:
    path = deal.path / "fixes.csv"
    append_fix(path, Fix("006A", "005A", TEN_O_CLOCK + 20, {"NextStep": ("Call", "Second")}))
    append_fix(path, Fix("006A", "005A", TEN_O_CLOCK + 10, {"NextStep": ("Call", "First")}))
    assert deal.pull().opportunity("006A").next_step == "Second"


def test_a_broken_line_is_named_and_the_others_are_used(deal: Folder) -> None:
    deal.rows(
        "fixes.csv",
        "at,by,opportunity_id,field,old,new",
        "soon,005A,006A,NextStep,,x",
        "2026-01-01T11:00:00Z,005A,006A,CloseDate,,31.12.2026",
        "2026-01-01T11:00:00Z,005A,006A,StageName,,",
        "2026-01-01T11:00:00Z,005A,006A,StageName,,Nowhere",
        "2026-01-01T11:00:00Z,005A,006A,Forgotten__c,,x",
        "2026-01-01T11:00:00Z,005A,006A,Seats__c,,many",
        "2026-01-01T11:00:00Z,005A,,NextStep,,x",
        "2026-01-01T11:00:00Z,005A,006A,NextStep,Call,Write",
        "2026-01-01T11:00:00Z,005A,006A",
    )
    pulled = deal.pull({"Seats__c": FieldKind.NUMBER})
    assert pulled.opportunity("006A").next_step == "Write"
    broken = [(problem.line, problem.kind) for problem in pulled.problems if problem.file == "fixes.csv"]
    assert sorted(broken) == [
        (2, "broken fix"),
        (3, "broken fix"),
        (4, "broken fix"),
        (5, "broken fix"),
        (7, "broken fix"),
        (8, "broken fix"),
        (10, "too few cells"),
    ]


def test_a_torn_last_line_costs_only_itself(deal: Folder) -> None:
    deal.write("fixes.csv", "at,by,opportunity_id,field,old,new\n2026-01-01T11:00:00Z,005A,00")
    append_fix(fixes_of(deal), Fix("006A", "005A", TEN_O_CLOCK + 1, {"NextStep": ("Call", "Write")}))
    pulled = deal.pull()
    assert pulled.opportunity("006A").next_step == "Write"
    assert pulled.kinds() == {"too few cells": 1}


def test_another_file_of_that_name_is_not_taken_for_fixes(deal: Folder) -> None:
    deal.rows("fixes.csv", "date,what", "2026-01-01,nothing")
    assert deal.pull().problem("missing column").file == "fixes.csv"


def test_a_fix_that_cannot_be_saved_says_what_to_check(deal: Folder) -> None:
    (deal.path / "fixes.csv").mkdir()
    result = deal.crm().write(Fix("006A", "005A", TEN_O_CLOCK, {"NextStep": ("Call", "x")}))
    assert isinstance(result, Busy)
    assert re.search(r"could not be saved in .*fixes\.csv: Is a directory\. Check", result.says)


def test_two_processes_that_fix_at_once_lose_nothing(deal: Folder) -> None:
    program = (
        "import sys\nfrom pathlib import Path\nfrom crm.files.fixes import fixing\n"
        "from crm.records import Fix\n"
        "for number in range(100):\n"
        "    with fixing(Path(sys.argv[1])) as add:\n"
        "        add(Fix(sys.argv[2], 'u', number, {'NextStep': (None, 'x' * 2000)}))\n"
    )
    path = deal.path / "fixes.csv"
    processes = [subprocess.Popen([sys.executable, "-c", program, str(path), name]) for name in ("A", "B")]
    assert [process.wait() for process in processes] == [0, 0]
    with path.open(newline="") as file:
        rows = list(csv.reader(file))
    assert len(rows) == 201
    assert [rows[0], {len(row) for row in rows}] == [
        ["at", "by", "opportunity_id", "field", "old", "new"],
        {6},
    ]
    for name in ("A", "B"):
        assert [row[0][-3:-1] for row in rows if row[2] == name] == [
            f"{second % 60:02}" for second in range(100)
        ]


@given(text=st.text(st.characters(codec="utf-8", exclude_characters="\0"), min_size=1, max_size=300))
def test_any_text_survives_the_file(tmp_path_factory: pytest.TempPathFactory, text: str) -> None:
    path = tmp_path_factory.mktemp("fixes") / "fixes.csv"
    append_fix(path, Fix("006A", "005A", TEN_O_CLOCK, {"NextStep": (None, text)}))
    append_fix(path, Fix("006B", "005A", TEN_O_CLOCK, {"NextStep": (None, "after")}))
    stages = StageList([StageRecord("Prospecting", 1, False, False, Category.PIPELINE)], {})
    book, problems = read_fixes(path, stages, Clock("UTC"), {})
    assert problems == ()
    assert [fix.value for fix in book.by_opportunity["006A"]] == [text.strip() or None]
    assert [fix.value for fix in book.by_opportunity["006B"]] == ["after"]
