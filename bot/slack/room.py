"""Slack put together: who answers, the two ways in, and how it all stops."""

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from time import monotonic
from typing import Any

import aiohttp
from aiohttp import web
from slack_bolt.app.async_app import AsyncApp

from bot.slack.addresses import Addresses
from bot.slack.api import HOOKS, SLACK, SlackApi
from bot.slack.app import build_app
from bot.slack.colleagues import Colleagues
from bot.slack.commands import CommandNames
from bot.slack.council_group import CouncilGroup
from bot.slack.definition import SlackDefinition
from bot.slack.door import Door
from bot.slack.rendering import Rendering
from bot.slack.signature import Signature
from bot.slack.socket import Socket
from bot.slack.surface import SlackSurface
from bot.slack.talk import Answers, Talk
from bot.slack.unfurling import Unfurling
from bot.surface import DeliveryFailed, OutcomeUnknown, TryLater, Unreachable, Waits
from bot.turns import Turns
from pipeline.errors import CouncilError
from storage.database import Engine


@dataclass(frozen=True)
class Slack:
    """Where Slack is; another place than its own in tests alone."""

    api: str = SLACK
    hooks: str = HOOKS


@dataclass(frozen=True)
class SlackRoom:
    """A workspace that we may speak in."""

    surface: SlackSurface
    workspace: str
    """Its name."""
    council_group: Callable[[Engine], CouncilGroup]
    """Who is of the council by a user group, kept in that database."""
    colleagues: Colleagues
    """Who is who in it."""
    settle: Callable[[], Awaitable[None]]
    """Waits until everything that was asked so far is answered."""
    _app: AsyncApp
    _api: SlackApi
    _definition: SlackDefinition

    @asynccontextmanager
    async def listening(self) -> AsyncIterator[str | None]:
        """Take what Slack tells us, until the end of the block.

        Gives the address on this machine to which the public one has to lead; `None` with a socket. Raises
        `CouncilError` where the settings lack the secret of that way.
        """
        if self._definition.uses_http:
            signature = Signature(self._definition.required("signing_secret"))
            runner = web.AppRunner(Door(self._app, signature).build(), access_log=None, shutdown_timeout=5)
            await runner.setup()
            try:
                await web.TCPSite(runner, self._definition.host, self._definition.port).start()
                host, port = runner.addresses[0][:2]
                yield f"http://{host}:{port}"
            finally:
                await runner.cleanup()
        else:
            app_token = self._definition.required("app_token")
            await _try_to_connect(self._api, app_token)
            socket = Socket(self._app, app_token, self._api)
            try:
                await socket.open()
                yield None
            finally:
                await socket.close()


@asynccontextmanager
async def open_slack(
    definition: SlackDefinition,
    answers: Answers,
    find_key: Callable[[str], str | None],
    deal_channels: Sequence[str] = (),
    slack: Slack = Slack(),
) -> AsyncIterator[SlackRoom]:
    """In the workspace until the end of the block; turns that are under way then come to their end.

    `deal_channels`: names of channels in which deals may be shown to all. Raises `CouncilError` where the
    settings lack the token or Slack refuses it.
    """
    async with aiohttp.ClientSession() as session:
        api = SlackApi(definition.required("bot_token"), session, slack.api, slack.hooks)
        identity = await _introduce(api)
        team = str(identity["team_id"])
        addresses = Addresses(api)
        is_in_grid = bool(identity.get("enterprise_id"))
        colleagues = Colleagues(api, team, monotonic, is_in_grid=is_in_grid)
        rendering = Rendering(CommandNames(definition.command_names))
        turns = Turns()
        talk = Talk(api, addresses, colleagues, answers, find_key, team, rendering, turns)

        async def is_open(channel: str, user: str) -> bool:
            """Slack tells us of addresses in conversations between two others as well."""
            if channel.startswith("D"):
                return channel == await addresses.direct_with(user)
            return f"#{await addresses.name_of(channel)}" in deal_channels

        unfurling = Unfurling(api, talk.look_up, definition.unfurl_domains, is_open, rendering)
        app = build_app(api, identity, talk, unfurling, rendering.names, turns)
        surface = SlackSurface(api, addresses, team, rendering)
        try:
            yield SlackRoom(
                surface,
                str(identity.get("team") or team),
                lambda engine: CouncilGroup(api, colleagues, engine, definition.council_group, team),
                colleagues,
                turns.settle,
                app,
                api,
                definition,
            )
        finally:
            await turns.settle()


async def _try_to_connect(api: SlackApi, app_token: str) -> None:
    """The SDK would try a wrong token for ever, and say nothing. Where Slack is only away, it may."""
    try:
        await api.open_connection(app_token)
    except TryLater as away:
        if away.waits is Waits.WORKSPACE:
            raise CouncilError(_NO_SOCKET) from away
    except (Unreachable, OutcomeUnknown) as refused:
        raise CouncilError(_NO_SOCKET) from refused


_NO_SOCKET = (
    "Slack does not let us open a socket: the app-level token (COUNCIL_SLACK__APP_TOKEN) is not accepted. "
    "`council check slack` says what to click."
)


async def _introduce(api: SlackApi) -> dict[str, Any]:
    """Who we are in which workspace."""
    try:
        return dict(await api.call("auth.test"))
    except (DeliveryFailed, OutcomeUnknown) as refused:
        raise CouncilError(
            f"Slack does not let the app in. {refused} `council check slack` says more."
        ) from refused
