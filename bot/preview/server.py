"""The local room as a web application: the page, what it asks for, and the stream of what happens."""

import asyncio
import json
from collections.abc import Awaitable, Callable, Sequence
from typing import TypeVar
from urllib.parse import quote_plus

from aiohttp import web
from aiohttp.typedefs import Handler
from pydantic import BaseModel, ValidationError

from bot.preview.asking import Answer
from bot.preview.door import MAX_BODY_BYTES, Door, add_security_headers, guard
from bot.preview.ground import Ground
from bot.preview.repeats import Repeats
from bot.preview.room import BOT_NAME, Guest, Message, MessageMissing, Room, Words, may_enter
from bot.preview.static_files import StaticFiles
from bot.preview.talk import Talk
from bot.preview.views import (
    AnswerView,
    ClickSent,
    EarlierView,
    FormSent,
    MenuSent,
    MessageViews,
    PlaceSent,
    ProblemView,
    WordsSent,
    view_answer,
    view_conversations,
    view_room,
)
from bot.preview.welcome import MESSAGE_MENU, Suggestion, Welcome
from handlers.asking import Clicked, Quote, Submitted
from messages.card import Card
from messages.render import adaptive, blockkit
from messages.reply import Reply

HEARTBEAT_SECONDS = 15.0
PAGE_SIZE = 60
"""So many messages of a conversation, with their threads, are shown at first and by each look back."""
MAX_TYPED = 10_000

RENDERERS: dict[str, Callable[[Card], Sequence[object]]] = {
    "blockkit": blockkit.render_card,
    "adaptive": adaptive.render_card,
}

Sent = TypeVar("Sent", bound=BaseModel)


class RoomApplication:
    """The handlers, over one room."""

    def __init__(
        self,
        room: Room,
        guests: Callable[[], Sequence[Guest]],
        answer: Answer,
        *,
        ground: Ground,
        welcome: Welcome,
        suggestions: tuple[Suggestion, ...],
    ) -> None:
        """`guests` is asked again on every request, in a worker thread, so it may read a database."""
        self._room = room
        self._guests = guests
        self._talk = Talk(room, answer)
        self._repeats: Repeats[AnswerView] = Repeats()
        self._views = MessageViews()
        self._ground = ground
        self._welcome = welcome
        self._suggestions = suggestions
        self._closing = asyncio.Event()
        self._files = StaticFiles()

    def build(self, door: Door) -> web.Application:
        """The aiohttp application behind its door."""
        app = web.Application(
            middlewares=[guard(door, self._files), _kind_problems], client_max_size=MAX_BODY_BYTES
        )
        app.on_response_prepare.append(add_security_headers)
        app.on_shutdown.append(self._close)
        app.router.add_get("/", self._page)
        app.router.add_get("/static/{name}", self._static)
        app.router.add_get("/api/room", self._show_room)
        app.router.add_get("/api/earlier", self._show_earlier)
        app.router.add_get("/api/events", self._stream)
        app.router.add_get("/api/messages/{number}/{surface}", self._show_source)
        app.router.add_get("/api/files/{number}", self._download)
        app.router.add_post("/api/say", self._say)
        app.router.add_post("/api/click", self._click)
        app.router.add_post("/api/menu", self._menu)
        app.router.add_post("/api/submit", self._submit)
        return app

    # --- Looking --------------------------------------------------------------------------------

    async def _page(self, _request: web.Request) -> web.Response:
        return self._files.response("index.html")

    async def _static(self, request: web.Request) -> web.Response:
        return self._files.response(request.match_info["name"])

    async def _show_room(self, request: web.Request) -> web.Response:
        guests = await asyncio.to_thread(self._guests)
        if not guests:
            raise web.HTTPNotFound(text="Nobody is known here yet. Pull from the CRM first.")
        asked_for = request.query.get("person", "")
        me = next((guest for guest in guests if guest.id == asked_for), guests[0])
        return await asyncio.to_thread(lambda: _json(self._view_room(me, guests)))

    def _view_room(self, me: Guest, guests: Sequence[Guest]) -> BaseModel:
        pages = {
            place.id: self._room.page_for(me, place.id, None, PAGE_SIZE) for place in view_conversations(me)
        }
        return view_room(
            me,
            guests,
            pages,
            self._views,
            ground=self._ground,
            suggestions=self._suggestions,
            menu=MESSAGE_MENU,
            welcome=self._welcome,
        )

    async def _show_earlier(self, request: web.Request) -> web.Response:
        guest = await self._guest(request.query.get("person", ""))
        conversation, before = request.query.get("in", ""), _number(request.query.get("before", ""))
        page = self._room.page_for(guest, conversation, before, PAGE_SIZE)
        return await asyncio.to_thread(
            lambda: _json(EarlierView(messages=self._views.page(page), has_earlier=page.has_earlier))
        )

    async def _show_source(self, request: web.Request) -> web.Response:
        """The same message as Slack or Teams would be sent it."""
        card = (await self._message(request)).content
        render = RENDERERS.get(request.match_info["surface"])
        if render is None or not isinstance(card, Card):
            raise web.HTTPNotFound(text="This message has no such form.")
        source = await asyncio.to_thread(
            lambda: json.dumps(render(card), ensure_ascii=False, indent=2, default=str)
        )
        return web.Response(text=source, content_type="application/json")

    async def _download(self, request: web.Request) -> web.Response:
        attachment = (await self._message(request)).attachment
        if attachment is None:
            raise web.HTTPNotFound(text="This message has no file.")
        response = web.Response(body=attachment.content, content_type=attachment.media_type)
        response.headers["Content-Disposition"] = _as_download(attachment.name)
        return response

    async def _stream(self, request: web.Request) -> web.StreamResponse:
        """Server-sent events: each message that the guest sees, as it is posted or changed."""
        guest_id = request.query.get("person", "")
        change = _number(request.headers.get("Last-Event-ID") or request.query.get("after", "0"))
        await self._guest(guest_id)
        loop = asyncio.get_running_loop()
        something_new = asyncio.Event()

        def wake() -> None:
            loop.call_soon_threadsafe(something_new.set)

        stop = self._room.on_change(wake)
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
        try:
            await response.prepare(request)
            while not self._closing.is_set():
                something_new.clear()
                guest = await self._find_guest(guest_id)
                if guest is None:
                    break
                for message in self._room.messages_for(guest, change):
                    view = await asyncio.to_thread(self._views.of, message)
                    change = message.change
                    await response.write(f"id: {change}\ndata: {view.model_dump_json()}\n\n".encode())
                await self._wait(something_new)
                await response.write(b": still here\n\n")
        except ConnectionResetError:
            pass  # the page was closed, which is how a stream ends
        finally:
            stop()
        return response

    async def _wait(self, something_new: asyncio.Event) -> None:
        waiting = [asyncio.ensure_future(event.wait()) for event in (something_new, self._closing)]
        try:
            await asyncio.wait(waiting, timeout=HEARTBEAT_SECONDS, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in waiting:
                task.cancel()

    # --- Talking --------------------------------------------------------------------------------

    async def _say(self, request: web.Request) -> web.Response:
        sent = await _read(request, WordsSent)
        guest = await self._guest_in(sent)
        words = sent.text.strip()
        if not words:
            raise web.HTTPUnprocessableEntity(text="There is nothing to send yet.")
        if len(words) > MAX_TYPED:
            raise web.HTTPUnprocessableEntity(
                text=f"A message has at most {MAX_TYPED:,} characters; this one has {len(words):,}."
            )
        return await self._answer_once(
            sent, lambda: self._talk.say(guest, sent.place, words, _event_of(sent))
        )

    async def _click(self, request: web.Request) -> web.Response:
        sent = await _read(request, ClickSent)
        guest = await self._guest_in(sent)
        question = Clicked(sent.command, sent.argument, sent.value)
        return await self._answer_once(
            sent, lambda: self._talk.ask(guest, sent.place, question, _event_of(sent), sent.message)
        )

    async def _menu(self, request: web.Request) -> web.Response:
        sent = await _read(request, MenuSent)
        guest = await self._guest_in(sent)
        if sent.command not in {entry.command for entry in MESSAGE_MENU}:
            raise web.HTTPUnprocessableEntity(text="The menu of a message has no such entry.")
        message = self._room.message_for(guest, sent.message)
        quote = Quote(
            message.content.text if isinstance(message.content, Words) else message.content.fallback,
            await self._name_of(message.author),
            f"{request.scheme}://{request.host}/#in={quote_plus(message.conversation)}&message={message.number}",
        )
        question = Clicked(sent.command)
        return await self._answer_once(
            sent,
            lambda: self._talk.ask_of(guest, sent.place, question, _event_of(sent), message.number, quote),
        )

    async def _submit(self, request: web.Request) -> web.Response:
        sent = await _read(request, FormSent)
        guest = await self._guest_in(sent)
        if not self._ground.can_write:
            raise web.HTTPForbidden(
                text=f"Over {self._ground.name} this room is read-only; nothing was saved."
            )
        question = Submitted(sent.command, sent.argument, sent.answers)
        return await self._answer_once(
            sent, lambda: self._talk.ask(guest, sent.place, question, _event_of(sent), sent.message)
        )

    async def _answer_once(self, sent: PlaceSent, turn: Callable[[], Awaitable[Reply]]) -> web.Response:
        """The same event asked twice gets the same answer, and happens once."""

        async def answer() -> AnswerView:
            return view_answer(await turn())

        return _json(await self._repeats.once(_event_of(sent), answer))

    # --- Who and where --------------------------------------------------------------------------

    async def _find_guest(self, guest_id: str) -> Guest | None:
        guests = await asyncio.to_thread(self._guests)
        return next((guest for guest in guests if guest.id == guest_id), None)

    async def _name_of(self, author: str | None) -> str:
        if author is None:
            return BOT_NAME
        guest = await self._find_guest(author)
        return guest.name if guest else ""

    async def _guest(self, guest_id: str) -> Guest:
        guest = await self._find_guest(guest_id)
        if guest is None:
            raise web.HTTPNotFound(text="This person is not here any more. Choose who you are again.")
        return guest

    async def _guest_in(self, sent: PlaceSent) -> Guest:
        guest = await self._guest(sent.person)
        if not may_enter(guest, sent.conversation):
            raise web.HTTPForbidden(text=f"{guest.name} is not in this conversation.")
        if sent.thread is not None:
            self._room.message_for(guest, sent.thread)
        return guest

    async def _message(self, request: web.Request) -> Message:
        guest = await self._guest(request.query.get("person", ""))
        return self._room.message_for(guest, _number(request.match_info["number"]))

    async def _close(self, _app: web.Application) -> None:
        self._closing.set()


@web.middleware
async def _kind_problems(request: web.Request, handler: Handler) -> web.StreamResponse:
    """What goes wrong for the page is one sentence for its reader."""
    try:
        return await handler(request)
    except MessageMissing as missing:
        return _json(ProblemView(problem=str(missing)), status=404)
    except web.HTTPRequestEntityTooLarge:
        problem = f"That is more than the {MAX_BODY_BYTES // 1024} KB that one message may have."
        return _json(ProblemView(problem=problem), status=413)
    except web.HTTPException as refused:
        return _json(ProblemView(problem=refused.text or refused.reason), status=refused.status)


async def _read(request: web.Request, kind: type[Sent]) -> Sent:
    try:
        return kind.model_validate_json(await request.read())
    except ValidationError as error:
        raise web.HTTPUnprocessableEntity(
            text="The page sent something that the room does not understand. Reload the page."
        ) from error


def _json(view: BaseModel, status: int = 200) -> web.Response:
    return web.Response(text=view.model_dump_json(), status=status, content_type="application/json")


def _event_of(sent: PlaceSent) -> str:
    """Unique on this surface, and nobody's can be mistaken for another's."""
    return f"preview:{sent.person}:{sent.event}"


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 16 else 0


def _as_download(name: str) -> str:
    safe = "".join(letter for letter in name if letter.isascii() and (letter.isalnum() or letter in "-_. "))
    return f'attachment; filename="{safe or "download"}"'
