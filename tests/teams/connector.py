"""A local Bot Connector that answers as Microsoft's documentation says: conversations, activities, rosters.

It is strict where the connector is: tokens, content types, sizes, threads, who has the app, and what Teams
shows of a card. `calls` keeps what it was asked; `failures` makes the next calls of an operation fail.
"""

import asyncio
import json
from collections import defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

from tests.teams.cards import CARD, check_message_card
from tests.teams.issuer import TENANT, Issuer
from tests.teams.organisation import BOT, Json, Organisation, TeamsError, TeamsMessage

MOST_BYTES = 100 * 1024
"""Of a message, without the pictures in it."""
PAGE = 2
"""Members a page: so few that whoever reads one page finds too few."""
UPLOAD = "/drive/"


@dataclass(frozen=True)
class Failure:
    """What the next call of an operation gets instead of an answer."""

    status: int = 500
    code: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    cuts: bool = False
    """The connection breaks before anything has happened."""
    happens_first: bool = False
    """The call has its effect, and the connection breaks before the answer."""
    hangs: bool = False


class ConnectorServer:
    """Start it with `running`; `url` is the service address of its region."""

    def __init__(self, organisation: Organisation, issuer: Issuer) -> None:
        self.organisation = organisation
        self.issuer = issuer
        self.url = ""
        self.calls: list[tuple[str, str, Json]] = []
        """Operation, conversation or team, and what was sent."""
        self.failures: defaultdict[str, list[Failure]] = defaultdict(list)
        self.passes: defaultdict[str, int] = defaultdict(int)
        """So many calls of an operation pass before its failures begin."""
        self.refused_tokens: set[str] = set()
        self.released = asyncio.Event()
        """Lets go what hangs."""

    @asynccontextmanager
    async def running(self) -> AsyncIterator["ConnectorServer"]:
        app = web.Application(client_max_size=16 * 1024 * 1024)
        add = app.router.add_route
        base = "/emea/v3"
        add("POST", f"{base}/conversations", self._operation("open", self._open))
        add("POST", f"{base}/conversations/{{id}}/activities", self._operation("post", self._post))
        add("POST", f"{base}/conversations/{{id}}/activities/{{message}}",
            self._operation("reply", self._reply))  # fmt: skip
        add("PUT", f"{base}/conversations/{{id}}/activities/{{message}}",
            self._operation("change", self._change))  # fmt: skip
        add("DELETE", f"{base}/conversations/{{id}}/activities/{{message}}",
            self._operation("delete", self._delete))  # fmt: skip
        add("GET", f"{base}/conversations/{{id}}/members/{{user}}", self._operation("member", self._member))
        add("GET", f"{base}/conversations/{{id}}/pagedmembers", self._operation("members", self._members))
        add("GET", f"{base}/teams/{{id}}", self._operation("team", self._team))
        add("GET", f"{base}/teams/{{id}}/conversations", self._operation("channels", self._channels))
        add("PUT", UPLOAD + "{name}", self._upload)
        runner = web.AppRunner(app, shutdown_timeout=1)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        self.url = f"http://127.0.0.1:{runner.addresses[0][1]}/emea/"
        try:
            yield self
        finally:
            self.released.set()
            await runner.cleanup()

    @property
    def origin(self) -> str:
        return self.url.removesuffix("/emea/")

    def called(self, operation: str) -> list[tuple[str, Json]]:
        return [(where, sent) for name, where, sent in self.calls if name == operation]

    # --- Every call -----------------------------------------------------------------------------

    def _operation(
        self, name: str, answer: Callable[[web.Request, Json], Awaitable[web.Response]]
    ) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
        async def handle(request: web.Request) -> web.StreamResponse:
            try:
                self._check_token(request)
                sent = await _read_body(request)
                self.calls.append((name, request.match_info.get("id", ""), sent))
                return await self._answer(request, name, lambda: answer(request, sent))
            except TeamsError as error:
                return web.json_response(error.body, status=error.status)

        return handle

    async def _answer(
        self, request: web.Request, name: str, answer: Callable[[], Awaitable[web.Response]]
    ) -> web.StreamResponse:
        failure = self._next_failure(name)
        if failure is None:
            return await answer()
        if failure.happens_first:
            await answer()
        if failure.hangs:
            await self.released.wait()
        if failure.cuts or failure.happens_first:
            assert request.transport is not None
            request.transport.abort()
        body = {"error": {"code": failure.code, "message": failure.code}} if failure.code else {}
        return web.json_response(body, status=failure.status, headers=failure.headers)

    def _next_failure(self, name: str) -> Failure | None:
        if self.passes[name] > 0:
            self.passes[name] -= 1
            return None
        return self.failures[name].pop(0) if self.failures[name] else None

    def _check_token(self, request: web.Request) -> None:
        kind, _, token = request.headers.get("Authorization", "").partition(" ")
        if kind != "Bearer" or not self.issuer.issued(token) or token in self.refused_tokens:
            raise TeamsError(401, "Unauthorized", "Authorization has been denied for this request.")

    # --- Conversations --------------------------------------------------------------------------

    async def _open(self, _request: web.Request, sent: Json) -> web.Response:
        members = sent.get("members") or [{}]
        if sent.get("isGroup") or len(members) != 1:
            raise TeamsError(400, "BadSyntax", "Bots cannot create group chats.")
        if (sent.get("bot") or {}).get("id") != BOT:
            raise TeamsError(403, "BotNotRegistered", "The bot is not registered.")
        named = {name.casefold(): value for name, value in sent.items()}  # the SDK says tenantID
        if named.get("tenantid") != TENANT or sent.get("channelData") != {"tenant": {"id": TENANT}}:
            raise TeamsError(400, "BadArgument", "The tenant is missing.")
        chat = self.organisation.open_chat(str(members[0].get("id")))
        return web.json_response({"id": chat, "serviceUrl": self.url}, status=201)

    async def _member(self, request: web.Request, _sent: Json) -> web.Response:
        person = self.organisation.person(request.match_info["user"])
        if person not in self.organisation.members(request.match_info["id"]):
            raise TeamsError(404, "MemberNotFoundInConversation")
        return web.json_response(person.as_member())

    async def _members(self, request: web.Request, _sent: Json) -> web.Response:
        members = self.organisation.members(request.match_info["id"])
        start = int(request.query.get("continuationToken") or 0)
        page: Json = {"members": [one.as_member() for one in members[start : start + PAGE]]}
        if start + PAGE < len(members):
            page["continuationToken"] = str(start + PAGE)
        return web.json_response(page)

    async def _team(self, request: web.Request, _sent: Json) -> web.Response:
        team = self.organisation.team(request.match_info["id"])
        return web.json_response({"id": team.id, "name": team.name})

    async def _channels(self, request: web.Request, _sent: Json) -> web.Response:
        team = self.organisation.team(request.match_info["id"])
        return web.json_response(
            {"conversations": [{"id": channel, "name": name} for channel, name in team.channels.items()]}
        )

    # --- Messages -------------------------------------------------------------------------------

    async def _post(self, request: web.Request, sent: Json) -> web.Response:
        check_activity(sent)
        posted = self.organisation.post(request.match_info["id"], sent)
        return web.json_response({"id": posted.id}, status=201)

    async def _reply(self, request: web.Request, sent: Json) -> web.Response:
        check_activity(sent)
        base = request.match_info["id"].partition(";")[0]
        posted = self.organisation.post(f"{base};messageid={request.match_info['message']}", sent)
        return web.json_response({"id": posted.id}, status=201)

    async def _change(self, request: web.Request, sent: Json) -> web.Response:
        check_activity(sent)
        message = self._find(request)
        self.organisation.change(message, sent)
        return web.json_response({"id": message.id})

    async def _delete(self, request: web.Request, _sent: Json) -> web.Response:
        self.organisation.messages.remove(self._find(request))
        return web.Response(status=200)

    def _find(self, request: web.Request) -> TeamsMessage:
        return self.organisation.find(request.match_info["id"], request.match_info["message"])

    # --- Drives ---------------------------------------------------------------------------------

    async def _upload(self, request: web.Request) -> web.Response:
        """OneDrive takes a file in ranges; ours come in one."""
        content = await request.read()
        if request.headers.get("Content-Range") != f"bytes 0-{len(content) - 1}/{len(content)}":
            return web.Response(status=416)
        if "Authorization" in request.headers:
            return web.Response(status=401)
        self.organisation.drives[request.match_info["name"]] = content
        return web.json_response({"id": "1"}, status=201)


def check_activity(activity: Json) -> None:
    """Raises `TeamsError` for what the connector refuses, and fails for what clients would not show."""
    attachments = activity.get("attachments") or []
    others = [one for one in attachments if not one["contentType"].startswith("image/")]
    sized = json.dumps({**activity, "attachments": others}, ensure_ascii=False)
    if len(sized.encode()) > MOST_BYTES:
        raise TeamsError(413, "MessageSizeTooBig", "Message size too large.")
    if activity.get("type") != "message" or not (activity.get("text") or attachments):
        raise TeamsError(400, "BadSyntax", "Activity must be a message with text or attachments.")
    for one in others:
        if one["contentType"] == CARD:
            check_message_card(one["content"])


async def _read_body(request: web.Request) -> Json:
    if request.method not in ("POST", "PUT"):
        return {}
    if request.content_type != "application/json":
        raise TeamsError(415, "BadSyntax", "Unsupported media type.")
    sent: Any = json.loads(await request.read())
    if not isinstance(sent, dict):
        raise TeamsError(400, "BadSyntax", "Invalid JSON.")
    return sent
