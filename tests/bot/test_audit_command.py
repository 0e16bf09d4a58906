"""`council audit` as a person runs it."""

import csv
import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from storage.audit import AuditEntry, record_audit
from storage.database import open_database, writing
from tests.bot.small_company import PULLED_AT, build_company
from tests.bot.test_command_line import council

SNOOZES = (
    ("005A", "deal:006B", "Away.", datetime(2026, 5, 14, 23, 59, tzinfo=UTC)),
    ("005Z", "deal:006D", "Secret talks.", datetime(2026, 5, 15, tzinfo=UTC)),
    ("job:nudge", "person:005A", "", datetime(2026, 5, 16, tzinfo=UTC)),
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    build_company(tmp_path)
    assert council(tmp_path, "pull", "--at", PULLED_AT).returncode == 0
    engine = open_database(f"sqlite:///{tmp_path / 'council.db'}")
    with writing(engine) as connection:
        for by, about, reason, at in SNOOZES:
            entry = AuditEntry(by=by, surface="slack", act="snooze", object=about, new="=1", note=reason)
            record_audit(connection, entry, at)
    engine.dispose()
    return tmp_path


def objects(folder: Path, *options: str) -> list[str]:
    answer = json.loads(council(folder, "audit", "--format", "json", *options).stdout)
    return [line["object"] for line in answer["audit"]]


def test_the_filters_of_the_command(folder: Path) -> None:
    assert objects(folder) == ["person:005A", "deal:006D", "deal:006B"]
    assert objects(folder, "--since", "2026-05-15") == ["person:005A", "deal:006D"]
    assert objects(folder, "--object", "deal:006D") == ["deal:006D"]
    assert objects(folder, "--limit", "1") == ["person:005A"]
    for ana in ("ana@example.com", "005A", "Ana"):
        assert objects(folder, "--by", ana) == ["deal:006B"]
    assert objects(folder, "--by", "job:nudge") == ["person:005A"]
    assert objects(folder, "--by", "ops@example.com") == []


def test_every_format_hides_what_is_confidential_and_shows_the_rest(folder: Path) -> None:
    for format in ("table", "json", "csv"):
        shown = council(folder, "audit", "--format", format).stdout
        assert "Away." in shown
        assert "Secret talks." not in shown
        assert "Nightfall" not in shown
    lines = list(csv.DictReader(council(folder, "audit", "--format", "csv").stdout.splitlines()))
    assert (lines[2]["by_name"], lines[2]["new"], lines[2]["object_name"]) == ("Ana Lind", "'=1", "'=Globex")
    assert (lines[1]["new"], lines[1]["note"]) == ("(confidential)", "(confidential)")


def test_mistakes_are_answered_in_words(folder: Path) -> None:
    unknown = council(folder, "audit", "--by", "Ana Lint")
    assert unknown.returncode == 2
    assert "There is no person “Ana Lint”. Did you mean Ana Lind?" in unknown.stderr
    assert council(folder, "audit", "--limit", "0").returncode == 2
