"""A room in an organisation with somebody at its desk who answers as a test says: what turns of talk need."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from threading import Event

import aiohttp

from bot.delivery import Delivery
from bot.dispatch import ALREADY, TakenIn
from bot.teams.room import TeamsRoom, open_teams
from bot.teams.running import letters_in
from handlers.asking import Question, Where
from messages.card import Button, Buttons, Card, Form, Paragraph, TextInput, text
from messages.card_text import card_to_text
from messages.reply import Reply
from pipeline.person_links import Sender
from storage.database import Engine, writing
from storage.outbox import Letter, put_letter
from tests.faults.delivering import COMPANY
from tests.teams.colleagues import Answered, Colleague, Line
from tests.teams.connector import ConnectorServer
from tests.teams.office import SALES, local_microsoft, make_definition, people_at_work, serve_microsoft
from tests.teams.organisation import BOT, Json, Organisation, TeamsMessage

MONDAY = datetime(2026, 11, 23, 9, tzinfo=UTC)


@dataclass
class Ticking:
    """The time, as a test lets it pass."""

    now: datetime

    def __call__(self) -> datetime:
        return self.now


@dataclass
class Desk:
    """Stands for the handlers: keeps what is asked, and answers as a test says."""

    reply: Callable[[Question], Reply] = lambda _: Reply((card("answer", "An answer"),))
    asked: list[tuple[Sender, Question, Where, str | None]] = field(default_factory=list)
    shown: list[str] = field(default_factory=list)
    free: Event = field(default_factory=Event)
    """Nothing is answered until it is set."""

    def __post_init__(self) -> None:
        self.free.set()

    def answer_sender(
        self, sender: Sender, question: Question, where: Where, event: str | None, taken_in: TakenIn
    ) -> Reply:
        taken_in()
        if event in {one[3] for one in self.asked}:
            return Reply(note=ALREADY)
        self.asked.append((sender, question, where, event))
        self.free.wait()
        return self.reply(question)

    def mark_shown(self, event: str) -> None:
        self.shown.append(event)

    @property
    def questions(self) -> list[Question]:
        return [question for _, question, _, _ in self.asked]


@dataclass
class Scene:
    organisation: Organisation
    server: ConnectorServer
    room: TeamsRoom
    desk: Desk
    ana: Colleague
    line: Line
    database: Engine

    def colleague(self, name: str, tenant: str | None = None) -> Colleague:
        person = next(one for one in self.organisation.people if one.name == name)
        return Colleague(person, self.line) if tenant is None else Colleague(person, self.line, tenant)

    async def send_letter(self, key: str, audience: str, now: datetime = MONDAY) -> None:
        """A letter, and all that comes of it within two minutes."""
        letter = Letter(key=key, kind="digest", audience=audience, card=card_to_text(card(key, key)))
        with writing(self.database) as connection:
            put_letter(connection, letter, now)
        clock = Ticking(now)
        delivery = Delivery(self.database, self.room.surface, clock, COMPANY)
        for _ in range(60):
            await delivery.deliver_due()
            clock.now += timedelta(seconds=2)

    def said_in(self, conversation: str) -> list[str]:
        """Titles of cards, or words, that the app said there."""
        ours = [one for one in self.organisation.messages_of(conversation) if one.sender == BOT]
        return [title_of(one) for one in ours]

    def last_in(self, conversation: str) -> TeamsMessage:
        return [one for one in self.organisation.messages_of(conversation) if one.sender == BOT][-1]


@asynccontextmanager
async def open_scene(
    database: Engine, *, dialogs: bool = False, crm_domains: tuple[str, ...] = ()
) -> AsyncIterator[Scene]:
    """Ana and others, one of them a guest, in the team with the council's channel, open for deals."""
    organisation, desk = people_at_work(), Desk()
    organisation.add_person("Gus Guest", "gus@elsewhere.example", role="guest")
    organisation.teams[SALES].members.append(organisation.people[-1])
    async with serve_microsoft(organisation) as server, aiohttp.ClientSession() as session:
        opening = open_teams(
            make_definition(dialogs=dialogs, crm_domains=crm_domains),
            desk,
            database,
            letters_in(database),
            ("#pipeline-council",),
            microsoft=local_microsoft(server, server.issuer),
        )
        async with opening as room, room.listening() as address:
            line = Line(address, session, server)
            ana = Colleague(organisation.people[0], line)
            await ana.add_to_team(SALES, "Sales")
            await room.turns.settle()
            yield Scene(organisation, server, room, desk, ana, line, database)


def card(key: str, title: str, *buttons: Button) -> Card:
    return Card(key, title, (Paragraph(text("Words.")), *((Buttons(buttons),) if buttons else ())), title)


def long_card(key: str, title: str, *buttons: Button) -> Card:
    """One that is larger than a message, with its buttons at the end."""
    paragraphs = tuple(Paragraph(text(f"line {number} " + "word " * 390)) for number in range(15))
    return Card(key, title, (*paragraphs, Buttons(buttons)), title)


def title_of(message: TeamsMessage) -> str:
    return title_of_card(message.cards[0]) if message.cards else message.text


def title_of_card(shown: Json) -> str:
    return str(shown["body"][0]["inlines"][0]["text"])


def title_of_answer(answer: Answered) -> str:
    """Of the card that a click is answered with."""
    return title_of_card(answer.body["value"])


FORM = Form("f", "Fix this deal", (TextInput("NextStep", "Next step", "Old"),), "save_fix", "006A")
