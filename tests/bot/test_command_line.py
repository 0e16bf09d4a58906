"""The command line as a person runs it: its own process, files on disk, exit codes, no stack traces."""

import csv
import json
import os
import subprocess
import sys
from contextlib import chdir, redirect_stderr, redirect_stdout
from dataclasses import dataclass
from io import BytesIO, StringIO, TextIOWrapper
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from bot.cli.command_line import run
from tests.bot.small_company import PULLED_AT, build_company

ROOT = Path(__file__).parents[2]
FIGURES = ["apm region", "apm region by product", "hygiene", "waterfall --from 2026-05-01 --to 2026-05-15"]


@dataclass(frozen=True)
class Done:
    """What a command wrote and how it ended."""

    returncode: int
    stdout: str
    stderr: str


def council(folder: Path, *words: str) -> Done:
    """Runs a command in this process, as `python -m bot` would in the folder."""
    out, err = TextIOWrapper(BytesIO()), TextIOWrapper(BytesIO())
    with chdir(folder), redirect_stdout(out), redirect_stderr(err):
        code = run(words)
    return Done(code, _written(out), _written(err))


def _written(stream: TextIOWrapper) -> str:
    stream.flush()
    buffer = stream.buffer
    assert isinstance(buffer, BytesIO)
    return buffer.getvalue().decode("utf-8")


def process(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """Runs a command in a process of its own."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    return subprocess.run(
        [sys.executable, "-m", "bot", *words],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
        timeout=120,
    )


def answer(folder: Path, *words: str) -> Any:
    done = council(folder, *words, "--format", "json")
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A pulled company."""
    folder = tmp_path_factory.mktemp("company")
    build_company(folder)
    done = council(folder, "pull", "--at", PULLED_AT)
    assert done.returncode == 0, done.stderr
    return folder


@pytest.fixture(autouse=True)
def no_demo_company(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Whoever runs the tests may have opened the demo; here nobody has."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))


# --- Pull -----------------------------------------------------------------------------------------


def test_a_pull_takes_in_every_good_row_and_names_the_bad_one(tmp_path: Path) -> None:
    build_company(tmp_path)
    report = answer(tmp_path, "pull", "--at", PULLED_AT)
    assert report["taken"]["Opportunity"] == 4
    assert (report["new"], report["kept"]) == (4, 1)
    assert report["problem_counts"] == {"bad amount": 1}
    problem = report["problems"][0]
    assert (problem["file"], problem["line"], problem["column"]) == ("Opportunity.csv", 6, "Amount")
    assert (problem["value"], "1234.56" in problem["says"]) == ("1.234,56", True)


def test_a_pull_that_can_use_nothing_fails_in_one_message(tmp_path: Path) -> None:
    build_company(tmp_path)
    (tmp_path / "exports" / "Opportunity.csv").unlink()
    done = council(tmp_path, "pull")
    assert done.returncode == 1
    assert "There is no Opportunity.csv" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_pull_names_a_stage_that_the_crm_does_not_have_with_the_nearest(tmp_path: Path) -> None:
    configuration = build_company(tmp_path)
    text = configuration.read_text(encoding="utf-8")
    configuration.write_text(f'{text}\n[metrics]\nqualified_stage = "Qualifcation"\n', encoding="utf-8")
    for command in ("check", "pull"):
        done = council(tmp_path, command)
        assert done.returncode == 2
        assert 'metrics.qualified_stage = "Qualifcation"' in done.stderr
        assert "did you mean Qualification?" in done.stderr
    assert not (tmp_path / "council.db").exists()


# --- Figures --------------------------------------------------------------------------------------


def test_the_matrix_in_json_has_the_figures_worked_out_by_hand(folder: Path) -> None:
    table = answer(folder, "apm", "region")
    emea = next(row for row in table["rows"] if row["value"] == "EMEA")
    assert (table["as_of"], table["period"]["day"]) == ("2026-05-15", 45)
    assert (emea["target"], emea["remaining"], emea["attainment"]) == (9100, 4600, 4500 / 9100)
    cells = emea["cells"]
    assert cells["closed_won"]["amount"] == 4500
    assert cells["forecast"]["amount"] == 6500.5
    assert (cells["forecast"]["required"], cells["forecast"]["gap"]) == (9100, 2599.5)
    assert cells["open_pipeline"]["amount"] == 3000.5
    assert cells["coverage"]["ratio"] == 3000.5 / 4600
    assert [cells[metric]["status"] for metric in ("closed_won", "forecast", "coverage")] == [
        "green",
        "red",
        "red",
    ]
    assert emea["forecast_best_case"] == 7500.5
    assert table["total"]["cells"]["open_pipeline"]["amount"] == 3700.5


def test_with_a_value_rows_hold_that_row_and_the_total_stays(folder: Path) -> None:
    table = answer(folder, "apm", "region", "amer")
    assert [row["value"] for row in table["rows"]] == ["AMER"]
    assert table["total"]["target"] == 10100


@pytest.mark.parametrize("command", FIGURES)
def test_every_json_answer_fits_its_schema(folder: Path, command: str) -> None:
    name = command.split(maxsplit=1)[0]
    schema = json.loads((ROOT / "docs" / "schema" / f"{name}.json").read_text(encoding="utf-8"))
    Draft202012Validator(schema).validate(answer(folder, *command.split()))


@pytest.mark.parametrize("command", [*FIGURES, "db", "why EMEA forecast"])
def test_every_answer_comes_as_a_table_and_as_csv_too(folder: Path, command: str) -> None:
    table = council(folder, *command.split())
    sheet = council(folder, *command.split(), "--format", "csv")
    assert (table.returncode, sheet.returncode) == (0, 0)
    assert len(table.stdout.splitlines()) > 3
    widths = {len(line) for line in csv.reader(StringIO(sheet.stdout))}
    assert len(widths) == 1
    assert table.stderr + sheet.stderr == ""


def test_the_default_day_is_that_of_the_last_pull_and_another_can_be_named(folder: Path) -> None:
    earlier = answer(folder, "apm", "region", "--as-of", "2026-05-04")
    assert earlier["as_of"] == "2026-05-04"
    assert earlier["total"]["cells"]["closed_won"]["amount"] == 0
    assert answer(folder, "apm", "region", "on", "2026-05-04") == earlier


def test_a_name_that_starts_like_a_formula_is_text_in_csv(folder: Path) -> None:
    sheet = council(folder, "why", "EMEA", "pipe", "gen", "--format", "csv").stdout
    assert "'=Globex" in sheet
    assert "\n=Globex" not in sheet


def test_a_confidential_deal_is_named_in_no_output_of_the_command_line(folder: Path) -> None:
    for command in ("why EMEA coverage", "hygiene", "apm region", "job council --dry-run"):
        done = council(folder, *command.split())
        assert done.returncode == 0, done.stderr
        assert "Nightfall" not in done.stdout
    for command in ("why EMEA coverage", "hygiene"):
        for form in ("json", "csv"):
            assert "Nightfall" not in council(folder, *command.split(), "--format", form).stdout


def test_a_finding_of_a_confidential_deal_keeps_its_id_and_loses_its_name(folder: Path) -> None:
    findings = answer(folder, "hygiene")["findings"]
    hidden = next(finding for finding in findings if finding["opportunity_id"] == "006D")
    assert hidden["rule"] == "close_date_placeholder"
    assert (hidden["opportunity_name"], hidden["owner"]) == ("(confidential)", None)
    assert (hidden["seen"], hidden["value"]) == (None, None)


def test_why_names_the_deals_behind_a_cell(folder: Path) -> None:
    written = answer(folder, "why", "AMER", "coverage")
    assert [deal["name"] for deal in written["deals"]] == ["Initech"]
    assert (written["deals"][0]["value"], written["cell"]["ratio"]) == (700, 0.7)


def test_the_waterfall_of_a_slice_says_what_was_won(folder: Path) -> None:
    bridge = answer(folder, "waterfall", "region", "EMEA", "--from", "2026-05-04", "--to", "2026-05-15")
    assert (bridge["dimension"], bridge["value"]) == ("region", "EMEA")
    assert (bridge["start"], bridge["won"], bridge["end"]) == (7500.5, 4500, 3000.5)


def test_hygiene_can_be_narrowed_to_a_team_or_a_person(folder: Path) -> None:
    team = answer(folder, "hygiene", "Mona")
    assert {score["level"] for score in team["scores"]} <= {"rep", "team"}
    assert {finding["owner"]["name"] for finding in team["findings"]} <= {"Ana Lind", "Ben Osei"}
    own = answer(folder, "hygiene", "ana@example.com")
    assert [score["name"] for score in own["scores"]] == ["Ana Lind"]
    assert council(folder, "hygiene", "team").returncode == 0


def test_the_weekly_post_can_be_read_before_anybody_posts_it(folder: Path) -> None:
    done = council(folder, "job", "council", "--dry-run")
    assert done.returncode == 0
    assert "Pipeline council · FY26 Q2, day 45 of 91" in done.stdout


def test_the_state_of_the_mirror_is_told(folder: Path) -> None:
    state = answer(folder, "db")
    assert state["source"] == "CSV exports in exports"
    assert (state["pulled_at"], state["measured"]) == ("2026-05-15T12:00:00+00:00", "2026-05-15")


def test_a_configuration_elsewhere_is_named_before_the_command(folder: Path, tmp_path: Path) -> None:
    done = council(tmp_path, "--config", str(folder / "council.toml"), "apm", "region", "--format", "json")
    assert json.loads(done.stdout)["total"]["value"] == "TOTAL"


# --- Mistakes -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("command", "says"),
    [
        ("apm region EMAE", "There is no region “EMAE”. Did you mean EMEA?"),
        ("apm regoin", "There is no “regoin”. Did you mean region?"),
        ("apm region --as-of friday", "Write it as 2026-10-01."),
        ("apm region --format xml", 'Choose from: "table", "json", "csv"'),
        ("apm region --nonsense", "Unknown option"),
        ("hygeine", "There is no command “hygeine”; did you mean hygiene?"),
        ("waterfall --from 2026-05-01", "--to requires an argument"),
        ("waterfall --from 2026-05-15 --to 2026-05-01", "Turn them round"),
        ("waterfall --from 2026-05-01 --to 2026-05-15 --period FY99", "There is no fiscal quarter 'FY99'"),
        ("waterfall region --from 2026-05-01 --to 2026-05-15", "Of which region?"),
        ("why EMEA", "Which figure?"),
        ("hygiene Zed", "There is no person “Zed”"),
        ("job counsil --dry-run", "There is no job “counsil”; did you mean council?"),
        ("job council", "council job council --dry-run shows what it would say"),
        ("job council --now --dry-run", "leave out --dry-run"),
        ("--config elsewhere.toml apm region", "elsewhere.toml: there is no such file"),
    ],
)
def test_a_mistake_is_one_kind_message_and_exit_code_2(folder: Path, command: str, says: str) -> None:
    done = council(folder, *command.split())
    assert done.returncode == 2
    assert done.stdout == ""
    assert says in done.stderr
    assert "Traceback" not in done.stderr


def test_all_mistakes_of_a_configuration_are_told_at_once(tmp_path: Path) -> None:
    configuration = build_company(tmp_path)
    text = configuration.read_text(encoding="utf-8").replace("pacing", "paceing").replace('"sqlite', '"mysql')
    configuration.write_text(text, encoding="utf-8")
    done = council(tmp_path, "apm", "region")
    assert done.returncode == 2
    assert "did you mean pacing?" in done.stderr
    assert "storage.url" in done.stderr


def test_without_a_configuration_it_is_said_what_to_do(tmp_path: Path) -> None:
    done = council(tmp_path, "apm", "region")
    assert done.returncode == 2
    assert "There is no council.toml in this folder" in done.stderr
    assert done.stderr.endswith("council demo.\n")
    assert not (tmp_path / "cache").exists()


def test_without_a_configuration_a_demo_company_that_is_there_is_offered(tmp_path: Path) -> None:
    config = tmp_path / "cache" / "pipeline-council" / "demo" / "council.toml"
    config.parent.mkdir(parents=True)
    config.touch()
    assert f"council --config {config} apm region" in council(tmp_path, "apm", "region").stderr


def test_before_the_first_pull_it_is_said_to_pull(tmp_path: Path) -> None:
    build_company(tmp_path)
    for command in ("apm region", "hygiene", "why EMEA coverage"):
        done = council(tmp_path, *command.split())
        assert done.returncode == 2
        assert "run `council pull` first" in done.stderr


def test_a_database_that_cannot_be_opened_is_a_failure_in_words(tmp_path: Path) -> None:
    build_company(tmp_path)
    (tmp_path / "council.db").mkdir()
    done = council(tmp_path, "apm", "region")
    assert done.returncode == 1
    assert "cannot be opened" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_fault_of_ours_is_a_sentence_and_its_details_are_for_the_person_alone(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_engine: object) -> None:
        raise RuntimeError("what a record holds")

    monkeypatch.setattr("bot.cli.db.read_mirror", fail)
    done = council(folder, "db")
    (log,) = tmp_path.glob("council-*.log")
    assert done.returncode == 1
    assert done.stderr == (
        f"council: Something went wrong on our side (RuntimeError). The details are in {log}.\n"
    )
    assert "RuntimeError: what a record holds" in log.read_text(encoding="utf-8")
    assert log.stat().st_mode & 0o077 == 0


def test_help_names_every_command(tmp_path: Path) -> None:
    done = council(tmp_path, "--help")
    assert done.returncode == 0
    for name in ("demo", "pull", "apm", "why", "waterfall", "hygiene", "job", "jobs", "check", "db", "docs"):
        assert f" {name} " in done.stdout


def test_the_program_is_the_same_in_a_process_of_its_own(folder: Path) -> None:
    done = process(folder, "apm", "region", "--format", "json")
    assert (done.returncode, done.stderr) == (0, "")
    assert json.loads(done.stdout) == answer(folder, "apm", "region")
    wrong = process(folder, "apm", "region", "EMAE")
    assert (wrong.returncode, wrong.stdout) == (2, "")
    assert wrong.stderr == "council: There is no region “EMAE”. Did you mean EMEA?\n"


def test_a_reader_that_stops_early_is_no_fault(folder: Path) -> None:
    done = subprocess.run(
        f"{sys.executable} -m bot apm region --format json | head -n 1",
        shell=True,
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert (done.stdout, done.stderr) == ("{\n", "")


def test_help_imports_nothing_heavy() -> None:
    script = (
        "import sys, bot.cli.command_line; print(sorted({'sqlalchemy', 'babel', 'PIL'} & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True, timeout=60
    )
    assert done.stdout.strip() == "[]"


def test_the_page_on_configuration_is_written_where_it_is_asked_for(tmp_path: Path) -> None:
    done = council(tmp_path, "docs", "--to", "pages/configuration.md")
    assert done.returncode == 0
    assert "qualified_stage" in (tmp_path / "pages" / "configuration.md").read_text(encoding="utf-8")
