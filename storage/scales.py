"""What amounts and days are measured with: the calendar, the exchange rates and the targets."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from sqlalchemy import Connection, select

from pipeline.calendar import FiscalCalendar, Period, build_calendar
from pipeline.definitions import Definitions
from pipeline.money import DatedRate, RateTable, build_rate_table
from pipeline.targets import TargetBook, TargetProblem, build_targets
from storage.tables import currency_table, fiscal_period, rate, target

STATIC_RATES_NOTICE = "Exchange rates have no dates, so every deal is converted at today's rate."


@dataclass(frozen=True)
class Scales:
    """The measures of one generation of the mirror."""

    calendar: FiscalCalendar
    rates: RateTable
    currencies: Mapping[int, str]
    """Code of each currency by its number."""
    targets: TargetBook
    target_problems: tuple[TargetProblem, ...]

    @property
    def corporate_number(self) -> int:
        """The number of the corporate currency; -1 where no deal was ever in it."""
        corporate = self.rates.corporate_currency
        return next((number for number, code in self.currencies.items() if code == corporate), -1)

    def units_of(self, currency: int, day: int) -> Decimal | None:
        """Units of a currency per corporate unit on a day; day 0 where the day does not matter."""
        return self.rates.rate_on(self.currencies[currency], date.fromordinal(max(day, 1)))


def read_scales(connection: Connection, definitions: Definitions) -> Scales:
    calendar = read_calendar(connection, definitions)
    rates = _read_rates(connection, definitions)
    currencies = {row.no: row.code for row in connection.execute(select(currency_table))}
    book, problems = build_targets(connection.execute(select(target)).all(), calendar, rates)
    return Scales(calendar, rates, currencies, book, problems)


def read_calendar(connection: Connection, definitions: Definitions) -> FiscalCalendar:
    """The fiscal calendar; custom periods count only where the configuration names them."""
    if definitions.calendar.periods is None:
        return build_calendar(definitions.calendar)
    periods = [
        Period(row.label, date.fromordinal(row.start_day), date.fromordinal(row.end_day))
        for row in connection.execute(select(fiscal_period))
    ]
    return build_calendar(definitions.calendar, periods)


def read_currencies(connection: Connection) -> frozenset[str]:
    """Every currency that a deal is in or a rate is of, by its ISO code."""
    codes = connection.execute(select(currency_table.c.code)).scalars()
    rated = connection.execute(select(rate.c.currency).distinct()).scalars()
    return frozenset((*codes, *rated))


def _read_rates(connection: Connection, definitions: Definitions) -> RateTable:
    """The rate table. Where the CRM keeps no dated rates at all, its static ones serve every day."""
    static: dict[str, Decimal] = {}
    dated: list[tuple[str, DatedRate]] = []
    for row in connection.execute(select(rate)):
        if row.start_day is None:
            static[row.currency] = Decimal(row.units)
        else:
            end = None if row.end_day is None else date.fromordinal(row.end_day)
            dated.append((row.currency, DatedRate(date.fromordinal(row.start_day), end, Decimal(row.units))))
    mode = definitions.money.rate_mode if dated else "static"
    return build_rate_table(definitions.money.corporate_currency, mode, static, dated)
