"""Sums of slices rolled up into rows (DOMAIN section 6)."""

from collections.abc import Sequence
from decimal import Decimal
from fractions import Fraction
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from pipeline.matrix import Basis, Dimension
from pipeline.sums import NOTHING, SliceSums, SliceValues, Sums, is_renewal, roll_up

SLICES = {
    1: SliceValues("EMEA", "ENT", "AE", "Cloud", "Events", "new_business"),
    2: SliceValues("EMEA", "SMB", "BDR", "Core", "Events", "expansion"),
    3: SliceValues("AMER", "SMB", "AE", "Core", "(Unassigned)", "renewal"),
}
USD, EUR, GBP = 0, 1, 2
RATES = {USD: Decimal(1), EUR: Decimal("0.8")}


def units_of(currency: int, day: int) -> Decimal | None:
    return RATES.get(currency)


def sums(slice_no: int, **fields: Any) -> SliceSums:
    return SliceSums(**dict.fromkeys(SliceSums._fields, 0) | {"slice_no": slice_no} | fields)


def by(rows: Sequence[SliceSums], dimension: Dimension) -> dict[str, Sums]:
    return roll_up(rows, SLICES, units_of, lambda values: values.of(dimension))


def total(rows: Sequence[SliceSums]) -> Sums:
    return roll_up(rows, SLICES, units_of, lambda _: "all", is_total=True).get("all", NOTHING)


def test_rates_divide_and_are_not_rounded_between() -> None:
    """1 EUR and 2 USD at 0.8 EUR per USD: 1.25 + 2 = 3.25; a third of a cent stays exact."""
    rows = [sums(1, currency=EUR, closed_won=10_000), sums(1, currency=USD, closed_won=20_000)]
    assert by(rows, Dimension.REGION)["EMEA"].closed_won == Fraction(13, 4)


def test_what_has_no_rate_leaves_the_totals() -> None:
    rows = [sums(1, currency=GBP, open_pipeline=10_000), sums(1, open_pipeline=5_000)]
    assert total(rows).open_pipeline == Fraction(1, 2)


def test_forecast_is_closed_won_and_commit_and_best_case_more() -> None:
    one = total([sums(1, closed_won=10_000, commit=20_000, best_case=40_000, open_pipeline=90_000)])
    assert (one.forecast, one.forecast_best_case) == (Fraction(3), Fraction(7))


def test_a_total_counts_each_deal_once_and_a_row_each_deal_with_a_part_in_it() -> None:
    """One deal in two slices of EMEA: each row of products has it, the total once."""
    rows = [
        sums(1, open_pipeline=10_000, open_deals=1, open_firsts=1),
        sums(2, open_pipeline=20_000, open_deals=1, open_firsts=0),
    ]
    assert {name: one.open_deals for name, one in by(rows, Dimension.PRODUCT).items()} == {
        "Cloud": 1, "Core": 1,
    }  # fmt: skip
    assert total(rows).open_deals == 1


def test_a_row_is_as_weak_as_its_slices_and_a_total_only_as_its_states() -> None:
    rows = [sums(1, slice_basis=int(Basis.APPROXIMATE), open_deals=1, open_firsts=1)]
    assert by(rows, Dimension.REGION)["EMEA"].open_basis is Basis.APPROXIMATE
    assert total(rows).open_basis is Basis.EXACT


def test_a_basis_without_deals_weakens_nothing() -> None:
    rows = [sums(1, state_basis=int(Basis.APPROXIMATE), open_deals=1, open_firsts=1)]
    assert total(rows).closed_basis is Basis.EXACT


def test_the_day_of_entry_weakens_pipe_generation_alone() -> None:
    rows = [
        sums(
            1, qualified_basis=int(Basis.RECONSTRUCTED),
            open_deals=1, open_firsts=1, generated_deals=1, generated_firsts=1,
        )
    ]  # fmt: skip
    assert (total(rows).generated_basis, total(rows).open_basis) == (Basis.RECONSTRUCTED, Basis.EXACT)


def test_a_slice_of_coming_quarters_is_not_nothing() -> None:
    assert not total([sums(1, open_next_3=1)]).is_nothing
    assert total([sums(1)]).is_nothing


def test_a_key_of_none_is_left_out() -> None:
    rows = [sums(1, closed_won=10_000), sums(3, closed_won=90_000)]
    kept = roll_up(rows, SLICES, units_of, lambda values: None if is_renewal(values) else values.region)
    assert {name: one.closed_won for name, one in kept.items()} == {"EMEA": 1}


ROWS = st.lists(
    st.builds(
        lambda slice_no, currency, amount, next_amount: sums(
            slice_no, currency=currency, open_pipeline=amount, open_next_2=next_amount
        ),
        st.sampled_from([1, 2, 3]),
        st.sampled_from([USD, EUR, GBP]),
        st.integers(-(10**12), 10**12),
        st.integers(-(10**12), 10**12),
    )
)


@given(ROWS, st.sampled_from(list(Dimension)))
def test_every_dimension_sums_to_the_same_total(rows: list[SliceSums], dimension: Dimension) -> None:
    parts = by(rows, dimension).values()
    assert sum(one.open_pipeline for one in parts) == total(rows).open_pipeline
    assert sum(one.open_next[1] for one in parts) == total(rows).open_next[1]


@given(ROWS, ROWS)
def test_what_is_left_without_some_and_those_together_are_all(
    rows: list[SliceSums], others: list[SliceSums]
) -> None:
    every = total([*rows, *others])
    assert every.without(total(others)).open_pipeline == total(rows).open_pipeline
    assert total(rows).plus(total(others)).open_pipeline == every.open_pipeline
