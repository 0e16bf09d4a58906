"""How money, shares, ratios and dates are written, in one place and by locale."""

from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction

from babel.dates import format_date, format_skeleton
from babel.numbers import format_compact_currency, format_currency, format_decimal, format_percent

from messages.card import Day, Direction, Money, Trend

NO_VALUE = "–"
LARGEST_TREND = Fraction(999, 100)
"""Beyond this a percentage says nothing; it is written `>999%`."""


@dataclass(frozen=True)
class Wording:
    """The writing habits of a locale (`en_US`, `de_DE`)."""

    locale: str = "en_US"

    def money(self, amount: Decimal, currency: str) -> Money:
        """The short form as a span: `$1.2M`, `$850K`, `-$40`."""
        return Money(amount, currency, self.short_money(amount, currency))

    def short_money(self, amount: Decimal, currency: str) -> str:
        """At most three leading figures: `$1.2M`, `$123K`, `$950`."""
        return format_compact_currency(
            _round_to_read(amount), currency, locale=self.locale, fraction_digits=1
        ).replace("\xa0", " ")

    def full_money(self, amount: Decimal, currency: str) -> str:
        """To the cent: `$1,234,567.89`."""
        rounded = amount.quantize(Decimal("0.01"), ROUND_HALF_UP)
        return format_currency(rounded, currency, locale=self.locale).replace("\xa0", " ")

    def percent(self, share: Fraction) -> str:
        """Whole percent, half up; but 99.6 % is never written as the 100 % that is not reached."""
        percent = _half_up(share * 100)
        if share < 1 and percent >= 100:
            percent = Decimal(99)
        return format_percent(percent / 100, locale=self.locale).replace("\xa0", " ")

    def ratio(self, ratio: Fraction) -> str:
        """Coverage with one decimal: `2.4×`. Rounded down, so that a target not reached is not claimed."""
        tenths = Decimal((ratio * 10).__floor__()) / 10
        return f"{format_decimal(tenths, '#,##0.0', locale=self.locale)}×"

    def trend(self, yoy: Fraction | None) -> Trend | None:
        """Year over year as arrow and percentage; `None` where there is nothing to compare with."""
        if yoy is None:
            return None
        percent = _half_up(abs(yoy) * 100)
        if percent == 0:
            return Trend(Direction.FLAT, self.percent(Fraction(0)))
        direction = Direction.UP if yoy > 0 else Direction.DOWN
        if abs(yoy) > LARGEST_TREND:
            return Trend(direction, f">{self.percent(LARGEST_TREND)}")
        return Trend(direction, format_percent(percent / 100, locale=self.locale).replace("\xa0", " "))

    def day(self, day: date) -> Day:
        """Without the year: `Nov 14`."""
        return Day(day, format_skeleton("MMMd", day, locale=self.locale))

    def full_day(self, day: date) -> Day:
        """With the year: `Nov 14, 2026`."""
        return Day(day, format_date(day, "medium", locale=self.locale))

    def number(self, number: int) -> str:
        return format_decimal(number, locale=self.locale)

    def count(self, number: int, one: str, many: str) -> str:
        """`1 deal`, `1,234 deals`."""
        return f"{self.number(number)} {one if number == 1 else many}"


def _half_up(number: Fraction) -> Decimal:
    return Decimal((number + Fraction(1, 2)).__floor__())


def _round_to_read(amount: Decimal) -> Decimal:
    """Rounded half up before it is shortened, so that 999,999 becomes 1M and not 1000K."""
    if abs(amount) < 1000:
        return amount.quantize(Decimal(1), ROUND_HALF_UP)
    group = Decimal(1000) ** ((amount.adjusted()) // 3)
    tenths = abs(amount) / group < 100
    quantum = group / 10 if tenths else group
    return (amount / quantum).quantize(Decimal(1), ROUND_HALF_UP) * quantum
