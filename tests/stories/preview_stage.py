"""The local room as a stage."""

import secrets
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from bot.delivery import Delivery
from bot.preview.room import BOT_NAME, Guest, Message, Place, Room, Words, direct_message
from bot.preview.surface import PreviewSurface
from bot.preview.talk import Talk
from bot.preview.welcome import MESSAGE_MENU
from bot.room import list_guests
from handlers.asking import Clicked, Question, Quote, Submitted
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
    Heading,
    Input,
    NumberInput,
    Paragraph,
    PersonInput,
    Pick,
    TextInput,
    TextPick,
    spoken,
)
from messages.render.terminal import render_text
from messages.reply import Reply
from pipeline.errors import CouncilError
from tests.stories.company import CHANNEL, Company
from tests.stories.stage import Seen, SeenFile, SeenForm, Stage, in_one_line

_INPUTS = (TextInput, DateInput, NumberInput, ChoiceInput, PersonInput)


@dataclass(frozen=True)
class _Open:
    """A form, and the message and place from which it was opened."""

    form: Form
    place: Place
    message: Message | None


@dataclass(frozen=True)
class _Sent:
    form: _Open
    answers: Submitted


class PreviewStage(Stage):
    def __init__(self, company: Company) -> None:
        super().__init__(company)
        self._room = Room(lambda: datetime(2026, 7, 21, tzinfo=UTC))
        self._talk = Talk(self._room, company.dispatch.answer)
        self._delivery = Delivery(
            company.council.engine, PreviewSurface(self._room), company.clock, company.council.company
        )
        self._forms: dict[str, _Open] = {}
        self._sent: dict[str, _Sent] = {}
        self._notes: list[tuple[float, str, str]] = []
        """After which message, to whom, and what was said in passing."""

    def delivery(self) -> Delivery:
        return self._delivery

    async def answered(self) -> None:
        return None

    # --- What a person does -----------------------------------------------------------------------

    async def say(self, who: str, words: str, channel: str | None = None, thread: str = "") -> None:
        place = self._place(who, channel, thread)
        said = words if channel is None or words.startswith("/") else f"@{BOT_NAME} {words}"
        guest = self._guest(who)
        self._took(who, await self._talk.say(guest, place, said, _event()), place, None)
        await self.settle()

    async def talk(self, who: str, words: str, thread: str = "") -> None:
        await self._talk.say(self._guest(who), self._place(who, CHANNEL, thread), words, _event())

    async def press(self, who: str, label: str, about: str = "") -> None:
        message, button = self._find(who, label, about)
        assert isinstance(button, Button)
        await self._use(who, message, Clicked(button.command, button.argument))

    async def pick(self, who: str, label: str, value: str, about: str = "") -> None:
        message, control = self._find(who, label, about)
        assert not isinstance(control, Button)
        await self._use(who, message, Clicked(control.command, control.argument, value))

    async def use_menu(self, who: str, words: str) -> None:
        guest = self._guest(who)
        message = next(one for one in reversed(self._messages(who)) if words in _seen_text(one))
        content = message.content
        quote = Quote(
            content.text if isinstance(content, Words) else content.fallback,
            link=f"http://127.0.0.1/#message={message.number}",
        )
        place = Place(message.conversation, message.thread)
        question = Clicked(MESSAGE_MENU[0].command)
        reply = await self._talk.ask_of(guest, place, question, _event(), message.number, quote)
        self._took(who, reply, place, message)
        await self.settle()

    async def fill(self, who: str, answers: Mapping[str, str]) -> None:
        opened = self._forms.pop(who)
        form = opened.form
        by_label = {one.label: one for one in _inputs(form)}
        filled = {one.key: _value(one) for one in _inputs(form)}
        filled |= {by_label[label].key: _chosen(by_label[label], said) for label, said in answers.items()}
        self._sent[who] = _Sent(opened, Submitted(form.command, form.argument, filled))
        await self.send_again(who)

    async def send_again(self, who: str) -> None:
        sent = self._sent[who]
        await self._ask(who, sent.form.place, sent.form.message, sent.answers)

    def take_form(self, who: str, of: str) -> None:
        self._forms[who] = _Open(self._forms[of].form, Place(direct_message(self._guest(who).id)), None)

    # --- What a person sees -----------------------------------------------------------------------

    def form(self, who: str) -> SeenForm | None:
        if who not in self._forms:
            return None
        form = self._forms[who].form
        fields = _inputs(form)
        problems = (form.problem, *(one.problem for one in fields))
        return SeenForm(
            form.title,
            in_one_line(" ".join(_words(form.blocks))),
            tuple(one.label for one in fields),
            {one.label: _value(one) for one in fields},
            tuple(problem for problem in problems if problem),
        )

    def reads(self, who: str) -> Sequence[Seen]:
        seen = [(float(message.number), self._seen(message)) for message in self._messages(who)]
        notes = [(after, Seen(note, ())) for after, whose, note in self._notes if whose == who]
        return [one for _, one in sorted((*seen, *notes), key=lambda pair: pair[0])]

    def channel(self) -> Sequence[Seen]:
        guest = Guest("", "Everybody", "", "", frozenset({CHANNEL}))
        return [self._seen(one) for one in self._messages_of(guest) if one.audience is None]

    async def home(self, who: str) -> Seen:
        await self.say(who, "/home")
        return self.page(who)

    def page(self, who: str) -> Seen:
        return next(one for one in reversed(self.reads(who)) if "Pipeline Council ·" in one.text)

    def files(self, who: str) -> Sequence[SeenFile]:
        files = [one.attachment for one in self._messages(who) if one.attachment is not None]
        return [SeenFile(one.name, one.content.decode()) for one in files]

    # --- Parts ----------------------------------------------------------------------------------

    def _place(self, who: str, channel: str | None, thread: str) -> Place:
        if channel is None:
            return Place(direct_message(self._guest(who).id))
        if not thread:
            return Place(channel)
        heads = [one for one in self._messages(who) if one.conversation == channel and one.thread is None]
        return Place(channel, next(one.number for one in reversed(heads) if thread in _seen_text(one)))

    async def _use(self, who: str, message: Message, question: Question) -> None:
        await self._ask(who, Place(message.conversation, message.thread), message, question)

    async def _ask(self, who: str, place: Place, message: Message | None, question: Question) -> None:
        guest, number = self._guest(who), message.number if message else None
        reply = await self._talk.ask(guest, place, question, _event(), number)
        self._took(who, reply, place, message)
        await self.settle()

    def _took(self, who: str, reply: Reply, place: Place, message: Message | None) -> None:
        if reply.form is not None:
            self._forms[who] = _Open(reply.form, place, message)
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
        return self._messages_of(self._guest(who))

    def _messages_of(self, guest: Guest) -> list[Message]:
        return sorted(self._room.messages_for(guest), key=lambda message: message.number)

    def _seen(self, message: Message) -> Seen:
        controls = () if isinstance(message.content, Words) else tuple(_labels(message.content))
        return Seen(_seen_text(message), controls, self._head(message))

    def _head(self, message: Message) -> str:
        guest = Guest("", "", "", "", frozenset({message.conversation}))
        heads = [one for one in self._room.messages_for(guest) if one.number == message.thread]
        return " ".join(_seen_text(one) for one in heads) or ("…" if message.thread is not None else "")

    def _find(self, who: str, label: str, about: str) -> tuple[Message, Button | Pick]:
        for message in reversed(self._messages(who)):
            if isinstance(message.content, Card):
                found = _control(message.content, label, about)
                if found is not None:
                    return message, found
        raise AssertionError(f"{who} sees no control {label!r} about {about!r}")


def _seen_text(message: Message) -> str:
    if isinstance(message.content, Words):
        return message.content.text
    return in_one_line(render_text(message.content, 300))


def _event() -> str:
    return f"preview:{secrets.token_hex(6)}"


def _control(card: Card, label: str, about: str) -> Button | Pick | None:
    """The first of that label at or below the words."""
    is_below = about in card.title
    for block in _flat(card.blocks):
        is_below = is_below or any(about in words for words in _words((block,)))
        if is_below:
            for control in _controls((block,)):
                if control.label == label:
                    return control
    return next((button for button in card.actions if is_below and button.label == label), None)


def _labels(card: Card) -> Iterator[str]:
    yield from (control.label for control in _controls(card.blocks))
    yield from (button.label for button in card.actions)


def _flat(blocks: Sequence[Block]) -> Iterator[Block]:
    for block in blocks:
        if isinstance(block, Folded):
            yield from block.blocks
        else:
            yield block


def _controls(blocks: Sequence[Block]) -> Iterator[Button | Pick]:
    for block in _flat(blocks):
        if isinstance(block, Buttons):
            yield from block.buttons
        elif isinstance(block, DatePick | ChoicePick | TextPick):
            yield block


def _words(blocks: Sequence[Block]) -> Iterator[str]:
    for block in _flat(blocks):
        if isinstance(block, Paragraph):
            yield spoken(block.text)
        elif isinstance(block, Heading):
            yield block.text


def _inputs(form: Form) -> list[Input]:
    return [block for block in form.blocks if isinstance(block, _INPUTS)]


def _chosen(one: Input, said: str) -> str:
    """What a choice of these words sends; elsewhere the words themselves."""
    match one:
        case ChoiceInput(choices=choices):
            return {choice.label: choice.value for choice in choices}.get(said, said)
        case PersonInput(people=people):
            return {person.name: person.id for person in people}.get(said, said)
        case _:
            return said


def _value(one: Input) -> str:
    match one:
        case DateInput(value=day) if day is not None:
            return day.isoformat()
        case NumberInput(value=number) if number is not None:
            return f"{number:f}"
        case _:
            return str(one.value or "")
