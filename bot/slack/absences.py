"""Who is on leave or ill by their status in Slack: nobody is asked anything meanwhile.

Everybody who is linked is looked up every few hours. A pause that somebody chose here goes before their
status.
"""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from datetime import date, datetime, timedelta, tzinfo
from zoneinfo import ZoneInfo

import structlog

from bot.slack.colleagues import Colleagues
from bot.slack.people import SlackPerson
from bot.slack.places import NAME
from bot.surface import DeliveryFailed
from pipeline.errors import AccessDenied
from pipeline.person_links import PersonLink
from storage.database import Engine, reading, writing
from storage.nudge_choices import note_out_of_office
from storage.person_links import read_links

logger = structlog.get_logger()

LOOK_EVERY_SECONDS = 3 * 3600.0
SECONDS_BETWEEN_PEOPLE = 0.7
"""Slack answers a hundred such questions a minute."""


class Absences:
    """Looks up the statuses of one workspace."""

    def __init__(
        self,
        colleagues: Colleagues,
        engine: Engine,
        team: str,
        zone: tzinfo,
        clock: Callable[[], datetime],
    ) -> None:
        """`zone`: the organisation's, for those of whom Slack says none."""
        self._colleagues = colleagues
        self._engine = engine
        self._team = team
        self._zone = zone
        self._clock = clock

    async def run(self, stop: asyncio.Event) -> None:
        while not stop.is_set():
            try:
                await self.look_up(stop)
            except Exception:  # the database is away: it is looked up again
                logger.exception("absences_failed")
            with suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), LOOK_EVERY_SECONDS)

    async def look_up(self, stop: asyncio.Event) -> None:
        """Everybody once; who cannot be looked up stays as they were."""
        for link in await asyncio.to_thread(self._links):
            if stop.is_set():
                return
            try:
                person = await self._colleagues.person(link.account.user_id, self._team)
            except (AccessDenied, DeliveryFailed):
                continue
            await asyncio.to_thread(self._note, link.person, person)
            with suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), SECONDS_BETWEEN_PEOPLE)

    def _links(self) -> list[PersonLink]:
        with reading(self._engine) as connection:
            return [
                link
                for link in read_links(connection)
                if (link.account.surface, link.account.tenant) == (NAME, self._team)
            ]

    def _note(self, person_id: str, person: SlackPerson) -> None:
        zone = ZoneInfo(person.timezone) if person.timezone else self._zone
        today = self._clock().astimezone(zone).date()
        with writing(self._engine) as connection:
            note_out_of_office(connection, person_id, until=away_until(person, today, zone), today=today)


def away_until(person: SlackPerson, today: date, zone: tzinfo) -> date | None:
    """The last day of an absence. Slack clears a status at the end of its last day or early on the next; one
    without an end is renewed with each look."""
    if person.away is None:
        return None
    if person.away.until is None:
        return today + timedelta(days=1)
    return (person.away.until - timedelta(hours=4)).astimezone(zone).date()
