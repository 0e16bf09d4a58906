"""CSV that a spreadsheet can open without running anything."""

import csv
from io import StringIO

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.output.csv_tables import hygiene_csv, matrix_csv, waterfall_csv
from messages.csv_sheet import csv_sheet, harmless
from messages.deals_sheet import deals_csv
from tests.bot import answers


def lines_of(sheet: str) -> list[dict[str, str]]:
    return list(csv.DictReader(StringIO(sheet)))


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r"])
def test_text_that_starts_like_a_formula_becomes_text(start: str) -> None:
    assert harmless(f"{start}1+1") == f"'{start}1+1"


@pytest.mark.parametrize("value", [-12.35, -3, 0, None, "EMEA", "a=b", "", "1-2"])
def test_numbers_and_plain_text_stay_as_they_are(value: str | float | None) -> None:
    assert harmless(value) == value


@given(
    st.lists(
        st.text(alphabet=st.characters(exclude_categories=["Cs"], exclude_characters="\x00")), min_size=1
    )
)
def test_whatever_names_hold_no_cell_starts_a_formula_and_none_is_lost(names: list[str]) -> None:
    rows = list(csv.reader(StringIO(csv_sheet(("name",), ((name,) for name in names)), newline="")))
    assert len(rows) == len(names) + 1
    for written, name in zip(rows[1:], names, strict=True):
        cell = written[0] if written else ""
        assert not cell.startswith(("=", "+", "-", "@", "\t", "\r"))
        assert cell.removeprefix("'") == name.replace("\r\n", "\n").replace("\r", "\n").removeprefix("'")


def test_the_matrix_has_a_line_per_row_and_the_total_last() -> None:
    lines = lines_of(matrix_csv(answers.matrix()))
    assert [line["region"] for line in lines] == ["EMEA", "'=APAC", "TOTAL"]
    assert lines[0]["pipe_gen"] == "-12.35"
    assert lines[0]["open_pipeline"] == "1000.01"
    assert (lines[0]["closed_won_prior"], lines[0]["closed_won_yoy"]) == ("200", "0.5")
    assert lines[1]["coverage"] == ""
    assert (lines[0]["pulled_at"], lines[0]["stale"]) == ("2026-05-15T06:12:00+00:00", "no")


def test_a_pair_has_a_line_per_part_and_one_for_its_row() -> None:
    lines = lines_of(matrix_csv(answers.pair()))
    assert [(line["region"], line["product"]) for line in lines] == [
        ("EMEA", "TOTAL"),
        ("EMEA", "Cloud"),
        ("EMEA", "Data"),
        ("TOTAL", "TOTAL"),
    ]


def test_findings_have_a_line_each() -> None:
    lines = lines_of(hygiene_csv(answers.report(), answers.FRESHNESS))
    assert lines[0]["opportunity_name"] == "'=HYPERLINK(1)"
    assert (lines[0]["fixes"], lines[0]["value"], lines[0]["waived"]) == (
        "CloseDate StageName",
        "1000.01",
        "no",
    )
    assert (lines[0]["pulled_at"], lines[0]["stale"]) == ("2026-05-15T06:12:00+00:00", "yes")
    assert (lines[1]["owner"], lines[1]["value"]) == ("", "")


def test_a_waterfall_has_a_line_per_term_from_start_to_end() -> None:
    lines = lines_of(waterfall_csv(answers.waterfall()))
    assert len(lines) == 14
    assert (lines[0], lines[1]) == ({"term": "start", "amount": "1000"}, {"term": "new", "amount": "300"})
    assert lines[-1] == {"term": "end", "amount": "800"}


def test_deals_have_a_line_each() -> None:
    deal = answers.a_deal("@SUM(A1)", close_date=None, untrusted=False)
    assert deals_csv([deal]).splitlines()[1] == "'@SUM(A1),Mei,Proposal,,,yes"
