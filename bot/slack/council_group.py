"""A user group of the workspace as the council: looked up at the start and every few minutes.

What was looked up last holds while Slack does not answer. Without a group in the configuration nobody is of
the council by one.
"""

import asyncio
from contextlib import suppress

import structlog

from bot.slack.api import SlackApi
from bot.slack.colleagues import Colleagues
from bot.slack.places import NAME
from bot.surface import DeliveryFailed, Unreachable
from pipeline.errors import AccessDenied
from storage.council_members import replace_council_members
from storage.database import Engine, writing

logger = structlog.get_logger()

LOOK_EVERY_SECONDS = 600.0


class CouncilGroup:
    """Keeps the members of one user group, or of none, in the database."""

    def __init__(
        self, api: SlackApi, colleagues: Colleagues, engine: Engine, group: str | None, team: str
    ) -> None:
        self._api = api
        self._colleagues = colleagues
        self._engine = engine
        self._group = group
        self._team = team

    async def run(self, stop: asyncio.Event) -> None:
        while not stop.is_set():
            try:
                await self.look_up()
            except DeliveryFailed as failure:
                logger.warning("council_group_not_read", group=self._group, reason=str(failure))
            except Exception:  # the database is away: it is looked up again
                logger.exception("council_group_failed")
            with suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), LOOK_EVERY_SECONDS)

    async def look_up(self) -> None:
        """Raises `DeliveryFailed` where Slack does not say who is in the group."""
        emails = await self._members() if self._group is not None else ()
        changed = await asyncio.to_thread(self._keep, tuple(emails))
        if changed:
            logger.info("council_group_changed", group=self._group, people=len(emails))

    async def _members(self) -> tuple[str, ...]:
        """Guests and deactivated people are of no council, be they in the group."""
        answer = await self._api.ask("usergroups.users.list", usergroup=self._group or "")
        emails = [await self._email(str(user)) for user in answer["users"]]
        return tuple(email for email in emails if email is not None)

    async def _email(self, user: str) -> str | None:
        try:
            return (await self._colleagues.person(user, self._team)).email
        except (AccessDenied, Unreachable):
            return None

    def _keep(self, emails: tuple[str, ...]) -> bool:
        with writing(self._engine) as connection:
            return replace_council_members(connection, NAME, self._team, emails)
