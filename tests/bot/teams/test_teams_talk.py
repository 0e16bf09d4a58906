"""Turns of talk in Teams: signed posts into our address, and what people then see."""

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime

import aiohttp
import pytest

from bot.delivery import Delivery
from bot.dispatch import ALREADY, TakenIn
from bot.teams.rendering import BACK
from bot.teams.room import TeamsRoom, open_teams
from bot.teams.running import letters_in
from bot.teams.showing import IN_OUR_CHAT
from bot.teams.talk import IN_CHAT, LATER, PATIENCE
from handlers.asking import Clicked, Question, Submitted, Typed, Where
from messages.card import Button, Buttons, Card, Form, Paragraph, TextInput, text
from messages.card_text import card_to_text
from messages.reply import Attachment, Reply, Visibility
from pipeline.person_links import Sender
from storage.database import Engine, writing
from storage.outbox import Letter, put_letter
from tests.faults.delivering import COMPANY
from tests.teams.colleagues import Colleague, Line, find_action
from tests.teams.connector import ConnectorServer, Failure
from tests.teams.office import (
    COUNCIL_CHANNEL,
    local_microsoft,
    make_definition,
    people_at_work,
    serve_microsoft,
)
from tests.teams.organisation import BOT, Organisation, TeamsMessage

MONDAY = datetime(2026, 11, 23, 9, tzinfo=UTC)


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
    database: Engine

    def colleague(self, name: str, tenant: str | None = None) -> Colleague:
        person = next(one for one in self.organisation.people if one.name == name)
        return Colleague(person, self.line) if tenant is None else Colleague(person, self.line, tenant)

    async def send_letter(self, key: str, audience: str) -> None:
        letter = Letter(key=key, kind="digest", audience=audience, card=card_to_text(card(key, key)))
        with writing(self.database) as connection:
            put_letter(connection, letter, MONDAY)
        await Delivery(self.database, self.room.surface, lambda: MONDAY, COMPANY).deliver_due()

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


def long_card(key: str, title: str, *buttons: Button) -> Card:
    """One that is larger than a message, with its buttons at the end."""
    paragraphs = tuple(Paragraph(text(f"line {number} " + "word " * 390)) for number in range(15))
    return Card(key, title, (*paragraphs, Buttons(buttons)), title)


@pytest.fixture
async def scene(database: Engine, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Scene]:
    monkeypatch.setattr("bot.teams.posting.SECONDS_BETWEEN_PARTS", 0)
    organisation, desk = people_at_work(), Desk()
    organisation.add_person("Gus Guest", "gus@elsewhere.example", role="guest")
    organisation.teams["19:Sales@thread.tacv2"].members.append(organisation.people[-1])
    async with serve_microsoft(organisation) as server, aiohttp.ClientSession() as session:
        opening = open_teams(
            make_definition(dialogs=False),
            desk,
            database,
            letters_in(database),
            microsoft=local_microsoft(server, server.issuer),
        )
        async with opening as room, room.listening() as address:
            line = Line(address, session, server)
            ana = Colleague(organisation.people[0], line)
            await ana.add_to_team("19:Sales@thread.tacv2", "Sales")
            await room.turns.settle()
            yield Scene(organisation, server, room, desk, ana, line, database)


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


async def test_a_form_that_had_a_message_of_its_own_is_over_on_every_device(scene: Scene) -> None:
    scene.desk.reply = lambda asked: Reply(form=FORM) if isinstance(asked, Typed) else Reply(note="Saved.")
    await scene.ana.say("fix Umbrella")
    await scene.room.turns.settle()
    message = scene.last_in(scene.ana.person.chat)
    assert title_of(message) == "Fix this deal"
    await scene.ana.press(message, "Save", {"NextStep": "Call Bo"})
    await scene.room.turns.settle()
    assert scene.said_in(scene.ana.person.chat) == ["Saved."]


@pytest.fixture
async def offered(scene: Scene) -> TeamsMessage:
    """An answer with a button whose answer is a message of its own."""
    scene.desk.reply = lambda asked: Reply(
        (card("answer", "Deals", Button("Why", "why")) if isinstance(asked, Typed) else card("why", "Why"),)
    )
    await scene.ana.say("hygiene")
    await scene.room.turns.settle()
    return scene.last_in(scene.ana.person.chat)


async def test_an_answer_that_teams_does_not_take_is_promised_and_waits_to_be_told(
    scene: Scene, offered: TeamsMessage
) -> None:
    scene.server.failures["post"].append(Failure(429, headers={"Retry-After": "60"}))
    answer = await scene.ana.press(offered, "Why")
    await scene.room.turns.settle()
    assert answer.body["value"] == LATER
    asked = [event for *_, event in scene.desk.asked]
    assert scene.desk.shown == asked[:1], "the inbox keeps the second one"


async def test_a_click_is_answered_in_time_though_teams_is_slow_to_take_the_message(
    scene: Scene, offered: TeamsMessage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.teams.talk.PATIENCE_SECONDS", 0.5)
    scene.server.failures["post"].append(Failure(hangs=True))
    answer = await scene.ana.press(offered, "Why")
    assert answer.body["value"] == PATIENCE
    scene.server.released.set()
    await scene.room.turns.settle()
    assert len(scene.desk.shown) == 1


async def test_a_click_that_comes_twice_is_over_only_when_the_first_is_answered(
    scene: Scene, offered: TeamsMessage
) -> None:
    why = find_action(offered.cards[0], "Why")
    chosen = {"type": "Action.Execute", "title": "Why", "verb": why["verb"], "data": why["data"]}
    click = scene.ana.invoke("adaptiveCard/action", {"action": chosen, "trigger": "manual"}, offered)
    await scene.line.deliver(click)
    again = await scene.line.deliver(click)
    await scene.room.turns.settle()
    assert again.body["value"] == ALREADY
    assert len(scene.desk.shown) == 2, "the words and the click, once each"


async def test_a_letter_comes_back_to_whoever_is_where_it_stands_and_to_nobody_else(scene: Scene) -> None:
    """The key that says which letter a form hides comes back from outside: from Ana it may be Ben's."""
    ben = scene.colleague("Ben Osei")
    await scene.send_letter("digest:ben", "@ben@example.com")
    message = scene.last_in(ben.person.chat)
    leave = {"type": "Action.Execute", "title": "Cancel", "verb": BACK, "data": {"card": "digest:ben"}}
    back = await ben.use(message, message.cards[0], leave, {})
    assert title_of_card(back.body["value"]) == "digest:ben"
    elsewhere = TeamsMessage(scene.ana.person.chat, message.id, message.activity)
    stolen = await scene.ana.use(elsewhere, message.cards[0], leave, {})
    assert title_of_card(stolen.body["value"]) == "Nothing was changed."


async def test_an_answer_of_several_messages_changes_in_all_of_them_and_comes_back_where_it_stood(
    scene: Scene,
) -> None:
    buttons = Button("Fix", "fix", "006A"), Button("More", "more")
    scene.desk.reply = lambda asked: (
        Reply(form=FORM)
        if asked == Clicked("fix", "006A")
        else Reply((long_card("answer", "Once" if isinstance(asked, Typed) else "Twice", *buttons),))
    )
    await scene.ana.say("hygiene")
    await scene.room.turns.settle()
    chat = scene.ana.person.chat
    standing = len(scene.said_in(chat))
    last = scene.last_in(chat)
    assert standing > 1
    await scene.ana.press(last, "Fix")
    back = await scene.ana.press(last, "Cancel")
    assert "line 14 word" in str(back.body["value"])
    assert "Nothing was changed." in str(back.body["value"])
    changed = await scene.ana.press(last, "More")
    await scene.room.turns.settle()
    assert "line 14 word" in str(changed.body["value"])
    assert scene.said_in(chat)[0] == "Twice"
    assert len(scene.said_in(chat)) == standing, "nothing was said a second time"


async def test_an_answer_beside_the_message_is_pointed_to(scene: Scene, offered: TeamsMessage) -> None:
    answer = await scene.ana.press(offered, "Why")
    assert answer.body["value"] == IN_CHAT
    assert scene.said_in(scene.ana.person.chat) == ["Deals", "Why"]


# --- What our chat answers is shared in the channel where it was asked -----------------------------


async def ask_in_channel(scene: Scene) -> TeamsMessage:
    """Returns the answer in our chat, below which it can be shared."""
    scene.desk.reply = lambda asked: (
        Reply((card("answer", "Region", Button("Share", "share")),))
        if isinstance(asked, Typed)
        else Reply((card("answer:shared", "For all"),), Visibility.CHANNEL)
    )
    await scene.ana.mention("apm region", COUNCIL_CHANNEL)
    await scene.room.turns.settle()
    return scene.last_in(scene.ana.person.chat)


async def test_an_answer_in_our_chat_is_shared_in_the_thread_where_it_was_asked(scene: Scene) -> None:
    message = await ask_in_channel(scene)
    await scene.ana.press(message, "Share")
    await scene.room.turns.settle()
    assert scene.desk.asked[-1][2].conversation == "#pipeline-council"
    assert scene.said_in(COUNCIL_CHANNEL) == [IN_OUR_CHAT, "For all"]
    asked = next(scene.organisation.messages_of(COUNCIL_CHANNEL))
    assert scene.last_in(COUNCIL_CHANNEL).thread == asked.id
    assert scene.said_in(scene.ana.person.chat) == ["Region"]


async def test_whoever_has_left_the_channel_shares_nothing_there(scene: Scene) -> None:
    message = await ask_in_channel(scene)
    scene.organisation.teams["19:Sales@thread.tacv2"].members.remove(scene.ana.person)
    await scene.ana.press(message, "Share")
    assert scene.desk.asked[-1][2].conversation == f"@{scene.ana.person.object_id}"
    assert scene.said_in(COUNCIL_CHANNEL) == [IN_OUR_CHAT]


@pytest.mark.parametrize("forged", ["19:Elsewhere@thread.tacv2;messageid=1", "a:1BenOsei", "nonsense"])
async def test_a_forged_channel_is_spoken_in_by_nobody(scene: Scene, forged: str) -> None:
    message = await ask_in_channel(scene)
    share = find_action(message.cards[0], "Share")
    share["data"] |= {"asked_in": forged}
    said = len(scene.organisation.messages)
    await scene.ana.use(message, message.cards[0], share, {})
    assert scene.desk.asked[-1][2].conversation == f"@{scene.ana.person.object_id}"
    assert [one.conversation for one in scene.organisation.messages[said:]] == [scene.ana.person.chat]


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
