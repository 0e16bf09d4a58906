"""The room over real HTTP on loopback: who may come in, who sees what, and what is said."""

import asyncio
import json
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import aiohttp
import pytest
import structlog

from bot.preview.door import MAX_BODY_BYTES
from bot.preview.ground import DEMO, Ground, RoomRefused
from bot.preview.opening import OpenRoom, open_room
from bot.preview.room import Guest, Place, Room, Words, direct_message
from bot.preview.server import PAGE_SIZE
from handlers.asking import Clicked, Question, Quote, Submitted, Typed, Where
from messages.card import Button, Card, Form, Paragraph, TextInput, text
from messages.reply import Attachment, Reply, Visibility

COUNCIL = "#pipeline-council"
ANA = Guest("005A", "Ana Souza", "Reps", "Rep, EMEA")
PRIYA = Guest("005P", "Priya Raman", "Council", "Council, sales", frozenset({COUNCIL}))
SAM = Guest("005S", "Sam Okafor", "Sales operations", "Sales operations", frozenset({COUNCIL}))
FORM = Form("f", "Fix Acme", (TextInput("next_step", "Next step"),), "save", "006A")


def card(title: str) -> Card:
    return Card("k", title, (Paragraph(text("Words")),), f"{title}, in short", (Button("Fix", "fix", "1"),))


@dataclass
class Answers:
    """Answers like the product would, and remembers what it was asked, and in which thread."""

    asked: list[tuple[str, Question]] = field(default_factory=list)
    wheres: list[Where] = field(default_factory=list)
    events: list[str | None] = field(default_factory=list)
    threads: list[int] = field(default_factory=list)

    def __call__(self, who: str, question: Question, where: Where, event: str | None) -> Reply:
        self.asked.append((who, question))
        self.wheres.append(where)
        self.events.append(event)
        self.threads.append(threading.get_ident())
        match question:
            case Typed(text="/tell all"):
                return Reply((card("For all"),), Visibility.CHANNEL)
            case Typed(text="/break"):
                raise RuntimeError("the secret inside")
            case Typed(text="/file"):
                return Reply((card("A file"),), attachment=Attachment('de"als\r\n.csv', b"name\nAcme\n"))
            case Clicked(argument="quiet"):
                return Reply(note="Saved.")
            case Clicked(argument="turn"):
                return Reply((card("An answer"),))
            case Clicked() | Submitted(answers={"next_step": ""}):
                return Reply((), form=FORM)
        return Reply((card("An answer"),))


@dataclass
class Visit:
    """A browser that opened the printed address."""

    opened: OpenRoom
    room: Room
    answers: Answers
    session: aiohttp.ClientSession
    guests: list[Guest]

    @property
    def origin(self) -> str:
        return self.opened.door.origin

    async def get(self, path: str, **headers: str) -> tuple[int, str]:
        async with self.session.get(self.origin + path, headers=headers) as response:
            return response.status, await response.text()

    async def post(self, path: str, body: object, **headers: str) -> tuple[int, Any]:
        headers = {"Origin": self.origin} | headers
        if isinstance(body, dict):
            body = {"event": str(uuid4())} | body
        async with self.session.post(self.origin + path, json=body, headers=headers) as response:
            return response.status, json.loads(await response.text())

    async def say(self, guest: Guest, words: str, conversation: str = "", thread: int | None = None) -> int:
        place = conversation or direct_message(guest.id)
        body = {"person": guest.id, "conversation": place, "thread": thread, "text": words}
        status, _ = await self.post("/api/say", body)
        return status

    async def seen_by(self, guest: Guest) -> list[str]:
        """What the page shows the guest: typed words, or the summary of a card."""
        _, room = await self.get(f"/api/room?person={guest.id}")
        return [message["words"] or message["summary"] for message in json.loads(room)["messages"]]


@asynccontextmanager
async def visiting(ground: Ground = DEMO, *, allow_real_crm: bool = False) -> AsyncIterator[Visit]:
    room, answers, guests = Room(lambda: datetime(2026, 11, 23, 9, tzinfo=UTC)), Answers(), [ANA, PRIYA, SAM]
    opened = await open_room(room, lambda: guests, answers, ground=ground, allow_real_crm=allow_real_crm)
    try:
        async with aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True)) as session:
            async with session.get(opened.address) as page:
                assert page.status == 200
            yield Visit(opened, room, answers, session, guests)
    finally:
        await opened.close()


@pytest.fixture
async def visit() -> AsyncIterator[Visit]:
    async with visiting() as visit:
        yield visit


class TestDoor:
    async def test_the_printed_address_is_on_loopback_and_carries_a_token(self, visit: Visit) -> None:
        assert visit.opened.address.startswith("http://127.0.0.1:")
        assert len(visit.opened.door.token) >= 40
        assert visit.opened.door.token not in repr(visit.opened.door)

    async def test_the_token_is_exchanged_for_a_strict_cookie_that_scripts_cannot_read(
        self, visit: Visit
    ) -> None:
        async with visit.session.get(visit.opened.address) as page:
            cookie = page.headers["Set-Cookie"]
        assert "HttpOnly" in cookie
        assert "SameSite=Strict" in cookie
        assert visit.opened.door.token not in cookie

    @pytest.mark.parametrize("query", ["", "?token=", "?token=wrong", "?token=ü"])
    async def test_without_the_token_the_door_stays_closed_kindly(self, visit: Visit, query: str) -> None:
        async with aiohttp.ClientSession() as stranger:
            for path in ("/", "/api/room", "/api/events"):
                async with stranger.get(visit.origin + path + query) as response:
                    assert response.status == 403
                    assert "opens only with the address" in await response.text()

    async def test_the_token_opens_the_page_alone(self, visit: Visit) -> None:
        async with aiohttp.ClientSession() as stranger:
            address = f"{visit.origin}/api/room?token={visit.opened.door.token}"
            async with stranger.get(address) as response:
                assert response.status == 403

    async def test_the_cookie_of_another_start_is_not_taken(self, visit: Visit) -> None:
        cookie = {visit.opened.door.cookie: "another"}
        async with (
            aiohttp.ClientSession(cookies=cookie) as stranger,
            stranger.get(visit.origin + "/api/room") as response,
        ):
            assert response.status == 403

    @pytest.mark.parametrize(
        "host", ["evil.example", "127.0.0.1", "127.0.0.1:1", "localhost.evil.example:{port}"]
    )
    async def test_another_host_is_refused_even_with_the_cookie(self, visit: Visit, host: str) -> None:
        named = host.format(port=visit.opened.door.port)
        for path in ("/", "/api/room?person=005A", "/static/app.js"):
            status, body = await visit.get(path, Host=named)
            assert status == 403
            assert "Ana Souza" not in body

    async def test_the_names_of_this_machine_are_known(self, visit: Visit) -> None:
        for name in ("127.0.0.1", "localhost", "[::1]", "LOCALHOST"):
            status, _ = await visit.get("/static/app.js", Host=f"{name}:{visit.opened.door.port}")
            assert status == 200

    @pytest.mark.parametrize("origin", ["http://evil.example", "null", "https://127.0.0.1:{port}", ""])
    async def test_another_origin_is_refused_even_with_the_cookie(self, visit: Visit, origin: str) -> None:
        named = origin.format(port=visit.opened.door.port)
        status, _ = await visit.get("/api/room", Origin=named)
        assert status == 403
        body = {"person": ANA.id, "conversation": direct_message(ANA.id), "text": "/help"}
        async with visit.session.post(
            visit.origin + "/api/say", json=body, headers={"Origin": named}
        ) as response:
            assert response.status == 403
        assert visit.answers.asked == []

    async def test_a_post_without_an_origin_is_refused(self, visit: Visit) -> None:
        async with visit.session.post(visit.origin + "/api/say", json={}) as response:
            assert response.status == 403

    @pytest.mark.parametrize("asked_from", ["same-site", "cross-site"])
    async def test_pages_of_other_servers_on_this_machine_reach_nothing_with_our_cookie(
        self, visit: Visit, asked_from: str
    ) -> None:
        for path in ("/api/room", "/api/events", "/static/app.js"):
            status, body = await visit.get(path, **{"Sec-Fetch-Site": asked_from})
            assert (status, "Ana Souza" in body) == (403, False)
        assert (await visit.get("/api/room", **{"Sec-Fetch-Site": "same-origin"}))[0] == 200

    async def test_every_answer_carries_the_headers_that_keep_it_safe(self, visit: Visit) -> None:
        for path in ("/", "/static/app.js", "/api/room", "/nowhere"):
            async with visit.session.get(visit.origin + path) as response:
                policy = response.headers["Content-Security-Policy"]
                assert "default-src 'none'" in policy
                assert "script-src 'self';" in policy
                assert "unsafe" not in policy
                assert response.headers["X-Content-Type-Options"] == "nosniff"
                assert response.headers["Cache-Control"] == "no-store"

    async def test_the_page_holds_no_inline_script_or_style(self, visit: Visit) -> None:
        _, page = await visit.get("/")
        assert page.count("<script ") == page.count("></script>") == 2
        assert "<style" not in page
        assert " style=" not in page
        assert " on" + "click" not in page

    async def test_only_the_page_s_own_files_are_served(self, visit: Visit) -> None:
        for name in ("nothing.js", "..%2fserver.py", "%2e%2e/server.py", "../server.py"):
            status, body = await visit.get(f"/static/{name}")
            assert status == 404
            assert "import" not in body


class TestBodies:
    async def test_a_body_beyond_the_cap_is_refused_with_the_cap_in_words(self, visit: Visit) -> None:
        status, problem = await visit.post("/api/say", {"text": "x" * (MAX_BODY_BYTES + 1)})
        assert status == 413
        assert "64 KB" in problem["problem"]
        assert visit.answers.asked == []

    async def test_too_many_characters_are_counted_for_the_reader(self, visit: Visit) -> None:
        body = {"person": ANA.id, "conversation": direct_message(ANA.id), "text": "x" * 10_001}
        status, problem = await visit.post("/api/say", body)
        assert (status, problem["problem"]) == (
            422,
            "A message has at most 10,000 characters; this one has 10,001.",
        )

    @pytest.mark.parametrize("body", [None, [], {}, {"person": 5}, {"person": "005A", "extra": 1}])
    async def test_what_the_page_never_sends_is_refused(self, visit: Visit, body: object) -> None:
        for path in ("/api/say", "/api/click", "/api/submit"):
            status, problem = await visit.post(path, body)
            assert status == 422
            assert "Reload the page" in problem["problem"]


class TestWhoSeesWhat:
    async def test_the_room_shows_each_guest_their_own_conversations(self, visit: Visit) -> None:
        visit.room.post(card("Summary"), Place(COUNCIL))
        visit.room.post(card("Digest of Ana"), Place(direct_message(ANA.id)))
        assert await visit.seen_by(ANA) == ["Digest of Ana, in short"]
        assert await visit.seen_by(PRIYA) == ["Summary, in short"]
        _, room = await visit.get("/api/room?person=005A")
        assert [place["id"] for place in json.loads(room)["conversations"]] == ["@005A"]

    async def test_access_is_asked_again_on_each_request(self, visit: Visit) -> None:
        visit.room.post(card("Summary"), Place(COUNCIL))
        assert await visit.seen_by(PRIYA) == ["Summary, in short"]
        visit.guests[1] = Guest(PRIYA.id, PRIYA.name, PRIYA.role, PRIYA.says)
        assert await visit.seen_by(PRIYA) == []
        assert await visit.say(PRIYA, "/apm region", COUNCIL) == 403

    async def test_nobody_speaks_where_they_are_not(self, visit: Visit) -> None:
        assert await visit.say(ANA, "/apm region", COUNCIL) == 403
        assert await visit.say(ANA, "/apm region", direct_message(PRIYA.id)) == 403
        assert visit.answers.asked == []

    async def test_nobody_replies_to_what_they_do_not_see(self, visit: Visit) -> None:
        hidden = visit.room.post(card("For Priya"), Place(COUNCIL), audience=frozenset({PRIYA.id}))
        assert await visit.say(SAM, "/apm region", COUNCIL, hidden.number) == 404
        assert visit.answers.asked == []

    async def test_json_and_files_of_others_are_not_there(self, visit: Visit) -> None:
        assert await visit.say(ANA, "/file") == 200
        number = visit.room.messages_for(ANA)[-1].number
        for path in (f"/api/messages/{number}/blockkit", f"/api/files/{number}"):
            assert (await visit.get(f"{path}?person={ANA.id}"))[0] == 200
            assert (await visit.get(f"{path}?person={PRIYA.id}"))[0] == 404
            assert (await visit.get(f"{path}?person=nobody"))[0] == 404

    async def test_an_unknown_person_starts_as_the_first_guest(self, visit: Visit) -> None:
        _, room = await visit.get("/api/room?person=nobody")
        assert json.loads(room)["me"]["id"] == ANA.id


class TestTalking:
    async def test_an_answer_in_a_channel_is_for_the_asker_alone(self, visit: Visit) -> None:
        assert await visit.say(PRIYA, "/apm region", COUNCIL) == 200
        assert await visit.seen_by(PRIYA) == ["/apm region", "An answer, in short"]
        assert await visit.seen_by(SAM) == []

    async def test_an_answer_for_all_shows_all_what_was_asked(self, visit: Visit) -> None:
        assert await visit.say(PRIYA, "/tell all", COUNCIL) == 200
        assert sorted(await visit.seen_by(SAM)) == ["/tell all", "For all, in short"]

    async def test_people_talk_to_each_other_without_the_bot(self, visit: Visit) -> None:
        assert await visit.say(PRIYA, "Shall we do a SPIFF?", COUNCIL) == 200
        assert await visit.seen_by(SAM) == ["Shall we do a SPIFF?"]
        assert visit.answers.asked == []

    async def test_a_mention_is_for_the_bot(self, visit: Visit) -> None:
        assert await visit.say(PRIYA, "@Pipeline Council, apm region", COUNCIL) == 200
        assert visit.answers.asked == [(PRIYA.id, Typed("apm region"))]

    async def test_everything_in_a_direct_message_is_for_the_bot(self, visit: Visit) -> None:
        assert await visit.say(ANA, "  hello ") == 200
        assert visit.answers.asked == [(ANA.id, Typed("hello"))]

    async def test_answers_are_worked_out_beside_the_event_loop(self, visit: Visit) -> None:
        await visit.say(ANA, "/help")
        assert visit.answers.threads != [threading.get_ident()]

    async def test_a_click_brings_its_form_and_the_form_its_answers(self, visit: Visit) -> None:
        place = {"person": ANA.id, "conversation": direct_message(ANA.id)}
        _, opened = await visit.post("/api/click", {**place, "command": "fix", "argument": "006A"})
        assert 'data-command="save"' in opened["form"]
        filled = {**place, "command": "save", "argument": "006A", "answers": {"next_step": "Call Joe"}}
        assert await visit.post("/api/submit", filled) == (200, {"form": None, "note": ""})
        assert visit.answers.asked == [
            (ANA.id, Clicked("fix", "006A")),
            (ANA.id, Submitted("save", "006A", {"next_step": "Call Joe"})),
        ]
        assert await visit.seen_by(ANA) == ["An answer, in short"]

    async def test_an_answer_in_a_thread_stays_in_it(self, visit: Visit) -> None:
        parent = visit.room.post(card("Summary"), Place(COUNCIL))
        await visit.say(PRIYA, "/apm region", COUNCIL, parent.number)
        assert [message.thread for message in visit.room.messages_for(PRIYA)] == [
            None,
            parent.number,
            parent.number,
        ]

    async def test_a_fault_is_answered_kindly_and_logged_in_full(self, visit: Visit) -> None:
        with structlog.testing.capture_logs() as logs:
            assert await visit.say(ANA, "/break") == 200
        _, apology = await visit.seen_by(ANA)
        assert "went wrong on our side" in apology
        assert "secret" not in apology
        assert [entry["event"] for entry in logs] == ["room_answer_failed"]
        assert logs[0]["reference"] in apology

    async def test_a_file_downloads_under_a_harmless_name(self, visit: Visit) -> None:
        await visit.say(ANA, "/file")
        number = visit.room.messages_for(ANA)[-1].number
        async with visit.session.get(f"{visit.origin}/api/files/{number}?person={ANA.id}") as response:
            assert response.headers["Content-Disposition"] == 'attachment; filename="deals.csv"'
            assert await response.read() == b"name\nAcme\n"

    async def test_a_message_shows_its_json_for_both_platforms(self, visit: Visit) -> None:
        posted = visit.room.post(card("Summary"), Place(COUNCIL))
        _, blocks = await visit.get(f"/api/messages/{posted.number}/blockkit?person={PRIYA.id}")
        _, adaptive = await visit.get(f"/api/messages/{posted.number}/adaptive?person={PRIYA.id}")
        assert json.loads(blocks)[0]["blocks"][0]["type"] == "header"
        assert json.loads(adaptive)[0]["type"] == "AdaptiveCard"
        assert blocks.startswith("[\n  {\n")
        status, _ = await visit.get(f"/api/messages/{posted.number}/other?person={PRIYA.id}")
        assert status == 404

    async def test_names_from_records_are_text_in_the_page(self, visit: Visit) -> None:
        visit.room.post(card('<img src=x onerror="alert(1)">'), Place(COUNCIL))
        _, room = await visit.get(f"/api/room?person={PRIYA.id}")
        html = json.loads(room)["messages"][0]["html"]
        assert "<img" not in html
        assert "&lt;img src=x" in html


class TestControls:
    """Where a control stands, and what it sends, are for the handler; both are worked out by the server."""

    async def click(self, visit: Visit, guest: Guest, conversation: str, **sent: object) -> tuple[int, Any]:
        body = {"person": guest.id, "conversation": conversation, "command": "fix", "argument": "1"}
        return await visit.post("/api/click", body | sent)

    async def test_a_control_in_a_thread_brings_the_keys_of_its_letter_and_of_the_head(
        self, visit: Visit
    ) -> None:
        head = visit.room.post(card("EMEA"), Place(COUNCIL), key="council:EMEA@pipeline-council")
        reply = visit.room.post(card("Action"), Place(COUNCIL, head.number), key="action:7")
        await self.click(visit, PRIYA, COUNCIL, thread=head.number, message=reply.number)
        (where,) = visit.answers.wheres
        assert (where.message_key, where.thread_key) == ("action:7", "council:EMEA@pipeline-council")
        assert (where.surface, where.conversation, where.quoted) == ("preview", COUNCIL, None)

    async def test_a_form_keeps_the_message_from_which_it_was_opened(self, visit: Visit) -> None:
        digest = visit.room.post(card("Digest"), Place(direct_message(ANA.id)), key="digest:1")
        body = {
            "person": ANA.id,
            "conversation": direct_message(ANA.id),
            "command": "save",
            "argument": "1",
            "message": digest.number,
            "answers": {"next_step": "Call Joe"},
        }
        assert (await visit.post("/api/submit", body))[0] == 200
        assert [where.message_key for where in visit.answers.wheres] == ["digest:1"]

    async def test_a_control_of_a_message_of_others_or_elsewhere_is_refused(self, visit: Visit) -> None:
        digest = visit.room.post(card("Digest"), Place(direct_message(ANA.id)))
        channel = visit.room.post(card("Summary"), Place(COUNCIL))
        for guest, conversation, number in (
            (PRIYA, direct_message(PRIYA.id), digest.number),
            (PRIYA, direct_message(PRIYA.id), channel.number),
            (PRIYA, COUNCIL, 999),
        ):
            assert (await self.click(visit, guest, conversation, message=number))[0] == 404
        assert visit.answers.asked == []

    async def test_a_pick_brings_what_was_picked(self, visit: Visit) -> None:
        await self.click(visit, ANA, direct_message(ANA.id), value="2026-11-14")
        assert visit.answers.asked == [(ANA.id, Clicked("fix", "1", "2026-11-14"))]

    async def test_an_answer_with_the_key_of_its_control_s_message_takes_its_place(
        self, visit: Visit
    ) -> None:
        old = visit.room.post(card("Old"), Place(direct_message(ANA.id)), audience=frozenset({ANA.id}))
        await self.click(visit, ANA, direct_message(ANA.id), message=old.number, argument="turn")
        (message,) = visit.room.messages_for(ANA)
        assert (message.number, message.is_edited) == (old.number, True)
        assert isinstance(message.content, Card)
        assert message.content.title == "An answer"

    async def test_what_all_see_never_turns_into_an_answer_for_one(self, visit: Visit) -> None:
        visit.room.post(card("Summary"), Place(COUNCIL))
        (summary,) = visit.room.messages_for(SAM)
        await self.click(visit, PRIYA, COUNCIL, message=summary.number, argument="turn")
        assert visit.room.messages_for(SAM) == [summary]
        assert len(visit.room.messages_for(PRIYA)) == 2

    async def test_a_few_passing_words_leave_no_message(self, visit: Visit) -> None:
        _, answer = await self.click(visit, ANA, direct_message(ANA.id), argument="quiet")
        assert answer == {"form": None, "note": "Saved."}
        assert visit.room.messages_for(ANA) == []


class TestMenuOfAMessage:
    async def choose(self, visit: Visit, guest: Guest, number: int, **sent: object) -> tuple[int, Any]:
        body = {
            "person": guest.id,
            "conversation": COUNCIL,
            "command": "assign_from_message",
            "message": number,
        }
        return await visit.post("/api/menu", body | sent)

    async def test_it_quotes_the_message_with_its_author_and_a_link_to_it(self, visit: Visit) -> None:
        head = visit.room.post(card("EMEA"), Place(COUNCIL), key="council:EMEA")
        said = visit.room.post(Words("A SPIFF?"), Place(COUNCIL, head.number), author=SAM.id)
        status, _ = await self.choose(visit, PRIYA, said.number, thread=head.number)
        assert status == 200
        assert visit.answers.asked == [(PRIYA.id, Clicked("assign_from_message"))]
        link = f"{visit.origin}/#in=%23pipeline-council&message={said.number}"
        assert visit.answers.wheres == [
            Where("preview", COUNCIL, None, "council:EMEA", Quote("A SPIFF?", "Sam Okafor", link), "local")
        ]

    async def test_a_message_in_no_thread_counts_as_the_head_of_one(self, visit: Visit) -> None:
        head = visit.room.post(card("EMEA"), Place(COUNCIL), key="council:EMEA")
        await self.choose(visit, PRIYA, head.number)
        (where,) = visit.answers.wheres
        assert (where.message_key, where.thread_key) == ("council:EMEA", "council:EMEA")
        assert where.quoted is not None
        assert (where.quoted.text, where.quoted.author) == ("EMEA, in short", "Pipeline Council")

    async def test_only_what_the_menu_offers_can_be_chosen_of_a_message_that_one_sees(
        self, visit: Visit
    ) -> None:
        shown = visit.room.post(card("EMEA"), Place(COUNCIL))
        hidden = visit.room.post(card("For Sam"), Place(COUNCIL), audience=frozenset({SAM.id}))
        status, problem = await self.choose(visit, PRIYA, shown.number, command="fix")
        assert (status, problem["problem"]) == (422, "The menu of a message has no such entry.")
        assert (await self.choose(visit, PRIYA, hidden.number))[0] == 404
        assert (await self.choose(visit, ANA, shown.number))[0] == 403
        assert visit.answers.asked == []


class TestSentTwice:
    """A double click or a lost connection sends the same event again: nothing happens a second time."""

    async def test_the_same_click_is_asked_once_and_answered_twice_alike(self, visit: Visit) -> None:
        body = {
            "person": ANA.id,
            "conversation": direct_message(ANA.id),
            "command": "fix",
            "argument": "1",
            "event": "0000-1111",
        }
        first, second = await asyncio.gather(*(visit.post("/api/click", body) for _ in range(2)))
        assert first == second
        assert 'data-command="save"' in first[1]["form"]
        assert visit.answers.events == [f"preview:{ANA.id}:0000-1111"]

    async def test_the_same_words_stand_in_the_room_once(self, visit: Visit) -> None:
        body = {"person": PRIYA.id, "conversation": COUNCIL, "text": "Shall we?", "event": "0000-1111"}
        for _ in range(2):
            assert (await visit.post("/api/say", body))[0] == 200
        assert await visit.seen_by(SAM) == ["Shall we?"]

    async def test_the_same_name_for_two_people_s_events_is_two_events(self, visit: Visit) -> None:
        for guest in (PRIYA, SAM):
            body = {"person": guest.id, "conversation": COUNCIL, "text": guest.name, "event": "0000-1111"}
            await visit.post("/api/say", body)
        assert await visit.seen_by(SAM) == ["Priya Raman", "Sam Okafor"]

    async def test_an_event_without_a_proper_name_is_refused(self, visit: Visit) -> None:
        for event in (None, "", "short", "a" * 65, "0000 1111", "0000:1111"):
            body = {"person": PRIYA.id, "conversation": COUNCIL, "text": "Hello", "event": event}
            assert (await visit.post("/api/say", body))[0] == 422


class TestLargeRooms:
    async def test_the_latest_are_shown_at_first_and_the_earlier_on_request(self, visit: Visit) -> None:
        oldest = visit.room.post(card("Oldest"), Place(COUNCIL))
        for number in range(PAGE_SIZE + 1):
            visit.room.post(Words(str(number)), Place(COUNCIL), author=SAM.id)
        visit.room.post(card("Reply"), Place(COUNCIL, oldest.number))
        latest = await visit.seen_by(PRIYA)
        assert latest == [str(number) for number in range(1, PAGE_SIZE + 1)]
        _, room = await visit.get(f"/api/room?person={PRIYA.id}")
        assert json.loads(room)["with_earlier"] == [COUNCIL]
        first = json.loads(room)["messages"][0]["number"]
        path = f"/api/earlier?person={PRIYA.id}&in=%23pipeline-council&before={first}"
        earlier = json.loads((await visit.get(path))[1])
        assert [message["summary"] for message in earlier["messages"]] == [
            "Oldest, in short",
            "0",
            "Reply, in short",
        ]
        assert earlier["has_earlier"] is False

    async def test_the_earlier_messages_of_others_are_not_there(self, visit: Visit) -> None:
        visit.room.post(card("Summary"), Place(COUNCIL))
        path = f"/api/earlier?person={ANA.id}&in=%23pipeline-council&before=99"
        assert json.loads((await visit.get(path))[1]) == {"messages": [], "has_earlier": False}


class TestStream:
    async def test_what_is_posted_arrives_and_only_where_it_may(self, visit: Visit) -> None:
        address = f"{visit.origin}/api/events?person={SAM.id}&after=0"
        async with visit.session.get(address) as stream:
            assert stream.headers["Content-Type"] == "text/event-stream"
            visit.room.post(card("Secret"), Place(direct_message(ANA.id)))
            posted = visit.room.post(card("Summary"), Place(COUNCIL))
            event = await _next_event(stream)
        assert event["number"] == posted.number
        assert event["summary"] == "Summary, in short"

    async def test_a_lost_connection_goes_on_where_it_was(self, visit: Visit) -> None:
        first = visit.room.post(card("First"), Place(COUNCIL))
        visit.room.post(card("Second"), Place(COUNCIL))
        address = f"{visit.origin}/api/events?person={SAM.id}&after=0"
        async with visit.session.get(address, headers={"Last-Event-ID": str(first.change)}) as stream:
            assert (await _next_event(stream))["summary"] == "Second, in short"

    async def test_the_stream_of_somebody_who_left_ends(self, visit: Visit) -> None:
        async with visit.session.get(f"{visit.origin}/api/events?person={SAM.id}") as stream:
            visit.guests.remove(SAM)
            visit.room.post(card("Summary"), Place(COUNCIL))
            assert b"Summary" not in await asyncio.wait_for(stream.content.read(), timeout=2)

    async def test_closing_the_room_ends_its_streams(self, visit: Visit) -> None:
        async with visit.session.get(f"{visit.origin}/api/events?person={SAM.id}") as stream:
            await asyncio.wait_for(visit.opened.close(), timeout=2)
            assert await stream.content.read() in (b"", b": still here\n\n")


async def _next_event(stream: aiohttp.ClientResponse) -> dict[str, Any]:
    async for line in stream.content:
        if line.startswith(b"data: "):
            event: dict[str, Any] = json.loads(line.removeprefix(b"data: "))
            return event
    raise AssertionError("the stream ended without an event")


class TestOpening:
    async def test_a_port_that_is_taken_is_named(self, visit: Visit) -> None:
        port = visit.opened.door.port
        with pytest.raises(RoomRefused, match=f"Port {port} of 127.0.0.1 cannot be used"):
            await open_room(visit.room, lambda: visit.guests, visit.answers, port=port)

    async def test_another_address_never_opens(self, visit: Visit) -> None:
        with pytest.raises(RoomRefused, match="this machine alone"):
            await open_room(visit.room, lambda: visit.guests, visit.answers, host="0.0.0.0")

    async def test_over_a_real_crm_the_room_reads_and_saves_nothing(self) -> None:
        salesforce = Ground("Salesforce", is_real=True, can_write=False)
        with pytest.raises(RoomRefused, match="does not open over Salesforce"):
            async with visiting(salesforce):
                pass
        async with visiting(salesforce, allow_real_crm=True) as visit:
            assert await visit.say(ANA, "/help") == 200
            body = {
                "person": ANA.id,
                "conversation": direct_message(ANA.id),
                "command": "save",
                "argument": "",
            }
            status, problem = await visit.post("/api/submit", {**body, "answers": {}})
            assert (status, "nothing was saved" in problem["problem"]) == (403, True)
            assert [question for _, question in visit.answers.asked] == [Typed("/help")]
            _, room = await visit.get("/api/room")
            assert json.loads(room)["is_read_only"] is True
