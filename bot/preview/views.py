"""What the page is told: the room as one guest sees it, as values that become JSON."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from pydantic import BaseModel, ConfigDict

from bot.preview.ground import Ground
from bot.preview.room import BOT_NAME, Guest, Message, Place, Words, direct_message
from bot.preview.welcome import Suggestion, Welcome
from messages.card import Form
from messages.render import html


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
    suggestions: tuple[Suggestion, ...]
    welcome: Welcome


class AnswerView(View):
    """What a turn of talk opens beside its messages: a form, or nothing."""

    form: str | None = None


class ProblemView(View):
    problem: str


class PlaceSent(View):
    """Where the page says that something happened; checked again against what the guest may enter."""

    person: str
    conversation: str
    thread: int | None = None

    @property
    def place(self) -> Place:
        return Place(self.conversation, self.thread)


class WordsSent(PlaceSent):
    text: str


class ClickSent(PlaceSent):
    command: str
    argument: str


class FormSent(ClickSent):
    answers: Mapping[str, str]


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


def view_answer(form: Form | None) -> AnswerView:
    return AnswerView(form=html.render_form(form) if form else None)


def view_room(
    me: Guest,
    guests: Sequence[Guest],
    messages: Sequence[Message],
    *,
    ground: Ground,
    suggestions: tuple[Suggestion, ...],
    welcome: Welcome,
) -> RoomView:
    return RoomView(
        bot_name=BOT_NAME,
        ground=ground.name,
        is_read_only=not ground.can_write,
        me=view_guest(me),
        guests=tuple(view_guest(guest) for guest in guests),
        conversations=view_conversations(me),
        messages=tuple(view_message(message) for message in messages),
        suggestions=suggestions,
        welcome=welcome,
    )
