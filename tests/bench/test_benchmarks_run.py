"""The benchmarks run at a small size and count what they should; nothing here is timed."""

from datetime import date
from pathlib import Path

import pytest

from bench.bare import import_bare
from bench.generate import Size, write_exports
from bench.load_and_measure import NOW, print_figures, run_benchmark
from bench.slack_edge import run_benchmark as run_slack_benchmark

OPPORTUNITIES = 2_000
HISTORY_PER = 5


@pytest.fixture(scope="module")
def exports(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("exports")
    size = Size(OPPORTUNITIES, HISTORY_PER, with_products=False, today=date(2026, 9, 15), seed=1)
    write_exports(folder, size)
    return folder


def test_a_run_loads_every_row_once_and_then_only_what_changed(
    exports: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    figures = run_benchmark(exports, NOW, changed=10)

    assert (figures.first.opportunities, figures.first.new) == (OPPORTUNITIES, OPPORTUNITIES)
    assert figures.first.versions > OPPORTUNITIES
    assert (figures.again.changed, figures.again.unchanged) == (0, OPPORTUNITIES)
    assert (figures.incremental.changed, figures.incremental.unchanged) == (10, OPPORTUNITIES - 10)
    assert figures.incremental.versions < 100
    assert figures.reading.findings > 0
    print_figures(figures)
    assert "first load / bare import" in capsys.readouterr().out


def test_the_bare_import_takes_the_same_rows_with_python_where_the_tool_is_missing(
    exports: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with_tool_if_any = import_bare(exports, tmp_path / "one.db")
    monkeypatch.setenv("PATH", str(tmp_path))
    with_python = import_bare(exports, tmp_path / "other.db")

    assert with_python.tool == "csv and executemany of Python"
    assert with_python.rows == with_tool_if_any.rows == OPPORTUNITIES * (1 + HISTORY_PER)


async def test_slack_is_answered_in_every_phase(exports: Path, capsys: pytest.CaptureFixture[str]) -> None:
    found = await run_slack_benchmark(exports, digests=20, commands=4)
    alone, delivering, pulling = (len(latency.answered) for latency in found.values())
    assert (alone, delivering) == (4, 4)
    assert pulling >= 4, "as long as the pull takes"
    assert "Bolt itself" in capsys.readouterr().out
