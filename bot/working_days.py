"""Public holidays by country, from the library that knows them."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date

import holidays

from pipeline.definitions import CalendarDefinition
from pipeline.working_days import WorkingDays

YEARS_BACK, YEARS_AHEAD = 2, 3


def build_working_days(calendar: CalendarDefinition, today: date) -> WorkingDays:
    """The working days of the company and of every country where one of its people may be."""
    return WorkingDays(
        country=calendar.holidays,
        holidays=HolidaysByCountry(range(today.year - YEARS_BACK, today.year + YEARS_AHEAD + 1)),
        further=frozenset(calendar.further_holidays),
    )


class HolidaysByCountry(Mapping[str, frozenset[date]]):
    """Public holidays of some years, worked out for each country when somebody is found to be there: a
    field of the CRM may name any."""

    def __init__(self, years: Sequence[int]) -> None:
        self._years = years
        self._known: dict[str, frozenset[date]] = {}

    def __getitem__(self, country: str) -> frozenset[date]:
        if country not in self._known:
            if not is_known_country(country):
                raise KeyError(country)
            self._known[country] = frozenset(holidays.country_holidays(country, years=self._years))
        return self._known[country]

    def __iter__(self) -> Iterator[str]:
        return iter(holidays.list_supported_countries())

    def __len__(self) -> int:
        return len(holidays.list_supported_countries())


def is_known_country(country: str) -> bool:
    return country in holidays.list_supported_countries()
