"""A replay streams: its memory follows the findings that are open, not the deals and versions it reads."""

import tracemalloc
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import insert, select

from bot.app import Council
from storage import rule_replay
from storage.database import reading, writing
from storage.rule_trials import try_rules
from storage.tables import FOREVER, opportunity, opportunity_key, opportunity_version
from tests.journeys.test_field_versions import PLAN_RULE, Story, deal, noon

VERSIONS_A_DEAL = 4
BROKEN = 50
FEW, MANY = 1_000, 5_000


@pytest.fixture
def council(tmp_path: Path) -> Council:
    story = Story(tmp_path, f"sqlite:///{tmp_path / 'council.db'}", PLAN_RULE)
    story.pull(noon(2), deal("006A", "Call", plan="BANT"), deal("006B", "Call"))
    story.pull(noon(20), deal("006A", "Call", plan="BANT"), deal("006B", "Call"))
    return story.exported.council


def grow(council: Council, first: int, last: int) -> None:
    """Copies of 006A with the numbers from `first` to `last`, each with several versions; of the first
    fifty, copies of 006B, which has no plan."""
    with writing(council.engine) as connection:
        models = [_rows(connection, id) for id in ("006A", "006B")]
        keys: list[dict[str, Any]] = []
        records: list[dict[str, Any]] = []
        versions: list[dict[str, Any]] = []
        for number in range(first, last + 1):
            record, version = models[number < first + BROKEN and first < FEW]
            id = f"007{number:08}"
            keys.append({"no": number, "crm_id": id})
            records.append({**record, "no": number, "crm_id": id})
            versions += _versions({**version, "opportunity": number})
        for table, rows in (
            (opportunity_key, keys),
            (opportunity, records),
            (opportunity_version, versions),
        ):
            connection.execute(insert(table), rows)


def _rows(connection: Any, id: str) -> tuple[dict[str, Any], dict[str, Any]]:
    record = connection.execute(select(opportunity).where(opportunity.c.crm_id == id)).mappings().first()
    versions = opportunity_version.c
    version = connection.execute(
        select(opportunity_version).where(
            versions.opportunity == record["no"], versions.valid_to == FOREVER, versions.gen_to == FOREVER
        )
    )
    return dict(record), dict(version.mappings().first())


def _versions(last: dict[str, Any]) -> Sequence[dict[str, Any]]:
    """A version every other day up to the last one."""
    starts = [last["valid_from"] + 2 * place for place in range(VERSIONS_A_DEAL)]
    ends = [*starts[1:], last["valid_to"]]
    return [{**last, "valid_from": start, "valid_to": end} for start, end in zip(starts, ends, strict=True)]


def peak(council: Council) -> int:
    """Bytes that a replay of three weeks takes at most."""
    tracemalloc.start()
    try:
        (trial,) = try_rules(
            council.engine, council.company, council.company.hygiene, ["plan_missing"], weeks=3
        )
        most = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert trial.proposed is not None
    assert trial.proposed.findings == BROKEN + 1
    return most


def _least_peak(council: Council) -> int:
    """Of several: what the collector has not taken away yet is no need of the replay."""
    return min(peak(council) for _ in range(3))


@pytest.mark.usefixtures("usual_collection")
def test_five_times_as_many_deals_and_versions_take_no_more_memory(
    council: Council, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rule_replay, "ROWS_A_FETCH", 250)
    grow(council, 3, FEW)
    peak(council)  # what statements and modules keep for the next time
    few = _least_peak(council)
    grow(council, FEW + 1, MANY)
    with reading(council.engine) as connection:
        assert len(connection.execute(select(opportunity_version.c.opportunity)).all()) > 4 * MANY - 10
    assert _least_peak(council) < 1.25 * few
