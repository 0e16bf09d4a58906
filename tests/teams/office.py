"""An organisation with people in it, the servers that stand for Microsoft's, and clients of ours at them."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace

import aiohttp
from pydantic import SecretStr
from sqlalchemy import Engine

from bot.teams.addresses import Addresses
from bot.teams.connector import Connector
from bot.teams.credentials import ClientSecret
from bot.teams.definition import TeamsDefinition
from bot.teams.rendering import Rendering
from bot.teams.room import Microsoft
from bot.teams.surface import TeamsSurface
from bot.teams.tokens import ConnectorTokens
from bot.teams.transport import Transport
from tests.slack.office import Ticking
from tests.teams.connector import ConnectorServer
from tests.teams.issuer import APP_ID, SECRET, TENANT, Issuer, serve_issuer
from tests.teams.organisation import Organisation

SALES = "19:Sales@thread.tacv2"
COUNCIL_CHANNEL = "19:Sales-pipeline-council@thread.tacv2"


@dataclass(frozen=True)
class Office:
    """Clients of ours at an organisation."""

    organisation: Organisation
    server: ConnectorServer
    issuer: Issuer
    addresses: Addresses
    connector: Connector
    surface: TeamsSurface
    clock: Ticking


def people_at_work() -> Organisation:
    """Ana and Ben of the contract suite with others, so that a roster has two pages, in the team with the
    council's channel."""
    organisation = Organisation()
    people = [
        organisation.add_person("Ana Lind", "ana@example.com"),
        organisation.add_person("Cem Kaya", "cem@example.com"),
        organisation.add_person("Ben Osei", "ben@example.com"),
        organisation.add_person("Olga Ops", "ops@example.com"),
    ]
    team = organisation.add_team("Sales", *people)
    organisation.add_channel(team, "random")
    organisation.add_channel(team, "pipeline-council")
    return organisation


def make_definition(**further: object) -> TeamsDefinition:
    """The settings of an app at the local servers."""
    known = {"app_id": APP_ID, "tenant": TENANT, "client_secret": SecretStr(SECRET), "port": 0}
    return TeamsDefinition.model_validate({**known, **further})


def local_microsoft(server: ConnectorServer, issuer: Issuer) -> Microsoft:
    """Where the local servers are."""
    authorities = replace(issuer.authorities, service_hosts=(server.origin,))
    return Microsoft(authorities, server.url, (".127.0.0.1",))


@asynccontextmanager
async def serve_microsoft(organisation: Organisation) -> AsyncIterator[ConnectorServer]:
    """The connector and, behind it, the issuer of tokens."""
    async with serve_issuer() as issuer, ConnectorServer(organisation, issuer).running() as server:
        yield server


@asynccontextmanager
async def open_office(
    engine: Engine, organisation: Organisation | None = None, **channels: str
) -> AsyncIterator[Office]:
    """Everything at work, over HTTP on this machine. `channels`: ids given to names."""
    clock = Ticking()
    organisation = organisation or people_at_work()
    async with serve_microsoft(organisation) as server, aiohttp.ClientSession() as session:
        tokens = connector_tokens(session, server.issuer.url)
        connector = Connector(Transport(session, tokens), APP_ID)
        addresses = Addresses(connector, engine, TENANT, server.url, channels, clock)
        for team in organisation.teams.values():
            await addresses.keep_team(team.id, server.url, team.name)
        surface = TeamsSurface(connector, addresses, TENANT, Rendering())
        yield Office(organisation, server, server.issuer, addresses, connector, surface, clock)


def connector_tokens(session: aiohttp.ClientSession, login: str) -> ConnectorTokens:
    return ConnectorTokens(
        session, APP_ID, TENANT, ClientSecret(SECRET), login, "https://api.botframework.com/.default"
    )
