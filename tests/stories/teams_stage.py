"""An organisation in Microsoft Teams as a stage: everything over signed HTTP, as Teams would send it."""

import re
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from enum import Enum, auto
from typing import Any

import aiohttp

from bot.delivery import Delivery
from bot.teams.files import CONSENT
from bot.teams.room import TeamsRoom, open_teams
from bot.teams.running import letters_in
from bot.teams.showing import IN_OUR_CHAT
from bot.teams.talk import DONE, IN_CHAT
from handlers.actions import type_commands
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
from tests.teams.cards import actions_of, inputs_of
from tests.teams.colleagues import Answered, Colleague, Line
from tests.teams.connector import ConnectorServer
from tests.teams.office import local_microsoft, make_definition, serve_microsoft
from tests.teams.organisation import BOT, Json, Organisation, Person, TeamsMessage

NAMES = {
    ANA: "Ana Lind",
    BEN: "Ben Osei",
    MONA: "Mona Reyes",
    ZOE: "Zoe Park",
    KAI: "Kai Berg",
    OPS: "Olga Ops",
    STRANGER: "Who Ever",
    GUEST: "Gus Visitor",
}
_ASIDE = (IN_OUR_CHAT, IN_CHAT, DONE)
"""Where an answer stands, and that there is nothing else to say: other surfaces show that without words."""
_NEXT_PART = re.compile(r"^.* · part \d+ of \d+$")
_SENDS_PICK = ("Set", "Send")


@asynccontextmanager
async def open_teams_stage(company: Company, forms: str = "in place") -> AsyncIterator["TeamsStage"]:
    """`forms`: where they stand: "in place" of the message, or "in dialogs"."""
    organisation = Organisation()
    people = {
        email: organisation.add_person(name, email, role="guest" if email == GUEST else "user")
        for email, name in NAMES.items()
    }
    team = organisation.add_team("Sales", *people.values())
    channel = organisation.add_channel(team, CHANNEL.removeprefix("#"))
    engine = company.council.engine
    async with serve_microsoft(organisation) as server, aiohttp.ClientSession() as session:
        opening = open_teams(
            make_definition(dialogs=forms == "in dialogs"),
            company.dispatch,
            engine,
            letters_in(engine),
            (),
            tuple(type_commands(company.council.company)),
            local_microsoft(server, server.issuer),
        )
        async with opening as room, room.listening() as address:
            line = Line(address, session, server)
            await Colleague(people[OPS], line).add_to_team(team.id, team.name)
            await room.turns.settle()
            yield TeamsStage(company, server, room, line, people, channel)


class _Form(Enum):
    """Where a form stands."""

    IN_PLACE = auto()
    """Of the message, for the one."""
    IN_DIALOG = auto()
    """That a button of the message opened."""
    BEHIND_MENU = auto()
    """In a dialog that an entry in the message's own menu opened."""


@dataclass(frozen=True)
class _Open:
    """A form, and the message from which it was opened."""

    card: Json
    message: TeamsMessage
    stands: _Form = _Form.IN_PLACE


@dataclass(frozen=True)
class _Sent:
    form: _Open
    inputs: Mapping[str, str]


class TeamsStage(Stage):
    def __init__(
        self,
        company: Company,
        server: ConnectorServer,
        room: TeamsRoom,
        line: Line,
        people: Mapping[str, Person],
        channel: str,
    ) -> None:
        super().__init__(company)
        self.server = server
        self.line = line
        self._organisation = server.organisation
        self._room = room
        self._people = people
        self._channel = channel
        council = company.council
        self._delivery = Delivery(council.engine, room.surface, company.clock, council.company)
        self._talked: set[str] = set()
        self._known: set[str] = set()
        """Messages of which it was looked whether a form or a file stands in them."""
        self._open: dict[str, _Open] = {}
        self._sent: dict[str, _Sent] = {}
        self._notes: list[tuple[float, str, str]] = []
        """After which message, to whom, and what was said in passing."""
        self._files: dict[str, list[SeenFile]] = {}

    def delivery(self) -> Delivery:
        return self._delivery

    async def answered(self) -> None:
        await self._room.turns.settle()

    # --- What a person does -----------------------------------------------------------------------

    async def say(self, who: str, words: str, channel: str | None = None, thread: str = "") -> None:
        typed = words.removeprefix("/")
        if channel is None:
            await self.colleague(who).say(typed)
        else:
            head = self._head_with(thread).id if thread else None
            await self.colleague(who).mention(typed, self._channel, head)
        await self._went_on(who)

    async def talk(self, who: str, words: str, thread: str = "") -> None:
        head = self._head_with(thread).id if thread else None
        said = self._organisation.say(self._people[who], self._channel, words, head)
        self._talked.add(said.id)

    async def press(self, who: str, label: str, about: str = "") -> None:
        await self._use(who, label, about, None)

    async def pick(self, who: str, label: str, value: str, about: str = "") -> None:
        await self._use(who, label, about, value)

    async def use_menu(self, who: str, words: str) -> None:
        message = next(
            one for one in reversed(self._messages(who)) if words in _text_of(self._cards(who, one), one)
        )
        answer = await self.colleague(who).use_menu(message)
        await self._took(who, message, answer, _Form.BEHIND_MENU)

    async def fill(self, who: str, answers: Mapping[str, str]) -> None:
        form = self._open.pop(who)
        fields = {one["label"]: one for one in inputs_of(form.card)}
        inputs = {fields[label]["id"]: _chosen(fields[label], said) for label, said in answers.items()}
        self._sent[who] = _Sent(form, inputs)
        await self.send_again(who)

    async def send_again(self, who: str) -> None:
        sent = self._sent[who]
        message, card, stands = sent.form.message, sent.form.card, sent.form.stands
        (send,) = [one for one in actions_of(card) if one["data"].get("form")]
        held = {one["id"]: one["value"] for one in inputs_of(card) if one.get("value") not in (None, "")}
        data = {**send["data"], **held, **sent.inputs}
        colleague = self.colleague(who)
        match stands:
            case _Form.IN_PLACE:
                answer = await colleague.use(message, card, send, sent.inputs)
            case _Form.IN_DIALOG:
                answer = await colleague.dialog("task/submit", {"data": data}, message)
            case _Form.BEHIND_MENU:
                answer = await colleague.send_menu_form(message, data)
        await self._took(who, message, answer, stands)

    def take_form(self, who: str, of: str) -> None:
        taken = self._open[of]
        here = TeamsMessage(self._people[who].chat, taken.message.id, taken.message.activity)
        self._open[who] = _Open(taken.card, here, taken.stands)

    # --- What a person sees -----------------------------------------------------------------------

    def form(self, who: str) -> SeenForm | None:
        if who not in self._open:
            return None
        card = self._open[who].card
        title, *words = _texts(card)
        fields = list(inputs_of(card))
        return SeenForm(
            title,
            in_one_line(" ".join(one for one in words if not one.startswith("⚠ "))),
            tuple(one["label"] for one in fields),
            {one["label"]: str(one.get("value", "")) for one in fields},
            tuple(one.removeprefix("⚠ ") for one in words if one.startswith("⚠ ")),
        )

    def reads(self, who: str) -> Sequence[Seen]:
        seen = self._seen(who, self._messages(who))
        notes = [(after, Seen(note, ())) for after, whose, note in self._notes if whose == who]
        return [one for _, one in sorted((*seen, *notes), key=lambda pair: pair[0])]

    def channel(self) -> Sequence[Seen]:
        return [one for _, one in self._seen("", self._standing({self._channel}))]

    async def home(self, who: str) -> Seen:
        await self.say(who, "/home")
        return self.page(who)

    def page(self, who: str) -> Seen:
        return next(one for one in reversed(self.reads(who)) if "Pipeline Council ·" in one.text)

    def files(self, who: str) -> Sequence[SeenFile]:
        return self._files.get(who, [])

    def spoken(self, command: str) -> str:
        return command.removeprefix("/")

    # --- Parts ----------------------------------------------------------------------------------

    def colleague(self, who: str) -> Colleague:
        return Colleague(self._people[who], self.line)

    def _messages(self, who: str) -> list[TeamsMessage]:
        return self._standing({self._people[who].chat, *([self._channel] if who in IN_CHANNEL else [])})

    def _standing(self, places: set[str]) -> list[TeamsMessage]:
        """What we and colleagues said there, in the order of time: without forms, files and pictures."""
        return [
            one
            for one in sorted(self._organisation.messages, key=lambda message: int(message.id))
            if one.conversation in places
            and (one.sender == BOT or one.id in self._talked)
            and (_said(one.text) or one.cards)
            and not any(_is_form(card) for card in one.cards)
        ]

    def _head_with(self, words: str) -> TeamsMessage:
        heads = [one for one in self._standing({self._channel}) if one.thread is None]
        return next(one for one in reversed(heads) if words in _text_of(one.cards, one))

    def _cards(self, who: str, message: TeamsMessage) -> list[Json]:
        """As the person sees them; below a form of theirs the message stands as everybody sees it."""
        if not who:
            return message.cards
        seen = self.colleague(who).seen(message)
        return message.cards if any(_is_form(card) for card in seen) else seen

    def _seen(self, who: str, messages: Sequence[TeamsMessage]) -> list[tuple[float, Seen]]:
        """A card that became several messages is read as one."""
        found: list[tuple[float, Seen]] = []
        for message in messages:
            cards = self._cards(who, message)
            text, controls = _text_of(cards, message), tuple(_labels(cards))
            if cards and _NEXT_PART.match(next(_texts(cards))):
                at, first = found[-1]
                found[-1] = (at, Seen(f"{first.text} {text}", (*first.controls, *controls), first.head))
            else:
                found.append((float(message.id), Seen(text, controls, self._head_of(message))))
        return found

    def _head_of(self, message: TeamsMessage) -> str:
        if message.thread is None:
            return ""
        heads = [one for one in self._organisation.messages if one.id == message.thread]
        return " ".join(_text_of(one.cards, one) for one in heads) or "…"

    async def _use(self, who: str, label: str, about: str, picked: str | None) -> None:
        for message in reversed(self._messages(who)):
            for card in self._cards(who, message):
                action = _find(card, label, about, is_pick=picked is not None)
                if action is not None:
                    await self._leave_form(who, message)
                    inputs = {} if picked is None else {action["data"]["value_in"]: picked}
                    answer = await self.colleague(who).use(message, card, action, inputs)
                    stands = _Form.IN_DIALOG if action["type"] == "Action.Submit" else _Form.IN_PLACE
                    await self._took(who, message, answer, stands)
                    return
        raise AssertionError(f"{who} sees no control {label!r} about {about!r}")

    async def _leave_form(self, who: str, message: TeamsMessage) -> None:
        """A form stands where the buttons stood: whoever wants those leaves it first."""
        opened = self._open.get(who)
        if opened is not None and opened.message is message:
            del self._open[who]
            if opened.stands is _Form.IN_PLACE:
                await self.colleague(who).press(message, "Cancel")

    async def _took(self, who: str, message: TeamsMessage, answer: Answered, stands: _Form) -> None:
        """What a client does with the answer to a click or a form."""
        assert answer.status == 200
        await self.answered()
        now = self._last_id()
        form = _form_in(answer.body)
        if form is not None:
            self._open[who] = _Open(form, message, stands)
        await self._went_on(who)
        note = self._note_in(message, answer.body)
        if note:
            self._notes.append((now + 0.5, who, note))

    def _last_id(self) -> int:
        return max((int(one.id) for one in self._organisation.messages), default=0)

    def _note_in(self, message: TeamsMessage, answer: Json) -> str:
        """What was said to the one alone: in words, or below a message as all see it."""
        said = answer.get("value", answer.get("task", {}).get("value", ""))
        if isinstance(said, str):
            return _said(said)
        if _form_in(answer) is not None:
            return ""
        here = [card for one in self._standing({message.conversation}) for card in one.cards]
        known = [element for card in here for element in card["body"]]
        new = [
            element for element in said["body"] if element not in known and element["type"] == "RichTextBlock"
        ]
        return _said(in_one_line(" ".join(_texts(new))))

    async def _went_on(self, who: str) -> None:
        """Until everything is shown; a file that was offered is taken, a form that came by itself is open."""
        await self.settle()
        new = [one for one in self._organisation.messages if one.id not in self._known]
        self._known |= {one.id for one in new}
        for message in new:
            if message.conversation != self._people[who].chat:
                continue
            if any(_is_form(card) for card in message.cards):
                self._open[who] = _Open(message.cards[0], message)
            for attachment in message.activity.get("attachments") or ():
                if attachment["contentType"] == CONSENT:
                    await self._take_file(who, message, attachment["name"])

    async def _take_file(self, who: str, message: TeamsMessage, name: str) -> None:
        await self.colleague(who).take_file(message)
        await self.settle()
        content = self._organisation.drives.pop(name)
        self._files.setdefault(who, []).append(SeenFile(name, content.decode()))


def _form_in(answer: Json) -> Json | None:
    """The form that an answer shows, in a dialog or in the place of the message."""
    task = answer.get("task", {}).get("value")
    card = task["card"]["content"] if isinstance(task, Mapping) else answer.get("value")
    return card if isinstance(card, dict) and _is_form(card) else None


def _is_form(card: Json) -> bool:
    return any(action.get("data", {}).get("form") for action in actions_of(card))


def _said(words: str) -> str:
    """Without what says where the answer stands."""
    for aside in _ASIDE:
        words = words.removesuffix(aside).rstrip()
    return words


def _text_of(cards: Sequence[Json], message: TeamsMessage) -> str:
    return in_one_line(" ".join(_texts(cards)) if cards else message.text)


def _texts(content: Any) -> Iterator[str]:
    """Every text of a card in order; what stands in one line comes as one."""
    for kind, found in _walk(content):
        if kind == "text":
            yield found


def _labels(content: Any) -> Iterator[str]:
    """What a person calls the controls: buttons by their words, picks by those above the field."""
    for kind, found in _walk(content):
        if kind == "field":
            yield found["label"]
        elif kind == "action" and "value_in" not in found["data"]:
            yield found["title"]


def _walk(content: Any) -> Iterator[tuple[str, Any]]:
    """Texts, fields and buttons of ours, as they come."""
    if isinstance(content, list):
        for one in content:
            yield from _walk(one)
        return
    if not isinstance(content, Mapping):
        return
    kind = content.get("type", "")
    if kind == "RichTextBlock":
        yield "text", "".join(one if isinstance(one, str) else one["text"] for one in content["inlines"])
    elif kind == "TextBlock":
        yield "text", content["text"]
    elif kind.startswith("Input."):
        yield "field", content
    elif kind in ("Action.Execute", "Action.Submit"):
        yield "action", content
    elif content.get("selectAction", {}).get("type") != "Action.ToggleVisibility":
        for inner in ("body", "items", "columns", "rows", "cells", "actions"):
            yield from _walk(content.get(inner, []))


def _find(card: Json, label: str, about: str, *, is_pick: bool) -> Json | None:
    """The first of that label at or below the words; of a pick, the button that sends it."""
    is_below, wanted = not about, ""
    for kind, found in _walk(card):
        if kind == "text":
            is_below = is_below or about in found
        elif kind == "field" and is_below and found["label"] == label:
            wanted = found["id"]
        elif kind == "action" and is_below:
            if is_pick and wanted and found["data"].get("value_in") == wanted:
                assert found["title"] in _SENDS_PICK
                return dict(found)
            if not is_pick and found["title"] == label:
                return dict(found)
    return None


def _chosen(field: Json, said: str) -> str:
    """What a choice of these words sends; elsewhere the words themselves."""
    choices = {one["title"]: one["value"] for one in field.get("choices", ())}
    return str(choices.get(said, said))
