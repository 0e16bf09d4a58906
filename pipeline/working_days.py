"""Which days people work, by country: weekends and public holidays are not among them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta

SATURDAY = 5
_DAY = timedelta(days=1)


@dataclass(frozen=True)
class WorkingDays:
    """The working days of a company and of the countries where its people are."""

    country: str | None = None
    """The company's own, an ISO code such as `US`; `None`: only weekends are free."""
    holidays: Mapping[str, frozenset[date]] = field(default_factory=dict)
    """Public holidays by country; a country that is not here has only weekends."""
    further: frozenset[date] = frozenset()
    """Days on which the whole company is closed."""

    def is_working(self, day: date, country: str | None = None) -> bool:
        """`country`: where the person is; `None`: the company's own."""
        free = self.holidays.get(country or self.country or "", frozenset())
        return day.weekday() < SATURDAY and day not in free and day not in self.further

    def on_or_after(self, day: date, country: str | None = None) -> date:
        """The day itself where it is a working day, else the next one."""
        while not self.is_working(day, country):
            day += _DAY
        return day

    def before(self, day: date, country: str | None = None) -> date:
        """The last working day before a day."""
        day -= _DAY
        while not self.is_working(day, country):
            day -= _DAY
        return day

    def after(self, day: date, count: int, country: str | None = None) -> date:
        """The day on which `count` working days have passed since `day`; 0 gives the day itself."""
        for _ in range(count):
            day = self.on_or_after(day + _DAY, country)
        return day

    def passed(self, since: date, until: date, country: str | None = None) -> int:
        """Working days after `since` up to and with `until`."""
        days = range(since.toordinal() + 1, until.toordinal() + 1)
        return sum(self.is_working(date.fromordinal(day), country) for day in days)
