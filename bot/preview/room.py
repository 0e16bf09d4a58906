"""The room's state: who can be in it, what was said where, and who sees it.

A room is kept in memory; what is to outlive its process is handed to whoever keeps it. It is safe to
use from several threads: answers and jobs post from workers while the server reads on the event loop.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from threading import Lock

from bot.preview.said import Said
from messages.card import Card
from messages.reply import Attachment
from pipeline.errors import CouncilError

BOT_NAME = "Pipeline Council"
MAX_MESSAGES = 2000
"""The oldest leave first, so that a room left open for weeks stays small."""


class MessageMissing(CouncilError):
    """A message that was never posted, or that the room no longer keeps."""


@dataclass(frozen=True)
class Guest:
    """Somebody whom the visitor can be."""

    id: str
    """The CRM user id."""
    name: str
    role: str
    """The heading under which the guest is listed: `Reps`, `Sales operations`."""
    says: str
    """What tells this guest from others: `Rep, EMEA`."""
    channels: frozenset[str] = frozenset()
    """The channels whose member the guest is, by name: `#pipeline-council`."""


@dataclass(frozen=True)
class Words:
    """What a guest typed."""

    text: str


@dataclass(frozen=True)
class Message:
    """One message as it stands now."""

    number: int
    """Unique and rising in the order of posting."""
    change: int
    """Rises in the whole room whenever a message is posted or changed."""
    conversation: str
    """A channel's name (`#pipeline-council`) or `direct_message(guest id)`."""
    content: Card | Words
    posted_at: datetime
    key: str | None = None
    """Under which a card is known: that of its letter in the outbox, else the card's own."""
    author: str | None = None
    """The guest's id; `None` is the bot."""
    audience: frozenset[str] | None = None
    """The guests who see it; `None` is everybody in the conversation."""
    thread: int | None = None
    """The number of the message that it replies to."""
    attachment: Attachment | None = None
    is_edited: bool = False


@dataclass(frozen=True)
class Place:
    """Where something is said: in a conversation, or in the thread of one of its messages."""

    conversation: str
    thread: int | None = None


def direct_message(guest_id: str) -> str:
    """The conversation between one guest and the bot."""
    return f"@{guest_id}"


def may_enter(guest: Guest, conversation: str) -> bool:
    return conversation == direct_message(guest.id) or conversation in guest.channels


def sees(guest: Guest, message: Message) -> bool:
    """Whether the guest is in the conversation and among the message's audience."""
    return may_enter(guest, message.conversation) and (
        message.audience is None or guest.id in message.audience
    )


@dataclass(frozen=True)
class RoomPage:
    """Part of a conversation, in the order of posting."""

    messages: tuple[Message, ...]
    has_earlier: bool


class Room:
    """Everything that was said, in order."""

    def __init__(self, clock: Callable[[], datetime]) -> None:
        """`clock` gives the time of a message that does not bring its own, with a time zone."""
        self._clock = clock
        self._lock = Lock()
        self._messages: dict[int, Message] = {}
        self._last_number = 0
        self._last_change = 0
        self._listeners: list[Callable[[], None]] = []
        self._keep_words: Callable[[Said], None] | None = None

    def post(
        self,
        content: Card | Words,
        place: Place,
        *,
        key: str | None = None,
        author: str | None = None,
        audience: frozenset[str] | None = None,
        attachment: Attachment | None = None,
        posted_at: datetime | None = None,
    ) -> Message:
        """Say something; a reply to a thread that is gone raises `MessageMissing`.

        `key` is by which `update` and `find` know it; without one, the card's own."""
        with self._lock:
            parent = self._parent(place)
            self._last_number += 1
            self._last_change += 1
            message = Message(
                number=self._last_number,
                change=self._last_change,
                conversation=place.conversation,
                content=content,
                posted_at=posted_at or self._clock(),
                key=key or (content.key if isinstance(content, Card) else None),
                author=author,
                audience=_narrower(audience, parent.audience if parent else None),
                thread=place.thread,
                attachment=attachment,
            )
            self._messages[message.number] = message
            self._forget_oldest()
            self._keep(message, parent)
        self._tell()
        return message

    def keep_words(self, keep: Callable[[Said], None]) -> None:
        """Hand on, from now on, what guests say for everybody in a channel."""
        self._keep_words = keep

    def update(self, conversation: str, key: str, card: Card) -> Message:
        """Put `card` in the place of the latest message of that key in the conversation."""
        with self._lock:
            found = self._latest(conversation, key)
            if found is None:
                raise MessageMissing(f"No message {key!r} is in {conversation}; it cannot be updated.")
            changed = self._change(replace(found, content=card, is_edited=True))
        self._tell()
        return changed

    def update_message(self, number: int, card: Card) -> Message:
        """Put `card` in the place of the message of that number."""
        with self._lock:
            message = self._messages.get(number)
            if message is None:
                raise MessageMissing("This message is not here any more.")
            changed = self._change(replace(message, content=card, is_edited=True))
        self._tell()
        return changed

    def find(self, conversation: str, key: str) -> Message | None:
        """The latest message of that key in the conversation."""
        with self._lock:
            return self._latest(conversation, key)

    def show_to_all(self, number: int) -> None:
        """Let everybody see a message that only some saw: in a thread, everybody who sees the thread."""
        with self._lock:
            message = self._messages.get(number)
            if message is None:
                return
            parent = self._messages.get(message.thread) if message.thread is not None else None
            self._change(replace(message, audience=parent.audience if parent else None))
        self._tell()

    def messages_for(self, guest: Guest, after_change: int = 0) -> list[Message]:
        """What the guest sees now of what was posted or changed after that change, in order of change."""
        with self._lock:
            seen = [
                message
                for message in self._messages.values()
                if message.change > after_change and sees(guest, message)
            ]
        return sorted(seen, key=lambda message: message.change)

    def page_for(self, guest: Guest, conversation: str, before: int | None, size: int) -> "RoomPage":
        """The last `size` messages of a conversation that head a thread or could, and all their replies.

        `before`: only what was posted before the message of that number."""
        with self._lock:
            seen = [
                message
                for message in self._messages.values()
                if message.conversation == conversation and sees(guest, message)
            ]
        heads = [
            message.number
            for message in seen
            if message.thread is None and (before is None or message.number < before)
        ]
        shown = frozenset(heads[-size:])
        messages = tuple(
            message
            for message in seen
            if (message.number if message.thread is None else message.thread) in shown
        )
        return RoomPage(messages, has_earlier=len(heads) > size)

    def message_for(self, guest: Guest, number: int) -> Message:
        """One message, if the guest sees it; `MessageMissing` says no more than that it is not there."""
        with self._lock:
            message = self._messages.get(number)
        if message is None or not sees(guest, message):
            raise MessageMissing("This message is not here any more.")
        return message

    def on_change(self, listener: Callable[[], None]) -> Callable[[], None]:
        """Call `listener`, in whichever thread posts, after each change; the result stops it."""
        with self._lock:
            self._listeners.append(listener)

        def stop() -> None:
            with self._lock:
                self._listeners.remove(listener)

        return stop

    def _parent(self, place: Place) -> Message | None:
        if place.thread is None:
            return None
        parent = self._messages.get(place.thread)
        if parent is None or parent.conversation != place.conversation or parent.thread is not None:
            raise MessageMissing("The message of this thread is not here any more.")
        return parent

    def _keep(self, message: Message, head: Message | None) -> None:
        is_public = message.audience is None and message.conversation.startswith("#")
        if self._keep_words is None or message.author is None or not is_public:
            return
        if isinstance(message.content, Words):
            self._keep_words(
                Said(
                    conversation=message.conversation,
                    head=head.key if head else None,
                    author=message.author,
                    words=message.content.text,
                    at=message.posted_at.replace(microsecond=0),
                )
            )

    def _latest(self, conversation: str, key: str) -> Message | None:
        newest_first = reversed(self._messages.values())
        return next(
            (found for found in newest_first if found.conversation == conversation and found.key == key), None
        )

    def _change(self, message: Message) -> Message:
        self._last_change += 1
        self._messages[message.number] = replace(message, change=self._last_change)
        return self._messages[message.number]

    def _forget_oldest(self) -> None:
        while len(self._messages) > MAX_MESSAGES:
            oldest = next(iter(self._messages))
            for number in [number for number, reply in self._messages.items() if reply.thread == oldest]:
                del self._messages[number]
            del self._messages[oldest]

    def _tell(self) -> None:
        with self._lock:
            listeners = tuple(self._listeners)
        for listener in listeners:
            listener()


def _narrower(audience: frozenset[str] | None, of_parent: frozenset[str] | None) -> frozenset[str] | None:
    """A reply is never seen by somebody who does not see what it replies to."""
    if audience is None or of_parent is None:
        return of_parent if audience is None else audience
    return audience & of_parent
