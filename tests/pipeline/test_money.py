"""Amounts, allocation to the cent, rates and rounding, by worked examples."""

from datetime import date
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.money import (
    CENT,
    DatedRate,
    RateMode,
    RateRefused,
    RateTable,
    build_rate_table,
    convert,
    parse_amount,
    round_cents,
    share_out,
    to_decimal,
)


class TestParsing:
    @pytest.mark.parametrize(
        ("text", "amount"),
        [
            ("1234.5", 12_345_000),
            ("-3", -30_000),
            (" 0 ", 0),
            ("1.2E7", 120_000_000_000),
            ("1e6", 10_000_000_000),
            (".5", 5_000),
            ("0.00004", 0),
            ("0.00005", 1),
            ("-0.00005", -1),
            ("99999999999999.9999", 999_999_999_999_999_999),
        ],
    )
    def test_numbers_as_exports_write_them(self, text: str, amount: int) -> None:
        assert parse_amount(text) == amount

    @pytest.mark.parametrize(
        ("text", "right"),
        [
            ("1.234,56", "1234.56"),
            ("1,234.56", "1234.56"),
            ("1,234", "1234"),
            ("1.234.567", "1234567"),
            ("-12345,6", "-12345.6"),
            ("1 234,56", "1234.56"),
        ],
    )
    def test_separators_are_refused_with_the_right_way_to_write_it(self, text: str, right: str) -> None:
        with pytest.raises(ValueError, match=rf"decimal point.*: write {right}$"):
            parse_amount(text)

    @pytest.mark.parametrize("text", ["abc", "NaN", "inf", "", "$5", "1,2,3abc", "٣", "--1"])
    def test_what_is_no_number_says_what_was_expected(self, text: str) -> None:
        with pytest.raises(ValueError, match="expected a number with a decimal point"):
            parse_amount(text)

    def test_an_amount_beyond_all_companies_is_refused(self) -> None:
        with pytest.raises(ValueError, match="below 100,000,000,000,000"):
            parse_amount("1e14")


class TestSharingOut:
    def test_a_hundred_by_three_gives_the_odd_cent_to_the_first(self) -> None:
        assert share_out(1_000_000, [1, 1, 1]) == [333_400, 333_300, 333_300]

    def test_the_largest_remainders_get_the_odd_cents(self) -> None:
        # 1000 cents by 1 : 2 : 4 are 142.86, 285.71 and 571.43: the two odd cents go to the first two.
        assert share_out(100_000, [1, 2, 4]) == [14_300, 28_600, 57_100]

    def test_less_than_a_cent_goes_to_the_largest_weight(self) -> None:
        assert share_out(1_000_050, [1, 2, 2]) == [200_000, 400_050, 400_000]

    def test_a_negative_total_mirrors_the_positive_one(self) -> None:
        assert share_out(-1_000_050, [1, 2, 2]) == [-200_000, -400_050, -400_000]

    def test_weights_of_mixed_sign_share_by_proportion(self) -> None:
        assert share_out(1_000_000, [3, -1]) == [1_500_000, -500_000]
        assert share_out(1_000_000, [-3, 1]) == [1_500_000, -500_000]

    def test_less_than_a_cent_is_magnified_by_weights_of_mixed_sign(self) -> None:
        # -0.0203 and 0.0210, in whole cents and with the rest where the weight is largest.
        assert share_out(7, [29, -30]) == [-200, 207]

    def test_weights_that_sum_to_zero_share_nothing(self) -> None:
        with pytest.raises(ValueError, match="sum to zero"):
            share_out(100, [5, -5])
        with pytest.raises(ValueError, match="sum to zero"):
            share_out(100, [])

    @given(
        total=st.integers(-(10**15), 10**15),
        weights=st.lists(st.integers(-(10**12), 10**12), min_size=1, max_size=12).filter(
            lambda w: sum(w) != 0
        ),
    )
    def test_parts_always_sum_to_the_total(self, total: int, weights: list[int]) -> None:
        parts = share_out(total, weights)
        assert sum(parts) == total
        assert len(parts) == len(weights)
        assert sum(1 for part in parts if part % CENT) <= 1
        exact = [Fraction(total * weight, sum(weights)) for weight in weights]
        assert all(abs(part - share) < 2 * CENT for part, share in zip(parts, exact, strict=True))


def euro_table(mode: RateMode) -> RateTable:
    return build_rate_table(
        "USD",
        mode,
        static={"EUR": Decimal("0.8")},
        dated=[
            ("EUR", DatedRate(date(2026, 4, 1), None, Decimal("0.95"))),
            ("EUR", DatedRate(date(2026, 1, 1), date(2026, 3, 1), Decimal("0.9"))),
        ],
    )


class TestRates:
    def test_the_start_is_inclusive_and_the_end_exclusive(self) -> None:
        table = euro_table("dated_by_close_date")
        assert table.rate_on("EUR", date(2025, 12, 31)) is None
        assert table.rate_on("EUR", date(2026, 1, 1)) == Decimal("0.9")
        assert table.rate_on("EUR", date(2026, 2, 28)) == Decimal("0.9")
        assert table.rate_on("EUR", date(2026, 3, 1)) is None
        assert table.rate_on("EUR", date(2030, 1, 1)) == Decimal("0.95")

    def test_the_static_mode_knows_no_days(self) -> None:
        assert euro_table("static").rate_on("EUR", date(1990, 1, 1)) == Decimal("0.8")

    def test_a_missing_rate_is_none_and_the_corporate_one_is_always_one(self) -> None:
        for mode in ("static", "dated_by_close_date", "dated_by_as_of"):
            table = euro_table(mode)
            assert table.rate_on("CHF", date(2026, 1, 1)) is None
            assert table.rate_on("USD", date(2026, 1, 1)) == 1
            assert table.rate_on(None, date(2026, 1, 1)) == 1

    def test_targets_take_the_dated_rate_under_any_mode(self) -> None:
        table = euro_table("static")
        assert table.target_rate_on("EUR", date(2026, 1, 1)) == Decimal("0.9")
        assert table.target_rate_on("EUR", date(2025, 1, 1)) == Decimal("0.8")
        assert euro_table("dated_by_as_of").target_rate_on("EUR", date(2025, 1, 1)) is None
        assert table.target_rate_on("CHF", date(2026, 1, 1)) is None

    @pytest.mark.parametrize("units", ["0", "-1", "NaN", "Infinity"])
    def test_a_rate_that_converts_nothing_is_refused(self, units: str) -> None:
        with pytest.raises(RateRefused, match="exchange rate of EUR"):
            build_rate_table("USD", "static", {"EUR": Decimal(units)}, [])
        with pytest.raises(RateRefused, match="a number above 0"):
            build_rate_table(
                "USD", "static", {}, [("EUR", DatedRate(date(2026, 1, 1), None, Decimal(units)))]
            )

    def test_conversion_divides_exactly(self) -> None:
        assert convert(1_000_000, Decimal("0.9")) == Fraction(1000, 9)


class TestRounding:
    @pytest.mark.parametrize(
        ("amount", "rounded"),
        [
            (Fraction(1, 200), "0.01"),
            (Fraction(-1, 200), "-0.01"),
            (Fraction(1, 201), "0.00"),
            (Decimal("2.345"), "2.35"),
            (Fraction(1000, 9), "111.11"),
            (Decimal("-111.115"), "-111.12"),
        ],
    )
    def test_halves_go_away_from_zero(self, amount: Fraction | Decimal, rounded: str) -> None:
        assert str(round_cents(amount)) == rounded

    def test_full_precision_has_34_digits(self) -> None:
        assert to_decimal(Fraction(2, 3)) == Decimal("0." + "6" * 33 + "7")
        assert to_decimal(Fraction(5, 4)) == Decimal("1.25")
