"""Amounts, exchange rates and rounding (DOMAIN section 4).

An amount is an integer in ten-thousandths of a currency unit, so that no sum ever meets a float. In the
corporate currency it is an exact `Fraction` until somebody writes it down.
"""

import re
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Context, Decimal
from fractions import Fraction
from typing import Literal

from pipeline.errors import CouncilError

SCALE = 10_000
"""Ten-thousandths in one unit of a currency."""

CENT = SCALE // 100
"""Ten-thousandths in one cent."""

LARGEST_AMOUNT = 10**14
"""In units of a currency: what a database's 64-bit integers still sum without care."""

RateMode = Literal["dated_by_close_date", "static", "dated_by_as_of"]

_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d{1,2})?", re.ASCII)
_GROUPED = re.compile(r"[+-]?\d+([.,\u00a0\u202f' ]\d{3})*([.,]\d+)?", re.ASCII)
_WIDE = Context(prec=100, rounding=ROUND_HALF_UP)
_PRECISE = Context(prec=34, rounding=ROUND_HALF_UP)


def parse_amount(text: str) -> int:
    """An amount in ten-thousandths from a number as Salesforce exports write it: 1234.5, -3, 1.2E7.

    More than four decimals are rounded half up. Raises `ValueError` whose text says what was expected
    and, where the number can be told, how to write it.
    """
    written = text.strip()
    if not _NUMBER.fullmatch(written):
        raise ValueError(_expected_amount(written))
    number = Decimal(written)
    if abs(number) >= LARGEST_AMOUNT:
        raise ValueError(f"expected an amount below {LARGEST_AMOUNT:,}")
    return int(number.scaleb(4, _WIDE).to_integral_value(ROUND_HALF_UP))


def _expected_amount(written: str) -> str:
    expected = "expected a number with a decimal point and without separators of thousands"
    if not any(mark in written for mark in ".,") or not _GROUPED.fullmatch(written):
        return f"{expected}, such as 1234.56"
    return f"{expected}: write {_without_groups(written)}"


def _without_groups(written: str) -> str:
    """`1.234,56` and `1,234.56` as 1234.56: a mark before other than three last digits is the decimal one."""
    last = max(written.rfind("."), written.rfind(","))
    whole, tail = written[:last], written[last + 1 :]
    is_decimal = len(tail) != 3 or any(mark in whole for mark in ".," if mark != written[last])
    digits = re.sub(r"[^\d+-]", "", whole)
    return f"{digits}.{tail}" if is_decimal else f"{digits}{tail}"


def share_out(total: int, weights: Sequence[int]) -> list[int]:
    """Share an amount in proportion to weights, in whole cents by largest remainder.

    Ties go to the lower index; what of the total is less than a cent goes to the part with the largest
    weight (the lowest index of several). Total and weights can be negative; the parts always sum to the
    total. Raises `ValueError` where the weights sum to zero: then there is nothing to share by.
    """
    weight_sum = sum(weights)
    if weight_sum == 0:
        raise ValueError("weights that sum to zero share nothing out")
    if weight_sum < 0:
        weights, weight_sum = [-weight for weight in weights], -weight_sum
    sign = -1 if total < 0 else 1
    quotients = [divmod(abs(total) * weight, weight_sum * CENT) for weight in weights]
    parts = [floor * CENT for floor, _ in quotients]
    cents, rest = divmod(abs(total) - sum(parts), CENT)
    by_remainder = sorted(range(len(weights)), key=lambda index: (-quotients[index][1], index))
    for index in by_remainder[:cents]:
        parts[index] += CENT
    parts[max(range(len(weights)), key=lambda index: (weights[index], -index))] += rest
    return [sign * part for part in parts]


@dataclass(frozen=True)
class DatedRate:
    """Units of a currency per one unit of the corporate currency, in an interval of days."""

    start: date
    end: date | None
    """Exclusive; `None` for ever."""
    units: Decimal


class RateRefused(CouncilError):
    """An exchange rate of zero or below, which converts nothing."""


@dataclass(frozen=True)
class RateTable:
    """Exchange rates into the corporate currency. Build it with `build_rate_table`."""

    corporate_currency: str
    mode: RateMode
    static: Mapping[str, Decimal]
    dated: Mapping[str, Sequence[DatedRate]]
    """By currency, in order of their first days."""

    def rate_on(self, currency: str | None, day: date) -> Decimal | None:
        """Units of `currency` per one corporate unit, by the configured mode; 1 for the corporate one.

        `None` where there is no rate, which is never the same as 1. `currency` of `None` is the corporate
        currency. Which day to ask for (`dated_by_close_date`: the close date; `dated_by_as_of`: the day of
        the figures) is the caller's to know; `static` has no days.
        """
        corporate = self._corporate(currency)
        if corporate is not None:
            return corporate
        if self.mode == "static":
            return self.static.get(currency or "")
        return self._dated_rate_on(currency, day)

    def target_rate_on(self, currency: str | None, first_day: date) -> Decimal | None:
        """The rate of a target: the dated one of its period's first day, whatever the mode.

        A company that has static rates alone has no other for its targets either.
        """
        dated = self._corporate(currency) or self._dated_rate_on(currency, first_day)
        if dated is None and self.mode == "static":
            return self.static.get(currency or "")
        return dated

    def _dated_rate_on(self, currency: str | None, day: date) -> Decimal | None:
        rates = self.dated.get(currency or "", ())
        position = bisect_right(rates, day, key=lambda rate: rate.start) - 1
        if position < 0:
            return None
        rate = rates[position]
        return rate.units if rate.end is None or day < rate.end else None

    def _corporate(self, currency: str | None) -> Decimal | None:
        return Decimal(1) if currency is None or currency == self.corporate_currency else None


def build_rate_table(
    corporate_currency: str,
    mode: RateMode,
    static: Mapping[str, Decimal],
    dated: Iterable[tuple[str, DatedRate]],
) -> RateTable:
    """Raises `RateRefused` for a rate that is not above zero."""
    for currency, units in static.items():
        _check_rate(currency, units)
    by_currency: defaultdict[str, list[DatedRate]] = defaultdict(list)
    for currency, rate in dated:
        _check_rate(currency, rate.units)
        by_currency[currency].append(rate)
    return RateTable(
        corporate_currency,
        mode,
        dict(static),
        {
            currency: tuple(sorted(rates, key=lambda rate: rate.start))
            for currency, rates in by_currency.items()
        },
    )


def _check_rate(currency: str, units: Decimal) -> None:
    if not units.is_finite() or units <= 0:
        raise RateRefused(
            f"The exchange rate of {currency} is {units}: expected units of {currency} per one unit of the "
            f"corporate currency, a number above 0."
        )


def convert(amount_scaled: int, units: Decimal) -> Fraction:
    """An amount in ten-thousandths of its own currency as exact corporate units."""
    return Fraction(amount_scaled, SCALE) / Fraction(units)


def round_cents(amount: Fraction | Decimal) -> Decimal:
    """Rounded to cents, halves away from zero: 0.005 gives 0.01 and -0.005 gives -0.01."""
    cents = Fraction(amount) * 100
    whole, twice_rest = divmod(abs(cents.numerator), cents.denominator)
    if 2 * twice_rest >= cents.denominator:
        whole += 1
    return Decimal(whole if cents >= 0 else -whole).scaleb(-2)


def to_decimal(amount: Fraction) -> Decimal:
    """To 34 digits, halves away from zero."""
    return _PRECISE.divide(Decimal(amount.numerator), Decimal(amount.denominator))
