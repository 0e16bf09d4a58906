"""The same company on SQLite and on PostgreSQL: figures worked out by hand, over two pulls."""

from collections.abc import Iterator
from datetime import UTC, date, datetime
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import pytest

from pipeline.matrix import Basis, Dimension, Matrix, Metric, Row, Status
from storage.apm import read_apm
from storage.bridge import read_waterfall
from storage.hygiene_reading import read_hygiene
from tests.journeys.exported import Exported

CONFIGURATION = """
[crm]
kind = "files"
[crm.files]
complete = true
[storage]
url = "{url}"
[calendar]
timezone = "America/Los_Angeles"
start_month = 2
[dimensions]
region = [{{ field = "Region__c" }}]
[colours]
pacing = "linear"
required_coverage."*" = 3.0
"""

FIRST_PULL = datetime(2026, 11, 23, 20, tzinfo=UTC)
SECOND_PULL = datetime(2026, 11, 24, 20, tzinfo=UTC)

STAGES = [
    {"MasterLabel": "Prospecting", "SortOrder": "1", "IsClosed": "false", "IsWon": "false"},
    {"MasterLabel": "Qualification", "SortOrder": "2", "IsClosed": "false", "IsWon": "false"},
    {"MasterLabel": "Closed Won", "SortOrder": "8", "IsClosed": "true", "IsWon": "true"},
    {"MasterLabel": "Closed Lost", "SortOrder": "9", "IsClosed": "true", "IsWon": "false"},
]
RATES = [
    {"IsoCode": "EUR", "ConversionRate": "0.8", "StartDate": "2026-01-01", "NextStartDate": "2027-12-31"}
]
TARGETS = [
    {"period": "FY27 Q4", "dimension": "region", "value": "EMEA", "metric": "closed_won", "amount": "4000"},
    {"period": "FY27 Q4", "dimension": "region", "value": "AMER", "metric": "closed_won", "amount": "5000"},
]
LINES = [
    {"OpportunityId": "006C", "TotalPrice": "100", "Product2.Family": "Cloud"},
    {"OpportunityId": "006C", "TotalPrice": "200", "Product2.Family": "Data"},
]


def _deal(id: str, stage: str, amount: str, close: str, created: str, **further: str) -> dict[str, str]:
    return {
        "Id": id,
        "Name": id,
        "StageName": stage,
        "Amount": amount,
        "CloseDate": close,
        "CreatedDate": f"{created}T18:00:00.000Z",
        "CurrencyIsoCode": "USD",
        "ForecastCategoryName": "Pipeline",
        "Region__c": "EMEA",
    } | further


def _change(id: str, day: str, stage: str, amount: str, close: str) -> dict[str, str]:
    return {
        "OpportunityId": id,
        "CreatedDate": f"{day}T18:00:00.000+0000",
        "StageName": stage,
        "Amount": amount,
        "CloseDate": close,
    }


WON = _deal("006A", "Closed Won", "1000", "2026-11-10", "2026-08-10", ForecastCategoryName="Closed")
COMMIT = _deal(
    "006B",
    "Qualification",
    "2000",
    "2026-12-20",
    "2026-11-05",
    CurrencyIsoCode="EUR",
    ForecastCategoryName="Commit",
    Region__c="AMER",
)
OPEN = _deal("006C", "Qualification", "300", "2027-01-15", "2026-06-01")
LOST = [_deal(f"006L{n}", "Closed Lost", "10", "2025-03-01", "2025-01-01") for n in range(2)]
"""Long ago: they are in no figure below."""
HISTORY = [
    _change("006A", "2026-08-10", "Qualification", "900", "2026-10-15"),
    _change("006A", "2026-11-10", "Closed Won", "1000", "2026-11-10"),
    _change("006B", "2026-11-05", "Qualification", "2000", "2026-12-20"),
    _change("006C", "2026-06-01", "Prospecting", "300", "2027-01-15"),
    _change("006C", "2026-11-02", "Qualification", "300", "2027-01-15"),
]


@pytest.fixture
def company(database_url: str, tmp_path: Path) -> Iterator[Exported]:
    """Three deals that matter after the first pull, on either database."""
    exported = Exported(tmp_path, CONFIGURATION.format(url=database_url))
    _export(exported, [WON, COMMIT, OPEN])
    exported.pull(FIRST_PULL)
    yield exported
    exported.close()


def _export(exported: Exported, deals: list[dict[str, str]]) -> None:
    exported.write(
        {
            "Opportunity": [*deals, *LOST],
            "OpportunityHistory": HISTORY,
            "OpportunityStage": STAGES,
            "OpportunityLineItem": LINES,
            "DatedConversionRate": RATES,
            "targets": TARGETS,
        }
    )


def _table(company: Exported, day: date, dimension: Dimension = Dimension.REGION) -> Matrix:
    return read_apm(company.council.engine, company.council.company, as_of=day, dimension=dimension)


def _amounts(row: Row) -> list[Decimal | Fraction | None]:
    """Forecast, closed won, open pipeline, pipe generation and coverage."""
    return [row.cells[metric].figure for metric in Metric]


def test_the_first_pull_gives_the_figures_of_the_day(company: Exported) -> None:
    table = _table(company, date(2026, 11, 23))
    rows = {row.value: row for row in table.rows}
    # EMEA: 1,000 of 4,000 won, 300 open over the 3,000 that remain.
    assert _amounts(rows["EMEA"]) == [1000, 1000, 300, 300, Fraction(1, 10)]
    # AMER: 2,000 EUR at 0.8 EUR a dollar are 2,500, all in Commit.
    assert _amounts(rows["AMER"]) == [2500, 0, 2500, 2500, Fraction(1, 2)]
    # The company's target is the sum of its regions: 2,800 open over the 8,000 that remain.
    assert _amounts(table.total) == [3500, 1000, 2800, 2800, Fraction(7, 20)]
    assert rows["EMEA"].cells[Metric.COVERAGE].status is Status.RED
    assert rows["EMEA"].cells[Metric.OPEN_PIPELINE].basis is Basis.EXACT


def test_products_share_a_deal_to_the_cent(company: Exported) -> None:
    table = _table(company, date(2026, 11, 23), Dimension.PRODUCT)
    open_pipeline = {row.value: row.cells[Metric.OPEN_PIPELINE].figure for row in table.rows}
    assert open_pipeline == {"Cloud": 100, "Data": 200, "(No product)": 2500}


def test_the_past_is_what_was_known_then(company: Exported) -> None:
    """On 2 November the later win was overdue from last quarter, and nothing was won."""
    table = _table(company, date(2026, 11, 2))
    assert _amounts(table.total)[:3] == [0, 0, 300]
    assert table.caveats.overdue_prior_ids == ("006A",)
    assert table.caveats.overdue_prior_amount == 900
    assert table.total.cells[Metric.OPEN_PIPELINE].basis is Basis.RECONSTRUCTED


def test_the_waterfall_of_the_quarter_balances(company: Exported) -> None:
    council = company.council
    found = read_waterfall(
        council.engine, council.company, from_date=date(2026, 11, 1), to_date=date(2026, 11, 23)
    )
    assert [found.start, found.new, found.end] == [Fraction(0), Fraction(2800), Fraction(2800)]


def test_a_second_pull_moves_open_deals_and_leaves_won_ones_and_the_past(company: Exported) -> None:
    _export(company, [WON | {"Region__c": "AMER"}, COMMIT | {"Amount": "1600"}])
    report = company.pull(SECOND_PULL)
    assert (report.new, report.changed, report.deleted) == (0, 2, 1)
    today = {row.value: row for row in _table(company, date(2026, 11, 24)).rows}
    assert _amounts(today["EMEA"])[1:3] == [1000, 0]  # the win stays where it was won; 006C is gone
    assert _amounts(today["AMER"])[1:3] == [0, 2000]  # 1,600 EUR
    yesterday = {row.value: row for row in _table(company, date(2026, 11, 23)).rows}
    assert _amounts(yesterday["EMEA"])[1:3] == [1000, 300]
    assert _amounts(yesterday["AMER"])[1:3] == [0, 2500]


def test_a_pull_of_the_same_exports_changes_nothing(company: Exported) -> None:
    before = _table(company, date(2026, 11, 23))
    report = company.pull(SECOND_PULL)
    assert (report.new, report.changed, report.unchanged, report.deleted) == (0, 0, 5, 0)
    assert _table(company, date(2026, 11, 23)).rows == before.rows


def test_a_past_close_date_is_found_on_either_database(company: Exported) -> None:
    council = company.council
    report = read_hygiene(council.engine, council.company, as_of=date(2026, 12, 23))
    assert [(one.opportunity_id, one.seen) for one in report.findings if one.rule == "close_date_past"] == [
        ("006B", "2026-12-20")
    ]
