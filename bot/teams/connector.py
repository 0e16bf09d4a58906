"""What we ask of the Bot Connector: post, change, open conversations, and who and what is in them.

The SDK's client writes the requests; `Transport` sends them. One client is kept for each region.
"""

from collections.abc import AsyncIterator, Mapping
from typing import Any
from urllib.parse import quote

from botbuilder.schema import Activity, ChannelAccount, ConversationParameters
from botframework.connector.aio import ConnectorClient
from botframework.connector.bot_framework_sdk_client_async import BotFrameworkConnectorConfiguration
from msrest.authentication import Authentication
from msrest.pipeline.async_abc import AsyncPipeline
from msrest.pipeline.universal import RawDeserializer
from msrest.universal_http import ClientRequest
from msrest.universal_http.async_abc import AsyncClientResponse

from bot.surface import OutcomeUnknown, TryLater
from bot.teams.places import Conversation, thread_id
from bot.teams.transport import SdkSender, Transport

Json = Mapping[str, Any]

PAGE = 500
"""Teams gives at most so many members at once."""


class _Pipeline(AsyncPipeline[ClientRequest, AsyncClientResponse]):
    """Of the SDK's policies those alone that read and write: no tokens, no repeating, no bodies in logs."""

    def __init__(self, configuration: BotFrameworkConnectorConfiguration) -> None:
        super().__init__([configuration.user_agent_policy, RawDeserializer()], configuration.sender)


class Connector:
    """The Bot Connector as seen by one bot."""

    def __init__(self, transport: Transport, bot_id: str) -> None:
        """`bot_id`: the app's id; people see it as `28:` and that."""
        self._transport = transport
        self._bot = ChannelAccount(id=f"28:{bot_id}")
        self._clients: dict[str, ConnectorClient] = {}

    def client(self, service_url: str) -> ConnectorClient:
        """The SDK's client for a region."""
        if service_url not in self._clients:
            configuration = BotFrameworkConnectorConfiguration(
                Authentication(), service_url, pipeline_type=_Pipeline, sender=SdkSender(self._transport)
            )
            self._clients[service_url] = ConnectorClient(None, custom_configuration=configuration)
        return self._clients[service_url]

    # --- Messages -------------------------------------------------------------------------------

    async def post(self, to: Conversation, activity: Activity, thread: str | None = None) -> str:
        """Teams' id of the new message. `thread`: the message that heads it.

        Raises `DeliveryFailed`, `OutcomeUnknown`.
        """
        conversations = self.client(to.service_url).conversations
        answer = await conversations.send_to_conversation(thread_id(to.id, thread), activity)
        if answer is None or not answer.id:
            raise OutcomeUnknown("Teams did not say where it put the message.")
        return str(answer.id)

    async def change(self, at: Conversation, message_id: str, activity: Activity) -> None:
        """Show something else in the place of a message. Raises `DeliveryFailed`."""
        activity.id = message_id
        try:
            await self.client(at.service_url).conversations.update_activity(at.id, message_id, activity)
        except OutcomeUnknown as unknown:  # a change can be made again
            raise TryLater(str(unknown)) from unknown

    async def take_away(self, at: Conversation, message_id: str) -> None:
        """Delete a message of ours. Raises `DeliveryFailed`."""
        try:
            await self.client(at.service_url).conversations.delete_activity(at.id, message_id)
        except OutcomeUnknown as unknown:
            raise TryLater(str(unknown)) from unknown

    # --- Conversations --------------------------------------------------------------------------

    async def open_chat(self, service_url: str, user_id: str, tenant: str) -> Conversation:
        """The personal chat between a user and us, opened where there is none. Raises `DeliveryFailed`.

        `user_id`: Teams' own id or the id in Entra; the app has to be installed for that person.
        """
        wanted = ConversationParameters(
            is_group=False,
            bot=self._bot,
            members=[ChannelAccount(id=user_id)],
            tenant_id=tenant,
            channel_data={"tenant": {"id": tenant}},
        )
        try:
            answer = await self.client(service_url).conversations.create_conversation(wanted)
        except OutcomeUnknown as unknown:  # opening it once more opens the same
            raise TryLater(str(unknown)) from unknown
        return Conversation(service_url, str(answer.id))

    async def member(self, of: Conversation, user_id: str) -> Json:
        """Who somebody in a conversation is, as Teams' directory has it. Raises `DeliveryFailed`."""
        return _object(await self._get(of.service_url, "conversations", of.id, "members", user_id))

    async def members(self, of: Conversation) -> AsyncIterator[Json]:
        """Everybody in a team or conversation. Raises `DeliveryFailed`."""
        token = ""
        while True:
            asked = f"?pageSize={PAGE}" + (f"&continuationToken={quote(token, safe='')}" if token else "")
            page = _object(
                await self._get(of.service_url, "conversations", of.id, "pagedmembers", query=asked)
            )
            for member in page.get("members") or ():
                yield _object(member)
            token = str(page.get("continuationToken") or "")
            if not token:
                return

    async def channels(self, service_url: str, team_id: str) -> Mapping[str, str]:
        """Names of a team's channels by their ids; the first one has none of its own.

        Raises `DeliveryFailed`.
        """
        answer = _object(await self._get(service_url, "teams", team_id, "conversations"))
        return {
            str(one["id"]): str(one.get("name") or "General") for one in answer.get("conversations") or ()
        }

    async def team_name(self, service_url: str, team_id: str) -> str:
        """Raises `DeliveryFailed`."""
        return str(_object(await self._get(service_url, "teams", team_id)).get("name") or "")

    async def _get(self, service_url: str, *path: str, query: str = "") -> Any:
        address = "/".join((service_url.rstrip("/"), "v3", *(quote(step, safe="") for step in path)))
        return await self._transport.get(address + query)


def _object(data: Any) -> Json:
    """What Teams says of one thing. Raises `TryLater` where it says something else."""
    if not isinstance(data, Mapping):
        raise TryLater("Teams answered something that is not legible.")
    return data
