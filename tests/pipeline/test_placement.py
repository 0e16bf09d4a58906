"""Sharing a deal's value over its products and owners, to the cent (DOMAIN section 4)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.matrix import NO_FAMILY, NO_PRODUCT
from pipeline.placement import Line, OwnerShare, Portion, portions

HUNDRED_PER_CENT = 1_000_000


def cents(number: int) -> int:
    return number * 100


def families(value: int | None, *lines: Line) -> list[tuple[str, int | None]]:
    return [(portion.family, portion.value) for portion in portions(value, "005A", lines, ())]


def test_thirds_go_to_the_cent_and_the_cent_left_over_to_the_lower_line() -> None:
    """100.00 over three equal lines: 33.333... each; the cent left over ties, so the first line has it."""
    lines = [Line(10, "Core"), Line(10, "Cloud"), Line(10, "Care")]
    assert families(cents(100_00), *lines) == [
        ("Core", cents(33_34)), ("Cloud", cents(33_33)), ("Care", cents(33_33)),
    ]  # fmt: skip


def test_the_largest_remainder_has_the_first_cent_left_over() -> None:
    """10.00 over 1 : 2 : 4 is 1.42857, 2.85714, 5.71428: two cents are left, for the .857 and the .714."""
    lines = [Line(1, "Core"), Line(2, "Cloud"), Line(4, "Care")]
    assert families(cents(10_00), *lines) == [
        ("Core", cents(1_43)), ("Cloud", cents(2_86)), ("Care", cents(5_71)),
    ]  # fmt: skip


def test_lines_are_shared_out_one_by_one_and_then_summed_per_family() -> None:
    """0.05 over four lines is 0.0125 each: one cent each, the fifth to the first line, so Core has 0.03."""
    lines = [Line(1, "Core"), Line(1, "Cloud"), Line(1, "Core"), Line(1, "Cloud")]
    assert families(cents(5), *lines) == [("Core", cents(3)), ("Cloud", cents(2))]


def test_no_line_items_or_a_total_of_zero_have_no_product() -> None:
    assert families(cents(500)) == [(NO_PRODUCT, cents(500))]
    assert families(cents(500), Line(0, "Core"), Line(None, "Cloud")) == [(NO_PRODUCT, cents(500))]
    assert families(cents(500), Line(70, "Core"), Line(-70, "Cloud")) == [(NO_PRODUCT, cents(500))]


def test_a_line_without_a_family_is_its_own_family() -> None:
    assert families(cents(500), Line(1, None), Line(4, "Core")) == [
        (NO_FAMILY, cents(100)), ("Core", cents(400)),
    ]  # fmt: skip


def test_a_negative_value_is_shared_like_a_positive_one() -> None:
    assert families(cents(-100_00), Line(1, "Core"), Line(2, "Cloud")) == [
        ("Core", cents(-33_33)), ("Cloud", cents(-66_67)),
    ]  # fmt: skip


def test_an_unknown_value_is_one_unknown_portion() -> None:
    assert families(None, Line(1, "Core"), Line(2, "Cloud")) == [("Core", None)]


def test_splits_share_the_value_before_products_do() -> None:
    """1.01 at 50 % each: 0.51 and 0.50; each again over Core and Cloud, the cent left over to Core."""
    splits = [OwnerShare("005A", HUNDRED_PER_CENT // 2), OwnerShare("005B", HUNDRED_PER_CENT // 2)]
    assert portions(cents(101), "005A", [Line(1, "Core"), Line(1, "Cloud")], splits) == [
        Portion("005A", "Core", cents(26)),
        Portion("005A", "Cloud", cents(25)),
        Portion("005B", "Core", cents(25)),
        Portion("005B", "Cloud", cents(25)),
    ]


def test_splits_that_sum_to_nothing_leave_the_deal_with_its_owner() -> None:
    assert portions(cents(101), "005A", (), [OwnerShare("005B", 0)]) == [
        Portion("005A", NO_PRODUCT, cents(101))
    ]


@given(
    value=st.integers(-(10**12), 10**12),
    lines=st.lists(
        st.builds(Line, st.none() | st.integers(-(10**9), 10**9), st.sampled_from([None, "Core", "Cloud"])),
        max_size=6,
    ),
    splits=st.lists(
        st.builds(OwnerShare, st.sampled_from(["005A", "005B"]), st.integers(1, HUNDRED_PER_CENT))
    ),
)
def test_portions_always_sum_to_the_value(value: int, lines: list[Line], splits: list[OwnerShare]) -> None:
    shared = portions(value, "005A", lines, splits)
    assert sum(portion.value or 0 for portion in shared) == value
    assert len({(portion.owner_id, portion.family) for portion in shared}) == len(shared)


@pytest.mark.parametrize("weights", [(1, 1), (3, 7), (1, 999_999)])
def test_shares_are_whole_cents_of_a_value_in_cents(weights: tuple[int, int]) -> None:
    shared = families(cents(12_345), Line(weights[0], "Core"), Line(weights[1], "Cloud"))
    assert all((value or 0) % 100 == 0 for _, value in shared)
