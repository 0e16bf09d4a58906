"""The benchmark of Salesforce runs at a small size and counts what it should; nothing here is timed."""

from datetime import date
from pathlib import Path

import pytest

from bench.generate import Size, write_exports
from bench.salesforce import NOW, print_figures, run_benchmark

OPPORTUNITIES = 1_000


def test_a_run_loads_every_row_in_bulk_and_then_only_what_changed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A thousand deals with five rows of history each; two hundred accounts, 2,001 people."""
    size = Size(OPPORTUNITIES, 5, with_products=False, today=date(2026, 9, 15), seed=1)
    write_exports(tmp_path, size)
    figures = run_benchmark(tmp_path, NOW, changed=10)
    assert (figures.first.opportunities, figures.first.new) == (OPPORTUNITIES, OPPORTUNITIES)
    assert figures.first.versions > OPPORTUNITIES
    assert (figures.changes.opportunities, figures.changes.changed) == (10, 10)
    print_figures(figures)
    assert "first load / bare import" in capsys.readouterr().out
