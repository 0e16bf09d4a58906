"""Complete exports: what is absent was deleted, unless too much is."""

from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from pipeline.errors import PullRefused
from pipeline.matrix import Dimension, Metric
from storage.apm import read_apm
from tests.journeys.exported import Exported

CONFIGURATION = """
[crm]
kind = "files"
[crm.files]
complete = true
"""
FIRST_PULL = datetime(2026, 11, 23, 12, tzinfo=UTC)
SECOND_PULL = datetime(2026, 11, 24, 12, tzinfo=UTC)


def _deals(count: int) -> list[dict[str, str]]:
    return [
        {
            "Id": f"006{number}",
            "Name": f"Deal {number}",
            "StageName": "Qualification",
            "Amount": "100",
            "CloseDate": "2026-12-01",
            "CreatedDate": "2026-11-01T10:00:00.000Z",
        }
        for number in range(count)
    ]


@pytest.fixture
def company(tmp_path: Path) -> Iterator[Exported]:
    """Ten open deals of 100 each after the first pull."""
    exported = Exported(tmp_path, CONFIGURATION)
    exported.write({"Opportunity": _deals(10)})
    exported.pull(FIRST_PULL)
    yield exported
    exported.close()


def _open_pipeline(company: Exported, day: date) -> object:
    council = company.council
    table = read_apm(council.engine, council.company, as_of=day, dimension=Dimension.REGION)
    return table.total.cells[Metric.OPEN_PIPELINE].figure


def test_a_fifth_may_go_and_ends_on_the_day_of_the_pull(company: Exported) -> None:
    company.write({"Opportunity": _deals(8)})
    assert company.pull(SECOND_PULL).deleted == 2
    assert _open_pipeline(company, date(2026, 11, 23)) == 1000
    assert _open_pipeline(company, date(2026, 11, 24)) == 800


def test_more_than_a_fifth_is_refused_and_nothing_changes(company: Exported) -> None:
    company.write({"Opportunity": _deals(7)})
    with pytest.raises(PullRefused, match="3 of 10 opportunities are absent"):
        company.pull(SECOND_PULL)
    assert _open_pipeline(company, date(2026, 11, 24)) == 1000


def test_a_deal_with_a_bad_row_is_there_all_the_same(company: Exported) -> None:
    deals = _deals(10)
    for deal in deals[:3]:
        deal["Amount"] = "1.000,00"
    company.write({"Opportunity": deals})
    report = company.pull(SECOND_PULL)
    assert (report.deleted, report.kept) == (0, 3)
    assert _open_pipeline(company, date(2026, 11, 24)) == 1000


def test_a_deal_that_comes_back_counts_again_from_then_on(company: Exported) -> None:
    company.write({"Opportunity": _deals(9)})
    company.pull(SECOND_PULL)
    company.write({"Opportunity": _deals(10)})
    company.pull(datetime(2026, 11, 26, 12, tzinfo=UTC))
    days = [date(2026, 11, 23), date(2026, 11, 24), date(2026, 11, 25), date(2026, 11, 26)]
    assert [_open_pipeline(company, day) for day in days] == [1000, 900, 900, 1000]
