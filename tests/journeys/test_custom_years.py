"""A 4-4-5 year from a table of periods, which ends somewhere."""

from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from pipeline.errors import PeriodMissing
from pipeline.matrix import Dimension, Metric
from storage.apm import read_apm
from tests.journeys.exported import Exported

CONFIGURATION = """
[crm]
kind = "files"
[calendar]
timezone = "America/Los_Angeles"
periods = "Period.csv"
"""
PERIODS = """Type,StartDate,EndDate,FullyQualifiedLabel
Quarter,2025-11-02,2026-01-31,Q4 FY 2025
Quarter,2026-02-01,2026-05-02,Q1 FY 2026
Quarter,2026-05-03,2026-08-01,Q2 FY 2026
Quarter,2026-08-02,2026-10-31,Q3 FY 2026
Quarter,2026-11-01,2027-01-30,Q4 FY 2026
Month,2026-11-01,2026-11-28,November
"""


@pytest.fixture
def company(tmp_path: Path) -> Iterator[Exported]:
    """One open deal of the last quarter of a table that ends with it."""
    (tmp_path / "Period.csv").write_text(PERIODS, encoding="utf-8")
    exported = Exported(tmp_path, CONFIGURATION)
    deal = {
        "Id": "006A",
        "Name": "Open",
        "StageName": "Qualification",
        "Amount": "500",
        "CloseDate": "2026-11-25",
        "CreatedDate": "2026-10-30T10:00:00.000Z",
    }
    exported.write({"Opportunity": [deal]})
    exported.pull(datetime(2026, 11, 23, 20, tzinfo=UTC))
    yield exported
    exported.close()


def test_the_last_quarter_of_the_table_has_figures_and_no_following_one(company: Exported) -> None:
    council = company.council
    table = read_apm(council.engine, council.company, as_of=date(2026, 11, 23), dimension=Dimension.PRODUCT)
    assert (table.period.label, table.period.day, table.period.days) == ("Q4 FY 2026", 23, 91)
    assert table.prior_as_of == date(2025, 11, 24)  # day 23 of a quarter that began on 2 November
    assert table.total.cells[Metric.OPEN_PIPELINE].figure == 500
    assert table.total.open_pipeline_rolling_4q == {"Q4 FY 2026": 500}
    assert table.total.coverage_next is None


def test_a_day_after_the_table_names_what_is_missing(company: Exported) -> None:
    council = company.council
    with pytest.raises(PeriodMissing, match="1 Feb 2027 is missing"):
        read_apm(council.engine, council.company, as_of=date(2027, 2, 1), dimension=Dimension.PRODUCT)
