"""Figures as people write them."""

from datetime import UTC, date, datetime
from decimal import Decimal
from fractions import Fraction
from zoneinfo import ZoneInfo

import pytest

from messages.card import Direction, Trend
from messages.wording import Wording

ENGLISH, GERMAN = Wording(), Wording("de_DE")


@pytest.mark.parametrize(
    ("amount", "written"),
    [
        ("0", "$0"),
        ("12.30", "$12"),
        ("0.5", "$1"),
        ("949.49", "$949"),
        ("1234", "$1.23K"),
        ("1250", "$1.25K"),
        ("40000", "$40K"),
        ("99949", "$99.9K"),
        ("99950", "$100K"),
        ("123456", "$123K"),
        ("999499", "$999K"),
        ("999500", "$1M"),
        ("1234567", "$1.23M"),
        ("12345678", "$12.3M"),
        ("1000000000", "$1B"),
        ("-40000", "-$40K"),
    ],
)
def test_money_in_short_has_at_most_three_leading_figures(amount: str, written: str) -> None:
    assert ENGLISH.short_money(Decimal(amount), "USD") == written


@pytest.mark.parametrize(
    ("amount", "written"),
    [("0", "$0"), ("949.01", "$950"), ("1970001", "$1.98M"), ("999001", "$1M"), ("40000", "$40K")],
)
def test_money_that_is_to_be_enough_is_rounded_up(amount: str, written: str) -> None:
    assert ENGLISH.enough_money(Decimal(amount), "USD") == written


def test_a_moment_is_written_with_its_zone() -> None:
    moment = datetime(2026, 11, 23, 15, 36, 58, tzinfo=UTC)
    assert ENGLISH.moment(moment) == "23 Nov 2026, 15:36 UTC"
    assert ENGLISH.moment(moment.astimezone(ZoneInfo("America/New_York"))) == "23 Nov 2026, 10:36 EST"


def test_money_in_full_is_rounded_half_up_to_cents() -> None:
    assert ENGLISH.full_money(Decimal("1234567.885"), "USD") == "$1,234,567.89"
    assert GERMAN.full_money(Decimal("1234567.885"), "EUR") == "1.234.567,89 €"


@pytest.mark.parametrize(
    ("share", "written"),
    [
        (Fraction(0), "0%"),
        (Fraction(1, 8), "13%"),
        (Fraction(996, 1000), "99%"),
        (Fraction(1), "100%"),
        (Fraction(3, 2), "150%"),
        (Fraction(-1, 4), "-25%"),
    ],
)
def test_a_share_just_below_the_whole_is_never_written_as_the_whole(share: Fraction, written: str) -> None:
    assert ENGLISH.percent(share) == written


def test_coverage_is_rounded_down_so_that_it_claims_nothing() -> None:
    assert ENGLISH.ratio(Fraction(2999, 1000)) == "2.99×"
    assert ENGLISH.ratio(Fraction(3)) == "3.0×"
    assert GERMAN.ratio(Fraction(12, 5)) == "2,4×"


@pytest.mark.parametrize(
    ("yoy", "trend"),
    [
        (None, None),
        (Fraction(9, 10), Trend(Direction.UP, "90%")),
        (Fraction(-125, 1000), Trend(Direction.DOWN, "13%")),
        (Fraction(1, 1000), Trend(Direction.FLAT, "0%")),
        (Fraction(999, 100), Trend(Direction.UP, "999%")),
        (Fraction(10), Trend(Direction.UP, ">999%")),
    ],
)
def test_a_trend_is_an_arrow_and_a_percentage(yoy: Fraction | None, trend: Trend | None) -> None:
    assert ENGLISH.trend(yoy) == trend


def test_days_and_counts_follow_the_locale() -> None:
    assert ENGLISH.day(date(2026, 11, 14)).words == "14 Nov"
    assert ENGLISH.full_day(date(2026, 11, 14)).words == "14 Nov 2026"
    assert GERMAN.full_day(date(2026, 11, 14)).words == "14.11.2026"
    assert ENGLISH.count(1, "deal", "deals") == "1 deal"
    assert GERMAN.count(1234, "deal", "deals") == "1.234 deals"
