"""What is wrong is named by file, line, column and value; every good row is taken in."""

from collections.abc import Callable

import pytest

from crm.records import (
    FieldKind,
    HistoryRecord,
    LineItemRecord,
    OpportunityRecord,
    Problem,
    RateRecord,
    TargetRecord,
)
from pipeline.errors import CouncilError, NothingUsable
from tests.crm.files.conftest import Folder, pull

Opportunities = Callable[..., Folder]


def test_a_missing_folder_is_named_with_what_to_do(folder: Folder) -> None:
    with pytest.raises(CouncilError, match=r"There is no folder .*exports: put the CSV exports there"):
        folder.crm().capabilities()


def test_a_folder_without_opportunities_is_named_with_what_to_do(folder: Folder) -> None:
    folder.write("Account.csv", "Id\n001A\n")
    with pytest.raises(NothingUsable, match=r"There is no Opportunity.csv in .*\[crm.files.tables\]"):
        folder.pull()


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "is empty"),
        (b"\xef\xbb\xbf", "is empty"),
        (b"  \n\n", "is empty"),
        (b"PK\x03\x04rest", "ZIP archive or an Excel workbook"),
        (b"\xd0\xcf\x11\xe0rest", "old Excel workbook"),
        ("Id,StageName\n006A,Won\n".encode("utf-16"), "UTF-16"),
        ("Id,StageName\n006A,Won\n".encode("utf-16-le"), "UTF-16"),
        (b"\n<!DOCTYPE html><html>", "web page, probably a login or error page"),
        (b'[{"message":"Session expired"}]', "JSON"),
        (b"Id;StageName\n006A;Won\n", "expected cells separated by commas"),
        (b"Id,Stage Name\n006A,Won\n", "expected a column StageName; did you mean Stage Name?"),
        (b"Id,Amount\n006A,1\n", "expected a column StageName: export it too"),
    ],
)
def test_opportunities_that_are_no_csv_are_refused_by_what_they_are(
    folder: Folder, content: bytes, says: str
) -> None:
    folder.write("Opportunity.csv", content)
    with pytest.raises(NothingUsable) as raised:
        folder.pull()
    assert "Opportunity.csv" in str(raised.value)
    assert says in str(raised.value)


def test_another_file_that_is_no_csv_is_reported_and_the_rest_goes_on(opportunities: Opportunities) -> None:
    folder = opportunities("Id,StageName", "006A,Prospecting")
    folder.write("Account.csv", b"PK\x03\x04")
    pulled = folder.pull()
    problem = pulled.problem("unreadable file")
    assert (problem.file, problem.line) == ("Account.csv", None)
    assert "Excel workbook" in problem.says
    assert len(pulled.of(OpportunityRecord)) == 1
    capabilities = folder.crm().capabilities()
    assert "Account" not in capabilities.tables
    assert any("Account.csv is not used" in notice for notice in capabilities.notices)


def test_another_file_without_a_needed_column_is_reported(opportunities: Opportunities) -> None:
    folder = opportunities("Id,StageName", "006A,Prospecting")
    folder.rows("OpportunityHistory.csv", "OpportunityId,StageName", "006A,Prospecting")
    problem = folder.pull().problem("missing column")
    assert (problem.file, problem.column) == ("OpportunityHistory.csv", "CreatedDate")


def test_a_header_without_rows_is_reported(opportunities: Opportunities) -> None:
    pulled = opportunities("Id,StageName").pull()
    assert [(problem.file, problem.kind) for problem in pulled.problems] == [("Opportunity.csv", "no rows")]
    assert pulled.of(OpportunityRecord) == []


def test_latin_1_costs_only_the_rows_that_hold_such_characters(folder: Folder) -> None:
    text = "Id,Name,StageName\n006A,Plain,Prospecting\n006B,Müller,Prospecting\n006C,Last,Prospecting\n"
    folder.write("Opportunity.csv", text.encode("latin-1"))
    pulled = folder.pull()
    assert [record.id for record in pulled.of(OpportunityRecord)] == ["006A", "006C"]
    whole, row = [problem for problem in pulled.problems if problem.kind == "wrong encoding"]
    assert (whole.line, row.line, row.column, row.value) == (3, 3, "Name", "Müller")
    assert "looks like Latin-1 or Windows-1252: save it again as “CSV UTF-8" in whole.says
    assert row.opportunity_id == "006B"


def test_utf_8_across_the_blocks_of_a_large_file_is_no_foreign_text(folder: Folder) -> None:
    rows = "".join(f"006{number},{'€' * 100},Prospecting\n" for number in range(10_000))
    folder.write("Opportunity.csv", "Id,Name,StageName\n" + rows)
    pulled = folder.pull()
    assert len(pulled.of(OpportunityRecord)) == 10_000
    assert pulled.problems == []


def test_a_broken_date_on_line_812_is_named_and_its_deal_kept(opportunities: Opportunities) -> None:
    rows = [f"006{line},Prospecting,2026-09-30" for line in range(2, 1000)]
    rows[810] = "006812,Prospecting,30.09.2026"
    pulled = opportunities("Id,StageName,CloseDate", *rows).pull()
    assert pulled.problems == [
        Problem(
            file="Opportunity.csv",
            line=812,
            column="CloseDate",
            value="30.09.2026",
            says="expected a date such as 2026-09-30; row skipped",
            kind="bad date",
            opportunity_id="006812",
        )
    ]
    assert len(pulled.of(OpportunityRecord)) == 997


def test_lines_are_counted_through_quoted_line_breaks(folder: Folder) -> None:
    folder.write(
        "Opportunity.csv",
        'Id,StageName,NextStep,CloseDate\r\n006A,Prospecting,"one\r\ntwo\nthree",\r\n\r\n'
        '006B,Prospecting,"four\r\nfive",soon\r\n006C,Prospecting,,later\r\n',
    )
    pulled = folder.pull()
    assert [(problem.line, problem.value) for problem in pulled.problems if problem.kind == "bad date"] == [
        (6, "soon"),
        (8, "later"),
    ]
    assert pulled.opportunity("006A").next_step == "one\r\ntwo\nthree"


@pytest.mark.parametrize(
    ("column", "value", "kind", "says"),
    [
        ("Amount", '"1.234,56"', "bad amount", "write 1234.56"),
        ("Amount", "12k", "bad amount", "such as 1234.56"),
        ("CloseDate", "2026-02-30", "bad date", "expected a date such as 2026-09-30"),
        ("CreatedDate", "yesterday", "bad date", "expected a date or time"),
        ("CreatedDate", "2026-09-30T25:00:00Z", "bad date", "expected a date or time"),
        ("CurrencyIsoCode", "EURO", "unknown currency", "three letters"),
        ("CurrencyIsoCode", "€€€", "unknown currency", "three letters"),
        ("IsDeleted", "perhaps", "bad flag", "true or false"),
        ("ACV__c", "n/a", "bad amount", "such as 1234.56"),
    ],
)
def test_a_bad_value_that_figures_depend_on_skips_the_row_and_keeps_the_deal(
    opportunities: Opportunities, column: str, value: str, kind: str, says: str
) -> None:
    folder = opportunities(f"Id,StageName,{column}", f"006A,Prospecting,{value}", "006B,Prospecting,")
    pulled = folder.pull({"ACV__c": FieldKind.NUMBER}, value_field="ACV__c")
    problem = pulled.problem(kind)
    assert (problem.file, problem.line, problem.column) == ("Opportunity.csv", 2, column)
    assert problem.value == value.strip('"')
    assert says in problem.says
    assert problem.says.endswith("; row skipped")
    assert problem.opportunity_id == "006A"
    assert [record.id for record in pulled.of(OpportunityRecord)] == ["006B"]


@pytest.mark.parametrize(
    ("column", "value", "kind"),
    [
        ("LastActivityDate", "31/12/2026", "bad date"),
        ("LastModifiedDate", "now", "bad date"),
        ("ForecastCategory", "Sure", "unknown category"),
        ("Seats__c", "many", "bad amount"),
    ],
)
def test_a_bad_value_in_another_field_is_taken_as_empty(
    opportunities: Opportunities, column: str, value: str, kind: str
) -> None:
    folder = opportunities(f"Id,StageName,{column}", f"006A,Prospecting,{value}")
    pulled = folder.pull({"Seats__c": FieldKind.NUMBER}, value_field="ACV__c")
    problem = pulled.problem(kind)
    assert problem.says.endswith("; taken as empty")
    assert (problem.line, problem.value, problem.opportunity_id) == (2, value, None)
    record = pulled.opportunity("006A")
    assert (record.last_activity_day, record.modified_at, record.category) == (None, None, None)
    assert record.fields.get("Seats__c") is None


def test_an_unknown_stage_names_the_nearest(opportunities: Opportunities) -> None:
    pulled = opportunities("Id,StageName", "006A,Negotation", "006B,").pull()
    unknown, empty = pulled.problem("unknown stage"), pulled.problem("empty cell")
    assert (unknown.line, unknown.value, unknown.opportunity_id) == (2, "Negotation", "006A")
    assert "; did you mean Negotiation?" in unknown.says
    assert (empty.line, empty.column, empty.opportunity_id) == (3, "StageName", "006B")


def test_a_currency_without_a_rate_and_an_unknown_owner_are_no_problems(opportunities: Opportunities) -> None:
    folder = opportunities("Id,StageName,CurrencyIsoCode,OwnerId", "006A,Prospecting,XTS,005Z")
    folder.rows("User.csv", "Id,Name", "005A,Ana")
    folder.rows("CurrencyType.csv", "IsoCode,ConversionRate", "EUR,0.9")
    assert folder.pull().problems == []


def test_of_two_rows_with_one_id_the_first_wins(opportunities: Opportunities) -> None:
    folder = opportunities(
        "Id,Name,StageName", "006A,First,Prospecting", "006B,B,Prospecting", "006A,Second,Prospecting"
    )
    pulled = folder.pull()
    assert pulled.opportunity("006A").name == "First"
    problem = pulled.problem("duplicate id")
    assert (problem.line, problem.column, problem.value) == (4, "Id", "006A")


def test_duplicates_far_apart_are_found_too(opportunities: Opportunities) -> None:
    rows = [f"006{number},Prospecting" for number in range(3000)]
    pulled = opportunities("Id,StageName", *rows, "0060,Prospecting").pull()
    assert len(pulled.of(OpportunityRecord)) == 3000
    assert pulled.problem("duplicate id").line == 3002


def test_a_column_named_twice_is_reported_and_the_first_read(opportunities: Opportunities) -> None:
    pulled = opportunities("Id,StageName,Name,name", "006A,Prospecting,First,Second").pull()
    assert pulled.opportunity("006A").name == "First"
    assert (pulled.problem("duplicate column").line, pulled.problem("duplicate column").column) == (1, "name")


def test_rows_with_too_many_or_too_few_cells_are_skipped_and_their_deals_kept(
    opportunities: Opportunities,
) -> None:
    folder = opportunities(
        "Id,StageName,Name", "006A,Prospecting", "006B,Prospecting,b,extra", "006C,Prospecting,c", ",,"
    )
    folder.definition["complete"] = True
    crm = folder.crm()

    pulled = pull(crm)
    few, many = pulled.problem("too few cells"), pulled.problem("too many cells")
    assert (few.line, few.opportunity_id, few.value) == (2, "006A", "006A,Prospecting")
    assert few.says == "expected 3 cells as in the header, found 2; row skipped"
    assert (many.line, many.opportunity_id) == (3, "006B")
    assert [record.id for record in pulled.of(OpportunityRecord)] == ["006C"]
    assert crm.is_complete


def test_absence_deletes_nothing_where_a_row_cannot_be_identified(opportunities: Opportunities) -> None:
    folder = opportunities("Id,StageName,Name", ",Prospecting,nobody", "006B,Prospecting,b")
    folder.definition["complete"] = True
    crm = folder.crm()
    seen = [crm.is_complete]
    pulled = pull(crm)
    seen.append(crm.is_complete)
    folder.rows("Opportunity.csv", "Id,StageName,Name", "006B,Prospecting,b")
    pull(crm)
    seen.append(crm.is_complete)
    assert seen == [True, False, True]
    assert (pulled.problem("empty cell").line, pulled.problem("empty cell").opportunity_id) == (2, None)


def test_a_quotation_mark_that_is_not_closed_is_named_by_its_line(opportunities: Opportunities) -> None:
    rows = [f"006{number},b,Prospecting" for number in range(20_000)]
    rows[9] = '0069,"never closed,Prospecting'
    folder = opportunities("Id,Name,StageName", *rows)
    folder.definition["complete"] = True
    crm = folder.crm()

    pulled = pull(crm)
    problem = pulled.problem("not CSV")
    assert problem.line == 11
    assert "look for a quotation mark that is not closed" in problem.says
    records = pulled.of(OpportunityRecord)
    assert [record.id for record in records[:9]] == [f"006{number}" for number in range(9)]
    assert records[-1].id == "00619999"
    assert len(records) > 10_000
    assert not crm.is_complete


def test_a_long_value_is_shortened_to_80_characters(opportunities: Opportunities) -> None:
    pulled = opportunities("Id,StageName,Amount", f"006A,Prospecting,{'9x' * 100}").pull()
    assert pulled.problem("bad amount").value == ("9x" * 100)[:79] + "…"


def test_equal_quirks_beside_the_opportunities_are_one_line_with_a_count(
    opportunities: Opportunities,
) -> None:
    folder = opportunities("Id,StageName", "006A,Prospecting")
    folder.rows(
        "OpportunityHistory.csv",
        "OpportunityId,CreatedDate,StageName",
        "006A,2026-01-01T00:00:00Z,Prospecting",
        *["006A,2026-01-02T00:00:00Z,Old stage"] * 3000,
        "006A,broken,Prospecting",
    )
    pulled = folder.pull()
    assert len(pulled.of(HistoryRecord)) == 1
    stage, date = pulled.problem("unknown stage"), pulled.problem("bad date")
    assert (stage.line, stage.times, stage.opportunity_id) == (3, 3000, None)
    assert (date.line, date.times) == (3003, 1)


def test_bad_rows_of_other_tables_are_named(opportunities: Opportunities) -> None:
    folder = opportunities("Id,StageName", "006A,Prospecting")
    folder.rows("OpportunityLineItem.csv", "OpportunityId,TotalPrice", "006A,x", ",5", "006A,5")
    folder.rows("CurrencyType.csv", "IsoCode,ConversionRate", "EUR,0", "GBP,0.8", "EU,1")
    folder.rows(
        "targets.csv",
        "period,dimension,value,metric,amount,currency",
        "FY27 Q1,regoin,EMEA,closed_won,1,",
        "FY27 Q1,region,EMEA,closed,1,",
        "FY27 Q1,region,EMEA,closed_won,,",
        "FY27 Q1,region,EMEA,closed_won,100,EUR",
        "FY27 Q1,region,EMEA,closed_won,200,EUR",
    )
    pulled = folder.pull()
    assert [(p.file, p.line, p.kind) for p in pulled.problems] == [
        ("CurrencyType.csv", 2, "bad rate"),
        ("CurrencyType.csv", 4, "unknown currency"),
        ("targets.csv", 2, "unknown dimension"),
        ("targets.csv", 3, "unknown metric"),
        ("targets.csv", 4, "empty cell"),
        ("targets.csv", 6, "duplicate target"),
        ("OpportunityLineItem.csv", 2, "bad amount"),
        ("OpportunityLineItem.csv", 3, "empty cell"),
    ]
    assert "did you mean region?" in pulled.problem("unknown dimension").says
    assert pulled.of(LineItemRecord) == [LineItemRecord("006A", 1, 50_000, None)]
    assert pulled.of(RateRecord) == [RateRecord("GBP", "0.8", None, None)]
    assert pulled.of(TargetRecord) == [
        TargetRecord("FY27 Q1", "region", "EMEA", "closed_won", 1_000_000, "EUR")
    ]


def test_a_file_that_cannot_be_opened_is_named(opportunities: Opportunities) -> None:
    folder = opportunities("Id,StageName", "006A,Prospecting")
    (folder.path / "Account.csv").mkdir()
    problem = folder.pull().problem("unreadable file")
    assert problem.file == "Account.csv"
    assert problem.says == "cannot be opened: Is a directory; check the file's permissions; not used"
    assert "Account" not in folder.crm().capabilities().tables
