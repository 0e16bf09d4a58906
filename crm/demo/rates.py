"""Exchange rates of the demo company: euros by fiscal quarter, and nothing for pounds."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from random import Random

from crm.demo.company import CORPORATE_CURRENCY, QUARTERS
from crm.records import RateRecord
from pipeline.money import SCALE

_QUARTERS_BEFORE = 16
_QUARTERS_AFTER = 6
_STATIC_EURO = 9_200


@dataclass(frozen=True)
class Rates:
    """Units of a euro per dollar, in ten-thousandths, by the number of the fiscal quarter."""

    first_quarter: int
    euro: tuple[int, ...]

    def units_on(self, currency: str, day: int) -> int | None:
        """Ten-thousandths of a unit per dollar; `None` where there is no rate."""
        if currency == CORPORATE_CURRENCY:
            return SCALE
        if currency != "EUR":
            return None
        place = QUARTERS.number_of(date.fromordinal(day)) - self.first_quarter
        return self.euro[min(max(place, 0), len(self.euro) - 1)]

    def dollars(self, value: int, currency: str, day: int) -> int | None:
        """Whole dollars; `None` without a rate."""
        units = self.units_on(currency, day)
        return None if units is None else value * SCALE // units

    def from_dollars(self, dollars: float, currency: str, day: int) -> float:
        units = self.units_on(currency, day) or SCALE
        return dollars * units / SCALE

    def records(self) -> list[RateRecord]:
        static = [
            RateRecord(CORPORATE_CURRENCY, "1", None, None),
            RateRecord("EUR", str(Decimal(_STATIC_EURO).scaleb(-4)), None, None),
        ]
        starts = [
            QUARTERS.numbered(self.first_quarter + place).start.toordinal() for place in range(len(self.euro))
        ]
        ends: list[int | None] = [*starts[1:], None]
        dated = [
            RateRecord("EUR", str(Decimal(units).scaleb(-4)), start, end)
            for units, start, end in zip(self.euro, starts, ends, strict=True)
        ]
        return static + dated


def draw_rates(rng: Random, quarter: int) -> Rates:
    """A euro that wanders a little from quarter to quarter."""
    euro, units = [], _STATIC_EURO
    for _ in range(_QUARTERS_BEFORE + 1 + _QUARTERS_AFTER):
        euro.append(units)
        units = min(max(units + rng.randint(-150, 150), 8_700), 9_700)
    return Rates(quarter - _QUARTERS_BEFORE, tuple(euro))
