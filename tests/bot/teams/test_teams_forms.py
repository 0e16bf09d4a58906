"""Forms in Teams: in the place of a message, in one of their own, in a window; and what takes longer."""

from collections.abc import AsyncIterator, Callable

import pytest

from bot.teams.rendering import BACK
from bot.teams.talk import PATIENCE
from handlers.asking import Clicked, Question, Submitted, Typed
from messages.card import Button, Form, TextInput
from messages.problem import compose_problem
from messages.reply import Reply
from pipeline.errors import CouncilError
from storage.database import Engine
from tests.bot.teams.scene import FORM, Scene, card, long_card, open_scene, title_of, title_of_answer
from tests.messages.surfaces import texts
from tests.teams.cards import actions_of, inputs_of
from tests.teams.office import COUNCIL_CHANNEL
from tests.teams.organisation import TeamsMessage

DEALS = Reply((card("answer", "Deals", Button("Fix", "fix", "006A")),))
WRONG = Form(
    "f", "Fix this deal", (TextInput("NextStep", "Next step", "x", problem="Too short"),), "save_fix"
)


def ask_then_fix(saved: Reply) -> Callable[[Question], Reply]:
    """A message with a button, the form that it opens, and what comes of that."""

    def reply(question: Question) -> Reply:
        match question:
            case Clicked():
                return Reply(form=FORM)
            case Submitted():
                return saved
            case Typed():
                return DEALS

    return reply


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
    assert title_of_answer(opened) == "Fix this deal"
    saved = await scene.ana.press(message, "Save", {"NextStep": "Call Bo"})
    assert scene.desk.questions[-1] == Submitted("save_fix", "006A", {"NextStep": "Call Bo"})
    assert title_of_answer(saved) == "Deals"  # the message as it was, with a few words below
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
    assert title_of_answer(back) == "Deals"
    assert len(scene.desk.asked) == 2


async def test_a_letter_comes_back_to_whoever_is_where_it_stands_and_to_nobody_else(scene: Scene) -> None:
    """The key that says which letter a form hides comes back from outside: from Ana it may be Ben's."""
    ben = scene.colleague("Ben Osei")
    await scene.send_letter("digest:ben", "@ben@example.com")
    message = scene.last_in(ben.person.chat)
    leave = {"type": "Action.Execute", "title": "Cancel", "verb": BACK, "data": {"card": "digest:ben"}}
    back = await ben.use(message, message.cards[0], leave, {})
    assert title_of_answer(back) == "digest:ben"
    elsewhere = TeamsMessage(scene.ana.person.chat, message.id, message.activity)
    stolen = await scene.ana.use(elsewhere, message.cards[0], leave, {})
    assert title_of_answer(stolen) == "Nothing was changed."


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


async def test_what_went_wrong_is_said_at_the_form_which_stays_as_it_is_filled_in(scene: Scene) -> None:
    refusal = compose_problem(CouncilError("The CRM does not answer."))
    scene.desk.reply = ask_then_fix(Reply((refusal,)))
    await scene.ana.say("hygiene")
    await scene.room.turns.settle()
    message = scene.last_in(scene.ana.person.chat)
    await scene.ana.press(message, "Fix")
    answer = await scene.ana.press(message, "Save")
    await scene.room.turns.settle()
    assert answer.body["value"] == "That did not work: The CRM does not answer."
    assert scene.said_in(scene.ana.person.chat) == ["Deals"]
    assert inputs_of(scene.ana.seen(message)), "the form is still there"


async def test_an_answer_that_moved_to_our_chat_comes_back_after_its_form(scene: Scene) -> None:
    scene.desk.reply = ask_then_fix(Reply())
    await scene.ana.mention("hygiene", COUNCIL_CHANNEL)
    await scene.room.turns.settle()
    message = scene.last_in(scene.ana.person.chat)
    await scene.ana.press(message, "Fix")
    assert title_of_answer(await scene.ana.press(message, "Cancel")) == "Deals"


# --- In a message of its own ------------------------------------------------------------------------


async def open_by_words(scene: Scene, saved: Reply) -> None:
    scene.desk.reply = lambda asked: Reply(form=FORM) if isinstance(asked, Typed) else saved
    await scene.ana.say("fix acme")
    await scene.room.turns.settle()
    assert scene.said_in(scene.ana.person.chat) == ["Fix this deal"]


@pytest.mark.parametrize(
    ("saved", "left"),
    [
        (Reply(note="Acme: next step saved."), "Acme: next step saved."),
        (Reply(), "Done."),
        (Reply((card("fixed", "Acme is fixed"),)), "Acme is fixed"),
    ],
)
async def test_a_form_that_words_opened_leaves_what_was_said_for_good(
    scene: Scene, saved: Reply, left: str
) -> None:
    await open_by_words(scene, saved)
    message = scene.last_in(scene.ana.person.chat)
    answer = await scene.ana.press(message, "Save")
    await scene.room.turns.settle()
    assert title_of_answer(answer) == left
    assert scene.said_in(scene.ana.person.chat) == [left], "no form that could be sent again"


async def test_a_form_that_words_opened_and_nobody_wants_leaves_no_form_behind(scene: Scene) -> None:
    await open_by_words(scene, Reply())
    await scene.ana.press(scene.last_in(scene.ana.person.chat), "Cancel")
    await scene.room.turns.settle()
    assert scene.said_in(scene.ana.person.chat) == ["Nothing was changed."]
    assert scene.desk.questions == [Typed("fix acme")]


async def test_a_form_that_words_opened_says_what_is_wrong_at_the_field_and_stays(scene: Scene) -> None:
    await open_by_words(scene, Reply(form=WRONG))
    message = scene.last_in(scene.ana.person.chat)
    answer = await scene.ana.press(message, "Save", {"NextStep": "x"})
    assert "⚠ Too short" in texts(answer.body["value"])
    scene.desk.reply = lambda _: Reply(note="Saved.")
    answer = await scene.ana.press(message, "Save", {"NextStep": "Call Bo"})
    await scene.room.turns.settle()
    assert scene.said_in(scene.ana.person.chat) == ["Saved."]


# --- In a window ------------------------------------------------------------------------------------


@pytest.fixture
async def windows(database: Engine) -> AsyncIterator[Scene]:
    async with open_scene(database, dialogs=True) as opened:
        yield opened


async def test_a_form_opens_in_a_window_says_what_is_wrong_at_the_field_and_closes_when_it_is_saved(
    windows: Scene,
) -> None:
    scene, answers = windows, [Reply(form=WRONG), Reply((card("answer", "No deals left"),), note="Saved.")]
    scene.desk.reply = lambda asked: (
        answers.pop(0) if isinstance(asked, Submitted) else ask_then_fix(Reply())(asked)
    )
    await scene.ana.say("hygiene")
    await scene.room.turns.settle()
    message = scene.last_in(scene.ana.person.chat)
    opened = await scene.ana.press(message, "Fix")
    assert scene.desk.questions[1:] == [Clicked("fix", "006A")]
    assert opened.body["task"]["value"]["title"] == "Fix this deal"
    wrong = await scene.ana.send_window(opened, {"NextStep": "x"})
    assert scene.desk.questions[2:] == [Submitted("save_fix", "006A", {"NextStep": "x"})]
    assert "⚠ Too short" in texts(wrong.body["task"]["value"]["card"]["content"])
    saved = await scene.ana.send_window(wrong, {"NextStep": "Call Bo"})
    await scene.room.turns.settle()
    assert saved.body["task"] == {"type": "message", "value": "Saved."}
    assert scene.said_in(scene.ana.person.chat) == ["No deals left"], "the message that it was opened from"
    assert len(scene.desk.shown) == 4


async def test_a_window_closes_without_a_word_where_there_is_none_to_say(windows: Scene) -> None:
    windows.desk.reply = ask_then_fix(Reply())
    await windows.ana.say("hygiene")
    await windows.room.turns.settle()
    opened = await windows.ana.press(windows.last_in(windows.ana.person.chat), "Fix")
    assert (await windows.ana.send_window(opened, {})).body == {}


async def test_what_went_wrong_is_said_in_the_window_and_not_in_the_chat(windows: Scene) -> None:
    windows.desk.reply = ask_then_fix(Reply((compose_problem(CouncilError("The deal is gone.")),)))
    await windows.ana.say("hygiene")
    await windows.room.turns.settle()
    opened = await windows.ana.press(windows.last_in(windows.ana.person.chat), "Fix")
    answer = await windows.ana.send_window(opened, {})
    assert answer.body["task"]["value"] == "That did not work: The deal is gone."
    assert windows.said_in(windows.ana.person.chat) == ["Deals"]


async def test_the_form_behind_the_menu_of_a_message_is_sent_from_its_window(windows: Scene) -> None:
    windows.desk.reply = ask_then_fix(Reply((card("action:1", "An action"),)))
    head = windows.organisation.say(windows.colleague("Ben Osei").person, COUNCIL_CHANNEL, "Too slow")
    opened = await windows.ana.use_menu(head)
    form = opened.body["task"]["value"]["card"]["content"]
    (send,) = actions_of(form)
    answer = await windows.ana.send_menu_form(head, send["data"] | {"NextStep": "Call Bo"})
    await windows.room.turns.settle()
    assert windows.desk.questions[-1] == Submitted("save_fix", "006A", {"NextStep": "Call Bo"})
    assert answer.body["task"]["value"] == "I have answered in our chat."
    assert windows.said_in(windows.ana.person.chat) == ["An action"]
    assert windows.said_in(COUNCIL_CHANNEL) == []


# --- What takes longer ------------------------------------------------------------------------------


@pytest.fixture
def _hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    """Teams gives up after five seconds, and we after none."""
    monkeypatch.setattr("bot.teams.talk.PATIENCE_SECONDS", 0)


@pytest.mark.usefixtures("_hurried")
async def test_a_click_that_takes_long_asks_for_patience_and_is_answered_by_a_message(scene: Scene) -> None:
    scene.desk.reply = lambda asked: DEALS if isinstance(asked, Typed) else Reply(note="Snoozed.")
    await scene.ana.say("hygiene")
    await scene.room.turns.settle()
    scene.desk.free.clear()
    answer = await scene.ana.press(scene.last_in(scene.ana.person.chat), "Fix")
    assert answer.body["value"] == PATIENCE
    assert len(scene.desk.shown) == 1, "what was not shown yet is not called shown"
    scene.desk.free.set()
    await scene.room.turns.settle()
    assert scene.said_in(scene.ana.person.chat) == ["Deals", "Snoozed."]
    assert len(scene.desk.shown) == 2


@pytest.mark.usefixtures("_hurried")
async def test_a_form_that_takes_long_gives_way_to_its_message_and_cannot_be_sent_twice(scene: Scene) -> None:
    scene.desk.reply = ask_then_fix(Reply(note="Saved."))
    await scene.ana.say("hygiene")
    await scene.room.turns.settle()
    message = scene.last_in(scene.ana.person.chat)
    await scene.ana.press(message, "Fix")
    await scene.room.turns.settle()
    form = scene.last_in(scene.ana.person.chat)
    assert title_of(form) == "Fix this deal", "it came late, so it stands in a message of its own"
    scene.desk.free.clear()
    answer = await scene.ana.press(form, "Save")
    assert title_of_answer(answer) == PATIENCE
    scene.desk.free.set()
    await scene.room.turns.settle()
    assert scene.said_in(scene.ana.person.chat) == ["Deals", "Saved."]


@pytest.mark.usefixtures("_hurried")
async def test_a_form_that_takes_long_and_is_wrong_stands_there_again(scene: Scene) -> None:
    await open_by_words(scene, Reply(form=WRONG))
    scene.desk.free.clear()
    await scene.ana.press(scene.last_in(scene.ana.person.chat), "Save")
    scene.desk.free.set()
    await scene.room.turns.settle()
    (message,) = [one for one in scene.organisation.messages_of(scene.ana.person.chat) if one.cards]
    assert "⚠ Too short" in texts(message.cards)


@pytest.mark.usefixtures("_hurried")
async def test_a_window_that_takes_long_says_so_and_the_form_comes_as_a_message(windows: Scene) -> None:
    windows.desk.reply = ask_then_fix(Reply(note="Saved."))
    await windows.ana.say("hygiene")
    await windows.room.turns.settle()
    windows.desk.free.clear()
    opened = await windows.ana.press(windows.last_in(windows.ana.person.chat), "Fix")
    assert opened.body["task"] == {"type": "message", "value": PATIENCE}
    windows.desk.free.set()
    await windows.room.turns.settle()
    assert windows.said_in(windows.ana.person.chat) == ["Deals", "Fix this deal"]
