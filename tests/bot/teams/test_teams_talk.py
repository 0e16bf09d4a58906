"""Turns of talk in Teams: signed posts into our address, and what people then see."""

import pytest

from bot.dispatch import ALREADY
from bot.teams.showing import IN_OUR_CHAT
from bot.teams.talk import IN_CHAT, LATER, PATIENCE
from handlers.asking import Clicked, Typed
from messages.card import Button
from messages.reply import Attachment, Reply, Visibility
from tests.bot.teams.scene import FORM, Scene, card, title_of_answer
from tests.teams.colleagues import find_action
from tests.teams.connector import Failure
from tests.teams.office import COUNCIL_CHANNEL
from tests.teams.organisation import TeamsMessage


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


async def test_a_mention_in_a_group_chat_is_answered_in_our_chat_and_the_group_is_told_so(
    scene: Scene,
) -> None:
    group = scene.organisation.add_group("deal-desk", *scene.organisation.people[:2])
    await scene.ana.mention("hygiene", group)
    await scene.room.turns.settle()
    assert scene.desk.asked[0][2].conversation == f"#{group}"
    assert scene.said_in(scene.ana.person.chat) == ["An answer"]
    assert scene.said_in(group) == [IN_OUR_CHAT]
    assert scene.last_in(group).thread is None, "a group chat has no threads"


async def test_a_mention_of_a_colleague_is_their_e_mail_to_the_handlers(scene: Scene) -> None:
    ben, gus = (scene.colleague(name).person for name in ("Ben Osei", "Gus Guest"))
    typed = "action spiff EMEA coverage 2x @Ben Osei by Friday, not @Gus Guest"
    await scene.ana.mention(typed, COUNCIL_CHANNEL, others=(ben, gus))
    await scene.room.turns.settle()
    said = "action spiff EMEA coverage 2x @ben@example.com by Friday, not @Gus Guest"
    assert scene.desk.questions == [Typed(said)], "a guest is no colleague"


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
    assert title_of_answer(answer) == "Twice"
    assert scene.said_in(scene.ana.person.chat) == ["Twice"]
    assert message.is_edited


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


async def test_an_answer_beside_the_message_is_pointed_to(scene: Scene, offered: TeamsMessage) -> None:
    answer = await scene.ana.press(offered, "Why")
    assert answer.body["value"] == IN_CHAT
    assert scene.said_in(scene.ana.person.chat) == ["Deals", "Why"]


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
