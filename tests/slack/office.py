"""A workspace with people in it, the server that stands for Slack, and clients of ours that talk to it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import aiohttp

from bot.slack.addresses import Addresses
from bot.slack.api import SlackApi
from bot.slack.scopes import BOT_SCOPES
from bot.slack.surface import SlackSurface
from tests.slack.server import BOT_TOKEN, SlackServer
from tests.slack.workspace import TEAM, Workspace

ALL_SCOPES = frozenset(scope.name for scope in BOT_SCOPES)
COUNCIL_CHANNEL = "C0COUNCIL"


class Ticking:
    """Seconds that pass when a test says so."""

    def __init__(self) -> None:
        self.now = 1_000.0

    def __call__(self) -> float:
        return self.now


@dataclass(frozen=True)
class Office:
    """Clients of ours at a workspace."""

    workspace: Workspace
    server: SlackServer
    api: SlackApi
    addresses: Addresses
    surface: SlackSurface
    clock: Ticking


def people_at_work() -> Workspace:
    """Ana and Ben of the contract suite, and the council's channel."""
    workspace = Workspace()
    workspace.add_user("U0ANA", "Ana Lind", "ana@example.com")
    workspace.add_user("U0BEN", "Ben Osei", "ben@example.com")
    workspace.add_channel("C0OTHER", "general")
    workspace.add_channel("C0MORE", "random")
    workspace.add_channel(COUNCIL_CHANNEL, "pipeline-council")
    return workspace


@asynccontextmanager
async def open_office(
    workspace: Workspace | None = None, scopes: frozenset[str] = ALL_SCOPES, token: str = BOT_TOKEN
) -> AsyncIterator[Office]:
    """Everything at work, over HTTP on this machine."""
    clock = Ticking()
    workspace = workspace or people_at_work()
    async with SlackServer(workspace, scopes, clock).running() as server, aiohttp.ClientSession() as session:
        api = SlackApi(token, session, server.url, server.hooks)
        addresses = Addresses(api, clock)
        yield Office(workspace, server, api, addresses, SlackSurface(api, addresses, TEAM), clock)
