"""Where the app was added and where it was taken away: that is where we may speak first.

Teams tells of the same more than once, in more than one way and in any order, so everything here can be
repeated.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import structlog

from bot.surface import DeliveryFailed
from bot.teams.addresses import Addresses
from bot.teams.connector import Connector
from bot.teams.heard import Json, NotOurs, read_place
from bot.teams.talk import Talk

logger = structlog.get_logger()


class Installing:
    """Keeps the places of one organisation up to date."""

    def __init__(self, addresses: Addresses, connector: Connector, talk: Talk) -> None:
        self._addresses = addresses
        self._connector = connector
        self._talk = talk

    async def take(self, activity: Json) -> None:
        """An `installationUpdate` or `conversationUpdate`."""
        data = _object(activity.get("channelData"))
        team = str(_object(data.get("team")).get("id") or "")
        is_gone = _is_gone(activity, str(data.get("eventType") or ""))
        is_here = _is_here(activity)
        if team:
            if is_gone:
                await self._addresses.forget_team(team)
            else:
                await self._keep_team(activity, team, str(_object(data.get("team")).get("name") or ""))
        elif _object(activity.get("conversation")).get("conversationType") == "personal":
            await self._take_personal(activity, is_here=is_here, is_gone=is_gone)

    async def _keep_team(self, activity: Json, team: str, name: str) -> None:
        service_url = str(activity.get("serviceUrl") or "")
        if not name:
            try:
                name = await self._connector.team_name(service_url, team)
            except DeliveryFailed as error:
                logger.info("team_name_unknown", reason=str(error))
        await self._addresses.keep_team(team, service_url, name)

    async def _take_personal(self, activity: Json, *, is_here: bool, is_gone: bool) -> None:
        """The app is installed for somebody: greet them once, with their own page."""
        sender = str(_object(activity.get("from")).get("aadObjectId") or "")
        if is_gone:
            if sender:
                await self._addresses.forget_chat(sender)
            return
        if not is_here:
            return
        try:
            heard = read_place(activity)
        except NotOurs:
            return
        await self._talk.take(replace(heard, event=f"teams:welcome:{heard.tenant}:{heard.user}"))


def _is_gone(activity: Json, event: str) -> bool:
    if activity.get("type") == "installationUpdate":
        return str(activity.get("action") or "").startswith("remove")
    return event in ("teamDeleted", "teamArchived") or _names_us(activity, "membersRemoved")


def _is_here(activity: Json) -> bool:
    if activity.get("type") == "installationUpdate":
        return str(activity.get("action") or "").startswith("add")
    return _names_us(activity, "membersAdded")


def _names_us(activity: Json, members: str) -> bool:
    ours = _object(activity.get("recipient")).get("id")
    return any(_object(one).get("id") == ours for one in activity.get(members) or ())


def _object(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}
