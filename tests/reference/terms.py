"""What the company means by its figures, as far as the reference knows choices."""

import itertools
from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Literal
from zoneinfo import ZoneInfo

from tests.reference.quarters import Alignment, Year

Knots = tuple[tuple[Fraction, Fraction], ...]


@dataclass(frozen=True)
class Resolver:
    """A field path, a walk up a role chain, or a constant; with a map or bands."""

    path: str | None = None
    role_chain: Literal["owner", "creator"] | None = None
    value: str | None = None
    map: Mapping[str, str] | None = None
    bands: Mapping[str, tuple[int, ...]] | None = None


@dataclass(frozen=True)
class Terms:
    zone: ZoneInfo
    year: Year
    alignment: Alignment
    value_field: str
    qualified_stage: str
    assumed_open_stage: str
    pipe_gen_basis: Literal["qualified_date", "created_date"]
    coverage_denominator: Literal["remaining", "target"]
    corporate_currency: str
    rate_mode: Literal["dated_by_close_date", "static", "dated_by_as_of"]
    resolvers: Mapping[str, tuple[Resolver, ...]]
    """By dimension, and `deal_type`."""
    pacing: Literal["linear", "seasonal"]
    pace_curve: Knots | None
    forecast_curve: Knots
    required_coverage: Knots
    complete: bool
    """A deal that is absent from an export was deleted."""
    early_guard_days: int = 21
    bands: Mapping[str, tuple[Fraction, Fraction]] = field(
        default_factory=lambda: {
            "closed_won": (Fraction(1), Fraction(9, 10)),
            "forecast": (Fraction(1), Fraction(9, 10)),
            "open_pipeline": (Fraction(1), Fraction(8, 10)),
            "pipe_gen": (Fraction(1), Fraction(9, 10)),
            "coverage": (Fraction(1), Fraction(8, 10)),
        }
    )


def on_curve(knots: Knots, share: Fraction) -> Fraction:
    """Linear between the knots, constant outside."""
    if share <= knots[0][0]:
        return knots[0][1]
    for (left, low), (right, high) in itertools.pairwise(knots):
        if share <= right:
            return low + (high - low) * (share - left) / (right - left)
    return knots[-1][1]
