"""`council people` over a pulled company of five: list, link, unlink."""

import csv
import json
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from tests.bot.small_company import PULLED_AT, build_company
from tests.bot.test_command_line import answer, council

SCHEMA = Path(__file__).parents[2] / "docs" / "schema" / "people.json"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    build_company(tmp_path)
    assert council(tmp_path, "pull", "--at", PULLED_AT).returncode == 0
    return tmp_path


def people(folder: Path) -> dict[str, Any]:
    listed = answer(folder, "people")
    Draft202012Validator(json.loads(SCHEMA.read_text(encoding="utf-8"))).validate(listed)
    return {entry["id"]: entry for entry in listed["people"]}


def test_everybody_is_listed_with_roles_owner_id_and_state(folder: Path) -> None:
    listed = people(folder)
    assert {id: entry["roles"] for id, entry in listed.items()} == {
        "005A": ["rep"],
        "005B": ["rep"],
        "005M": ["rep", "manager"],
        "005X": [],
        "005Z": ["rep"],
        "admin@example.com": ["administrator"],
        "kai@example.com": ["council"],
        "ops@example.com": ["operations"],
    }
    assert (listed["005A"]["crm_owner_id"], listed["kai@example.com"]["crm_owner_id"]) == ("005A", None)
    assert [id for id, entry in listed.items() if not entry["is_active"]] == ["005X"]
    assert all(entry["is_reachable"] for entry in listed.values())


def test_a_link_is_made_and_undone_and_on_record(folder: Path) -> None:
    made = council(folder, "people", "link", "slack:T01:U1", "Ana@example.com")
    assert "U1 is Ana Lind now" in made.stdout
    (link,) = people(folder)["005A"]["links"]
    assert (link["platform"], link["tenant"], link["user"], link["linked_by"]) == (
        "slack",
        "T01",
        "U1",
        "operations",
    )
    rows = list(csv.DictReader(council(folder, "people", "--format", "csv").stdout.splitlines()))
    assert {row["id"]: row["links"] for row in rows}["005A"] == "slack:T01:U1"
    assert "U1 is no longer Ana Lind" in council(folder, "people", "unlink", "ana@example.com").stdout
    assert people(folder)["005A"]["links"] == []
    assert [one["why"] for one in answer(folder, "people")["unmatched"]] == ["unlinked"]
    acts = [(row["by"], row["act"]) for row in answer(folder, "audit", "--object", "person:005A")["audit"]]
    assert acts == [("command-line", "unlink"), ("command-line", "link")]


@pytest.mark.parametrize(
    ("typed", "says"),
    [
        (("link", "U1", "ana@example.com"), "is no chat user: write platform, tenant and user id"),
        (("link", "slack:T01:U1", "dale@example.com"), "The CRM user of Dale Gone is not active"),
        (("link", "slack:T01:U1", "who@else.com"), "There is nobody called “who@else.com”"),
        (("link", "slack:T01:U1"), "requires an argument"),
        (("unlink", "slack:T01:U1"), "There is no link of"),
    ],
)
def test_what_cannot_be_used_is_said_in_one_line(folder: Path, typed: tuple[str, ...], says: str) -> None:
    done = council(folder, "people", *typed)
    assert done.returncode == 2
    assert says in done.stderr
    assert done.stderr.count("\n") == 1


def test_erasing_shows_first_and_does_it_with_yes(folder: Path) -> None:
    council(folder, "people", "link", "slack:T01:U1", "ana@example.com")
    shown = council(folder, "people", "erase", "ana@example.com")
    assert "Erase Ana Lind?" in shown.stdout
    assert people(folder)["005A"]["name"] == "Ana Lind"
    done = council(folder, "people", "erase", "ana@example.com", "--yes")
    assert "The person is erased" in done.stdout
    assert "Ana" not in done.stdout
    assert people(folder)["005A"]["name"].startswith("erased-")
    refused = council(folder, "people", "erase", "ops@example.com", "--yes")
    assert (refused.returncode, "[people]" in refused.stderr) == (2, True)
