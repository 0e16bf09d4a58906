"""The bot as the SDK sees it: which activity goes which way.

The gate has seen every request before (`bot.teams.gate`), so the SDK has nobody to judge; it reads the
activity, makes the turn, and takes what an invoke is answered with.
"""

from collections.abc import Awaitable, Callable
from typing import Any

import structlog
from botbuilder.core import ActivityHandler, CloudAdapterBase, InvokeResponse, TurnContext
from botbuilder.schema import Activity
from botframework.connector.aio import ConnectorClient
from botframework.connector.auth import (
    AuthenticateRequestResult,
    AuthenticationConstants,
    BotFrameworkAuthentication,
    ClaimsIdentity,
    ConnectorFactory,
    UserTokenClient,
)

from bot.teams.connector import Connector
from bot.teams.heard import (
    Heard,
    Json,
    NotOurs,
    read_click,
    read_dialog,
    read_extension_form,
    read_message_menu,
    read_words,
)
from bot.teams.installing import Installing
from bot.teams.taking import Taking
from bot.teams.talk import Talk
from bot.teams.unfolding import Unfolding
from bot.turns import Turns

logger = structlog.get_logger()

_RAW = "activity_as_sent"
"""The SDK's activity drops what it has no field for."""


class _Factory(ConnectorFactory):  # type: ignore[misc]
    """Clients over our own transport."""

    def __init__(self, connector: Connector) -> None:
        self._connector = connector

    async def create(self, service_url: str, audience: str) -> ConnectorClient:  # noqa: ARG002
        return self._connector.client(service_url)


class _Judged(BotFrameworkAuthentication):  # type: ignore[misc]
    """The SDK's place for judging requests: ours are judged before they come here."""

    def __init__(self, connector: Connector) -> None:
        self._factory = _Factory(connector)

    async def authenticate_request(
        self,
        activity: Activity,  # noqa: ARG002
        auth_header: str,  # noqa: ARG002
    ) -> AuthenticateRequestResult:
        raise PermissionError("a request has to come through the gate")

    async def authenticate_streaming_request(
        self,
        auth_header: str,  # noqa: ARG002
        channel_id_header: str,  # noqa: ARG002
    ) -> AuthenticateRequestResult:
        raise PermissionError("Teams does not stream")

    def create_connector_factory(self, claims_identity: ClaimsIdentity) -> ConnectorFactory:  # noqa: ARG002
        return self._factory

    async def create_user_token_client(self, claims_identity: ClaimsIdentity) -> UserTokenClient | None:  # noqa: ARG002
        """Nobody signs in to anything else here."""
        return None


class Adapter(CloudAdapterBase):  # type: ignore[misc]
    """Takes genuine activities to the bot."""

    def __init__(self, connector: Connector, app_id: str, bot: "Bot") -> None:
        super().__init__(_Judged(connector))
        self._bot = bot
        identity = ClaimsIdentity({AuthenticationConstants.AUDIENCE_CLAIM: app_id}, True)
        self._genuine = AuthenticateRequestResult()
        self._genuine.claims_identity = identity
        self._genuine.connector_factory = self.bot_framework_authentication.create_connector_factory(identity)

    async def take(self, activity: Json) -> InvokeResponse | None:
        """What an invoke is answered with; `None` for what needs no answer."""

        async def turn(context: TurnContext) -> None:
            context.turn_state[_RAW] = activity
            await self._bot.on_turn(context)

        response: InvokeResponse | None = await self.process_activity(
            self._genuine, Activity().deserialize(activity), turn
        )
        return response


class Bot(ActivityHandler):  # type: ignore[misc]
    """Reads what was done, and lets `Talk` answer."""

    def __init__(
        self, talk: Talk, installing: Installing, taking: Taking, unfolding: Unfolding, turns: Turns
    ) -> None:
        self._talk = talk
        self._installing = installing
        self._turns = turns
        self._invokes: dict[str, tuple[Callable[[Json], Heard], Callable[[Heard], Awaitable[Any]]]] = {
            "adaptiveCard/action": (read_click, talk.click),
            "task/fetch": (read_dialog, talk.in_dialog),
            "task/submit": (read_dialog, talk.in_dialog),
            "composeExtension/fetchTask": (read_message_menu, talk.in_dialog),
            "composeExtension/submitAction": (read_extension_form, talk.in_dialog),
        }
        self._taking = taking
        self._unfolding = unfolding

    async def on_message_activity(self, turn_context: TurnContext) -> None:
        try:
            heard = read_words(turn_context.turn_state[_RAW])
        except NotOurs:
            return
        await self._turns.receive(lambda taken_in: self._talk.take(heard, taken_in))

    async def on_invoke_activity(self, turn_context: TurnContext) -> InvokeResponse:
        raw: Json = turn_context.turn_state[_RAW]
        name = str(raw.get("name") or "")
        if name == "fileConsent/invoke":
            self._turns.begin(self._taking.hand_over(raw))
            return InvokeResponse(status=200, body={})
        if name == "composeExtension/queryLink":
            return InvokeResponse(status=200, body=await self._unfolding.unfold(raw))
        if name not in self._invokes:
            return InvokeResponse(status=501, body={})
        read, answer = self._invokes[name]
        try:
            heard = read(raw)
        except NotOurs as reason:
            logger.info("teams_invoke_not_ours", kind=name, reason=str(reason))
            return InvokeResponse(status=200, body={})
        return InvokeResponse(status=200, body=await answer(heard))

    async def on_conversation_update_activity(self, turn_context: TurnContext) -> None:
        self._turns.begin(self._installing.take(turn_context.turn_state[_RAW]))

    async def on_installation_update(self, turn_context: TurnContext) -> None:
        self._turns.begin(self._installing.take(turn_context.turn_state[_RAW]))
