"""However an export is written, the records are the same."""

import csv
import io
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crm.files.csvfile import CsvFile
from crm.files.problems import ProblemLog
from crm.records import FieldKind, OpportunityRecord
from pipeline.records import Category
from tests.crm.files.conftest import Folder
from tests.examples import examples

HEADER = (
    "Id", "Name", "StageName", "ForecastCategory", "Amount", "CloseDate", "CreatedDate", "OwnerId",
    "CurrencyIsoCode", "NextStep", "IsDeleted", "Region__c",
)  # fmt: skip
TEXT = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=20).map(str.strip)
EPOCH_DAY = date(1970, 1, 1).toordinal()

RECORDS = st.lists(
    st.builds(
        OpportunityRecord,
        id=st.from_regex(r"006[A-Za-z0-9]{12}", fullmatch=True),
        name=TEXT,
        stage=st.sampled_from(["Prospecting", "Negotiation/Review", "Closed Won"]),
        category=st.sampled_from([None, *Category]),
        amount=st.none() | st.integers(-(10**15), 10**15),
        close_day=st.none() | st.integers(EPOCH_DAY, EPOCH_DAY + 40_000),
        created_at=st.none() | st.integers(0, 4_000_000_000),
        modified_at=st.none(),
        owner_id=TEXT.map(lambda text: text or None),
        creator_id=st.none(),
        account_id=st.none(),
        currency=st.sampled_from([None, "USD", "EUR"]),
        next_step=TEXT.map(lambda text: text or None),
        last_activity_day=st.none(),
        is_deleted=st.booleans(),
        fields=TEXT.map(lambda text: {"Region__c": text or None}),
    ),
    unique_by=lambda record: record.id,
    max_size=8,
)


def cells(record: OpportunityRecord, stamp: str) -> dict[str, str]:
    """As Salesforce writes them."""
    categories = {
        Category.BEST_CASE: "BestCase",
        Category.MOST_LIKELY: "MostLikely",
        Category.COMMIT: "Forecast",
    }
    created = "" if record.created_at is None else datetime.fromtimestamp(record.created_at, UTC)
    region: Any = record.fields["Region__c"]
    return {
        "Id": record.id,
        "Name": record.name,
        "StageName": record.stage,
        "ForecastCategory": ""
        if record.category is None
        else categories.get(record.category, record.category.name.title()),
        "Amount": ""
        if record.amount is None
        else f"{record.amount // 10_000}.{record.amount % 10_000:04}"
        if record.amount >= 0
        else f"-{-record.amount // 10_000}.{-record.amount % 10_000:04}",
        "CloseDate": "" if record.close_day is None else date.fromordinal(record.close_day).isoformat(),
        "CreatedDate": "" if isinstance(created, str) else created.strftime(stamp),
        "OwnerId": record.owner_id or "",
        "CurrencyIsoCode": record.currency or "",
        "NextStep": record.next_step or "",
        "IsDeleted": "true" if record.is_deleted else "false",
        "Region__c": region or "",
    }


@settings(max_examples=examples(150), deadline=None)
@given(
    records=RECORDS,
    header=st.permutations([*HEADER, "Unknown__c"]),
    line_end=st.sampled_from(["\n", "\r\n"]),
    has_mark=st.booleans(),
    quoting=st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]),
    stamp=st.sampled_from(["%Y-%m-%dT%H:%M:%S.000+0000", "%Y-%m-%dT%H:%M:%S.000Z", "%Y-%m-%d %H:%M:%S"]),
)
def test_order_of_columns_line_ends_marks_and_quotes_change_nothing(
    tmp_path_factory: pytest.TempPathFactory,
    records: list[OpportunityRecord],
    header: list[str],
    line_end: str,
    has_mark: bool,
    quoting: Any,
    stamp: str,
) -> None:
    folder = Folder(tmp_path_factory.mktemp("round"))
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator=line_end, quoting=quoting)
    writer.writerow(header)
    for record in records:
        row = cells(record, stamp)
        writer.writerow([_quotable(row.get(name, "ignored"), quoting) for name in header])
    folder.write("Opportunity.csv", text.getvalue().encode("utf-8-sig" if has_mark else "utf-8"))
    pulled = folder.pull({"Region__c": FieldKind.TEXT})
    if quoting == csv.QUOTE_ALL:
        assert pulled.of(OpportunityRecord) == records
    else:
        assert pulled.of(OpportunityRecord) == [_without_returns(record) for record in records]


def _quotable(cell: str, quoting: int) -> str:
    """Writers that quote only where they must do not quote a lone carriage return."""
    return cell if quoting == csv.QUOTE_ALL else cell.replace("\r", " ").strip()


def _without_returns(record: OpportunityRecord) -> OpportunityRecord:
    def clean(text: str | None) -> str | None:
        return None if text is None else text.replace("\r", " ").strip() or None

    region: Any = record.fields["Region__c"]
    return record._replace(
        name=clean(record.name) or "",
        owner_id=clean(record.owner_id),
        next_step=clean(record.next_step),
        fields={"Region__c": clean(region)},
    )


@given(
    rows=st.lists(
        st.lists(st.sampled_from(["", "a", "b\nc", "d\r\ne\r\n", "\n\n", '"', ","]), min_size=3, max_size=3),
        max_size=12,
    ),
    line_end=st.sampled_from(["\n", "\r\n"]),
)
def test_every_row_knows_the_line_on_which_it_starts(
    tmp_path_factory: pytest.TempPathFactory, rows: list[list[str]], line_end: str
) -> None:
    path: Path = tmp_path_factory.mktemp("lines") / "table.csv"
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator=line_end)
    writer.writerow(["x", "y", "z"])
    starts = []
    for row in rows:
        starts.append(text.getvalue().count("\n") + 1)
        writer.writerow(row)
    path.write_bytes(text.getvalue().encode())
    found = [
        (chunk.line_of(index), row)
        for chunk, _ in CsvFile(path).chunks(ProblemLog(path.name))
        for index, row in enumerate(chunk.rows)
    ]
    assert found == list(zip(starts, rows, strict=True))
