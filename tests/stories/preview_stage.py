"""The local room as a stage."""

import secrets
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime

from bot.delivery import Delivery
from bot.preview.room import Guest, Message, Place, Room, Words, direct_message
from bot.preview.surface import PreviewSurface
from bot.preview.talk import Talk
from bot.room import list_guests
from handlers.asking import Clicked, Question, Submitted
from messages.card import (
    Block,
    Button,
    Buttons,
    Card,
    ChoiceInput,
    ChoicePick,
    DateInput,
    DatePick,
    Folded,
    Form,
    Input,
    NumberInput,
    PersonInput,
    Pick,
    TextInput,
    TextPick,
)
from messages.render.terminal import render_text
from messages.reply import Reply
from pipeline.errors import CouncilError
from tests.stories.stage import CHANNEL, Company, Seen, SeenForm, Stage

_INPUTS = (TextInput, DateInput, NumberInput, ChoiceInput, PersonInput)


class PreviewStage(Stage):
    def __init__(self, company: Company) -> None:
        super().__init__(company)
        self._room = Room(lambda: datetime(2026, 7, 21, tzinfo=UTC))
        self._talk = Talk(self._room, company.dispatch.answer)
        self._delivery = Delivery(
            company.council.engine, PreviewSurface(self._room), company.clock, company.council.company
        )
        self._forms: dict[str, tuple[Form, Message | None]] = {}
        self._notes: list[tuple[float, str, str]] = []
        """After which message, to whom, and what was said in passing."""

    def delivery(self) -> Delivery:
        return self._delivery

    async def answered(self) -> None:
        return None

    async def say(self, who: str, words: str, channel: str | None = None) -> None:
        guest = self._guest(who)
        place = Place(channel or direct_message(guest.id))
        self._took(who, await self._talk.say(guest, place, words, _event()), None)
        await self.settle()

    async def press(self, who: str, label: str) -> None:
        message, button = self._find(who, label)
        assert isinstance(button, Button)
        await self._ask(who, message, Clicked(button.command, button.argument))

    async def pick(self, who: str, label: str, value: str) -> None:
        message, control = self._find(who, label)
        assert not isinstance(control, Button)
        await self._ask(who, message, Clicked(control.command, control.argument, value))

    async def fill(self, who: str, answers: Mapping[str, str]) -> None:
        form, message = self._forms.pop(who)
        by_label = {one.label: one for one in _inputs(form)}
        filled = {one.key: _value(one) for one in _inputs(form)}
        filled |= {by_label[label].key: value for label, value in answers.items()}
        await self._ask(who, message, Submitted(form.command, form.argument, filled))

    def form(self, who: str) -> SeenForm | None:
        if who not in self._forms:
            return None
        form, _ = self._forms[who]
        fields = _inputs(form)
        problems = (form.problem, *(one.problem for one in fields))
        return SeenForm(
            form.title,
            tuple(one.label for one in fields),
            {one.label: _value(one) for one in fields},
            tuple(problem for problem in problems if problem),
        )

    def reads(self, who: str) -> Sequence[Seen]:
        seen = [(float(message.number), _seen(message)) for message in self._messages(who)]
        notes = [(after, Seen(note, ())) for after, whose, note in self._notes if whose == who]
        return [one for _, one in sorted((*seen, *notes), key=lambda pair: pair[0])]

    # --- Parts ----------------------------------------------------------------------------------

    async def _ask(self, who: str, message: Message | None, question: Question) -> None:
        guest = self._guest(who)
        place = Place(message.conversation if message else direct_message(guest.id))
        reply = await self._talk.ask(guest, place, question, _event(), message.number if message else None)
        self._took(who, reply, message)
        await self.settle()

    def _took(self, who: str, reply: Reply, message: Message | None) -> None:
        if reply.form is not None:
            self._forms[who] = (reply.form, message)
        if reply.note:
            last = max((message.number for message in self._messages(who)), default=0)
            self._notes.append((last + 0.5, who, reply.note))

    def _guest(self, who: str) -> Guest:
        """Those whom the configuration lists and the CRM does not know can come in here too."""
        try:
            member = self.company.dispatch.member(who)
        except CouncilError:
            return Guest(who, who, "Strangers", "", frozenset())
        known = {guest.id: guest for guest in list_guests(self.company.council, {})}
        listed = Guest(member.id, member.name, "Council", "", frozenset({CHANNEL}))
        return known.get(member.id, listed)

    def _messages(self, who: str) -> list[Message]:
        found = self._room.messages_for(self._guest(who))
        return sorted(found, key=lambda message: message.number)

    def _find(self, who: str, label: str) -> tuple[Message, Button | Pick]:
        for message in reversed(self._messages(who)):
            if isinstance(message.content, Card):
                for control in _controls(message.content):
                    if control.label == label:
                        return message, control
        raise AssertionError(f"{who} sees no control {label!r}")


def _seen(message: Message) -> Seen:
    is_reply = message.thread is not None
    if isinstance(message.content, Words):
        return Seen(message.content.text, (), is_reply)
    return Seen(render_text(message.content, 300), tuple(_labels(message.content)), is_reply)


def _event() -> str:
    return f"preview:{secrets.token_hex(6)}"


def _controls(card: Card) -> Iterator[Button | Pick]:
    yield from _of(card.blocks)
    yield from card.actions


def _of(blocks: Sequence[Block]) -> Iterator[Button | Pick]:
    for block in blocks:
        if isinstance(block, Buttons):
            yield from block.buttons
        elif isinstance(block, DatePick | ChoicePick | TextPick):
            yield block
        elif isinstance(block, Folded):
            yield from _of(block.blocks)


def _labels(card: Card) -> Iterator[str]:
    return (control.label for control in _controls(card))


def _inputs(form: Form) -> list[Input]:
    return [block for block in form.blocks if isinstance(block, _INPUTS)]


def _value(one: Input) -> str:
    match one:
        case DateInput(value=day) if day is not None:
            return day.isoformat()
        case NumberInput(value=number) if number is not None:
            return f"{number:f}"
        case _:
            return str(one.value or "")
