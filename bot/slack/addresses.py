"""Where people and channels are in the workspace: names and e-mails to ids, kept for a while."""

import asyncio
from collections.abc import Callable, Mapping
from time import monotonic
from typing import Any

from bot.slack.api import SlackApi
from bot.surface import Addressee, Unreachable
from pipeline.audiences import person_of

KEPT_SECONDS = 600.0
_PAGE = 1000


class Addresses:
    """Finds conversations. `seconds` gives a time that only ever grows."""

    def __init__(self, api: SlackApi, seconds: Callable[[], float] = monotonic) -> None:
        self._api = api
        self._seconds = seconds
        self._channels: Mapping[str, str] = {}
        self._channels_until = -1.0
        self._listing = asyncio.Lock()
        self._direct: dict[str, tuple[float, str]] = {}
        self._names: dict[str, tuple[float, str | None]] = {}

    async def conversation_of(self, to: Addressee) -> str:
        """The id of the channel, or of the conversation with the person. Raises `DeliveryFailed`."""
        if person_of(to.audience) is None:
            return await self._channel(to.audience.removeprefix("#"))
        return await self.direct_with(to.user_id or await self._user_with(to.email, to.name))

    async def direct_with(self, user_id: str) -> str:
        """The id of the conversation between the app and a user. Raises `DeliveryFailed`."""
        kept = self._direct.get(user_id)
        if kept is None or self._seconds() >= kept[0]:  # people leave: Slack says so when it is asked again
            answer = await self._api.ask("conversations.open", users=user_id)
            kept = (self._seconds() + KEPT_SECONDS, str(answer["channel"]["id"]))
            self._direct[user_id] = kept
        return kept[1]

    async def name_of(self, channel_id: str) -> str | None:
        """The name of a channel that the app can see, without `#`; else `None`. Raises `DeliveryFailed`.

        Asked of this channel alone: somebody waits for the answer, and a workspace can have thousands.
        """
        kept = self._names.get(channel_id)
        if kept is None or self._seconds() >= kept[0]:
            kept = (self._seconds() + KEPT_SECONDS, await self._ask_for_name(channel_id))
            self._names[channel_id] = kept
        return kept[1]

    async def _ask_for_name(self, channel_id: str) -> str | None:
        try:
            answer = await self._api.ask("conversations.info", channel=channel_id)
        except Unreachable:  # one that we are not in, or between several people
            return None
        name = answer["channel"].get("name")
        return str(name) if name else None

    async def _user_with(self, email: str | None, name: str) -> str:
        if not email:
            raise Unreachable(
                f"{name} has no e-mail address in the CRM. Sales operations can link {name} to a Slack user "
                "with /link."
            )
        answer = await self._api.ask("users.lookupByEmail", email=email)
        user: Mapping[str, Any] = answer["user"]
        return str(user["id"])

    async def _channel(self, name: str) -> str:
        found = (await self._listed(fresh=False)).get(name) or (await self._listed(fresh=True)).get(name)
        if found is None:
            raise Unreachable(
                f"I see no channel #{name}. Create it; if it is private, type /invite and my name in it."
            )
        return found

    async def _listed(self, *, fresh: bool) -> Mapping[str, str]:
        """Ids by names; asked for again where the list is old, or where a name was missing in it."""
        async with self._listing:
            if self._seconds() >= self._channels_until or (fresh and self._is_worth_asking_again()):
                self._channels = await self._ask_for_channels()
                self._channels_until = self._seconds() + KEPT_SECONDS
        return self._channels

    def _is_worth_asking_again(self) -> bool:
        """A missing channel is looked for once a minute at most: there are workspaces with thousands."""
        return self._seconds() > self._channels_until - KEPT_SECONDS + 60.0

    async def _ask_for_channels(self) -> Mapping[str, str]:
        found: dict[str, str] = {}
        cursor = ""
        while True:
            answer = await self._api.ask(
                "conversations.list",
                types="public_channel,private_channel",
                exclude_archived=True,
                limit=_PAGE,
                **({"cursor": cursor} if cursor else {}),
            )
            found |= {str(one["name"]): str(one["id"]) for one in answer["channels"]}
            cursor = str((answer.get("response_metadata") or {}).get("next_cursor") or "")
            if not cursor:
                return found
