"""Targets: what is looked up, converted, derived and refused."""

from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import NamedTuple

import pytest

from pipeline.calendar import build_calendar
from pipeline.definitions import CalendarDefinition
from pipeline.matrix import Metric
from pipeline.money import DatedRate, build_rate_table
from pipeline.targets import (
    CompanyTarget,
    CompanyTargetSource,
    Target,
    TargetBook,
    build_targets,
    derive_pipe_gen_target,
    pair_names,
)


class Row(NamedTuple):
    period: str
    dimension: str
    value: str
    metric: str
    amount: int
    currency: str | None


def row(
    dimension: str,
    value: str,
    units: int,
    *,
    metric: str = "closed_won",
    period: str = "FY27 Q1",
    currency: str | None = None,
) -> Row:
    return Row(period, dimension, value, metric, units * 10_000, currency)


def read(*rows: Row) -> tuple[TargetBook, list[str]]:
    calendar = build_calendar(CalendarDefinition(start_month=2))
    rates = build_rate_table(
        "USD",
        "dated_by_close_date",
        {},
        [
            ("EUR", DatedRate(date(2026, 1, 1), date(2026, 2, 2), Decimal("0.8"))),
            ("EUR", DatedRate(date(2026, 2, 2), None, Decimal("0.5"))),
        ],
    )
    book, problems = build_targets(rows, calendar, rates)
    return book, [problem.says for problem in problems]


def test_a_target_is_found_by_its_slice_whatever_the_case() -> None:
    book, problems = read(row("Region", " EMEA ", 100), row("region", "EMEA", 300, metric="pipe_gen"))
    assert problems == []
    assert book.closed_won("FY27 Q1", "region", "emea") == 100
    assert book.pipe_gen("FY27 Q1", "region", "EMEA") == 300
    assert book.closed_won("FY27 Q2", "region", "EMEA") is None
    assert book.targets[0] == Target("FY27 Q1", "region", "EMEA", Metric.CLOSED_WON, Fraction(100))


def test_a_label_in_another_spelling_is_the_same_period() -> None:
    book, problems = read(row("region", "EMEA", 100, period="fy2027-q1"))
    assert problems == []
    assert book.closed_won("FY27 Q1", "region", "EMEA") == 100


def test_a_target_takes_the_dated_rate_of_its_periods_first_day() -> None:
    # FY27 Q1 starts on 1 February, a day before the new rate: 100 / 0.8.
    book, _ = read(row("region", "EMEA", 100, currency="EUR"))
    assert book.closed_won("FY27 Q1", "region", "EMEA") == 125


def test_a_pair_is_found_in_either_order_and_with_a_plus_in_its_value() -> None:
    book, problems = read(row("region+product", "EMEA+Data+AI", 100))
    assert problems == []
    assert book.closed_won("FY27 Q1", "region+product", pair_names("EMEA", "Data+AI")) == 100
    assert book.closed_won("FY27 Q1", pair_names("product", "region"), "Data+AI+EMEA") == 100
    assert book.closed_won("FY27 Q1", "region+product", "EMEA+Data") is None


class TestCompanyTarget:
    def test_the_explicit_total_wins(self) -> None:
        book, _ = read(row("region", "EMEA", 100), row("TOTAL", "TOTAL", 500), row("region", "AMER", 50))
        assert book.company("FY27 Q1", Metric.CLOSED_WON) == CompanyTarget(
            Fraction(500), CompanyTargetSource.EXPLICIT
        )
        assert book.closed_won("FY27 Q1", "TOTAL", "TOTAL") == 500

    def test_an_explicit_total_of_zero_is_a_total(self) -> None:
        book, _ = read(row("region", "EMEA", 100), row("total", "", 0))
        assert book.company("FY27 Q1", Metric.CLOSED_WON) == CompanyTarget(
            Fraction(0), CompanyTargetSource.EXPLICIT
        )

    def test_else_the_regions_of_that_period_and_metric_are_summed(self) -> None:
        book, _ = read(
            row("region", "EMEA", 100),
            row("region", "AMER", 50),
            row("region", "AMER", 70, period="FY27 Q2"),
            row("region", "AMER", 90, metric="pipe_gen"),
            row("product", "Cloud", 1000),
        )
        assert book.company("FY27 Q1", Metric.CLOSED_WON) == CompanyTarget(
            Fraction(150), CompanyTargetSource.SUM_OF_REGIONS
        )
        assert book.pipe_gen("FY27 Q1", "TOTAL", "TOTAL") == 90

    def test_else_there_is_none(self) -> None:
        book, _ = read(row("product", "Cloud", 1000))
        assert book.company("FY27 Q1", Metric.CLOSED_WON) == CompanyTarget(None, CompanyTargetSource.NONE)
        assert book.closed_won("FY27 Q1", "TOTAL", "TOTAL") is None


class TestRefused:
    @pytest.mark.parametrize(
        ("record", "says"),
        [
            (row("regoin", "EMEA", 1), "did you mean region?"),
            (row("region+region", "EMEA+EMEA", 1), "expected two different ones"),
            (row("region+product+source", "A+B+C", 1), "expected two different ones"),
            (row("region", " ", 1), "names no value"),
            (row("region", "EMEA", 1, metric="coverage"), "expected closed_won or pipe_gen"),
            (row("region", "EMEA", -1), "0 or more"),
            (row("region", "EMEA", 1, period="FY27 Q9"), "FY27 Q1, FY27 Q2"),
            (row("region", "EMEA", 1, currency="CHF"), "no exchange rate of CHF on 1 Feb 2026"),
        ],
    )
    def test_a_target_that_cannot_be_used_says_why_and_the_others_stay(self, record: Row, says: str) -> None:
        book, problems = read(record, row("segment", "ENT", 10))
        assert len(problems) == 1
        assert says in problems[0]
        assert [target.value for target in book.targets] == ["ENT"]

    def test_of_two_for_the_same_slice_the_first_counts(self) -> None:
        book, problems = read(row("region", "EMEA", 100), row("region", "emea", 200))
        assert len(problems) == 1
        assert "the first one counts" in problems[0]
        assert book.closed_won("FY27 Q1", "region", "EMEA") == 100


def test_a_renewal_line_has_targets_of_its_own() -> None:
    book, problems = read(row("deal_type", "renewal", 40))
    assert problems == []
    assert book.closed_won("FY27 Q1", "deal_type", "renewal") == 40


def test_a_pipe_gen_target_is_derived_by_the_growth_of_the_target() -> None:
    assert derive_pipe_gen_target(Fraction(900), Fraction(120), Fraction(100)) == 1080
    assert derive_pipe_gen_target(None, Fraction(120), Fraction(100)) is None
    assert derive_pipe_gen_target(Fraction(900), None, Fraction(100)) is None
    assert derive_pipe_gen_target(Fraction(900), Fraction(120), None) is None
    assert derive_pipe_gen_target(Fraction(900), Fraction(120), Fraction(0)) is None
