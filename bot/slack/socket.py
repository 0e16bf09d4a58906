"""The way in through a socket that we open: no public address is needed.

Several replicas may each hold one; Slack sends an event over one of them, and over another one where the
first does not acknowledge. It counts once all the same, by its id in the inbox.
"""

import asyncio
import json
import logging

import aiohttp
import structlog
from slack_bolt.app.async_app import AsyncApp
from slack_bolt.request.async_request import AsyncBoltRequest
from slack_sdk.socket_mode.aiohttp import SocketModeClient
from slack_sdk.socket_mode.async_client import AsyncBaseSocketModeClient
from slack_sdk.socket_mode.request import SocketModeRequest
from slack_sdk.socket_mode.response import SocketModeResponse

from bot.slack.api import SlackApi

logger = structlog.get_logger()

_quiet = logging.getLogger("bot.slack.socket_mode")
"""The SDK's own log, in which whole messages stand."""
_quiet.setLevel(logging.CRITICAL)


class Socket:
    """Holds one socket open, and another one when Slack closes it."""

    def __init__(self, app: AsyncApp, app_token: str, api: SlackApi) -> None:
        self._app = app
        self._client = SocketModeClient(app_token, logger=_quiet, web_client=api.client)
        self._client.socket_mode_request_listeners.append(self._take)
        self._under_way: set[asyncio.Task[None]] = set()

    async def open(self) -> None:
        """Open the socket, trying again until Slack lets us. `council check slack` says why it does not."""
        await self._client.connect()  # type: ignore[no-untyped-call]

    async def close(self) -> None:
        """Take nothing more, and acknowledge what came."""
        self._client.socket_mode_request_listeners.clear()
        if self._under_way:
            await asyncio.wait(self._under_way)
        await self._client.close()  # type: ignore[no-untyped-call]

    async def _take(self, _client: AsyncBaseSocketModeClient, request: SocketModeRequest) -> None:
        """The SDK reads its socket no further while this runs, so that one form would hold up everybody."""
        task = asyncio.create_task(self._acknowledge(request))
        self._under_way.add(task)
        task.add_done_callback(self._under_way.discard)

    async def _acknowledge(self, request: SocketModeRequest) -> None:
        """The same request that the door makes of a post; its answer is the acknowledgement."""
        asked = AsyncBoltRequest(mode="socket_mode", body=request.payload)
        answered = await self._app.async_dispatch(asked)
        if answered.status != 200:
            logger.warning("slack_envelope_not_taken", kind=request.type, status=answered.status)
        try:
            await self._client.send_socket_mode_response(
                SocketModeResponse(request.envelope_id, json.loads(answered.body) if answered.body else None)
            )
        except (ConnectionError, aiohttp.ClientError) as error:
            logger.info("slack_socket_lost", reason=type(error).__name__)  # Slack sends the envelope again
