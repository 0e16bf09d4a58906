"""What a row should have reached at a point of the quarter: curves of knots (DOMAIN section 7)."""

import itertools
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from pipeline.definitions import ColoursDefinition, Knots
from pipeline.learning import Learnt

EVERY_ROW = "*"


def _knots(*knots: tuple[str, str]) -> Knots:
    return tuple((Decimal(share), Decimal(value)) for share, value in knots)


DEFAULT_PACE = _knots(("0", "0"), ("0.33", "0.2"), ("0.67", "0.5"), ("1", "1"))
DEFAULT_FORECAST = _knots(("0", "0.4"), ("0.5", "0.7"), ("1", "1"))
DEFAULT_REQUIRED_COVERAGE = _knots(("0", "3"), ("1", "1"))


@dataclass(frozen=True)
class Expectations:
    """What a row is measured by at one point of the quarter."""

    expected_share: Fraction
    """Share of the target that should be won by now."""
    forecast_share: Fraction
    """Share of the target that the forecast should show by now."""
    required_coverage: Fraction
    """How many times the remaining target should be open by now."""


def value_at(knots: Knots, share: Fraction) -> Fraction:
    """A curve's value at a share of the quarter: linear between the knots, constant outside them."""
    points = [(Fraction(at), Fraction(value)) for at, value in knots]
    if share <= points[0][0]:
        return points[0][1]
    for (before, low), (after, high) in itertools.pairwise(points):
        if share <= after:
            return low + (high - low) * (share - before) / (after - before)
    return points[-1][1]


def curve_of(curves: Mapping[str, Knots], row_key: str) -> Knots | None:
    """The row's own curve (`segment.ENT`), else that of every row (`*`)."""
    return curves.get(row_key, curves.get(EVERY_ROW))


def expectations_at(
    share: Fraction, row_key: str, colours: ColoursDefinition, learnt: Learnt
) -> Expectations:
    """The explicit curve under either pacing, else what was learnt, else the default.

    Linear pacing learns no pace: it expects the share of the quarter that has elapsed.
    """
    is_linear = colours.pacing == "linear"
    return Expectations(
        expected_share=_pick(
            curve_of(colours.pace_curve, row_key),
            share if is_linear else learnt.expected_share,
            DEFAULT_PACE,
            share,
        ),
        forecast_share=_pick(
            curve_of(colours.forecast_curve, row_key),
            None if is_linear else learnt.forecast_share,
            DEFAULT_FORECAST,
            share,
        ),
        required_coverage=_pick(
            curve_of(colours.required_coverage, row_key),
            learnt.required_coverage,
            DEFAULT_REQUIRED_COVERAGE,
            share,
        ),
    )


def _pick(explicit: Knots | None, learnt: Fraction | None, default: Knots, share: Fraction) -> Fraction:
    if explicit is not None:
        return value_at(explicit, share)
    return learnt if learnt is not None else value_at(default, share)
