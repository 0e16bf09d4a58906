"""The countries that the configuration names: those whose public holidays are known."""

from collections.abc import Iterator

from bot.settings.model import Settings
from bot.working_days import is_known_country
from pipeline.errors import Mistake


def mistaken_countries(settings: Settings) -> Iterator[Mistake]:
    """A mistake for every country whose holidays nobody knows."""
    for key, country in _named(settings):
        if not is_known_country(country):
            yield Mistake(
                str(settings.file),
                key,
                f'"{country}"',
                "no public holidays are known for it: expected an ISO code such as US, DE or IN",
            )


def _named(settings: Settings) -> Iterator[tuple[str, str]]:
    if settings.calendar.holidays is not None:
        yield "calendar.holidays", settings.calendar.holidays
    for person, country in settings.people.countries.items():
        yield f'people.countries."{person}"', country
    for zone, country in settings.nudges.countries.items():
        yield f'nudges.countries."{zone}"', country
