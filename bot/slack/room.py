"""Slack put together: who answers, the two ways in, and how it all stops."""

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from time import monotonic

import aiohttp
import structlog
from aiohttp import web

from bot.slack.addresses import Addresses
from bot.slack.api import HOOKS, SLACK, SlackApi
from bot.slack.app import build_app
from bot.slack.colleagues import Colleagues
from bot.slack.definition import SlackDefinition
from bot.slack.door import Door
from bot.slack.signature import Signature
from bot.slack.socket import Socket
from bot.slack.surface import SlackSurface
from bot.slack.talk import Answer, Talk
from bot.slack.unfurling import Unfurling
from bot.surface import DeliveryFailed
from pipeline.errors import CouncilError

logger = structlog.get_logger()


@dataclass(frozen=True)
class Slack:
    """Where Slack is; another place than its own in tests alone."""

    api: str = SLACK
    hooks: str = HOOKS


@dataclass(frozen=True)
class SlackRoom:
    """A workspace that we are in."""

    surface: SlackSurface
    workspace: str
    """Its name."""
    address: str | None
    """Where Slack's posts are taken on this machine; `None` with a socket."""


@asynccontextmanager
async def open_slack(
    definition: SlackDefinition,
    answer: Answer,
    find_key: Callable[[str], str | None],
    deal_channels: Sequence[str] = (),
    slack: Slack = Slack(),
) -> AsyncIterator[SlackRoom]:
    """In the workspace until the end of the block; what is under way then is brought to its end.

    `deal_channels`: names of channels in which deals may be shown to all. Raises `CouncilError` where the
    settings lack something or Slack refuses the token.
    """
    async with AsyncExitStack() as stack:
        session = await stack.enter_async_context(aiohttp.ClientSession())
        api = SlackApi(definition.required("bot_token"), session, slack.api, slack.hooks)
        identity = await _introduce(api)
        team = str(identity["team_id"])
        addresses = Addresses(api, monotonic)
        talk = Talk(api, addresses, Colleagues(api, team, monotonic), answer, find_key, team)
        stack.push_async_callback(talk.close)

        async def is_open(channel: str) -> bool:
            return channel.startswith("D") or f"#{await addresses.name_of(channel)}" in deal_channels

        unfurling = Unfurling(api, talk.ask, definition.unfurl_domains, is_open)
        app = build_app(api, identity, talk, unfurling, definition.command_names)
        address = None
        if definition.uses_http:
            signature = Signature(definition.required("signing_secret"))
            address = await _listen(stack, Door(app, signature).build(), definition)
        else:
            socket = Socket(app, definition.required("app_token"), api)
            stack.push_async_callback(socket.close)
            await socket.open()
        yield SlackRoom(SlackSurface(api, addresses, team), str(identity.get("team") or team), address)


async def _introduce(api: SlackApi) -> dict[str, object]:
    """Who we are in which workspace."""
    try:
        return dict(await api.call("auth.test"))
    except DeliveryFailed as refused:
        raise CouncilError(f"Slack does not let the app in: {refused}") from refused


async def _listen(stack: AsyncExitStack, application: web.Application, definition: SlackDefinition) -> str:
    runner = web.AppRunner(application, access_log=None, shutdown_timeout=5)
    await runner.setup()
    stack.push_async_callback(runner.cleanup)
    await web.TCPSite(runner, definition.host, definition.port).start()
    host, port = runner.addresses[0][:2]
    return f"http://{host}:{port}"
