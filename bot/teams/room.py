"""Teams put together: who answers, the way in, and how it all stops."""

import os
from collections.abc import AsyncIterator, Callable, Collection, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from time import monotonic

import aiohttp
from aiohttp import web

from bot.teams.addresses import Addresses
from bot.teams.app import Adapter, Bot
from bot.teams.authorities import Authorities
from bot.teams.checkup import Organisation
from bot.teams.colleagues import Colleagues
from bot.teams.connector import Connector
from bot.teams.council_team import CouncilTeam
from bot.teams.credentials import ClientSecret, Credential, find_managed_identity, read_certificate
from bot.teams.definition import TeamsDefinition
from bot.teams.door import Door
from bot.teams.files import DRIVES
from bot.teams.gate import Admission, Gate, TokenGate
from bot.teams.installing import Installing
from bot.teams.keys import SigningKeys
from bot.teams.loopback import LoopbackGate
from bot.teams.rendering import Rendering
from bot.teams.service_urls import is_loopback_host
from bot.teams.showing import Showing
from bot.teams.spoken import Spoken
from bot.teams.surface import TeamsSurface
from bot.teams.taking import Taking
from bot.teams.talk import Answers, Talk
from bot.teams.tokens import ConnectorTokens
from bot.teams.transport import Transport
from bot.teams.unfolding import Unfolding
from bot.turns import Turns
from messages.card import Card
from pipeline.errors import CouncilError
from storage.database import Engine


@dataclass(frozen=True)
class Letters:
    """What was sent, for whoever uses it."""

    find_key: Callable[[str], str | None]
    """The key of the letter at a place."""
    read_card: Callable[[str, str], Card | None]
    """The card of the letter of a key, as it should stand now in that conversation; none from another."""


@dataclass(frozen=True)
class Microsoft:
    """Where Microsoft is; other places than its own in tests alone."""

    authorities: Authorities
    first_service_url: str
    drives: tuple[str, ...] = DRIVES


@dataclass(frozen=True)
class TeamsRoom:
    """An organisation that we may speak in."""

    surface: TeamsSurface
    council_team: CouncilTeam
    turns: Turns
    _door: Door
    _definition: TeamsDefinition

    @asynccontextmanager
    async def listening(self) -> AsyncIterator[str]:
        """Take what Teams tells us, until the end of the block.

        Gives the address on this machine to which the public one has to lead.
        """
        runner = web.AppRunner(self._door.build(), access_log=None, shutdown_timeout=5)
        await runner.setup()
        try:
            await web.TCPSite(runner, self._definition.host, self._definition.port).start()
            host, port = runner.addresses[0][:2]
            yield f"http://{host}:{port}"
        finally:
            await runner.cleanup()


def microsoft_of(definition: TeamsDefinition) -> Microsoft:
    """Microsoft's own places, in the configured cloud."""
    return Microsoft(definition.authorities, definition.first_service_url)


@asynccontextmanager
async def open_teams(
    definition: TeamsDefinition,
    answers: Answers,
    engine: Engine,
    letters: Letters,
    deal_channels: Sequence[str] = (),
    commands: Collection[str] = (),
    microsoft: Microsoft | None = None,
) -> AsyncIterator[TeamsRoom]:
    """In the organisation until the end of the block; turns that are under way then come to their end.

    `deal_channels`: names of channels in which deals may be shown to all. `commands`: those that the company
    has beside ours. Raises `CouncilError` where the settings lack what is needed.
    """
    require_settings(definition)
    where = microsoft or microsoft_of(definition)
    tenant = definition.tenant or DEVELOPMENT_TENANT
    async with aiohttp.ClientSession() as session:
        gate = _gate(definition, where, session)
        connector = Connector(Transport(session, tokens_of(definition, where, session)), definition.app_id)
        addresses = Addresses(connector, engine, tenant, where.first_service_url, definition.channels)
        colleagues = Colleagues(connector, tenant, monotonic)
        rendering = Rendering(definition.dialogs and not definition.development, Spoken(commands))
        turns = Turns()
        showing = Showing(connector, addresses, rendering)
        talk = Talk(
            addresses,
            colleagues,
            showing,
            answers,
            letters.find_key,
            letters.read_card,
            tenant,
            rendering,
            turns,
        )
        bot = Bot(
            talk,
            Installing(addresses, connector, talk),
            Taking(session, connector, talk, rendering, where.drives),
            Unfolding(addresses, talk, rendering, definition.crm_domains, deal_channels),
            turns,
        )
        try:
            yield TeamsRoom(
                TeamsSurface(connector, addresses, tenant, rendering),
                CouncilTeam(connector, addresses, engine, definition.council_team, tenant),
                turns,
                Door(gate, Adapter(connector, definition.app_id, bot)),
                definition,
            )
        finally:
            await turns.settle()


@asynccontextmanager
async def open_organisation(
    definition: TeamsDefinition, engine: Engine, microsoft: Microsoft | None = None
) -> AsyncIterator[Organisation]:
    """What `council check teams` asks, without a way in. Raises `CouncilError` where the settings lack what
    is needed."""
    require_settings(definition)
    where = microsoft or microsoft_of(definition)
    tenant = definition.tenant or DEVELOPMENT_TENANT
    async with aiohttp.ClientSession() as session:
        tokens = tokens_of(definition, where, session)
        connector = Connector(Transport(session, tokens), definition.app_id)
        addresses = Addresses(connector, engine, tenant, where.first_service_url, definition.channels)
        keys = SigningKeys(session, where.authorities.openid_metadata)
        yield Organisation(tokens, keys, tenant, connector, addresses)


DEVELOPMENT_TENANT = "00000000-0000-0000-0000-0000000000001"
"""What Microsoft's local client calls its organisation."""


def require_settings(definition: TeamsDefinition) -> None:
    """Raises `CouncilError` that says what lacks, or what would let strangers in."""
    if not definition.development:
        definition.required_app_id()
        definition.required_tenant()
        credential_of(definition)
    elif not is_loopback_host(definition.host):
        raise CouncilError(
            f"teams.host is {definition.host}, and teams.development takes requests without any proof of who "
            "sent them: that is for this machine alone. Leave teams.host away (127.0.0.1), or set "
            "development = false."
        )


def _gate(definition: TeamsDefinition, where: Microsoft, session: aiohttp.ClientSession) -> Gate:
    """Raises `CouncilError` where anybody could come in."""
    if definition.development:
        return LoopbackGate()
    authorities = where.authorities
    admission = Admission(
        definition.app_id,
        frozenset({definition.tenant}),
        authorities.issuer,
        authorities.service_hosts,
    )
    return TokenGate(admission, SigningKeys(session, authorities.openid_metadata))


def tokens_of(
    definition: TeamsDefinition, where: Microsoft, session: aiohttp.ClientSession
) -> ConnectorTokens | None:
    """The app's own sign-in; `None` with the local client, which asks for none.

    Raises `CouncilError` where the settings lack the credential.
    """
    if definition.development:
        return None
    authorities = where.authorities
    return ConnectorTokens(
        session,
        definition.app_id,
        definition.tenant,
        credential_of(definition),
        authorities.login,
        authorities.scope,
    )


def credential_of(definition: TeamsDefinition) -> Credential:
    """How the app signs in. Raises `CouncilError` where the settings lack it."""
    match definition.sign_in:
        case "secret":
            return ClientSecret(definition.required_secret())
        case "certificate":
            return read_certificate(_certificate(definition))
        case "managed_identity":
            return find_managed_identity(os.environ)


def _certificate(definition: TeamsDefinition) -> Path:
    if definition.certificate is None:
        raise CouncilError(
            "teams.certificate is not set. Name the PEM file with the private key and the certificate that "
            "was uploaded to the app registration."
        )
    return definition.certificate
