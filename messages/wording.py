"""How money, shares, ratios and dates are written, in one place and by locale."""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import ROUND_CEILING, ROUND_HALF_UP, Decimal
from fractions import Fraction

from babel.dates import format_date, format_skeleton, format_time
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
        """At most three leading figures, as `pipeline.reasons` writes them: `$1.25M`, `$950`."""
        return self._compact(_round_to_read(amount, ROUND_HALF_UP), currency)

    def enough_money(self, amount: Decimal, currency: str) -> str:
        """The short form rounded up: so much is enough to turn a cell green."""
        return self._compact(_round_to_read(amount, ROUND_CEILING), currency)

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

    def some_percent(self, share: Fraction) -> str:
        """A share that is more than nothing: `under 1%` rather than the 0% that it is not."""
        return (
            f"under {self.percent(Fraction(1, 100))}" if 0 < share < Fraction(1, 100) else self.percent(share)
        )

    def ratio(self, ratio: Fraction) -> str:
        """Coverage as `pipeline.reasons` writes it, rounded down to claim nothing: `2.45×`, `3.0×`."""
        hundredths = Decimal((ratio * 100).__floor__()) / 100
        return f"{format_decimal(hundredths, '#,##0.0#', locale=self.locale)}×"

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
        """Without the year: `14 Nov`."""
        english = self.locale.startswith("en")
        words = (
            format_date(day, "d MMM", self.locale)
            if english
            else format_skeleton("MMMd", day, locale=self.locale)
        )
        return Day(day, words)

    def full_day(self, day: date) -> Day:
        """With the year: `14 Nov 2026`."""
        pattern = "d MMM y" if self.locale.startswith("en") else "medium"
        return Day(day, format_date(day, pattern, self.locale))

    def weekday(self, day: date) -> str:
        """`Monday`."""
        return format_date(day, "EEEE", self.locale)

    def moment(self, moment: datetime) -> str:
        """To the minute, in the zone that it carries: `14 Nov 2026, 15:36 UTC`."""
        time = format_time(moment, "HH:mm", locale=self.locale)
        return f"{self.full_day(moment.date()).words}, {time} {moment.tzname() or ''}".rstrip()

    def number(self, number: int) -> str:
        return format_decimal(number, locale=self.locale)

    def count(self, number: int, one: str, many: str) -> str:
        """`1 deal`, `1,234 deals`."""
        return f"{self.number(number)} {one if number == 1 else many}"

    def _compact(self, rounded: Decimal, currency: str) -> str:
        return format_compact_currency(rounded, currency, locale=self.locale, fraction_digits=2).replace(
            "\xa0", " "
        )


def _half_up(number: Fraction) -> Decimal:
    return Decimal((number + Fraction(1, 2)).__floor__())


def _round_to_read(amount: Decimal, rounding: str) -> Decimal:
    """Rounded before it is shortened, so that 999,999 becomes 1M and not 1000K; whole units below 1000."""
    quantum = Decimal(10) ** max(0, amount.adjusted() - 2)
    return (amount / quantum).quantize(Decimal(1), rounding) * quantum
