"""Delivery to Teams in a process of its own, which dies right before or right after a post."""

import asyncio
import os
import signal
from datetime import datetime

import aiohttp

from bot.delivery import Delivery
from bot.surface import Addressee, Posted
from bot.teams.addresses import Addresses
from bot.teams.connector import Connector
from bot.teams.rendering import Rendering
from bot.teams.surface import TeamsSurface
from bot.teams.transport import Transport
from messages.card import Card
from storage.database import open_database
from tests.faults.delivering import COMPANY
from tests.teams.issuer import APP_ID, TENANT
from tests.teams.office import connector_tokens


class DyingSurface(TeamsSurface):
    """Its process is killed around its first post."""

    when = "after"

    async def post(self, to: Addressee, key: str, card: Card, thread: Posted | None) -> Posted:
        if self.when == "before":
            os.kill(os.getpid(), signal.SIGKILL)
        await super().post(to, key, card, thread)
        os.kill(os.getpid(), signal.SIGKILL)
        raise AssertionError("killed")


def deliver_and_die(when: str, database: str, service: str, login: str, moment: datetime) -> None:
    """`service`: where the connector answers; `login`: where the issuer of tokens does."""
    asyncio.run(_deliver(when, database, service, login, moment))


async def _deliver(when: str, database: str, service: str, login: str, moment: datetime) -> None:
    engine = open_database(database)
    async with aiohttp.ClientSession() as session:
        connector = Connector(Transport(session, connector_tokens(session, login)), APP_ID)
        addresses = Addresses(connector, engine, TENANT, service, {})
        surface = DyingSurface(connector, addresses, TENANT, Rendering())
        surface.when = when
        await Delivery(engine, surface, lambda: moment, COMPANY).deliver_due()
