"""Turns of talk in Teams: signed posts into our address, and what people then see."""

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field

import aiohttp
import pytest

from bot.dispatch import ALREADY, TakenIn
from bot.teams.room import Letters, TeamsRoom, open_teams
from bot.teams.showing import IN_OUR_CHAT
from handlers.asking import Clicked, Question, Submitted, Typed, Where
from messages.card import Button, Buttons, Card, Form, Paragraph, TextInput, text
from messages.reply import Attachment, Reply, Visibility
from pipeline.person_links import Sender
from storage.database import Engine
from tests.teams.colleagues import Colleague, Line
from tests.teams.connector import ConnectorServer
from tests.teams.office import (
    COUNCIL_CHANNEL,
    local_microsoft,
    make_definition,
    people_at_work,
    serve_microsoft,
)
from tests.teams.organisation import BOT, Organisation, TeamsMessage


@dataclass
class Desk:
    """Stands for the handlers: keeps what is asked, and answers as a test says."""

    reply: Callable[[Question], Reply] = lambda _: Reply((card("answer", "An answer"),))
    asked: list[tuple[Sender, Question, Where, str | None]] = field(default_factory=list)
    shown: list[str] = field(default_factory=list)

    def answer_sender(
        self, sender: Sender, question: Question, where: Where, event: str | None, taken_in: TakenIn
    ) -> Reply:
        taken_in()
        if event in {one[3] for one in self.asked}:
            return Reply(note=ALREADY)
        self.asked.append((sender, question, where, event))
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

    def colleague(self, name: str, tenant: str | None = None) -> Colleague:
        person = next(one for one in self.organisation.people if one.name == name)
        return Colleague(person, self.line) if tenant is None else Colleague(person, self.line, tenant)

    def said_in(self, conversation: str) -> list[str]:
        """Titles of cards, or words, that the app said there."""
        ours = [one for one in self.organisation.messages_of(conversation) if one.sender == BOT]
        return [title_of(one) for one in ours]

    def last_in(self, conversation: str) -> TeamsMessage:
        return [one for one in self.organisation.messages_of(conversation) if one.sender == BOT][-1]


def card(key: str, title: str, *buttons: Button) -> Card:
    return Card(key, title, (Paragraph(text("Words.")), *((Buttons(buttons),) if buttons else ())), title)


def title_of(message: TeamsMessage) -> str:
    return title_of_card(message.cards[0]) if message.cards else message.text


def title_of_card(shown: dict[str, object]) -> str:
    body = shown["body"]
    return str(body[0]["inlines"][0]["text"])  # type: ignore[index]


FORM = Form("f", "Fix this deal", (TextInput("NextStep", "Next step", "Old"),), "save_fix", "006A")


@pytest.fixture
async def scene(database: Engine) -> AsyncIterator[Scene]:
    organisation, desk = people_at_work(), Desk()
    organisation.add_person("Gus Guest", "gus@elsewhere.example", role="guest")
    organisation.teams["19:Sales@thread.tacv2"].members.append(organisation.people[-1])
    async with serve_microsoft(organisation) as server, aiohttp.ClientSession() as session:
        letters = Letters(lambda _: None, lambda _: None)
        opening = open_teams(
            make_definition(dialogs=False),
            desk,
            database,
            letters,
            microsoft=local_microsoft(server, server.issuer),
        )
        async with opening as room, room.listening() as address:
            line = Line(address, session, server)
            ana = Colleague(organisation.people[0], line)
            await ana.add_to_team("19:Sales@thread.tacv2", "Sales")
            await room.turns.settle()
            yield Scene(organisation, server, room, desk, ana, line)


async def test_words_in_the_personal_chat_are_answered_there(scene: Scene) -> None:
    await scene.ana.say("apm region")
    await scene.room.turns.settle()
    ((sender, question, where, event),) = scene.desk.asked
    assert question == Typed("apm region")
    assert (sender.account.surface, sender.email, sender.timezone) == (
        "teams",
        "ana@example.com",
        "Europe/Berlin",
    )
    assert where.conversation == f"@{scene.ana.person.object_id}"
    assert scene.said_in(scene.ana.person.chat) == ["An answer"]
    assert scene.desk.shown == [event]


async def test_a_mention_in_a_channel_is_answered_in_our_chat_and_the_channel_is_told_so(
    scene: Scene,
) -> None:
    await scene.ana.mention("hygiene", COUNCIL_CHANNEL)
    await scene.room.turns.settle()
    assert scene.desk.questions == [Typed("hygiene")]
    assert scene.desk.asked[0][2].conversation == "#pipeline-council"
    assert scene.said_in(scene.ana.person.chat) == ["An answer"]
    assert scene.said_in(COUNCIL_CHANNEL) == [IN_OUR_CHAT]
    assert scene.last_in(COUNCIL_CHANNEL).thread is not None


async def test_what_is_meant_for_all_is_said_in_the_thread(scene: Scene) -> None:
    scene.desk.reply = lambda _: Reply((card("a", "For all"),), Visibility.CHANNEL)
    await scene.ana.mention("council", COUNCIL_CHANNEL)
    await scene.room.turns.settle()
    assert scene.said_in(COUNCIL_CHANNEL) == ["For all"]
    assert scene.last_in(COUNCIL_CHANNEL).thread is not None


async def test_an_activity_that_is_sent_again_counts_once(scene: Scene) -> None:
    activity = await scene.ana.say("hygiene")
    await scene.line.deliver(activity)
    await scene.room.turns.settle()
    assert scene.desk.questions == [Typed("hygiene")]
    assert scene.said_in(scene.ana.person.chat) == ["An answer"]


async def test_a_guest_is_refused_in_words_and_asks_nothing(scene: Scene) -> None:
    await scene.colleague("Gus Guest").mention("hygiene", COUNCIL_CHANNEL)
    await scene.room.turns.settle()
    assert scene.desk.asked == []
    assert "You are a guest in this team" in scene.last_in(COUNCIL_CHANNEL).text


async def test_an_unsigned_post_is_answered_401_with_nothing_and_asks_nothing(scene: Scene) -> None:
    scene.line.headers = {"Authorization": "Bearer nonsense"}
    answer = await scene.line.deliver(scene.ana.activity("message", text="hygiene"))
    await scene.room.turns.settle()
    assert (answer.status, answer.text) == (401, "")
    assert scene.desk.asked == []


async def test_a_click_shows_the_new_card_to_the_one_and_changes_the_message_for_all(scene: Scene) -> None:
    scene.desk.reply = lambda asked: Reply(
        (card("answer", "Once", Button("Again", "more", "7")),)
        if isinstance(asked, Typed)
        else (card("answer", "Twice"),)
    )
    await scene.ana.say("hygiene")
    await scene.room.turns.settle()
    message = scene.last_in(scene.ana.person.chat)
    answer = await scene.ana.press(message, "Again")
    await scene.room.turns.settle()
    assert scene.desk.questions[-1] == Clicked("more", "7")
    assert title_of_card(answer.body["value"]) == "Twice"
    assert scene.said_in(scene.ana.person.chat) == ["Twice"]
    assert message.is_edited


async def test_a_form_stands_in_the_place_of_the_message_and_is_sent_from_there(scene: Scene) -> None:
    scene.desk.reply = lambda asked: (
        Reply(form=FORM)
        if isinstance(asked, Clicked)
        else Reply(note="Saved.")
        if isinstance(asked, Submitted)
        else Reply((card("answer", "Deals", Button("Fix", "fix", "006A")),))
    )
    await scene.ana.say("hygiene")
    await scene.room.turns.settle()
    message = scene.last_in(scene.ana.person.chat)
    opened = await scene.ana.press(message, "Fix")
    assert title_of_card(opened.body["value"]) == "Fix this deal"
    saved = await scene.ana.press(message, "Save", {"NextStep": "Call Bo"})
    assert scene.desk.questions[-1] == Submitted("save_fix", "006A", {"NextStep": "Call Bo"})
    assert title_of_card(saved.body["value"]) == "Deals"  # the message as it was, with a few words below
    assert "Saved." in str(saved.body["value"])


async def test_cancel_brings_the_message_back_and_asks_nobody(scene: Scene) -> None:
    scene.desk.reply = lambda asked: (
        Reply(form=FORM)
        if isinstance(asked, Clicked)
        else Reply((card("answer", "Deals", Button("Fix", "fix", "006A")),))
    )
    await scene.ana.say("hygiene")
    await scene.room.turns.settle()
    message = scene.last_in(scene.ana.person.chat)
    await scene.ana.press(message, "Fix")
    back = await scene.ana.press(message, "Cancel")
    assert title_of_card(back.body["value"]) == "Deals"
    assert len(scene.desk.asked) == 2


async def test_the_menu_of_a_message_gives_its_words_and_its_address(scene: Scene) -> None:
    scene.desk.reply = lambda _: Reply(form=FORM)
    ben = scene.colleague("Ben Osei")
    head = scene.organisation.say(ben.person, COUNCIL_CHANNEL, "Data Cloud is slow & late")
    answer = await scene.ana.use_menu(head)
    ((_, question, where, _),) = scene.desk.asked
    assert question == Clicked("assign_from_message")
    assert where.quoted is not None
    assert where.quoted.author == "Ben Osei"
    assert where.quoted.link is not None
    assert where.quoted.link.startswith("https://teams.microsoft.com/")
    assert answer.body["task"]["value"]["title"] == "Fix this deal"


async def test_a_file_is_offered_and_goes_into_the_drive_of_who_takes_it(scene: Scene) -> None:
    scene.desk.reply = lambda _: Reply(attachment=Attachment("deals.csv", b"a,b\r\n"))
    await scene.ana.say("apm why EMEA csv")
    await scene.room.turns.settle()
    await scene.ana.take_file(scene.last_in(scene.ana.person.chat))
    await scene.room.turns.settle()
    assert scene.organisation.drives == {"deals.csv": b"a,b\r\n"}
    assert scene.desk.questions == [Typed("apm why EMEA csv"), Typed("apm why EMEA csv")]


async def test_an_installation_is_greeted_once(scene: Scene) -> None:
    for activity in (*await scene.ana.install(), *await scene.ana.install()):
        await scene.line.deliver(activity)
    await scene.room.turns.settle()
    assert scene.desk.questions == [Typed("/home")]
    assert scene.said_in(scene.ana.person.chat) == ["An answer"]
