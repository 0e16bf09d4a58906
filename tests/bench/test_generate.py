"""The generator of large exports: the same rows every time, in agreement with themselves, all usable."""

import csv
import tracemalloc
from collections import defaultdict
from datetime import date
from pathlib import Path

import pytest

from bench.generate import Size, write_exports

TODAY = date(2026, 9, 15)


def size(opportunities: int, history_per: int = 5) -> Size:
    return Size(opportunities, history_per, with_products=True, today=TODAY, seed=1)


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_the_same_arguments_give_the_same_files(tmp_path: Path) -> None:
    write_exports(tmp_path / "first", size(300))
    write_exports(tmp_path / "second", size(300))
    first = {path.name: path.read_bytes() for path in (tmp_path / "first").iterdir()}
    assert first == {path.name: path.read_bytes() for path in (tmp_path / "second").iterdir()}
    assert {"Opportunity.csv", "OpportunityHistory.csv", "targets.csv", "council.toml"} <= set(first)


@pytest.mark.parametrize("history_per", [1, 2, 5])
def test_history_begins_with_the_creation_and_ends_with_the_record(tmp_path: Path, history_per: int) -> None:
    write_exports(tmp_path, size(400, history_per))
    history = defaultdict(list)
    for row in rows(tmp_path / "OpportunityHistory.csv"):
        history[row["OpportunityId"]].append(row)
    deals = rows(tmp_path / "Opportunity.csv")
    assert len(deals) == 400
    for deal in deals:
        of_deal = history[deal["Id"]]
        moments = [row["CreatedDate"] for row in of_deal]
        assert len(moments) == history_per
        assert moments == sorted(moments)
        assert moments[0] == deal["CreatedDate"]
        last = of_deal[-1]
        assert [last[name] for name in ("StageName", "Amount", "CloseDate")] == [
            deal[name] for name in ("StageName", "Amount", "CloseDate")
        ]
        assert moments[-1] <= deal["LastModifiedDate"]


def test_nothing_happens_after_today_and_deals_are_won_lost_and_open(tmp_path: Path) -> None:
    write_exports(tmp_path, size(1_000))
    deals = rows(tmp_path / "Opportunity.csv")
    assert max(deal["LastModifiedDate"] for deal in deals) < "2026-09-15"
    closed = [deal for deal in deals if deal["StageName"].startswith("Closed")]
    assert max(deal["CloseDate"] for deal in closed) < "2026-09-15"
    assert {deal["CurrencyIsoCode"] for deal in deals} == {"USD", "EUR"}
    won = sum(deal["StageName"] == "Closed Won" for deal in deals)
    assert 200 < won < 400
    assert 50 < len(deals) - len(closed) < 300


@pytest.mark.usefixtures("usual_collection")
def test_memory_does_not_grow_with_the_number_of_rows(tmp_path: Path) -> None:
    tracemalloc.start()
    write_exports(tmp_path, size(30_000))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert sum(path.stat().st_size for path in tmp_path.iterdir()) > 15_000_000
    assert peak < 14_000_000
