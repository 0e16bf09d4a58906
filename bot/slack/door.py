"""The way in over HTTP: nothing is parsed before it is known to be Slack's."""

import time

import structlog
from aiohttp import web
from slack_bolt.app.async_app import AsyncApp
from slack_bolt.request.async_request import AsyncBoltRequest

from bot.slack.manifest import EVENTS_PATH
from bot.slack.signature import NotFromSlack, Signature

logger = structlog.get_logger()

MAX_BODY_BYTES = 1_000_000
"""A form or a message with everything in it is far below."""


class Door:
    """Takes what Slack posts to the address of the app."""

    def __init__(self, app: AsyncApp, signature: Signature) -> None:
        self._app = app
        self._signature = signature

    def build(self) -> web.Application:
        """The aiohttp application, with its one address."""
        application = web.Application(client_max_size=MAX_BODY_BYTES)
        application.router.add_post(EVENTS_PATH, self._take)
        return application

    async def _take(self, request: web.Request) -> web.Response:
        """401 for what Slack did not sign, whatever it is; bodies are neither logged nor sent back."""
        try:
            body = await request.read()
        except web.HTTPRequestEntityTooLarge:
            return web.Response(status=413, text="too large")
        try:
            self._signature.check(request.headers, body, time.time())
            asked = AsyncBoltRequest(
                body=body.decode(), query=request.query_string, headers=dict(request.headers)
            )
        except NotFromSlack as refused:
            return _refuse(str(refused))
        except ValueError:
            return _refuse("the body cannot be read")
        answered = await self._app.async_dispatch(asked)
        return web.Response(
            status=answered.status,
            text=answered.body or "",
            headers={name: values[0] for name, values in answered.headers.items()},
        )


def _refuse(reason: str) -> web.Response:
    logger.warning("slack_request_refused", reason=reason)
    return web.Response(status=401, text="not from Slack")
