"""A team as the council: its members are looked up at the start and every few minutes.

What was looked up last holds while Teams does not answer. Without a team in the configuration nobody is of
the council by one.
"""

import asyncio
from contextlib import suppress

import structlog

from bot.surface import DeliveryFailed
from bot.teams.addresses import Addresses
from bot.teams.connector import Connector
from bot.teams.people import read_member
from bot.teams.places import NAME, Conversation
from pipeline.errors import AccessDenied
from storage.council_members import replace_council_members
from storage.database import Engine, writing

logger = structlog.get_logger()

LOOK_EVERY_SECONDS = 600.0


class CouncilTeam:
    """Keeps the members of one team, or of none, in the database."""

    def __init__(
        self, connector: Connector, addresses: Addresses, engine: Engine, team: str | None, tenant: str
    ) -> None:
        self._connector = connector
        self._addresses = addresses
        self._engine = engine
        self._team = team
        self._tenant = tenant

    async def run(self, stop: asyncio.Event) -> None:
        while not stop.is_set():
            try:
                await self.look_up()
            except DeliveryFailed as failure:
                logger.warning("council_team_not_read", team=self._team, reason=str(failure))
            except Exception:  # the database is away: it is looked up again
                logger.exception("council_team_failed")
            with suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), LOOK_EVERY_SECONDS)

    async def look_up(self) -> None:
        """Raises `DeliveryFailed` where Teams does not say who is in the team."""
        emails = await self._members(self._team) if self._team is not None else ()
        changed = await asyncio.to_thread(self._keep, emails)
        if changed:
            logger.info("council_team_changed", team=self._team, people=len(emails))

    async def _members(self, team: str) -> tuple[str, ...]:
        """Guests are of no council, be they in the team."""
        here = Conversation(await self._addresses.service_url_of(team), team)
        emails = []
        async for member in self._connector.members(here):
            try:
                email = read_member(member, self._tenant).email
            except AccessDenied:
                continue
            if email:
                emails.append(email)
        return tuple(emails)

    def _keep(self, emails: tuple[str, ...]) -> bool:
        with writing(self._engine) as connection:
            return replace_council_members(connection, NAME, self._tenant, emails)
