"""The whole application in Teams: it takes up what a killed one left, answers, delivers, and stops."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from time import monotonic

import aiohttp
import pytest
from sqlalchemy import Engine, select

from bot.app import open_council
from bot.settings import load_settings
from bot.teams.room import Microsoft
from bot.teams.running import run_in_teams
from messages.card import Card
from messages.card_text import card_to_text
from storage.chat_tables import audit
from storage.database import open_database, reading, writing
from storage.outbox import Letter, put_letter
from tests.faults.processes import FORKS, was_killed
from tests.faults.teams_answering import answer_and_die
from tests.messages.surfaces import texts
from tests.stories.company import found_company
from tests.teams.colleagues import Colleague, Line
from tests.teams.connector import ConnectorServer
from tests.teams.issuer import APP_ID, SECRET, TENANT
from tests.teams.office import COUNCIL_CHANNEL, SALES, local_microsoft, people_at_work, serve_microsoft
from tests.teams.organisation import BOT

TUESDAY = datetime(2026, 7, 21, 9, tzinfo=UTC)
SIX_MINUTES = timedelta(minutes=6)
"""After which an event that nobody has come back to is taken up by whoever is there."""
DONE = "I ask you nothing until 14 Aug 2026"
POST = Card("post:1", "Hello council", (), "Hello council")


@dataclass(frozen=True)
class Place:
    """A company's folder, and the organisation in which it lives."""

    folder: Path
    server: ConnectorServer
    session: aiohttp.ClientSession

    @property
    def microsoft(self) -> Microsoft:
        return local_microsoft(self.server, self.server.issuer)

    def ana(self, address: str) -> Colleague:
        return Colleague(self.server.organisation.people[0], Line(address, self.session, self.server))

    def said_in(self, conversation: str) -> list[str]:
        ours = [one for one in self.server.organisation.messages_of(conversation) if one.sender == BOT]
        return [" ".join(texts(one.cards)) or one.text for one in ours]

    async def until(self, seen: Callable[[], bool]) -> None:
        async with asyncio.timeout(60):
            while not seen():
                await asyncio.sleep(0.02)

    def acts(self) -> list[str]:
        engine = open_database(f"sqlite:///{self.folder / 'council.db'}")
        with reading(engine) as connection:
            acts = list(connection.execute(select(audit.c.act).order_by(audit.c.no)).scalars())
        engine.dispose()
        return acts


@pytest.fixture
async def place(tmp_path: Path) -> AsyncIterator[Place]:
    found_company(tmp_path, TUESDAY).council.engine.dispose()
    async with serve_microsoft(people_at_work()) as server, aiohttp.ClientSession() as session:
        yield Place(tmp_path, server, session)


async def ask_one_that_dies(place: Place, words: str) -> None:
    told = FORKS.SimpleQueue()
    dying = asyncio.create_task(
        asyncio.to_thread(was_killed, answer_and_die, place.folder, place.microsoft, told, TUESDAY)
    )
    ana = place.ana(await asyncio.to_thread(told.get))
    with suppress(aiohttp.ClientError):  # it may die before it has acknowledged, or after
        await ana.say(words)
    assert await dying


@asynccontextmanager
async def running(place: Place) -> AsyncIterator[tuple[Engine, str]]:
    """The application six minutes later, with its database and address."""
    known = {
        "COUNCIL_TEAMS__APP_ID": APP_ID,
        "COUNCIL_TEAMS__TENANT": TENANT,
        "COUNCIL_TEAMS__CLIENT_SECRET": SECRET,
        "COUNCIL_TEAMS__PORT": "0",
    }
    council = open_council(load_settings(place.folder / "council.toml", known))
    addresses: asyncio.Queue[str] = asyncio.Queue()
    over, began = asyncio.Event(), monotonic()

    def clock() -> datetime:
        return TUESDAY + SIX_MINUTES + timedelta(seconds=monotonic() - began)

    async def until_over() -> None:
        await over.wait()

    at_work = asyncio.create_task(
        run_in_teams(council, addresses.put_nowait, clock, until_over, place.microsoft)
    )
    try:
        yield council.engine, await addresses.get()
    finally:
        over.set()
        await at_work
        council.engine.dispose()


async def test_what_a_killed_application_did_is_told_by_the_next_which_answers_delivers_and_stops(
    place: Place,
) -> None:
    chat = place.server.organisation.people[0].chat
    await ask_one_that_dies(place, "pause until 2026-08-14")
    assert place.said_in(chat) == []
    async with running(place) as (engine, address):
        await place.until(lambda: any(DONE in one for one in place.said_in(chat)))
        ana = place.ana(address)
        await ana.add_to_team(SALES, "Sales")
        await ana.say("help")
        await place.until(lambda: any("hygiene" in one for one in place.said_in(chat)))
        with writing(engine) as connection:
            letter = Letter(
                key="post:1", kind="council", audience="#pipeline-council", card=card_to_text(POST)
            )
            put_letter(connection, letter, TUESDAY)
        await place.until(lambda: bool(place.said_in(COUNCIL_CHANNEL)))
    with pytest.raises(aiohttp.ClientConnectorError):
        await ana.say("help")
    assert len([one for one in place.said_in(chat) if DONE in one]) == 1
    assert place.acts().count("pause") == 1
