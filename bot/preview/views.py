"""What the page is told: the room as one guest sees it, as values that become JSON."""

import re
from collections.abc import Mapping, Sequence
from datetime import datetime

from pydantic import BaseModel, ConfigDict, Field

from bot.preview.ground import Ground
from bot.preview.room import BOT_NAME, MAX_MESSAGES, Guest, Message, Place, RoomPage, Words, direct_message
from bot.preview.welcome import MenuEntry, Suggestion, Welcome
from messages.render import html
from messages.reply import Reply


class View(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class GuestView(View):
    id: str
    name: str
    role: str
    says: str


class ConversationView(View):
    id: str
    name: str
    is_channel: bool
    begins_at: int | None = None
    """The message that somebody who has just come in reads first: what came before is old, and what follows
    is about it. `None`: there is no such message, and they read the last one."""


READ_FIRST = re.compile(r"(council|digest|manager_digest):[^:]+:[^:]+")
"""The keys of the cards that somebody who comes in is led to; those of a post's rows are longer."""


class FileView(View):
    name: str
    bytes: int


class MessageView(View):
    """`html` is a safe fragment of a card; `words` is text that a guest typed. One of them is there."""

    number: int
    change: int
    conversation: str
    thread: int | None
    author: str | None
    posted_at: datetime
    is_private: bool
    """Shown to this guest alone, in a conversation of several."""
    is_edited: bool
    html: str | None = None
    words: str | None = None
    summary: str
    """What is read aloud when it arrives."""
    file: FileView | None = None


class RoomView(View):
    bot_name: str
    ground: str
    is_read_only: bool
    me: GuestView
    guests: tuple[GuestView, ...]
    conversations: tuple[ConversationView, ...]
    messages: tuple[MessageView, ...]
    """The latest of every conversation."""
    with_earlier: tuple[str, ...]
    """The conversations in which more was said before."""
    suggestions: tuple[Suggestion, ...]
    menu: tuple[MenuEntry, ...]
    welcome: Welcome


class EarlierView(View):
    """What was said before in one conversation."""

    messages: tuple[MessageView, ...]
    has_earlier: bool


class AnswerView(View):
    """What a turn of talk brings beside its messages: a form to fill in, or a few words that pass."""

    form: str | None = None
    note: str = ""


class ProblemView(View):
    problem: str


class PlaceSent(View):
    """Where the page says that something happened; checked again against what the guest may enter."""

    person: str
    conversation: str
    thread: int | None = None
    event: str = Field(pattern=r"^[A-Za-z0-9-]{8,64}$")
    """The page's name for what happened: sent again with the same name, it does not happen again."""

    @property
    def place(self) -> Place:
        return Place(self.conversation, self.thread)


class WordsSent(PlaceSent):
    text: str


class ControlSent(PlaceSent):
    command: str
    argument: str
    message: int | None = None
    """The message in which the control stands, or from which the form was opened."""


class ClickSent(ControlSent):
    value: str = ""
    """What was picked."""


class FormSent(ControlSent):
    answers: Mapping[str, str]


class MenuSent(PlaceSent):
    """An entry of a message's own menu."""

    command: str
    message: int


def view_guest(guest: Guest) -> GuestView:
    return GuestView(id=guest.id, name=guest.name, role=guest.role, says=guest.says)


def view_conversations(guest: Guest) -> tuple[ConversationView, ...]:
    """The guest's channels by name, then the direct message with the bot."""
    channels = tuple(
        ConversationView(id=channel, name=channel.removeprefix("#"), is_channel=True)
        for channel in sorted(guest.channels)
    )
    direct = ConversationView(id=direct_message(guest.id), name=BOT_NAME, is_channel=False)
    return (*channels, direct)


def view_conversations_with(guest: Guest, pages: Mapping[str, RoomPage]) -> tuple[ConversationView, ...]:
    """The same with the message that is read first in each."""
    return tuple(
        place.model_copy(update={"begins_at": _read_first(pages[place.id])})
        for place in view_conversations(guest)
    )


def _read_first(page: RoomPage) -> int | None:
    """The latest that is not a reply: threads of its rows and the recap come after the council's post."""
    return next(
        (
            message.number
            for message in reversed(page.messages)
            if message.thread is None and message.key and READ_FIRST.fullmatch(message.key)
        ),
        None,
    )


def view_message(message: Message) -> MessageView:
    content = message.content
    return MessageView(
        number=message.number,
        change=message.change,
        conversation=message.conversation,
        thread=message.thread,
        author=message.author,
        posted_at=message.posted_at,
        is_private=message.audience is not None and message.conversation.startswith("#"),
        is_edited=message.is_edited,
        html=None if isinstance(content, Words) else html.render_card(content),
        words=content.text if isinstance(content, Words) else None,
        summary=content.text if isinstance(content, Words) else content.fallback,
        file=(
            FileView(name=message.attachment.name, bytes=len(message.attachment.content))
            if message.attachment
            else None
        ),
    )


def view_answer(reply: Reply) -> AnswerView:
    return AnswerView(form=html.render_form(reply.form) if reply.form else None, note=reply.note)


class MessageViews:
    """Views of messages, kept until they change: rendering is what takes time in a large room."""

    def __init__(self) -> None:
        self._kept: dict[int, MessageView] = {}

    def of(self, message: Message) -> MessageView:
        kept = self._kept.get(message.number)
        if kept is None or kept.change != message.change:
            kept = self._kept[message.number] = view_message(message)
            while len(self._kept) > MAX_MESSAGES:
                self._kept.pop(next(iter(self._kept)), None)
        return kept

    def page(self, page: RoomPage) -> tuple[MessageView, ...]:
        return tuple(self.of(message) for message in page.messages)


def view_room(
    me: Guest,
    guests: Sequence[Guest],
    pages: Mapping[str, RoomPage],
    views: MessageViews,
    *,
    ground: Ground,
    suggestions: tuple[Suggestion, ...],
    menu: tuple[MenuEntry, ...],
    welcome: Welcome,
) -> RoomView:
    """`pages`: the latest of each conversation that the guest may enter."""
    return RoomView(
        bot_name=BOT_NAME,
        ground=ground.name,
        is_read_only=not ground.can_write,
        me=view_guest(me),
        guests=tuple(view_guest(guest) for guest in guests),
        conversations=view_conversations_with(me, pages),
        messages=tuple(view for page in pages.values() for view in views.page(page)),
        with_earlier=tuple(conversation for conversation, page in pages.items() if page.has_earlier),
        suggestions=suggestions,
        menu=menu,
        welcome=welcome,
    )
