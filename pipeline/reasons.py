"""The sentence behind each colour: the numbers that decided it and what would turn it (DOMAIN section 7).

Figures are shortened so that no sentence contradicts its colour: percentages and multiples are rounded
down, and the money that turns a cell green is rounded up.
"""

from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from math import ceil, floor

_SYMBOLS = {"USD": "$", "EUR": "€", "GBP": "£", "JPY": "¥"}
_UNITS = ((10**9, "B"), (10**6, "M"), (10**3, "K"))


@dataclass(frozen=True)
class Claim:
    """`Forecast $1.2M` is so many per cent of the `$1.5M expected by day 45 of 92`."""

    subject: str
    yardstick: str
    more: str = "more"
    """What has to grow: `more`, `more open pipeline`."""


def short_money(amount: Fraction, currency: str) -> str:
    """At most three digits and a unit, halves away from zero: $1.25M, $45.5K, $950, CHF 12M."""
    step = _step(abs(amount))
    return _shown(floor(abs(amount) / step + Fraction(1, 2)) * step, currency, "-" if amount < 0 else "")


def multiple(ratio: Fraction) -> str:
    """Coverage with one decimal or two, rounded down: 2.13×, 3.0×."""
    digits = str(Decimal(floor(ratio * 100)).scaleb(-2))
    return f"{digits.removesuffix('0')}×"


def compared(claim: Claim, ratio: Fraction) -> str:
    return f"{claim.subject} is {floor(ratio * 100)}% of the {claim.yardstick}"


def turned_by(gap: Fraction, claim: Claim, currency: str) -> str:
    return f"{_enough(gap, currency)} {claim.more} turns it green"


def guarded(guard_days: int) -> str:
    return f"yellow rather than red in the first {guard_days} days"


def nothing_expected(claim: Claim, day: int, days: int) -> str:
    return f"{claim.subject}, and nothing is expected by day {day} of {days}: no colour."


def no_target(period_label: str) -> str:
    return f"No target for {period_label}, so no colour."


def no_pipe_gen_target(period_label: str) -> str:
    return f"No pipe generation target for {period_label}, given or derived, so no colour."


def target_met(target: Fraction, closed_won: Fraction, currency: str) -> str:
    return (
        f"The target of {short_money(target, currency)} is met with {short_money(closed_won, currency)} won."
    )


def follows_forecast(late_days: int, forecast_why: str) -> str:
    return f"In the last {late_days} days coverage follows the forecast: {_continued(forecast_why)}"


def held_back(red_why: str) -> str:
    return f"Held at yellow by a red cell: {_continued(red_why)}"


def _continued(sentence: str) -> str:
    return sentence[0].lower() + sentence[1:]


def _enough(gap: Fraction, currency: str) -> str:
    step = _step(gap)
    return _shown(ceil(gap / step) * step, currency, "")


def _step(amount: Fraction) -> Fraction:
    """The value of the last digit that is shown."""
    for factor, _ in _UNITS:
        if amount >= factor:
            return Fraction(factor, 10 ** _decimals(amount / factor))
    return Fraction(1)


def _shown(amount: Fraction, currency: str, sign: str) -> str:
    """An amount that is a multiple of its step; rounding may have carried it into the next unit."""
    symbol = _SYMBOLS.get(currency, f"{currency} ")
    for factor, unit in _UNITS:
        if amount >= factor:
            decimals = _decimals(amount / factor)
            digits = Decimal(int(amount / factor * 10**decimals)).scaleb(-decimals)
            return f"{sign}{symbol}{digits.normalize():f}{unit}"
    return f"{sign}{symbol}{amount}"


def _decimals(shortened: Fraction) -> int:
    return 2 if shortened < 10 else 1 if shortened < 100 else 0
