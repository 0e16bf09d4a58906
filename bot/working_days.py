"""Public holidays of the configured countries, from the library that knows them."""

from collections.abc import Iterable
from datetime import date

import holidays

from pipeline.definitions import CalendarDefinition
from pipeline.working_days import WorkingDays

YEARS_BACK, YEARS_AHEAD = 2, 3


def build_working_days(calendar: CalendarDefinition, countries: Iterable[str], today: date) -> WorkingDays:
    """The working days of the company and of the countries where its people are."""
    years = range(today.year - YEARS_BACK, today.year + YEARS_AHEAD + 1)
    wanted = {*countries, *([calendar.holidays] if calendar.holidays else [])}
    return WorkingDays(
        country=calendar.holidays,
        holidays={country: frozenset(holidays.country_holidays(country, years=years)) for country in wanted},
        further=frozenset(calendar.further_holidays),
    )


def is_known_country(country: str) -> bool:
    return country in holidays.list_supported_countries()
