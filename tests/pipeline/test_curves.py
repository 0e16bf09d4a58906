"""Curves and what past quarters teach."""

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from pipeline.curves import Expectations, curve_of, expectations_at, value_at
from pipeline.definitions import ColoursDefinition, Knots
from pipeline.learning import Learnt, PastQuarter, learn

HALF = Fraction(1, 2)
NOTHING = Learnt()


def knots(*points: tuple[str, str]) -> Knots:
    return tuple((Decimal(share), Decimal(value)) for share, value in points)


RISING_KNOTS = st.lists(
    st.tuples(st.decimals(0, 1, places=3), st.decimals(0, 10, places=2)),
    min_size=1,
    max_size=6,
    unique_by=lambda knot: knot[0],
).map(lambda points: tuple(sorted(points)))


class TestCurves:
    def test_linear_between_knots_and_constant_outside(self) -> None:
        curve = knots(("0.2", "1"), ("0.6", "3"))
        assert value_at(curve, Fraction(0)) == 1
        assert value_at(curve, Fraction(2, 5)) == 2
        assert value_at(curve, Fraction(3, 5)) == 3
        assert value_at(curve, Fraction(1)) == 3

    def test_one_knot_is_flat(self) -> None:
        assert value_at(knots(("0", "1.5")), HALF) == Fraction(3, 2)

    @given(curve=RISING_KNOTS, first=st.fractions(0, 1), second=st.fractions(0, 1))
    def test_a_curve_is_monotone_between_neighbouring_knots(
        self, curve: Knots, first: Fraction, second: Fraction
    ) -> None:
        low, high = sorted((first, second))
        assume(not any(low < at < high for at, _ in curve))
        before, after = value_at(curve, low), value_at(curve, high)
        values = [Fraction(value) for _, value in curve]
        assert min(values) <= min(before, after) <= max(before, after) <= max(values)
        middle = value_at(curve, (low + high) / 2)
        assert min(before, after) <= middle <= max(before, after)

    def test_a_row_takes_its_own_curve_before_that_of_all(self) -> None:
        curves = {"*": knots(("0", "1")), "segment.ENT": knots(("0", "2"))}
        assert curve_of(curves, "segment.ENT") == knots(("0", "2"))
        assert curve_of(curves, "segment.SMB") == knots(("0", "1"))
        assert curve_of({}, "segment.SMB") is None


class TestExpectations:
    def test_defaults_at_half_of_a_seasonal_quarter(self) -> None:
        # Pace: 0.2 + 0.3 × (0.5 − 0.33) / 0.34 = 0.35; forecast 0.7; coverage 2.
        assert expectations_at(HALF, "TOTAL", ColoursDefinition(), NOTHING) == Expectations(
            Fraction(7, 20), Fraction(7, 10), Fraction(2)
        )

    def test_what_was_learnt_replaces_the_defaults_of_a_seasonal_quarter(self) -> None:
        learnt = Learnt(Fraction(1, 4), Fraction(3, 5), Fraction(4))
        assert expectations_at(HALF, "TOTAL", ColoursDefinition(), learnt) == Expectations(
            Fraction(1, 4), Fraction(3, 5), Fraction(4)
        )

    def test_linear_pacing_learns_coverage_alone(self) -> None:
        learnt = Learnt(Fraction(1, 4), Fraction(3, 5), Fraction(4))
        linear = ColoursDefinition(pacing="linear")
        assert expectations_at(HALF, "TOTAL", linear, learnt) == Expectations(
            HALF, Fraction(7, 10), Fraction(4)
        )

    @pytest.mark.parametrize("pacing", ["linear", "seasonal"])
    def test_an_explicit_curve_applies_under_either_pacing(self, pacing: str) -> None:
        colours = ColoursDefinition.model_validate(
            {
                "pacing": pacing,
                "pace_curve": {"segment.ENT": [[0, 0], [1, 0.8]]},
                "forecast_curve": {"*": 1.0},
                "required_coverage": {"*": [[0, 5], [1, 1]]},
            }
        )
        learnt = Learnt(Fraction(1, 4), Fraction(3, 5), Fraction(4))
        assert expectations_at(HALF, "segment.ENT", colours, learnt) == Expectations(
            Fraction(2, 5), Fraction(1), Fraction(3)
        )


def past(closed: int, final: int, open_then: int, forecast: int) -> PastQuarter:
    return PastQuarter(Fraction(closed), Fraction(final), Fraction(open_then), Fraction(forecast))


class TestLearning:
    def test_medians_of_four_quarters(self) -> None:
        quarters = [
            past(20, 100, 160, 60),
            past(30, 100, 210, 70),
            past(40, 100, 300, 80),
            past(50, 100, 50, 90),
        ]
        # Shares 0.2 0.3 0.4 0.5; forecasts 0.6 .. 0.9; open over the rest 2, 3, 5, 1.
        assert learn(quarters) == Learnt(Fraction(7, 20), Fraction(3, 4), Fraction(5, 2))

    def test_three_quarters_in_which_something_was_won_teach_nothing(self) -> None:
        quarters = [past(20, 100, 160, 60)] * 3 + [past(0, 0, 10, 10)]
        assert learn(quarters) == Learnt()

    @pytest.mark.parametrize(("open_then", "held"), [(10, 1), (1000, 6)])
    def test_learnt_coverage_is_held_within_one_and_six(self, open_then: int, held: int) -> None:
        assert learn([past(50, 100, open_then, 60)] * 4).required_coverage == held

    def test_quarters_that_won_nothing_more_say_nothing_about_coverage(self) -> None:
        assert learn([past(100, 100, 40, 100)] * 4).required_coverage is None
        assert learn([past(100, 100, 40, 100)] * 3 + [past(50, 100, 150, 60)]).required_coverage == 3
