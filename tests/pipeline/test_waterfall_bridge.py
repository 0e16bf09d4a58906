"""The waterfall: every way in and out by hand, and that it always balances."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.calendar import Period
from pipeline.records import Category, DealClass
from pipeline.waterfall import (
    DealPair,
    DealState,
    Part,
    Removal,
    RemovalReason,
    Term,
    Waterfall,
    bridge,
)

QUARTER = Period("FY26 Q1", date(2026, 1, 1), date(2026, 3, 31))
FROM, TO = date(2026, 1, 15), date(2026, 2, 15)

IN_PERIOD, LATER, EARLIER = date(2026, 3, 1), date(2026, 4, 1), date(2025, 12, 31)
OPEN, WON, LOST, EARLY = (
    DealClass.OPEN_QUALIFIED,
    DealClass.WON,
    DealClass.LOST,
    DealClass.OPEN_UNQUALIFIED,
)


def state(
    units: int | None = 100,
    *,
    deal_class: DealClass = OPEN,
    category: Category | None = Category.PIPELINE,
    currency: str | None = "USD",
    close_day: date | None = IN_PERIOD,
    **slices: int,
) -> DealState:
    value = sum(slices.values()) if slices else units
    return DealState(
        deal_class,
        category,
        None if value is None else value * 10_000,
        currency,
        close_day,
        tuple(Part(name, amount * 10_000) for name, amount in slices.items()),
    )


def rate_of(deal: DealState, day: date) -> Decimal | None:
    """Euros at 0.8 closing up to February, 0.5 after; pounds at 0.4, known only from the later endpoint;
    francs never."""
    if deal.close_day is None:
        raise AssertionError("rates are asked only of dated states")
    if deal.currency == "EUR":
        return Decimal("0.8") if deal.close_day < date(2026, 3, 1) else Decimal("0.5")
    if deal.currency == "GBP":
        return Decimal("0.4") if day == TO else None
    return {"USD": Decimal(1), None: Decimal(1)}.get(deal.currency)


def waterfall(
    *endpoints: tuple[DealState | None, DealState | None], slice_value: str | None = None
) -> Waterfall:
    pairs = [DealPair(f"deal {number}", before, after) for number, (before, after) in enumerate(endpoints)]
    return bridge(
        pairs,
        period=QUARTER,
        from_date=FROM,
        to_date=TO,
        rate_of=rate_of,
        currency="USD",
        slice_value=slice_value,
    )


def moved(result: Waterfall) -> dict[str, Fraction]:
    """Start, end and the terms that are not zero."""
    terms = {term.value: result.term(term) for term in Term if result.term(term)}
    return {"start": result.start, **terms, "end": result.end}


def imbalance(result: Waterfall) -> Fraction:
    return result.start + sum(term.sign * result.term(term) for term in Term) - result.end


class TestEntries:
    @pytest.mark.parametrize(
        "before",
        [
            None,
            state(deal_class=EARLY),
            state(deal_class=LOST),
            state(deal_class=WON),
            state(category=Category.OMITTED),
            state(None),
            state(close_day=None),
            state(currency="CHF"),
            state(currency="CHF", close_day=LATER),
        ],
    )
    def test_what_was_in_no_open_pipeline_is_new_at_end_value(self, before: DealState | None) -> None:
        assert moved(waterfall((before, state(150)))) == {"start": 0, "new": 150, "end": 150}

    def test_a_deal_of_a_later_period_is_pulled_in(self) -> None:
        assert moved(waterfall((state(100, close_day=LATER), state(150)))) == {
            "start": 0,
            "pulled_in": 150,
            "end": 150,
        }

    def test_a_deal_of_an_earlier_period_is_pushed_in(self) -> None:
        assert moved(waterfall((state(100, close_day=EARLIER), state(150)))) == {
            "start": 0,
            "pushed_in": 150,
            "end": 150,
        }

    def test_a_deal_created_and_won_between_the_days_is_never_seen(self) -> None:
        assert moved(waterfall((None, state(deal_class=WON)))) == {"start": 0, "end": 0}


class TestStaying:
    def test_more_and_less_are_kept_apart(self) -> None:
        result = waterfall((state(100), state(130)), (state(100), state(80)))
        assert moved(result) == {"start": 200, "increased": 30, "decreased": 20, "end": 210}

    def test_a_new_close_day_inside_the_period_changes_only_the_rate(self) -> None:
        # EUR 100 at 0.8 is 125, at 0.5 it is 200.
        result = waterfall((state(currency="EUR", close_day=date(2026, 2, 1)), state(currency="EUR")))
        assert moved(result) == {"start": 125, "fx": 75, "end": 200}

    def test_a_change_counts_at_the_start_rate_and_the_rest_is_fx(self) -> None:
        # EUR 100 -> 60: 125 -> 75 at the start rate, then 75 -> 120 by the rate.
        result = waterfall((state(currency="EUR", close_day=date(2026, 2, 1)), state(60, currency="EUR")))
        assert moved(result) == {"start": 125, "decreased": 50, "fx": 45, "end": 120}

    def test_a_changed_currency_counts_at_the_rate_that_it_had_at_the_start(self) -> None:
        # USD 100 -> EUR 90, worth 112.50 at the start rate of euros and 180 at the end's.
        result = waterfall(
            (state(100, close_day=date(2026, 2, 1)), state(90, currency="EUR", close_day=IN_PERIOD))
        )
        assert moved(result) == {
            "start": 100,
            "increased": Fraction("12.5"),
            "fx": Fraction("67.5"),
            "end": 180,
        }

    def test_a_changed_currency_without_a_rate_at_the_start_has_no_fx(self) -> None:
        result = waterfall((state(100), state(100, currency="GBP")))
        assert moved(result) == {"start": 100, "increased": 150, "end": 250}

    def test_a_downsell_that_deepens_is_a_decrease(self) -> None:
        result = waterfall((state(-100), state(-150)))
        assert moved(result) == {"start": -100, "decreased": 50, "end": -150}


class TestExits:
    @pytest.mark.parametrize("close_day", [IN_PERIOD, LATER, EARLIER])
    def test_won_changes_its_value_first_whenever_it_closes(self, close_day: date) -> None:
        result = waterfall((state(100), state(130, deal_class=WON, close_day=close_day)))
        assert moved(result) == {"start": 100, "increased": 30, "won": 130, "end": 0}

    def test_won_in_another_currency_interval_leaves_fx_behind(self) -> None:
        result = waterfall(
            (
                state(currency="EUR", close_day=IN_PERIOD),
                state(80, currency="EUR", deal_class=WON, close_day=date(2026, 2, 1)),
            )
        )
        # 200 at the start; 160 of it at the start rate; won at 100.
        assert moved(result) == {"start": 200, "decreased": 40, "fx": -60, "won": 100, "end": 0}

    def test_lost_and_pushed_and_pulled_leave_at_start_value(self) -> None:
        assert moved(waterfall((state(100), state(50, deal_class=LOST, close_day=None)))) == {
            "start": 100,
            "lost": 100,
            "end": 0,
        }
        assert moved(waterfall((state(100), state(50, close_day=LATER)))) == {
            "start": 100,
            "pushed_out": 100,
            "end": 0,
        }
        assert moved(waterfall((state(100), state(50, close_day=EARLIER)))) == {
            "start": 100,
            "pulled_out": 100,
            "end": 0,
        }

    @pytest.mark.parametrize(
        ("after", "reason"),
        [
            (None, RemovalReason.DELETED),
            (state(category=Category.OMITTED), RemovalReason.OMITTED),
            (state(category=Category.OMITTED, close_day=LATER), RemovalReason.OMITTED),
            (state(deal_class=EARLY), RemovalReason.DISQUALIFIED),
            (state(close_day=None), RemovalReason.UNDATED),
            (state(None), RemovalReason.VALUE_UNKNOWN),
            (state(None, close_day=LATER), RemovalReason.VALUE_UNKNOWN),
            (state(currency="CHF"), RemovalReason.UNCONVERTED),
            (state(currency="CHF", close_day=LATER), RemovalReason.UNCONVERTED),
            (state(None, deal_class=WON), RemovalReason.VALUE_UNKNOWN),
            (state(currency="CHF", deal_class=WON), RemovalReason.UNCONVERTED),
            (state(deal_class=WON, close_day=None), RemovalReason.UNDATED),
        ],
    )
    def test_removed_says_why_deal_by_deal(self, after: DealState | None, reason: RemovalReason) -> None:
        result = waterfall((state(100), after))
        assert moved(result) == {"start": 100, "removed": 100, "end": 0}
        assert result.removed_ids == (Removal("deal 0", reason, Fraction(100)),)

    def test_a_won_deal_in_an_omitted_category_is_won(self) -> None:
        result = waterfall((state(100), state(100, deal_class=WON, category=Category.OMITTED)))
        assert moved(result) == {"start": 100, "won": 100, "end": 0}

    def test_a_deal_that_never_counted_is_not_listed_as_removed(self) -> None:
        assert waterfall((state(category=Category.OMITTED), None)).removed_ids == ()


class TestSlices:
    def test_a_deal_moves_at_its_start_value_and_changes_in_the_new_slice(self) -> None:
        deal = (state(EMEA=100), state(AMER=80))
        assert moved(waterfall(deal, slice_value="EMEA")) == {"start": 100, "reclassified": -100, "end": 0}
        assert moved(waterfall(deal, slice_value="AMER")) == {
            "start": 0,
            "reclassified": 100,
            "decreased": 20,
            "end": 80,
        }
        assert moved(waterfall(deal)) == {"start": 100, "decreased": 20, "end": 80}

    def test_of_several_parts_only_what_others_lost_has_moved(self) -> None:
        deal = (state(Cloud=60, Data=40), state(Cloud=110, Data=10))
        assert moved(waterfall(deal, slice_value="Cloud")) == {
            "start": 60,
            "increased": 20,
            "reclassified": 30,
            "end": 110,
        }
        assert moved(waterfall(deal, slice_value="Data")) == {"start": 40, "reclassified": -30, "end": 10}

    def test_a_product_that_grows_alone_takes_from_no_other(self) -> None:
        deal = (state(Cloud=60, Data=40), state(Cloud=90, Data=40))
        assert moved(waterfall(deal, slice_value="Cloud")) == {"start": 60, "increased": 30, "end": 90}
        assert moved(waterfall(deal, slice_value="Data")) == {"start": 40, "end": 40}

    def test_a_deal_that_moved_and_was_won_is_won_where_it_ended(self) -> None:
        deal = (state(EMEA=100), state(deal_class=WON, AMER=100))
        assert moved(waterfall(deal, slice_value="EMEA")) == {"start": 100, "reclassified": -100, "end": 0}
        assert moved(waterfall(deal, slice_value="AMER")) == {
            "start": 0,
            "reclassified": 100,
            "won": 100,
            "end": 0,
        }

    def test_only_the_slice_that_held_it_lists_a_removed_deal(self) -> None:
        deal = (state(EMEA=100), None)
        assert len(waterfall(deal, slice_value="EMEA").removed_ids) == 1
        assert waterfall(deal, slice_value="AMER").removed_ids == ()


class TestCents:
    def test_printed_figures_balance(self) -> None:
        third = replace(state(), value=3_333)  # 0.3333
        result = waterfall((None, third), (None, third), (third, None), (third, third)).rounded_to_cents()
        # start 0.6666, new 0.6666, removed 0.3333, end 0.9999
        assert (result.start, result.end) == (Fraction("0.67"), Fraction(1))
        assert (result.new, result.removed) == (Fraction("0.66"), Fraction("0.33"))
        assert result.removed_ids[0].amount == Fraction("0.33")

    def test_terms_that_are_zero_stay_zero(self) -> None:
        half_cent = replace(state(), value=50)
        result = waterfall((half_cent, half_cent), (half_cent, replace(half_cent, deal_class=LOST)))
        # 0.01 -> 0.005, printed 0.01: the half cent that was lost prints as nothing.
        assert moved(result.rounded_to_cents()) == {"start": Fraction("0.01"), "end": Fraction("0.01")}


CLOSE_DAYS = st.one_of(st.none(), st.dates(EARLIER - timedelta(days=40), LATER + timedelta(days=40)))
SLICES = ["EMEA", "AMER", "APAC"]


@st.composite
def deal_states(draw: st.DrawFn) -> DealState | None:
    parts = draw(
        st.lists(st.builds(Part, st.sampled_from(SLICES), st.integers(-(10**9), 10**12)), max_size=3)
    )
    known = draw(st.integers(0, 9)) > 0
    deal = DealState(
        draw(st.sampled_from([OPEN, OPEN, OPEN, WON, LOST, EARLY])),
        draw(st.sampled_from([None, Category.OMITTED, Category.PIPELINE, Category.COMMIT])),
        sum(part.amount for part in parts) if known else None,
        draw(st.sampled_from([None, "USD", "EUR", "EUR", "GBP", "CHF"])),
        draw(CLOSE_DAYS),
        tuple(parts) if known else (),
    )
    return draw(st.sampled_from([deal, deal, deal, deal, None]))


ENDPOINTS = st.lists(st.tuples(deal_states(), deal_states()), max_size=8)


class TestProperties:
    @given(endpoints=ENDPOINTS, slice_value=st.sampled_from([None, *SLICES]))
    def test_the_waterfall_always_balances_exactly_and_to_the_cent(
        self, endpoints: list[tuple[DealState | None, DealState | None]], slice_value: str | None
    ) -> None:
        exact = waterfall(*endpoints, slice_value=slice_value)
        printed = exact.rounded_to_cents()
        assert imbalance(exact) == 0
        assert imbalance(printed) == 0
        for term in Term:
            assert (printed.term(term) * 100).denominator == 1
            assert abs(printed.term(term) - exact.term(term)) < Fraction(1, 100)
        assert exact.increased >= 0
        assert exact.decreased >= 0
        assert printed.increased >= 0
        assert printed.decreased >= 0
        assert sum((one.amount for one in exact.removed_ids), Fraction(0)) == exact.removed

    @given(endpoints=ENDPOINTS)
    def test_slices_add_up_to_the_company_term_by_term(
        self, endpoints: list[tuple[DealState | None, DealState | None]]
    ) -> None:
        company = waterfall(*endpoints)
        slices = [waterfall(*endpoints, slice_value=name) for name in SLICES]

        def added(amounts: Iterable[Fraction]) -> Fraction:
            return sum(amounts, Fraction(0))

        assert added(one.start for one in slices) == company.start
        assert added(one.end for one in slices) == company.end
        for term in Term:
            assert added(one.term(term) for one in slices) == company.term(term)
        assert company.reclassified == 0

    @given(endpoints=ENDPOINTS)
    def test_where_nothing_happens_nothing_moves(
        self, endpoints: list[tuple[DealState | None, DealState | None]]
    ) -> None:
        unchanged = [
            (before, before) for before, _ in endpoints if before is None or before.currency != "GBP"
        ]
        result = waterfall(*unchanged)
        assert result.start == result.end
        assert not any(result.term(term) for term in Term)
