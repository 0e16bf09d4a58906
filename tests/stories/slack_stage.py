"""A Slack workspace as a stage: everything over HTTP or a socket, as Slack would send it."""

from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import aiohttp
from pydantic import SecretStr

from bot.delivery import Delivery
from bot.slack.definition import SlackDefinition
from bot.slack.manifest import ASSIGN_SHORTCUT
from bot.slack.room import Slack, SlackRoom, open_slack
from bot.slack.running import key_finder
from tests.slack.office import ALL_SCOPES, COUNCIL_CHANNEL, Ticking
from tests.slack.server import APP_TOKEN, BOT_TOKEN, SlackServer
from tests.slack.users import SIGNING_SECRET, Acknowledged, HttpWay, Slacker, SocketWay, Way
from tests.slack.workspace import BOT_USER, Json, SlackMessage, Workspace
from tests.stories.company import (
    ANA,
    BEN,
    CHANNEL,
    GUEST,
    IN_CHANNEL,
    KAI,
    MONA,
    OPS,
    STRANGER,
    ZOE,
    Company,
)
from tests.stories.stage import Seen, SeenFile, SeenForm, Stage, in_one_line

USERS = {
    ANA: ("U0ANA", "Ana Lind"),
    BEN: ("U0BEN", "Ben Osei"),
    MONA: ("U0MONA", "Mona Reyes"),
    ZOE: ("U0ZOE", "Zoe Park"),
    KAI: ("U0KAI", "Kai Berg"),
    OPS: ("U0OPS", "Olga Ops"),
    STRANGER: ("U0WHO", "Who Ever"),
    GUEST: ("U0GUEST", "Gus Visitor"),
}


@asynccontextmanager
async def open_slack_stage(company: Company, kind: str) -> AsyncIterator["SlackStage"]:
    """`kind`: by which way Slack reaches us."""
    workspace = Workspace()
    for email, (user, name) in USERS.items():
        workspace.add_user(user, name, email, is_restricted=email == GUEST)
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


class _Home:
    """The app's own page as a place."""


@dataclass(frozen=True)
class _Shown:
    """A message as it stands in somebody's client."""

    ts: str
    blocks: Sequence[Json]
    text: str
    place: SlackMessage | _Home | int
    """The message, the app's own page, or which of the whispers it is."""
    thread_ts: str | None = None


@dataclass(frozen=True)
class _Sent:
    """A form as it was sent."""

    view: Json
    values: Mapping[str, Json]


class SlackStage(Stage):
    def __init__(self, company: Company, server: SlackServer, room: SlackRoom, way: Way) -> None:
        super().__init__(company)
        self.server = server
        self._workspace = server.workspace
        self._room = room
        self._way = way
        council = company.council
        self._delivery = Delivery(council.engine, room.surface, company.clock, council.company)
        self._open: dict[str, str] = {}
        self._known_views: set[str] = set()
        self._typed: dict[str, Mapping[str, str]] = {}
        """What still stands in the fields of a form that was sent back with what is wrong."""
        self._problems: dict[str, Mapping[str, str]] = {}
        self._sent: dict[str, _Sent] = {}

    def delivery(self) -> Delivery:
        return self._delivery

    async def answered(self) -> None:
        await self._room.settle()

    # --- What a person does -----------------------------------------------------------------------

    async def say(self, who: str, words: str, channel: str | None = None, thread: str = "") -> None:
        slacker = self.slacker(who)
        place = COUNCIL_CHANNEL if channel else self._direct(who)
        if words.startswith("/"):
            await slacker.command(words, place)
        else:
            head = self._head_of(thread) if thread else None
            await slacker.say(f"<@{BOT_USER}> {words}" if channel else words, place, head)
        await self._went_on(who)

    async def talk(self, who: str, words: str, thread: str = "") -> None:
        head = self._head_of(thread) if thread else None
        self._workspace.say(USERS[who][0], COUNCIL_CHANNEL, words, head)

    async def press(self, who: str, label: str, about: str = "") -> None:
        await self._use(who, label, about, {})

    async def pick(self, who: str, label: str, value: str, about: str = "") -> None:
        chosen = {"selected_date": value, "selected_option": {"value": value}, "value": value}
        await self._use(who, label, about, chosen)

    async def use_menu(self, who: str, words: str) -> None:
        message = next(
            one.place
            for one in reversed(self._shown(who))
            if words in _text_of(one) and isinstance(one.place, SlackMessage)
        )
        await self.slacker(who).use_menu(message, ASSIGN_SHORTCUT)
        await self._went_on(who)

    async def fill(self, who: str, answers: Mapping[str, str]) -> None:
        view = self._workspace.views[self._open[who]]
        said = {**self._typed.pop(who, {}), **answers}
        values = {block["block_id"]: _state(block, said) for block in _fields(view)}
        self._sent[who] = _Sent(view, values)
        answer = await self.slacker(who).submit(view, values)
        self._took(who, view["id"], answer, said)
        await self._went_on(who)

    async def send_again(self, who: str) -> None:
        sent = self._sent[who]
        await self.slacker(who).submit(sent.view, sent.values)
        await self._went_on(who)

    def take_form(self, who: str, of: str) -> None:
        self._open[who] = self._open[of]

    # --- What a person sees -----------------------------------------------------------------------

    def form(self, who: str) -> SeenForm | None:
        view = self._workspace.views.get(self._open.get(who, ""))
        if view is None:
            return None
        shown = [words for block in view["blocks"] if block["type"] != "input" for words in _texts(block)]
        problems = [words.removeprefix("⚠ ") for words in shown if words.startswith("⚠ ")]
        held = {block["label"]["text"]: _held(block["element"]) for block in _fields(view)}
        return SeenForm(
            view["title"]["text"],
            in_one_line(" ".join(shown)),
            tuple(held),
            {**held, **self._typed.get(who, {})},
            (*problems, *self._problems.get(who, {}).values()),
        )

    def reads(self, who: str) -> Sequence[Seen]:
        return [self._seen(one) for one in self._shown(who)]

    def channel(self) -> Sequence[Seen]:
        return [self._seen(one) for one in self._standing({COUNCIL_CHANNEL})]

    async def home(self, who: str) -> Seen:
        await self.slacker(who).happen({"type": "app_home_opened", "user": USERS[who][0], "tab": "home"})
        await self.settle()
        return self.page(who)

    def page(self, who: str) -> Seen:
        return self._seen(self._home_of(who)[0])

    def files(self, who: str) -> Sequence[SeenFile]:
        return [
            SeenFile(one["name"], self._workspace.uploads[key].decode())
            for key, one in self._workspace.files.items()
            if one.get("channel") == self._direct(who)
        ]

    # --- Parts ----------------------------------------------------------------------------------

    def slacker(self, who: str) -> Slacker:
        return Slacker(USERS[who][0], self.server, self._way)

    def _direct(self, who: str) -> str:
        return self._workspace.direct(USERS[who][0]).id

    def _head_of(self, words: str) -> str:
        heads = [one for one in self._standing({COUNCIL_CHANNEL}) if one.thread_ts is None]
        return next(one.ts for one in reversed(heads) if words in _text_of(one))

    def _shown(self, who: str) -> list[_Shown]:
        """What the person sees in their conversation and in the channel, in the order of time."""
        places = {self._direct(who), *([COUNCIL_CHANNEL] if who in IN_CHANNEL else [])}
        whispers = [
            _Shown(one.ts, one.payload.get("blocks", ()), one.payload.get("text", ""), number)
            for number, one in enumerate(self.server.whispers)
            if one.user == USERS[who][0]
        ]
        return sorted((*self._standing(places), *whispers), key=lambda one: float(one.ts))

    def _standing(self, places: set[str]) -> list[_Shown]:
        return [
            _Shown(one.ts, one.blocks, one.text, one, one.thread_ts)
            for one in self._workspace.messages
            if one.channel in places
        ]

    def _home_of(self, who: str) -> list[_Shown]:
        view = self._workspace.homes.get(USERS[who][0])
        return [] if view is None else [_Shown("", view["blocks"], "", _Home())]

    def _seen(self, one: _Shown) -> Seen:
        head = ""
        if one.thread_ts is not None and isinstance(one.place, SlackMessage):
            head = _text_of(self._find_standing(one.place.channel, one.thread_ts)) or "…"
        return Seen(_text_of(one), tuple(_labels(one.blocks)), head)

    def _find_standing(self, channel: str, ts: str) -> _Shown:
        return next(one for one in self._standing({channel}) if one.ts == ts)

    async def _use(self, who: str, label: str, about: str, chosen: Json) -> None:
        for one in (*reversed(self._shown(who)), *self._home_of(who)):
            action = _find(one.blocks, label, about)
            if action is None:
                continue
            used = {**action, **chosen}
            match one.place:
                case SlackMessage():
                    await self.slacker(who).click(one.place, used)
                case _Home():
                    await self.slacker(who).click_home(used)
                case int():
                    await self.slacker(who).click_whisper(COUNCIL_CHANNEL, one.place, used)
            await self._went_on(who)
            return
        raise AssertionError(f"{who} sees no control {label!r} about {about!r}")

    async def _went_on(self, who: str) -> None:
        """A view that was not there before was opened before whoever has just done something."""
        await self.settle()
        for view_id in self._workspace.views:
            if view_id not in self._known_views:
                self._known_views.add(view_id)
                self._open[who] = view_id
                self._typed.pop(who, None)
                self._problems.pop(who, None)

    def _took(self, who: str, view_id: str, answer: Acknowledged, said: Mapping[str, str]) -> None:
        """What a client does with the answer to a form."""
        self._problems.pop(who, None)
        match answer.payload.get("response_action"):
            case "errors":
                self._problems[who] = answer.payload["errors"]
                self._typed[who] = said
            case "update":
                self._workspace.views[view_id] = {**answer.payload["view"], "id": view_id, "hash": "2"}
            case _:
                self._workspace.views.pop(view_id, None)


def _fields(view: Json) -> list[Json]:
    return [block for block in view["blocks"] if block["type"] == "input"]


def _text_of(one: _Shown) -> str:
    return in_one_line("\n".join(_texts({"blocks": one.blocks})) or one.text)


def _find(blocks: Sequence[Json], label: str, about: str) -> Json | None:
    """The action of the first control of that label at or below the words."""
    is_below = False
    for block in _all(blocks):
        is_below = is_below or any(about in words for words in _texts(block))
        for element in _controls(block) if is_below else ():
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
    """Every text of blocks; what stands in one line comes as one."""
    if isinstance(value, Mapping):
        if value.get("type") == "rich_text_section":
            yield "".join(_texts(value["elements"]))
            return
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
            chosen = _options(element).get(value, value)
            return {"type": element["type"], "selected_option": {"value": chosen} if chosen else None}
        case _:
            return {"type": element["type"], "value": value or None}


def _options(element: Json) -> dict[str, str]:
    """Values of a menu by the words that a person reads."""
    return {option["text"]["text"]: option["value"] for option in element.get("options", ())}


def _held(element: Json) -> str:
    option = element.get("initial_option") or {}
    return str(element.get("initial_date") or element.get("initial_value") or option.get("value") or "")
