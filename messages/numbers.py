"""Exact figures as JSON and CSV numbers. Sums are over by now, so a float at this edge loses nothing."""

from decimal import Decimal
from fractions import Fraction

from pipeline.money import round_cents

Number = int | float


def money(amount: Decimal | Fraction | None) -> Number | None:
    """Rounded half up to cents; whole amounts are integers."""
    if amount is None:
        return None
    cents = round_cents(amount)
    return int(cents) if cents == cents.to_integral_value() else float(cents)


def ratio(share: Decimal | Fraction | None) -> float | None:
    """Unrounded: the nearest number that JSON readers know."""
    return None if share is None else float(share)
