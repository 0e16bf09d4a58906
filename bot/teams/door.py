"""The one address to which Teams posts: the gate first, then the SDK."""

import json

import structlog
from aiohttp import web

from bot.teams.app import Adapter
from bot.teams.gate import MAX_BODY_BYTES, Arrived, Gate, Refused

logger = structlog.get_logger()

MESSAGES_PATH = "/api/messages"


class Door:
    """Takes posts on `MESSAGES_PATH`."""

    def __init__(self, gate: Gate, adapter: Adapter) -> None:
        self._gate = gate
        self._adapter = adapter

    def build(self) -> web.Application:
        application = web.Application(client_max_size=MAX_BODY_BYTES + 1)
        application.router.add_post(MESSAGES_PATH, self.take)
        return application

    async def take(self, request: web.Request) -> web.Response:
        try:
            body = await request.read()
        except web.HTTPRequestEntityTooLarge:
            return web.Response(status=413)
        checked = await self._gate.check_request(Arrived(request.headers, body, request.remote))
        if isinstance(checked, Refused):
            return web.Response(status=checked.status)
        try:
            answer = await self._adapter.take(checked.activity)
        except Exception:  # genuine, and yet not legible: Teams would send it again and again
            logger.exception("teams_activity_not_taken", kind=str(checked.activity.get("type"))[:50])
            return web.Response(status=400)
        if answer is None:
            return web.Response(status=202)
        return web.Response(
            status=int(answer.status), text=json.dumps(answer.body), content_type="application/json"
        )
