"""A Slack workspace as a stage: everything over HTTP or a socket, as Slack would send it."""

from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import aiohttp
from pydantic import SecretStr

from bot.delivery import Delivery
from bot.slack.definition import SlackDefinition
from bot.slack.room import Slack, SlackRoom, open_slack
from bot.slack.running import key_finder
from tests.slack.office import ALL_SCOPES, COUNCIL_CHANNEL, Ticking
from tests.slack.server import APP_TOKEN, BOT_TOKEN, SlackServer
from tests.slack.users import SIGNING_SECRET, Acknowledged, HttpWay, Slacker, SocketWay, Way
from tests.slack.workspace import Json, SlackMessage, Workspace
from tests.stories.stage import (
    ANA,
    BEN,
    CHANNEL,
    KAI,
    MONA,
    OPS,
    STRANGER,
    ZOE,
    Company,
    Seen,
    SeenForm,
    Stage,
)

USERS = {
    ANA: ("U0ANA", "Ana Lind"),
    BEN: ("U0BEN", "Ben Osei"),
    MONA: ("U0MONA", "Mona Reyes"),
    ZOE: ("U0ZOE", "Zoe Park"),
    KAI: ("U0KAI", "Kai Berg"),
    OPS: ("U0OPS", "Olga Ops"),
    STRANGER: ("U0WHO", "Who Ever"),
}


@asynccontextmanager
async def open_slack_stage(company: Company, kind: str) -> AsyncIterator["SlackStage"]:
    """`kind`: by which way Slack reaches us."""
    workspace = Workspace()
    for email, (user, name) in USERS.items():
        workspace.add_user(user, name, email)
        workspace.direct(user)
    workspace.add_channel(COUNCIL_CHANNEL, CHANNEL.removeprefix("#"))
    definition = SlackDefinition(
        bot_token=SecretStr(BOT_TOKEN),
        app_token=SecretStr(APP_TOKEN),
        signing_secret=SecretStr(SIGNING_SECRET),
        way_in="http" if kind == "http" else "socket",
        port=0,
    )
    find_key = key_finder(company.council.engine)
    async with (
        SlackServer(workspace, ALL_SCOPES, Ticking()).running() as server,
        open_slack(definition, company.dispatch, find_key, (), Slack(server.url, server.hooks)) as room,
        room.listening() as address,
        aiohttp.ClientSession() as session,
    ):
        way: Way = SocketWay(server) if address is None else HttpWay(address, session)
        yield SlackStage(company, server, room, way)


@dataclass(frozen=True)
class _Shown:
    """A message as it stands in somebody's client."""

    ts: str
    blocks: Sequence[Json]
    text: str
    place: SlackMessage | int
    """The message, or which of the whispers it is."""
    is_reply: bool = False


class SlackStage(Stage):
    def __init__(self, company: Company, server: SlackServer, room: SlackRoom, way: Way) -> None:
        super().__init__(company)
        self._server = server
        self._workspace = server.workspace
        self._room = room
        self._way = way
        council = company.council
        self._delivery = Delivery(council.engine, room.surface, company.clock, council.company)
        self._open: dict[str, str] = {}
        self._problems: dict[str, dict[str, str]] = {}

    def delivery(self) -> Delivery:
        return self._delivery

    async def answered(self) -> None:
        await self._room.settle()

    async def say(self, who: str, words: str, channel: str | None = None) -> None:
        slacker = self.slacker(who)
        place = COUNCIL_CHANNEL if channel else self._direct(who)
        if words.startswith("/"):
            await slacker.command(words, place)
        else:
            await slacker.say(f"<@U0BOT> {words}" if channel else words, place)
        await self._went_on(who)

    async def press(self, who: str, label: str) -> None:
        await self._use(who, label, {})

    async def pick(self, who: str, label: str, value: str) -> None:
        chosen = {"selected_date": value, "selected_option": {"value": value}, "value": value}
        await self._use(who, label, chosen)

    async def fill(self, who: str, answers: Mapping[str, str]) -> None:
        view_id = self._open[who]
        view = self._workspace.views[view_id]
        values = {
            block["block_id"]: _state(block, answers) for block in view["blocks"] if block["type"] == "input"
        }
        self._took(who, view_id, await self.slacker(who).submit(view, values))
        await self._went_on(who)

    def form(self, who: str) -> SeenForm | None:
        view = self._workspace.views.get(self._open.get(who, ""))
        if view is None:
            return None
        inputs = [block for block in view["blocks"] if block["type"] == "input"]
        shown = [words for block in view["blocks"] if block["type"] == "section" for words in _texts(block)]
        problems = [words.removeprefix("⚠ ") for words in shown if words.startswith("⚠ ")]
        return SeenForm(
            view["title"]["text"],
            tuple(block["label"]["text"] for block in inputs),
            {block["label"]["text"]: _held(block["element"]) for block in inputs},
            (*problems, *self._problems.get(who, {}).values()),
        )

    def reads(self, who: str) -> Sequence[Seen]:
        return [
            Seen(
                "\n".join(_texts({"blocks": one.blocks})) or one.text,
                tuple(_labels(one.blocks)),
                one.is_reply,
            )
            for one in self._shown(who)
        ]

    # --- Parts ----------------------------------------------------------------------------------

    def slacker(self, who: str) -> Slacker:
        return Slacker(USERS[who][0], self._server, self._way)

    def _direct(self, who: str) -> str:
        return self._workspace.direct(USERS[who][0]).id

    def _shown(self, who: str) -> list["_Shown"]:
        """What the person sees in their conversation and in the channel, in the order of time."""
        places = {self._direct(who), COUNCIL_CHANNEL}
        stands = [
            _Shown(one.ts, one.blocks, one.text, one, one.thread_ts is not None)
            for one in self._workspace.messages
            if one.channel in places
        ]
        whispers = [
            _Shown(one.ts, one.payload.get("blocks", ()), one.payload.get("text", ""), number)
            for number, one in enumerate(self._server.whispers)
            if one.user == USERS[who][0]
        ]
        return sorted((*stands, *whispers), key=lambda one: float(one.ts))

    async def _use(self, who: str, label: str, chosen: Json) -> None:
        for one in reversed(self._shown(who)):
            action = _find(one.blocks, label)
            if action is not None:
                if isinstance(one.place, int):
                    await self.slacker(who).click_whisper(COUNCIL_CHANNEL, one.place, {**action, **chosen})
                else:
                    await self.slacker(who).click(one.place, {**action, **chosen})
                await self._went_on(who)
                return
        raise AssertionError(f"{who} sees no control {label!r}")

    async def _went_on(self, who: str) -> None:
        before = set(self._workspace.views)
        await self.settle()
        for view_id in self._workspace.views:
            if view_id not in before or view_id not in self._open.values():
                self._open[who] = view_id

    def _took(self, who: str, view_id: str, answer: Acknowledged) -> None:
        """What a client does with the answer to a form."""
        self._problems.pop(who, None)
        match answer.payload.get("response_action"):
            case "errors":
                self._problems[who] = answer.payload["errors"]
            case "update":
                self._workspace.views[view_id] = {**answer.payload["view"], "id": view_id, "hash": "2"}
            case _:
                del self._workspace.views[view_id]


def _seen(one: _Shown) -> Seen:
    words = "\n".join(_texts({"blocks": one.blocks})) or one.text
    return Seen(words, tuple(_labels(one.blocks)), one.is_reply)


def _find(blocks: Sequence[Json], label: str) -> Json | None:
    for block in _all(blocks):
        for element in _controls(block):
            if label in _names(block, element):
                return {
                    "type": element["type"],
                    "action_id": element["action_id"],
                    "value": element.get("value", ""),
                    "block_id": block.get("block_id", ""),
                }
    return None


def _controls(block: Json) -> Iterator[Json]:
    yield from block.get("elements", ())
    if "accessory" in block:
        yield block["accessory"]
    if block.get("dispatch_action"):
        yield block["element"]


def _names(block: Json, element: Json) -> set[str]:
    """What a person calls a control: its own label, its placeholder, or the words beside it."""
    if "action_id" not in element:
        return set()
    beside = block["text"]["text"] if "accessory" in block else ""
    placeholder = element.get("placeholder", {}).get("text", "")
    own = element["text"]["text"] if isinstance(element.get("text"), Mapping) else ""
    asked = block["label"]["text"] if block.get("dispatch_action") else ""
    return {own, placeholder, beside, asked} - {""}


def _labels(blocks: Sequence[Json]) -> Iterator[str]:
    for block in _all(blocks):
        for element in _controls(block):
            yield from _names(block, element)


def _all(blocks: Sequence[Json]) -> Iterator[Json]:
    for block in blocks:
        yield block
        yield from _all(block.get("child_blocks", ()))


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, Mapping):
        for name, inner in value.items():
            if name == "text" and isinstance(inner, str):
                yield inner
            else:
                yield from _texts(inner)
    elif isinstance(value, list | tuple):
        for inner in value:
            yield from _texts(inner)


def _state(block: Json, answers: Mapping[str, str]) -> Json:
    """The state of a field as a client sends it: what was filled in, else what it held before."""
    element = block["element"]
    value = answers.get(block["label"]["text"], _held(element))
    match element["type"]:
        case "datepicker":
            return {"type": "datepicker", "selected_date": value or None}
        case "static_select" | "external_select":
            return {"type": element["type"], "selected_option": {"value": value} if value else None}
        case _:
            return {"type": element["type"], "value": value or None}


def _held(element: Json) -> str:
    option = element.get("initial_option") or {}
    return str(element.get("initial_date") or element.get("initial_value") or option.get("value") or "")
