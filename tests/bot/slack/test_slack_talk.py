"""Turns of talk over both ways in: the real Bolt and SDK, against a server that answers as Slack does."""

import asyncio
import threading
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace

import aiohttp
import pytest
from pydantic import SecretStr

from bot.dispatch import ALREADY, TakenIn
from bot.slack.commands import CommandNames
from bot.slack.definition import SlackDefinition
from bot.slack.manifest import ASSIGN_SHORTCUT
from bot.slack.rendering import Origin, origin_from_text, origin_to_text
from bot.slack.room import Slack, open_slack
from bot.slack.surface import SlackSurface
from handlers.asking import Clicked, Question, Submitted, Typed, Where
from messages.card import Button, Buttons, Card, Choice, DateInput, Form, Image, Paragraph, TextInput, text
from messages.problem import compose_problem
from messages.reply import Attachment, Reply, Visibility
from pipeline.errors import AccessDenied, CouncilError
from pipeline.person_links import Sender
from tests.contracts.surface import ANA, CHANNEL
from tests.slack.office import ALL_SCOPES, COUNCIL_CHANNEL, Ticking, people_at_work
from tests.slack.server import APP_TOKEN, BOT_TOKEN, RESPONSE, Failure, SlackServer
from tests.slack.users import SIGNING_SECRET, HttpWay, Slacker, SocketWay, Way
from tests.slack.workspace import TEAM, Workspace


@dataclass
class Desk:
    """Stands for the handlers: keeps what is asked, and answers as a test says."""

    reply: Callable[[Question], Reply] = lambda _: Reply((card("answer", "An answer"),))
    asked: list[tuple[Sender, Question, Where, str | None]] = field(default_factory=list)
    keys: dict[str, str] = field(default_factory=dict)
    release: threading.Event | None = None
    gate: threading.Event | None = None
    """The inbox takes nothing in before it opens."""
    shown: list[str] = field(default_factory=list)
    """Events whose answer stands."""

    def answer_sender(
        self, sender: Sender, question: Question, where: Where, event: str | None, taken_in: TakenIn
    ) -> Reply:
        if self.gate is not None:
            self.gate.wait(5)
        taken_in()
        if event is not None and event in {one[3] for one in self.asked}:
            return Reply(note=ALREADY)
        self.asked.append((sender, question, where, event))
        if self.release is not None:
            self.release.wait(5)
        return self.reply(question)

    def mark_shown(self, event: str) -> None:
        self.shown.append(event)

    def suggest(self, sender: Sender, command: str, typed: str) -> tuple[Choice, ...]:
        return (Choice("005A", f"{sender.name} sought {typed} for {command}"),)

    @property
    def questions(self) -> list[Question]:
        return [question for _, question, _, _ in self.asked]


@dataclass
class Scene:
    server: SlackServer
    workspace: Workspace
    surface: SlackSurface
    desk: Desk
    ana: Slacker
    clock: Ticking

    async def until(self, happened: Callable[[], object]) -> None:
        async with asyncio.timeout(5):
            while not happened():
                await asyncio.sleep(0.005)

    @property
    def whispers(self) -> list[str]:
        """What was shown to one person alone by answering an interaction."""
        return [titles(payload) for _, payload in self.server.responses]


def titles(payload: dict[str, object]) -> str:
    blocks = payload.get("blocks") or ()
    for block in blocks:  # type: ignore[attr-defined]
        if block["type"] == "header":
            return str(block["text"]["text"])
    return str(payload.get("text", ""))


def card(key: str, title: str, *buttons: Button) -> Card:
    return Card(key, title, (Paragraph(text("Words.")), *((Buttons(buttons),) if buttons else ())), title)


FORM = Form(
    "form", "Fix the deal", (DateInput("close", "Close date"), TextInput("next", "Next step")), "save", "006A"
)


@asynccontextmanager
async def scene(kind: str, desk: Desk, scopes: frozenset[str] = ALL_SCOPES) -> AsyncIterator[Scene]:
    clock = Ticking()
    workspace = people_at_work()
    workspace.direct("U0ANA")
    definition = SlackDefinition(
        bot_token=SecretStr(BOT_TOKEN),
        app_token=SecretStr(APP_TOKEN),
        signing_secret=SecretStr(SIGNING_SECRET),
        way_in="http" if kind == "http" else "socket",
        port=0,
        command_names={"apm": "pipeline-apm"},
        unfurl_domains=("example.lightning.force.com",),
    )
    async with (
        SlackServer(workspace, scopes, clock).running() as server,
        open_slack(definition, desk, desk.keys.get, (), Slack(server.url, server.hooks)) as room,
        room.listening() as address,
        aiohttp.ClientSession() as session,
    ):
        way: Way = SocketWay(server) if address is None else HttpWay(address, session)
        yield Scene(server, workspace, room.surface, desk, Slacker("U0ANA", server, way), clock)


@pytest.fixture(params=["socket", "http"])
def kind(request: pytest.FixtureRequest) -> str:
    way: str = request.param
    return way


async def test_a_command_is_answered_to_the_asker_alone(kind: str) -> None:
    async with scene(kind, Desk()) as here:
        assert (await here.ana.command("/pipeline-apm region", COUNCIL_CHANNEL)).status == 200
        await here.until(lambda: here.server.responses)
        ((sender, question, where, event),) = here.desk.asked
        assert (sender.account.user_id, sender.email) == ("U0ANA", "ana@example.com")
        assert sender.timezone == "Europe/Berlin"
        assert question == Typed("/apm region"), "by the name that the command has with us"
        assert (where.surface, where.conversation) == ("slack", "#pipeline-council")
        assert event is not None
        ((_, payload),) = here.server.responses
        assert payload["response_type"] == "ephemeral"
        assert here.whispers == ["An answer"]


async def test_what_the_inbox_does_not_have_yet_is_not_acknowledged(kind: str) -> None:
    async with scene(kind, Desk(gate=threading.Event())) as here:
        commanding = asyncio.create_task(here.ana.command("/hygiene", COUNCIL_CHANNEL))
        done, _ = await asyncio.wait({commanding}, timeout=0.2)
        assert done == set()
        assert here.desk.gate is not None
        here.desk.gate.set()
        assert (await commanding).status == 200


async def test_an_inbox_that_takes_its_time_holds_up_no_acknowledgement(
    kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.turns.INBOX_SECONDS", 0.05)
    async with scene(kind, Desk(gate=threading.Event())) as here:
        assert (await here.ana.command("/hygiene", COUNCIL_CHANNEL)).status == 200
        assert here.desk.gate is not None
        here.desk.gate.set()
        await here.until(lambda: here.server.responses)


async def test_an_answer_counts_as_shown_when_slack_has_it_and_not_before(kind: str) -> None:
    async with scene(kind, Desk()) as here:
        await here.ana.say("hygiene", "D0ANA")
        await here.until(lambda: here.desk.shown)
        assert here.desk.shown == [here.desk.asked[0][3]]
        here.server.failures["chat.postMessage"].append(Failure(status=503, body="down"))
        await here.ana.say("apm", "D0ANA")
        await here.until(lambda: len(here.server.called("chat.postMessage")) == 2)
        await here.ana.say("help", "D0ANA")
        await here.until(lambda: len(here.desk.shown) == 2)
        assert here.desk.shown[1] == here.desk.asked[2][3]


async def test_what_is_for_all_is_posted_for_all(kind: str) -> None:
    desk = Desk(lambda _: Reply((card("action", "An action"),), Visibility.CHANNEL))
    async with scene(kind, desk) as here:
        await here.ana.command("/action spiff", COUNCIL_CHANNEL)
        await here.until(lambda: here.workspace.messages)
        assert [
            (message.channel, titles(message.as_json(with_metadata=False)))
            for message in here.workspace.messages
        ] == [(COUNCIL_CHANNEL, "An action")]


async def test_words_between_the_two_of_us_are_answered_there(kind: str) -> None:
    async with scene(kind, Desk()) as here:
        await here.ana.say("hygiene", "D0ANA")
        await here.until(lambda: len(here.workspace.messages) == 2)
        assert here.desk.questions == [Typed("hygiene")]
        assert here.desk.asked[0][2].conversation == "@U0ANA"
        assert here.workspace.messages[1].channel == "D0ANA"


async def test_a_mention_is_answered_to_the_asker_alone_where_a_whisper_is_shown(kind: str) -> None:
    """In a thread that has not begun, Slack would show it to nobody."""
    async with scene(kind, Desk()) as here:
        await here.ana.say("<@U0BOT> apm region &amp; more", COUNCIL_CHANNEL)
        await here.until(lambda: here.workspace.ephemeral)
        assert here.desk.questions == [Typed("apm region & more")]
        ((channel, user, payload),) = here.workspace.ephemeral
        assert (channel, user) == (COUNCIL_CHANNEL, "U0ANA")
        assert "thread_ts" not in payload


async def test_a_mention_in_a_thread_is_answered_there(kind: str) -> None:
    async with scene(kind, Desk()) as here:
        head = here.workspace.say("U0BEN", COUNCIL_CHANNEL, "What now?")
        await here.ana.say("<@U0BOT> apm region", COUNCIL_CHANNEL, head.ts)
        await here.until(lambda: here.workspace.ephemeral)
        assert here.workspace.ephemeral[0][2]["thread_ts"] == head.ts


async def test_a_mention_of_a_colleague_is_their_e_mail_to_the_handlers(kind: str) -> None:
    async with scene(kind, Desk()) as here:
        await here.ana.command('/action spiff EMEA coverage "2x" <@U0BEN|ben> by Friday', COUNCIL_CHANNEL)
        await here.until(lambda: here.desk.asked)
        assert here.desk.questions == [Typed('/action spiff EMEA coverage "2x" @ben@example.com by Friday')]


async def test_a_thread_is_known_by_the_letter_that_heads_it(kind: str) -> None:
    async with scene(kind, Desk()) as here:
        posted = await here.surface.post(CHANNEL, "council:row", card("council:row", "EMEA"), None)
        head = here.workspace.messages[0]
        here.desk.keys[posted.message.split("\n")[0]] = "council:row"
        await here.ana.say("<@U0BOT> assign spiff", COUNCIL_CHANNEL, head.ts)
        await here.until(lambda: here.desk.asked)
        assert here.desk.asked[0][2].thread_key == "council:row"


async def test_a_click_carries_its_argument_and_the_key_of_its_card(kind: str) -> None:
    async with scene(kind, Desk()) as here:
        await here.surface.post(
            ANA, "digest:1", card("digest:1", "Digest", Button("Push", "push_two_weeks", "006A")), None
        )
        await here.ana.press(here.workspace.messages[0], "Push")
        await here.until(lambda: len(here.workspace.messages) == 2)
        assert here.desk.questions == [Clicked("push_two_weeks", "006A")]
        assert here.desk.asked[0][2].message_key == "digest:1"


async def test_a_picked_date_and_choice_come_with_what_was_picked(kind: str) -> None:
    async with scene(kind, Desk()) as here:
        await here.surface.post(ANA, "digest:1", card("digest:1", "Digest"), None)
        message = here.workspace.messages[0]
        date = {"type": "datepicker", "action_id": "close_date#006A", "selected_date": "2026-11-14"}
        choice = {"type": "static_select", "action_id": "stage#006A", "selected_option": {"value": "Won"}}
        await here.ana.click(message, date)
        await here.ana.click(message, choice)
        await here.until(lambda: len(here.desk.asked) == 2)
        assert here.desk.questions == [
            Clicked("close_date", "006A", "2026-11-14"),
            Clicked("stage", "006A", "Won"),
        ]


async def test_an_answer_with_the_same_key_takes_the_place_of_the_message(kind: str) -> None:
    desk = Desk(lambda _: Reply((card("digest:1", "Done"),)))
    async with scene(kind, desk) as here:
        await here.surface.post(ANA, "digest:1", card("digest:1", "Digest", Button("Push", "push")), None)
        await here.ana.press(here.workspace.messages[0], "Push")
        await here.until(lambda: here.server.responses)
        ((_, payload),) = here.server.responses
        assert payload["replace_original"] is True
        assert titles(payload) == "Done"


@pytest.mark.parametrize(
    "refused",
    [
        Failure(body='{"ok": false, "error": "expired_url"}'),
        Failure(status=404, body="used_url"),
        Failure(status=500, body="<html>down</html>"),
    ],
    ids=["expired", "used", "down"],
)
async def test_an_answer_that_its_address_does_not_take_is_whispered_in_the_same_thread(
    refused: Failure,
) -> None:
    async with scene("http", Desk()) as here:
        here.server.failures[RESPONSE].append(refused)
        head = here.workspace.say("U0BEN", COUNCIL_CHANNEL, "What now?")
        used = here.workspace.say("U0BEN", COUNCIL_CHANNEL, "This", head.ts)
        await here.ana.click(used, {"type": "button", "action_id": "why", "value": "EMEA"})
        await here.until(lambda: here.workspace.ephemeral)
        ((channel, user, payload),) = here.workspace.ephemeral
        assert (channel, user, payload["thread_ts"]) == (COUNCIL_CHANNEL, "U0ANA", head.ts)
        assert here.server.responses == []


async def test_an_answer_to_a_control_in_a_thread_stands_in_that_thread() -> None:
    async with scene("http", Desk()) as here:
        head = here.workspace.say("U0BEN", COUNCIL_CHANNEL, "What now?")
        used = here.workspace.say("U0BEN", COUNCIL_CHANNEL, "This", head.ts)
        await here.ana.click(used, {"type": "button", "action_id": "why", "value": "EMEA"})
        await here.until(lambda: here.server.responses)
        assert here.server.responses[0][1]["thread_ts"] == head.ts


async def test_a_long_answer_comes_whole_though_its_address_takes_five_parts_only() -> None:
    long = Card("answer", "Long", tuple(Paragraph(text("word " * 550)) for _ in range(28)), "Long")
    async with scene("http", Desk(lambda _: Reply((long,)))) as here:
        await here.ana.command("/hygiene", COUNCIL_CHANNEL)
        await here.until(lambda: here.desk.shown)
        shown = [payload for _, payload in here.server.responses]
        shown += [payload for _, _, payload in here.workspace.ephemeral]
        assert str(shown).count("word") == 28 * 550
        assert len(here.server.responses) == 5


async def test_a_control_beside_an_address_leaves_the_message_of_its_poster_alone() -> None:
    desk = Desk(lambda _: Reply((card("deal:1", "Mended"),)))
    async with scene("http", desk) as here:
        posted = here.workspace.say("U0BEN", COUNCIL_CHANNEL, ADDRESS)
        button = {"type": "button", "action_id": "fix", "value": "006A", "block_id": "key:0:deal:1"}
        await here.ana.click_unfurl(posted, button)
        await here.until(lambda: here.server.responses)
        ((_, payload),) = here.server.responses
        assert (payload["response_type"], payload["replace_original"]) == ("ephemeral", False)
        assert here.server.called("chat.update") == []
        assert desk.asked[0][2].message_key is None


async def test_an_answer_with_a_new_picture_waits_until_slack_can_show_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("bot.slack.pictures.PICTURE_WAITS", (0, 0))
    post = Card("post", "Week", (Image("heat.png", "EMEA red", b"png"),), "Week")
    async with scene("http", Desk(lambda _: Reply((post,)))) as here:
        here.server.failures["chat.postMessage"] = [Failure(error="invalid_blocks")]
        await here.ana.say("council", "D0ANA")
        await here.until(lambda: here.desk.shown)
        assert "slack_file" in str(here.workspace.messages[-1].blocks)
        here.server.failures[RESPONSE] = [Failure(status=400, body="invalid_blocks")] * 2
        await here.ana.command("/council", COUNCIL_CHANNEL)
        await here.until(lambda: len(here.desk.shown) == 2)
        assert "slack_file" not in str(here.server.responses), "it is never ready: words stand in its place"
        assert here.whispers == ["Week"]


def test_whence_a_form_was_opened_fits_its_room_and_keeps_what_matters_most() -> None:
    origin = Origin("", "C0COUNCIL", "17.5", "17.1", "deal:006A", "https://hooks.slack.com/" + "x" * 900)
    kept = origin_from_text(origin_to_text(origin, "a" * 2500))
    assert kept == replace(origin, argument="a" * 2500, response_url="")
    assert origin_from_text(origin_to_text(origin, "a" * 1500)) == replace(origin, argument="a" * 1500)
    least = origin_from_text(origin_to_text(replace(origin, message_key="k" * 600), "ä" * 2880))
    assert least == Origin(argument="ä" * 2880, channel="C0COUNCIL", thread="17.1", message="17.5")


async def test_a_click_that_answers_with_a_form_opens_it(kind: str) -> None:
    async with scene(kind, Desk(lambda _: Reply(form=FORM))) as here:
        await here.surface.post(ANA, "digest:1", card("digest:1", "Digest", Button("Fix", "fix")), None)
        await here.ana.press(here.workspace.messages[0], "Fix")
        await here.until(lambda: here.workspace.views)
        (view,) = here.workspace.views.values()
        assert (view["title"]["text"], view["callback_id"]) == ("Fix the deal", "save")


async def test_a_form_comes_back_with_its_answers_and_whence_it_was_opened(kind: str) -> None:
    desk = Desk(lambda question: Reply(form=FORM) if isinstance(question, Clicked) else Reply(note="Saved."))
    async with scene(kind, desk) as here:
        await here.surface.post(ANA, "digest:1", card("digest:1", "Digest", Button("Fix", "fix")), None)
        await here.ana.press(here.workspace.messages[0], "Fix")
        await here.until(lambda: here.workspace.views)
        (view,) = here.workspace.views.values()
        done = await here.ana.submit(
            view,
            {
                "close": {"type": "datepicker", "selected_date": "2026-11-14"},
                "next": {"type": "plain_text_input", "value": None},
            },
        )
        assert done.payload == {}, "the form closes"
        assert here.desk.questions[1] == Submitted("save", "006A", {"close": "2026-11-14", "next": ""})
        assert here.desk.asked[1][2].message_key == "digest:1"
        await here.until(lambda: here.server.responses)
        assert here.whispers == ["Saved."]


async def test_what_is_wrong_stands_at_its_field_and_typed_words_stay(kind: str) -> None:
    wrong = Form(
        "form",
        "Fix the deal",
        (DateInput("close", "Close date", problem="A date before today."), TextInput("next", "Next step")),
        "save",
        "006A",
    )
    async with scene(kind, Desk(lambda _: Reply(form=wrong))) as here:
        answer = await here.ana.submit(
            {"id": "V1", "hash": "1", "callback_id": "save", "private_metadata": '{"argument": "006A"}'},
            {"close": {"type": "datepicker", "selected_date": "2020-01-01"}, "next": {"value": "Call"}},
        )
        assert answer.payload == {"response_action": "errors", "errors": {"close": "A date before today."}}


async def test_a_form_that_asks_for_more_takes_the_place_of_the_one_that_was_sent(kind: str) -> None:
    more = Form(
        "form",
        "Fix the deal",
        (
            DateInput("close", "Close date"),
            TextInput("reason", "Loss reason", problem="The CRM asks for it."),
        ),
        "save",
        "006A",
    )
    async with scene(kind, Desk(lambda _: Reply(form=more))) as here:
        answer = await here.ana.submit(
            {"id": "V1", "hash": "1", "callback_id": "save", "private_metadata": '{"argument": "006A"}'},
            {"close": {"type": "datepicker", "selected_date": "2026-12-01"}},
        )
        assert answer.payload["response_action"] == "update"
        assert [block.get("block_id") for block in answer.payload["view"]["blocks"]] == [
            "close",
            None,
            "reason",
        ]


async def test_a_slow_crm_leaves_a_form_that_asks_for_patience_and_then_says_what_came_of_it(
    kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.slack.talk.PATIENCE_SECONDS", 0.05)
    desk = Desk(lambda _: Reply((card("result", "Close date 30 Sep → 14 Nov"),)), release=threading.Event())
    async with scene(kind, desk) as here:
        here.workspace.views["V1"] = {}
        answer = await here.ana.submit({"id": "V1", "hash": "1", "callback_id": "save"}, {})
        assert answer.payload["view"]["title"]["text"] == "Saving…"
        assert desk.release is not None
        desk.release.set()
        await here.until(lambda: here.workspace.views["V1"])
        assert "Close date 30 Sep → 14 Nov" in str(here.workspace.views["V1"]["blocks"])


async def test_a_slow_click_opens_a_window_that_asks_for_patience_and_becomes_the_form(
    kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.slack.talk.PATIENCE_SECONDS", 0.05)
    desk = Desk(lambda _: Reply(form=FORM), release=threading.Event())
    async with scene(kind, desk) as here:
        await here.surface.post(ANA, "digest:1", card("digest:1", "Digest", Button("Fix", "fix")), None)
        await here.ana.press(here.workspace.messages[0], "Fix")
        await here.until(lambda: here.workspace.views)
        assert next(iter(here.workspace.views.values()))["title"]["text"] == "One moment…"
        assert desk.release is not None
        desk.release.set()
        await here.until(lambda: next(iter(here.workspace.views.values()))["title"]["text"] == "Fix the deal")


async def test_a_form_for_which_the_three_seconds_are_over_is_one_press_away(kind: str) -> None:
    desk = Desk(lambda _: Reply(form=FORM), release=threading.Event())
    async with scene(kind, desk) as here:
        await here.ana.command("/action", COUNCIL_CHANNEL)
        await here.until(lambda: desk.asked)
        here.clock.now += 4
        assert desk.release is not None
        desk.release.set()
        await here.until(lambda: here.server.responses)
        ((_, payload),) = here.server.responses
        assert payload["response_type"] == "ephemeral"
        pressed = payload["blocks"][-1]["elements"][0]
        assert (pressed["text"]["text"], pressed["value"]) == ("Open “Fix the deal”", "/action")
        message = here.workspace.say("U0BOT", COUNCIL_CHANNEL, "")
        await here.ana.click(
            message, {"type": "button", "action_id": pressed["action_id"], "value": pressed["value"]}
        )
        await here.until(lambda: here.workspace.views)
        assert desk.questions == [Typed("/action"), Typed("/action")]


async def test_the_menu_of_a_message_quotes_it_with_its_author_and_address(kind: str) -> None:
    async with scene(kind, Desk(lambda _: Reply(form=FORM))) as here:
        said = here.workspace.say("U0BEN", COUNCIL_CHANNEL, "Let us <https://x.example|call> them")
        await here.ana.use_menu(said, ASSIGN_SHORTCUT)
        await here.until(lambda: here.workspace.views)
        (_, question, where, _) = here.desk.asked[0]
        assert question == Clicked("assign_from_message")
        assert where.quoted is not None
        assert (where.quoted.text, where.quoted.author) == ("Let us call them", "Ben Osei")
        assert where.quoted.link is not None
        assert said.ts.replace(".", "") in where.quoted.link


async def test_the_same_envelope_on_two_ways_counts_once_and_says_nothing_twice(kind: str) -> None:
    async with scene(kind, Desk()) as here:
        await here.surface.post(ANA, "digest:1", card("digest:1", "Digest", Button("Push", "push")), None)
        payload = here.ana.click_payload(
            here.workspace.messages[0], {"type": "button", "action_id": "push#0", "value": "006A"}
        )
        for _ in range(2):
            await here.ana.way.deliver("interactive", payload)
        await here.until(lambda: len(here.workspace.messages) == 2)
        await here.ana.say("hygiene", "D0ANA")
        await here.until(lambda: len(here.desk.asked) == 2)
        assert [one[1] for one in here.desk.asked] == [Clicked("push", "006A"), Typed("hygiene")]
        assert not here.server.responses


async def test_a_click_that_comes_twice_is_over_only_when_the_first_is_answered(kind: str) -> None:
    async with scene(kind, Desk(release=threading.Event())) as here:
        await here.surface.post(ANA, "digest:1", card("digest:1", "Digest", Button("Push", "push")), None)
        payload = here.ana.click_payload(
            here.workspace.messages[0], {"type": "button", "action_id": "push#0", "value": "006A"}
        )
        for _ in range(2):
            await here.ana.way.deliver("interactive", payload)
        assert here.desk.shown == []
        assert here.desk.release is not None
        here.desk.release.set()
        await here.ana.say("hygiene", "D0ANA")
        await here.until(lambda: len(here.desk.asked) == 2 and here.desk.asked[1][3] in here.desk.shown)
        assert sorted(here.desk.shown) == sorted(str(event) for *_, event in here.desk.asked)


async def test_a_form_that_comes_twice_and_late_is_over_only_when_the_first_is_answered(
    kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.slack.talk.PATIENCE_SECONDS", 0.05)
    desk = Desk(lambda _: Reply(note="Saved."), release=threading.Event())
    async with scene(kind, desk) as here:
        here.workspace.views["V1"] = {}
        view = {"id": "V1", "hash": "1", "callback_id": "save", "type": "modal", "state": {"values": {}}}
        user = {"user": {"id": "U0ANA", "team_id": TEAM}, "team": {"id": TEAM}, "trigger_id": "1.2"}
        payload = {**user, "type": "view_submission", "view": view}
        await here.ana.way.deliver("interactive", payload)  # at work, until it is released
        desk.gate = threading.Event()
        await here.ana.way.deliver("interactive", payload)  # so slow that it is answered late
        desk.gate.set()
        await here.until(lambda: here.workspace.views["V1"])
        assert ALREADY in str(here.workspace.views["V1"]["blocks"])
        assert desk.shown == [], "the first one has the event in hand"
        assert desk.release is not None
        desk.release.set()
        await here.until(lambda: desk.shown)
        assert "Saved." in str(here.workspace.views["V1"]["blocks"])
        assert desk.shown == [desk.asked[0][3]]


async def test_a_menu_is_searched_while_somebody_types(kind: str) -> None:
    async with scene(kind, Desk()) as here:
        asked = {"type": "block_suggestion", "action_id": "owner", "block_id": "owner", "value": "li"}
        user = {"user": {"id": "U0ANA", "team_id": TEAM}, "team": {"id": TEAM}}
        answer = await here.ana.way.deliver("interactive", {**asked, **user})
        (option,) = answer.payload["options"]
        assert (option["value"], option["text"]["text"]) == ("005A", "Ana Lind sought li for owner")
        about_deals = {**asked, "action_id": "find_deal#", "block_id": "b1"}
        (option,) = (await here.ana.way.deliver("interactive", {**about_deals, **user})).payload["options"]
        assert option["text"]["text"] == "Ana Lind sought li for find_deal"
        stranger = {"user": {"id": "U0ANA", "team_id": "T0ELSEWHERE"}, "team": {"id": TEAM}}
        assert (await here.ana.way.deliver("interactive", {**asked, **stranger})).payload["options"] == []


async def test_a_file_goes_to_the_asker_alone(kind: str) -> None:
    desk = Desk(lambda _: Reply(attachment=Attachment("deals.csv", b"a,b\n")))
    async with scene(kind, desk) as here:
        await here.ana.command("/pipeline-apm region", COUNCIL_CHANNEL)
        await here.until(lambda: here.server.responses)
        (file,) = here.workspace.files.values()
        assert (file["name"], file["channel"]) == ("deals.csv", "D0ANA")
        assert list(here.workspace.uploads.values()) == [b"a,b\n"]
        assert "our conversation" in here.whispers[0]


async def test_an_answer_in_a_channel_that_we_are_not_in_still_reaches_the_asker(kind: str) -> None:
    async with scene(kind, Desk()) as here:
        here.workspace.add_channel("C0SECRET", "secret", has_bot=False)
        said = here.workspace.say("U0ANA", "C0SECRET", "x")
        here.server.failures["chat.postEphemeral"].append(Failure(error="not_in_channel"))
        await here.ana.happen(
            {
                "type": "app_mention",
                "user": "U0ANA",
                "text": "<@U0BOT> hi",
                "ts": said.ts,
                "channel": "C0SECRET",
            }
        )
        await here.until(lambda: any(one.channel == "D0ANA" for one in here.workspace.messages))


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"deleted": True}, "deactivated"),
        ({"is_restricted": True}, "guest"),
        ({"is_ultra_restricted": True}, "guest"),
        ({"is_stranger": True}, "another organisation"),
        ({"team_id": "T0ELSEWHERE"}, "another organisation"),
        ({"is_bot": True}, "people"),
    ],
)
async def test_whom_we_do_not_speak_with_is_told_so_in_words(changes: dict[str, object], says: str) -> None:
    async with scene("http", Desk()) as here:
        for name, value in changes.items():
            setattr(here.workspace.users["U0ANA"], name, value)
        await here.ana.command("/pipeline-apm region", COUNCIL_CHANNEL)
        await here.until(lambda: here.server.responses)
        assert says in str(here.server.responses[0][1])
        assert here.desk.asked == []


async def test_somebody_of_a_foreign_workspace_is_refused_before_slack_is_asked(kind: str) -> None:
    async with scene(kind, Desk()) as here:
        here.ana.team = "T0ELSEWHERE"
        await here.ana.command("/pipeline-apm region", COUNCIL_CHANNEL)
        await here.until(lambda: here.server.responses)
        assert "another organisation" in str(here.server.responses[0][1])
        assert here.server.called("users.info") == []


async def test_slack_that_does_not_say_who_somebody_is_gets_nobody_in(kind: str) -> None:
    async with scene(kind, Desk()) as here:
        here.server.failures["users.info"].append(Failure(status=503, body="down"))
        await here.ana.command("/pipeline-apm region", COUNCIL_CHANNEL)
        await here.until(lambda: here.server.responses)
        assert "try again" in str(here.server.responses[0][1])
        assert here.desk.asked == []


async def test_an_answer_goes_to_no_address_but_slacks_whatever_a_form_says(kind: str) -> None:
    async with scene(kind, Desk(lambda _: Reply(note="Saved."))) as here:
        foreign = here.server.url.replace("/api/", "/elsewhere/")
        await here.ana.submit(
            {"id": "V1", "callback_id": "save", "private_metadata": f'{{"response_url": "{foreign}"}}'}, {}
        )
        await here.until(lambda: here.workspace.messages)
        assert here.server.responses == []
        assert here.workspace.messages[0].text == "Saved."


async def test_what_other_apps_say_and_what_is_changed_is_nobodys_question(kind: str) -> None:
    async with scene(kind, Desk()) as here:
        for extra in ({"bot_id": "B1"}, {"subtype": "message_changed"}, {"subtype": "message_deleted"}):
            event = {"type": "message", "channel": "D0ANA", "channel_type": "im", "ts": "1.1", "text": "x"}
            assert (await here.ana.happen({**event, "user": "U0ANA", **extra})).status == 200
        await here.ana.say("hygiene", "D0ANA")
        await here.until(lambda: here.desk.asked)
        assert here.desk.questions == [Typed("hygiene")]


# --- The own page, and addresses of deals --------------------------------------------------------


async def test_a_person_who_opens_the_app_finds_their_page_and_what_they_set_there_shows(kind: str) -> None:
    page = Card("home", "Pipeline Council · Ana", (Paragraph(text("Your deals")),), "Home")
    desk = Desk(lambda question: Reply((page,)) if question == Typed("/home") else Reply(note="Noted."))
    async with scene(kind, desk) as here:
        await here.ana.happen({"type": "app_home_opened", "user": "U0ANA", "tab": "home", "channel": "D0ANA"})
        await here.until(lambda: here.workspace.homes)
        assert "Your deals" in str(here.workspace.homes["U0ANA"])
        here.workspace.homes.clear()
        await here.ana.click_home({"type": "static_select", "action_id": "digest_at#",
                                   "selected_option": {"value": "10:30"}})  # fmt: skip
        await here.until(lambda: here.workspace.homes)
        assert Clicked("digest_at", "", "10:30") in desk.questions


async def test_the_other_tab_asks_nothing(kind: str) -> None:
    async with scene(kind, Desk()) as here:
        await here.ana.happen({"type": "app_home_opened", "user": "U0ANA", "tab": "messages"})
        await here.ana.say("hygiene", "D0ANA")
        await here.until(lambda: here.desk.asked)
        assert here.desk.questions == [Typed("hygiene")]


DEAL = "006000000000001AAA"
ADDRESS = f"https://example.lightning.force.com/lightning/r/Opportunity/{DEAL}/view"


def links(channel: str, *addresses: str) -> dict[str, object]:
    shared = [{"url": address, "domain": "example.lightning.force.com"} for address in addresses]
    event = {"type": "link_shared", "user": "U0ANA", "channel": channel, "message_ts": "17.5"}
    return {**event, "links": shared}


async def test_an_address_of_a_deal_in_a_channel_tells_the_poster_alone_what_it_lacks(kind: str) -> None:
    async with scene(kind, Desk(lambda _: Reply((card("deal:1", "Acme"),)))) as here:
        await here.ana.happen(links(COUNCIL_CHANNEL, ADDRESS))
        await here.until(lambda: here.workspace.ephemeral)
        assert here.desk.questions == [Typed(f"/deal {DEAL}")]
        ((channel, user, payload),) = here.workspace.ephemeral
        assert (channel, user, titles(payload)) == (COUNCIL_CHANNEL, "U0ANA", "Acme")
        assert here.workspace.unfurls == []


async def test_between_the_two_of_us_the_deal_stands_beside_its_address(kind: str) -> None:
    async with scene(kind, Desk(lambda _: Reply((card("deal:1", "Acme"),)))) as here:
        await here.ana.happen(links("D0ANA", ADDRESS))
        await here.until(lambda: here.workspace.unfurls)
        (unfurl,) = here.workspace.unfurls
        assert list(unfurl["unfurls"]) == [ADDRESS]


async def test_a_deal_of_many_words_goes_on_in_the_thread_of_its_address() -> None:
    long = Card("deal:1", "Acme", tuple(Paragraph(text("word " * 550)) for _ in range(6)), "Acme")
    async with scene("http", Desk(lambda _: Reply((long,)))) as here:
        posted = here.workspace.say("U0ANA", "D0ANA", ADDRESS)
        await here.ana.happen(links("D0ANA", ADDRESS) | {"message_ts": posted.ts})
        await here.until(lambda: len(here.workspace.messages) == 2)
        further = here.workspace.messages[1]
        assert further.thread_ts == posted.ts
        assert (str(here.workspace.unfurls) + str(further.blocks)).count("word") == 6 * 550


async def test_a_deal_is_shown_to_neither_side_of_a_conversation_between_two_others(kind: str) -> None:
    async with scene(kind, Desk(lambda _: Reply((card("deal:1", "Acme"),)))) as here:
        await here.ana.happen(links("D0OTHERS", ADDRESS))
        await here.ana.say("hygiene", "D0ANA")
        await here.until(lambda: len(here.desk.asked) == 2 and here.workspace.messages)
        assert here.workspace.unfurls == []
        assert here.workspace.ephemeral == []


async def test_an_address_that_is_still_being_written_or_is_nobodys_asks_nothing(kind: str) -> None:
    async with scene(kind, Desk()) as here:
        await here.ana.happen({**links("COMPOSER", ADDRESS), "source": "composer"})
        by_nobody = links(COUNCIL_CHANNEL, ADDRESS)
        del by_nobody["user"]
        assert (await here.ana.happen(by_nobody)).status == 200
        await here.ana.say("hygiene", "D0ANA")
        await here.until(lambda: here.desk.asked)
        assert here.desk.questions == [Typed("hygiene")]


async def test_a_form_that_slack_sends_again_closes_and_says_nothing_a_second_time(kind: str) -> None:
    async with scene(kind, Desk(lambda _: Reply(note="Saved."))) as here:
        view = {"id": "V1", "hash": "1", "callback_id": "save", "type": "modal", "state": {"values": {}}}
        user = {"user": {"id": "U0ANA", "team_id": TEAM}, "team": {"id": TEAM}, "trigger_id": "1.2"}
        for _ in range(2):
            payload = {**user, "type": "view_submission", "view": view}
            assert (await here.ana.way.deliver("interactive", payload)).payload == {}
        await here.until(lambda: here.workspace.messages)
        await here.ana.say("hygiene", "D0ANA")
        await here.until(lambda: len(here.desk.asked) == 2)
        assert next(one.text for one in here.workspace.messages if one.text != "hygiene") == "Saved."
        assert "already" not in str([one.text for one in here.workspace.messages])


@pytest.mark.parametrize(
    "address",
    [
        f"https://evil.example/lightning/r/Opportunity/{DEAL}/view",
        f"https://example.lightning.force.com.evil.example/{DEAL}",
        f"http://example.lightning.force.com/{DEAL}",
        "https://example.lightning.force.com/lightning/o/Opportunity/list",
        f"https://example.lightning.force.com/{DEAL}x",
    ],
)
async def test_no_other_address_is_looked_at(address: str) -> None:
    async with scene("http", Desk()) as here:
        await here.ana.happen(links("D0ANA", address))
        await here.ana.say("hygiene", "D0ANA")
        await here.until(lambda: here.desk.asked)
        assert here.desk.questions == [Typed("hygiene")]


async def test_a_deal_that_the_poster_may_not_see_stays_bare(kind: str) -> None:
    denied = Reply((compose_problem(AccessDenied("Not yours.")),))
    async with scene(kind, Desk(lambda question: denied if "deal" in str(question) else Reply())) as here:
        await here.ana.happen(links(COUNCIL_CHANNEL, ADDRESS))
        await here.ana.say("hygiene", "D0ANA")
        await here.until(lambda: len(here.desk.asked) == 2)
        assert here.workspace.ephemeral == []
        assert here.workspace.unfurls == []


async def test_what_to_type_is_said_by_the_names_that_the_workspace_gave(kind: str) -> None:
    says = Card(
        "answer", "Type /apm region", (Paragraph(text("See /apm, /hygiene and /help.")),), "Type /apm."
    )
    async with scene(kind, Desk(lambda _: Reply((says,), note="Try /apm region."))) as here:
        await here.ana.command("/pipeline-apm region", COUNCIL_CHANNEL)
        await here.until(lambda: len(here.server.responses) == 2)
        (_, answer), (_, note) = here.server.responses
        assert titles(answer) == "Type /pipeline-apm region"
        assert "See /pipeline-apm, /hygiene and /council-help." in str(answer["blocks"])
        assert note["text"] == "Try /pipeline-apm region."


async def test_a_command_of_a_general_name_is_found_under_the_name_that_it_has_in_slack(kind: str) -> None:
    async with scene(kind, Desk()) as here:
        await here.ana.command("/council-help", COUNCIL_CHANNEL)
        await here.until(lambda: here.desk.asked)
        assert here.desk.questions == [Typed("/help")]


@pytest.mark.parametrize(
    "words", ["https://x.example/apm", "a/apm", "/apm-board", "/apmx", "1/apm", "/v1/apm/region"]
)
def test_what_only_looks_like_a_command_stays_as_it_is(words: str) -> None:
    assert CommandNames({"apm": "pipeline-apm"}).spoken(words) == words


async def test_the_channel_of_a_command_is_asked_for_alone_and_once(kind: str) -> None:
    async with scene(kind, Desk()) as here:
        await here.ana.command("/hygiene", COUNCIL_CHANNEL)
        await here.until(lambda: here.desk.asked)
        await here.ana.command("/hygiene", COUNCIL_CHANNEL)
        await here.until(lambda: len(here.desk.asked) == 2)
        assert [one[2].conversation for one in here.desk.asked] == ["#pipeline-council"] * 2
        assert len(here.server.called("conversations.info")) == 1
        assert here.server.called("conversations.list") == []


async def test_a_wrong_app_token_is_told_at_the_start_instead_of_waiting_for_ever() -> None:
    definition = SlackDefinition(bot_token=SecretStr(BOT_TOKEN), app_token=SecretStr("xapp-old"))
    async with SlackServer(people_at_work(), ALL_SCOPES, Ticking()).running() as server:
        place = Slack(server.url, server.hooks)
        async with open_slack(definition, Desk(), lambda _: None, (), place) as room:
            with pytest.raises(CouncilError, match="COUNCIL_SLACK__APP_TOKEN"):
                await room.listening().__aenter__()


async def test_a_wrong_bot_token_is_told_at_the_start() -> None:
    definition = SlackDefinition(bot_token=SecretStr("xoxb-old"), app_token=SecretStr(APP_TOKEN))
    async with SlackServer(people_at_work(), ALL_SCOPES, Ticking()).running() as server:
        with pytest.raises(CouncilError, match="bot token"):
            await open_slack(
                definition, Desk(), lambda _: None, (), Slack(server.url, server.hooks)
            ).__aenter__()
