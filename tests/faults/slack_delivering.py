"""Delivery to Slack in a process of its own, which dies right before or right after a post."""

import asyncio
import os
import signal
from datetime import datetime

import aiohttp

from bot.delivery import Delivery
from bot.slack.addresses import Addresses
from bot.slack.api import SlackApi
from bot.slack.surface import SlackSurface
from bot.surface import Addressee, Posted
from messages.card import Card
from storage.database import open_database
from tests.faults.delivering import COMPANY
from tests.slack.server import BOT_TOKEN
from tests.slack.workspace import TEAM


class DyingSurface(SlackSurface):
    """Its process is killed around its first post."""

    when = "after"

    async def post(self, to: Addressee, key: str, card: Card, thread: Posted | None) -> Posted:
        if self.when == "before":
            os.kill(os.getpid(), signal.SIGKILL)
        await super().post(to, key, card, thread)
        os.kill(os.getpid(), signal.SIGKILL)
        raise AssertionError("killed")


def deliver_and_die(when: str, database: str, url: str, moment: datetime) -> None:
    asyncio.run(_deliver(when, database, url, moment))


async def _deliver(when: str, database: str, url: str, moment: datetime) -> None:
    engine = open_database(database)
    async with aiohttp.ClientSession() as session:
        api = SlackApi(BOT_TOKEN, session, url)
        surface = DyingSurface(api, Addresses(api), TEAM)
        surface.when = when
        await Delivery(engine, surface, lambda: moment, COMPANY).deliver_due()
