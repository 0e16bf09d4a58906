"""Conversion into the corporate currency: rates are units per one corporate unit, so divide."""

from datetime import date
from fractions import Fraction

from tests.reference.exports import Export, day
from tests.reference.terms import Terms


class Rates:
    """The rates of the last export."""

    def __init__(self, export: Export, terms: Terms) -> None:
        self._export = export
        self._terms = terms

    def of_deal(self, currency: str, close: date | None, as_of: date) -> Fraction | None:
        if self._terms.rate_mode == "static":
            return self._static(currency)
        return self._dated(currency, close if self._terms.rate_mode == "dated_by_close_date" else as_of)

    def of_target(self, currency: str, first_day: date) -> Fraction | None:
        """The dated rate of the period's first day, whatever the mode."""
        dated = self._dated(currency, first_day)
        return self._static(currency) if dated is None and self._terms.rate_mode == "static" else dated

    def _static(self, currency: str) -> Fraction | None:
        if currency == self._terms.corporate_currency:
            return Fraction(1)
        for row in self._export.rows("CurrencyType"):
            if row["IsoCode"] == currency:
                return Fraction(row["ConversionRate"])
        return None

    def _dated(self, currency: str, on: date | None) -> Fraction | None:
        """A deal without a close date has no rate of its close date."""
        if currency == self._terms.corporate_currency:
            return Fraction(1)
        if on is None:
            return None
        for row in self._export.rows("DatedConversionRate"):
            start, end = day(row["StartDate"]), day(row["NextStartDate"])
            assert start is not None
            if row["IsoCode"] == currency and start <= on and (end is None or on < end):
                return Fraction(row["ConversionRate"])
        return None
