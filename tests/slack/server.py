"""A local server that answers as Slack's documentation says: Web API, uploads, response addresses, sockets.

It is strict where Slack is: tokens and scopes, arguments, limits of blocks, pace, the five uses of a response
address. What it is asked is kept in `calls`; `failures` makes the next calls of a method fail.
"""

import asyncio
import json
import secrets
from collections import defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import aiohttp
from aiohttp import web

from tests.messages.limits import check_slack
from tests.slack.workspace import BOT_ID, BOT_USER, TEAM, Json, SlackError, Workspace

BOT_TOKEN, APP_TOKEN = "xoxb-test-bot", "xapp-test-app"
RESPONSE_USES = 5
RESPONSE = "response"
"""Under this name a response address is among `failures`."""

SCOPES_OF: Mapping[str, tuple[str, ...]] = {
    "auth.test": (),
    "users.info": ("users:read",),
    "users.lookupByEmail": ("users:read.email",),
    "usergroups.users.list": ("usergroups:read",),
    "conversations.open": ("im:write",),
    "conversations.info": ("channels:read", "groups:read", "im:read"),
    "conversations.list": ("channels:read", "groups:read"),
    "conversations.history": ("channels:history", "groups:history", "im:history"),
    "conversations.replies": ("channels:history", "groups:history", "im:history"),
    "chat.postMessage": ("chat:write",),
    "chat.postEphemeral": ("chat:write",),
    "chat.update": ("chat:write",),
    "chat.delete": ("chat:write",),
    "chat.getPermalink": (),
    "chat.unfurl": ("links:write",),
    "views.open": (),
    "views.update": (),
    "views.publish": (),
    "files.getUploadURLExternal": ("files:write",),
    "files.completeUploadExternal": ("files:write",),
}


@dataclass(frozen=True)
class Failure:
    """What the next call of a method gets instead of an answer."""

    status: int = 200
    error: str | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    body: str | None = None
    happens_first: bool = False
    """The call has its effect, and the connection breaks before the answer."""


@dataclass(frozen=True)
class Whisper:
    """What one user alone saw."""

    user: str
    ts: str
    payload: Json


@dataclass(frozen=True)
class Answered:
    """The interaction that a response address answers."""

    user: str
    channel: str
    message: str | None = None
    """The message in which a control was used."""
    whisper: int | None = None
    """The same for one that only its user saw: its place in `whispers`."""


class SlackServer:
    """Start it with `running`; `url` ends with `/api/`."""

    def __init__(self, workspace: Workspace, scopes: frozenset[str], clock: Callable[[], float]) -> None:
        self.workspace = workspace
        self.scopes = scopes
        self.clock = clock
        self.url = ""
        self.calls: list[tuple[str, Json]] = []
        self.failures: defaultdict[str, list[Failure]] = defaultdict(list)
        self.passes: defaultdict[str, int] = defaultdict(int)
        """So many calls of a method pass before its failures begin."""
        self.is_away = False
        """Nothing of Slack's answers but the sockets that are open."""
        self.sockets: list[web.WebSocketResponse] = []
        self.acknowledged: dict[str, Json] = {}
        self.responses: list[tuple[str, Json]] = []
        self.enforces_pace = False
        self._last_post: dict[str, float] = {}
        self.whispers: list[Whisper] = []
        self._heard: dict[str, asyncio.Event] = {}
        self._answered: dict[str, Answered] = {}
        self._uses: defaultdict[str, int] = defaultdict(int)
        self._triggers: dict[str, float] = {}

    @asynccontextmanager
    async def running(self) -> AsyncIterator["SlackServer"]:
        app = web.Application(client_max_size=64 * 1024 * 1024)
        app.router.add_post("/api/{method}", self._call)
        app.router.add_post("/upload/{file}", self._upload)
        app.router.add_post("/response/{token}", self._respond)
        app.router.add_get("/socket", self._socket)
        runner = web.AppRunner(app, shutdown_timeout=1)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        host, port = runner.addresses[0][:2]
        self.url = f"http://{host}:{port}/api/"
        try:
            yield self
        finally:
            for socket in self.sockets:
                await socket.close()
            await runner.cleanup()

    @property
    def hooks(self) -> str:
        """How the addresses begin at which an interaction may be answered."""
        return self.url.replace("/api/", "/response/")

    # --- For tests ------------------------------------------------------------------------------

    def trigger(self) -> str:
        """A trigger id that lives three seconds."""
        trigger = secrets.token_hex(6)
        self._triggers[trigger] = self.clock()
        return trigger

    def response_url(self, answered: "Answered | None" = None) -> str:
        """Where an interaction may be answered."""
        token = secrets.token_hex(6)
        self._answered[token] = answered or Answered("", "")
        return f"{self.hooks}{token}"

    def expect(self, heard: asyncio.Event) -> str:
        """The token of a response address; `heard` is set when something is answered there."""
        token = secrets.token_hex(6)
        self._heard[token] = heard
        return token

    async def send(self, envelope: Json, socket: int = -1) -> None:
        """An envelope over one of the open sockets."""
        await self.sockets[socket].send_json(envelope)

    def called(self, method: str) -> list[Json]:
        return [arguments for name, arguments in self.calls if name == method]

    # --- The Web API ----------------------------------------------------------------------------

    async def _call(self, request: web.Request) -> web.StreamResponse:
        if self.is_away:
            return web.Response(status=503, text="<html>Service Unavailable</html>")
        method = request.match_info["method"]
        arguments = await _arguments(request)
        self.calls.append((method, arguments))
        failure = self._next_failure(method)
        if failure is not None and not failure.happens_first:
            return _failed(failure)
        try:
            answer = await self._answer(request, method, arguments)
        except SlackError as error:
            return web.json_response({"ok": False, "error": error.error, **error.further})
        except _TooFast as fast:
            return web.json_response(
                {"ok": False, "error": "ratelimited"}, status=429, headers={"Retry-After": str(fast.seconds)}
            )
        if failure is not None:
            assert request.transport is not None
            request.transport.abort()
        scopes = {"x-oauth-scopes": ",".join(sorted(self.scopes))}
        return web.json_response({"ok": True, **answer}, headers=scopes)

    def _next_failure(self, method: str) -> Failure | None:
        if self.passes[method] > 0:
            self.passes[method] -= 1
            return None
        return self.failures[method].pop(0) if self.failures[method] else None

    async def _answer(self, request: web.Request, method: str, arguments: Json) -> Json:
        token = request.headers.get("Authorization", "").removeprefix("Bearer ")
        if method == "apps.connections.open":
            if token != APP_TOKEN:
                raise SlackError("invalid_auth")
            return {"url": self.url.replace("http", "ws", 1).replace("/api/", "/socket")}
        if not token:
            raise SlackError("not_authed")
        if token != BOT_TOKEN:
            raise SlackError("invalid_auth")
        if method not in SCOPES_OF:
            raise SlackError("unknown_method")
        needed = SCOPES_OF[method]
        if needed and not set(needed) & self.scopes:
            raise SlackError("missing_scope", needed=",".join(needed), provided=",".join(sorted(self.scopes)))
        handlers: Mapping[str, Callable[[Json], Awaitable[Json]]] = {
            "auth.test": self._auth_test,
            "users.info": self._users_info,
            "users.lookupByEmail": self._lookup,
            "usergroups.users.list": self._group,
            "conversations.open": self._open_direct,
            "conversations.info": self._info,
            "conversations.list": self._channels,
            "conversations.history": self._history,
            "conversations.replies": self._history,
            "chat.postMessage": self._post,
            "chat.postEphemeral": self._post_ephemeral,
            "chat.update": self._update,
            "chat.delete": self._delete,
            "chat.getPermalink": self._permalink,
            "chat.unfurl": self._unfurl,
            "views.open": self._view_open,
            "views.update": self._view_update,
            "views.publish": self._publish,
            "files.getUploadURLExternal": self._upload_url,
            "files.completeUploadExternal": self._complete,
        }
        return await handlers[method](arguments)

    async def _auth_test(self, _arguments: Json) -> Json:
        return {"url": "https://council.slack.com/", "team": "Council", "team_id": TEAM, "user_id": BOT_USER,
                "bot_id": BOT_ID, "user": "council"}  # fmt: skip

    async def _users_info(self, arguments: Json) -> Json:
        user = self.workspace.users.get(arguments.get("user", ""))
        if user is None:
            raise SlackError("user_not_found")
        return {"user": user.as_json(with_email="users:read.email" in self.scopes)}

    async def _lookup(self, arguments: Json) -> Json:
        for user in self.workspace.users.values():
            if user.email == arguments.get("email") and not user.deleted:
                return {"user": user.as_json(with_email=True)}
        raise SlackError("users_not_found")

    async def _group(self, arguments: Json) -> Json:
        group = self.workspace.groups.get(arguments.get("usergroup", ""))
        if group is None:
            raise SlackError("no_such_subteam")
        return {"users": list(group)}

    async def _open_direct(self, arguments: Json) -> Json:
        return {"channel": {"id": self.workspace.direct(arguments.get("users", "")).id}}

    async def _info(self, arguments: Json) -> Json:
        found = self.workspace.channel(arguments.get("channel", ""))
        member = BOT_USER in found.members
        shared = found.is_ext_shared
        return {"channel": {"id": found.id, "name": found.name, "is_member": member, "is_ext_shared": shared}}

    async def _channels(self, arguments: Json) -> Json:
        """Two a page, so that whoever reads one page only finds too few."""
        known = [one for one in self.workspace.channels.values() if one.user is None and not one.is_archived]
        start = int(arguments.get("cursor") or 0)
        page = known[start : start + 2]
        following = str(start + 2) if start + 2 < len(known) else ""
        return {
            "channels": [
                {"id": one.id, "name": one.name, "is_private": one.is_private,
                 "is_member": BOT_USER in one.members} for one in page
            ],
            "response_metadata": {"next_cursor": following},
        }  # fmt: skip

    async def _history(self, arguments: Json) -> Json:
        channel = self.workspace.channel(arguments.get("channel", ""))
        with_metadata = (
            _flag(arguments.get("include_all_metadata")) and "metadata.message:read" in self.scopes
        )
        thread = arguments.get("ts")
        oldest = float(arguments.get("oldest") or 0)
        found = [
            message
            for message in self.workspace.messages_of(channel.id)
            if float(message.ts) >= oldest
            and (message.thread_ts is None if thread is None else thread in (message.ts, message.thread_ts))
        ]
        newest_first = found[::-1] if thread is None else found
        limit = int(arguments.get("limit") or 100)
        start = int(arguments.get("cursor") or 0)
        page = newest_first[start : start + limit]
        following = str(start + limit) if start + limit < len(newest_first) else ""
        heads = {message.thread_ts for message in self.workspace.messages_of(channel.id)}
        return {
            "messages": [
                message.as_json(with_metadata=with_metadata)
                | ({"reply_count": 1} if message.ts in heads else {})
                for message in page
            ],
            "has_more": bool(following),
            "response_metadata": {"next_cursor": following},
        }

    async def _post(self, arguments: Json) -> Json:
        channel = self.workspace.channel(arguments.get("channel", ""))
        self._keep_pace(channel.id)
        _check_message(arguments)
        posted = self.workspace.post(channel, arguments)
        return {"channel": channel.id, "ts": posted.ts, "message": posted.as_json(with_metadata=False)}

    async def _post_ephemeral(self, arguments: Json) -> Json:
        channel = self.workspace.channel(arguments.get("channel", ""))
        _check_message(arguments)
        self.workspace.ephemeral.append((channel.id, arguments["user"], arguments))
        self._whisper(arguments["user"], arguments)
        return {"message_ts": self.workspace.next_ts()}

    async def _update(self, arguments: Json) -> Json:
        message = self.workspace.find(arguments.get("channel", ""), arguments.get("ts", ""))
        if message.user != BOT_USER:
            raise SlackError("cant_update_message")
        _check_message(arguments)
        message.text, message.blocks, message.edited = arguments["text"], arguments["blocks"], True
        return {"channel": message.channel, "ts": message.ts, "text": message.text}

    async def _delete(self, arguments: Json) -> Json:
        message = self.workspace.find(arguments.get("channel", ""), arguments.get("ts", ""))
        if message.user != BOT_USER:
            raise SlackError("cant_delete_message")
        self.workspace.messages.remove(message)
        return {"channel": message.channel, "ts": message.ts}

    async def _permalink(self, arguments: Json) -> Json:
        message = self.workspace.find(arguments.get("channel", ""), arguments.get("message_ts", ""))
        address = f"https://council.slack.com/archives/{message.channel}/p{message.ts.replace('.', '')}"
        return {"permalink": address, "channel": message.channel}

    async def _unfurl(self, arguments: Json) -> Json:
        self.workspace.unfurls.append(arguments)
        return {}

    async def _view_open(self, arguments: Json) -> Json:
        started = self._triggers.pop(arguments.get("trigger_id", ""), None)
        if started is None:
            raise SlackError("invalid_trigger_id" if "trigger_id" in arguments else "missing_argument")
        if self.clock() - started > 3:
            raise SlackError("expired_trigger_id")
        view = {
            **_checked_view(arguments["view"]),
            "id": self.workspace.next_id("V"),
            "hash": secrets.token_hex(4),
        }
        self.workspace.views[view["id"]] = view
        return {"view": view}

    async def _view_update(self, arguments: Json) -> Json:
        view_id = arguments.get("view_id", "")
        if view_id not in self.workspace.views:
            raise SlackError("not_found")
        view = {**_checked_view(arguments["view"]), "id": view_id, "hash": secrets.token_hex(4)}
        self.workspace.views[view_id] = view
        return {"view": view}

    async def _publish(self, arguments: Json) -> Json:
        view = _checked_view(arguments["view"])
        self.workspace.homes[arguments["user_id"]] = view
        return {"view": view}

    async def _upload_url(self, arguments: Json) -> Json:
        file_id = self.workspace.next_id("F")
        self.workspace.files[file_id] = {"name": arguments["filename"], "length": int(arguments["length"])}
        return {"file_id": file_id, "upload_url": self.url.replace("/api/", f"/upload/{file_id}")}

    async def _upload(self, request: web.Request) -> web.Response:
        file_id = request.match_info["file"]
        content = await request.read()
        if len(content) != self.workspace.files[file_id]["length"]:
            return web.Response(status=400, text="wrong length")
        self.workspace.uploads[file_id] = content
        return web.Response(text=f"OK - {len(content)}")

    async def _complete(self, arguments: Json) -> Json:
        files = arguments["files"]
        for one in files:
            if one["id"] not in self.workspace.uploads:
                raise SlackError("file_not_found")
            self.workspace.files[one["id"]] |= {"channel": arguments.get("channel_id")}
        return {"files": [{"id": one["id"], "title": one.get("title", "")} for one in files]}

    def _keep_pace(self, channel: str) -> None:
        now = self.clock()
        if self.enforces_pace and now - self._last_post.get(channel, -60.0) < 1.0:
            raise _TooFast(1)
        self._last_post[channel] = now

    # --- Response addresses and sockets -----------------------------------------------------------

    async def _respond(self, request: web.Request) -> web.Response:
        if self.is_away:
            return web.Response(status=503, text="<html>Service Unavailable</html>")
        token = request.match_info["token"]
        failure = self._next_failure(RESPONSE)
        if failure is not None:
            return _failed(failure)
        self._uses[token] += 1
        if self._uses[token] > RESPONSE_USES:
            return web.Response(status=404, text="used_url")
        payload = await request.json()
        if (heard := self._heard.pop(token, None)) is not None:
            heard.set()
        self.responses.append((token, payload))
        self._show_response(self._answered.get(token) or Answered("", ""), payload)
        return web.Response(text="ok")

    def _whisper(self, user: str, payload: Json) -> None:
        self.whispers.append(Whisper(user, self.workspace.next_ts(), payload))

    def _show_response(self, answered: "Answered", payload: Json) -> None:
        blocks, text = payload.get("blocks", ()), payload.get("text", "")
        if payload.get("replace_original") and answered.whisper is not None:
            before = self.whispers[answered.whisper]
            self.whispers[answered.whisper] = Whisper(before.user, before.ts, payload)
        elif payload.get("replace_original") and answered.message is not None:
            message = self.workspace.find(answered.channel, answered.message)
            message.blocks, message.text, message.edited = blocks, text, True
        elif payload.get("response_type") == "in_channel":
            self.workspace.post(self.workspace.channel(answered.channel), payload)
        else:
            self._whisper(answered.user, payload)

    async def _socket(self, request: web.Request) -> web.StreamResponse:
        socket = web.WebSocketResponse(heartbeat=None, autoping=True)
        await socket.prepare(request)
        self.sockets.append(socket)
        await socket.send_json({"type": "hello", "num_connections": len(self.sockets),
                                "connection_info": {"app_id": "A0COUNCIL"},
                                "debug_info": {"approximate_connection_time": 18060}})  # fmt: skip
        async for message in socket:
            if message.type is aiohttp.WSMsgType.TEXT and message.data.startswith("{"):
                answer = json.loads(message.data)
                self.acknowledged[answer["envelope_id"]] = answer.get("payload") or {}
        return socket


class _TooFast(Exception):
    def __init__(self, seconds: int) -> None:
        super().__init__()
        self.seconds = seconds


async def _arguments(request: web.Request) -> Json:
    if request.content_type == "application/json":
        found: Json = await request.json()
        return found
    fields = {**request.query, **await request.post()}
    return {name: _unpacked(value) for name, value in fields.items()}


def _unpacked(value: Any) -> Any:
    """In a form, lists and objects come as JSON."""
    if isinstance(value, str) and value[:1] in "[{":
        return json.loads(value)
    return value


def _flag(value: Any) -> bool:
    return value in (True, "1", "true", "True", 1)


def _failed(failure: Failure) -> web.Response:
    if failure.body is not None:
        return web.Response(status=failure.status, text=failure.body, headers=dict(failure.headers))
    answer = {"ok": False, "error": failure.error or "internal_error"}
    return web.json_response(answer, status=failure.status, headers=dict(failure.headers))


def _check_message(arguments: Json) -> None:
    """Blocks as strict as Slack's documentation: what it would refuse is `invalid_blocks` here too."""
    blocks = arguments.get("blocks")
    if not arguments.get("text") and not blocks:
        raise SlackError("no_text")
    if blocks is None:
        return
    try:
        check_slack([{"blocks": blocks, "text": arguments.get("text", "")}])
    except AssertionError as error:
        raise SlackError("invalid_blocks", response_metadata={"messages": [str(error)[:200]]}) from error
    metadata = arguments.get("metadata")
    if metadata is not None and set(metadata) != {"event_type", "event_payload"}:
        raise SlackError("invalid_metadata_format")


_IN_VIEWS = {"actions", "context", "divider", "header", "image", "input", "rich_text", "section"}
"""Tables and folds stand in messages only."""


def _check_view_blocks(view: Json) -> None:
    blocks = view.get("blocks", ())
    ids = [block["block_id"] for block in blocks if "block_id" in block]
    strange = [block["type"] for block in blocks if block["type"] not in _IN_VIEWS]
    asks = any(block["type"] == "input" for block in blocks)
    if strange or len(set(ids)) < len(ids) or (view["type"] == "modal" and asks and "submit" not in view):
        raise SlackError("invalid_arguments", response_metadata={"messages": [f"blocks: {strange or ids}"]})


def _checked_view(view: Any) -> Json:
    shown: Json = json.loads(view) if isinstance(view, str) else view
    if len(shown.get("private_metadata", "")) > 3000 or len(shown.get("blocks", ())) > 100:
        raise SlackError("invalid_arguments")
    _check_view_blocks(shown)
    if shown["type"] == "modal" and not 1 <= len(shown["title"]["text"]) <= 24:
        raise SlackError("invalid_arguments")
    return shown
