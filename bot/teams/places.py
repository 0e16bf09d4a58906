"""Where a message stands in Teams, as text: the conversation, and the ids of its parts."""

from dataclasses import dataclass

NAME = "teams"
_THREAD = ";messageid="


@dataclass(frozen=True)
class Conversation:
    """Where something can be said."""

    service_url: str
    """Where the Bot Connector answers for it; it differs by region."""
    id: str
    """Teams' own id, without the thread."""

    @property
    def has_threads(self) -> bool:
        """Channels have threads; personal and group chats have none."""
        return self.id.endswith(("@thread.tacv2", "@thread.skype"))

    def as_text(self) -> str:
        return f"{self.service_url} {self.id}"


def conversation_from_text(written: str) -> Conversation:
    """Raises `ValueError` for what is none."""
    service_url, _, conversation_id = written.partition(" ")
    if not service_url or not conversation_id:
        raise ValueError("this is no conversation in Teams")
    return Conversation(service_url, conversation_id)


def split_thread(conversation_id: str) -> tuple[str, str]:
    """The conversation, and the id of the message that heads the thread in it (empty in no thread)."""
    base, _, head = conversation_id.partition(_THREAD)
    return base, head


def thread_id(conversation_id: str, head: str | None) -> str:
    """By what a thread of a channel is spoken to; personal and group chats have none."""
    return f"{conversation_id}{_THREAD}{head}" if head else conversation_id


@dataclass(frozen=True)
class Thread:
    """Where something is said to all: a thread of a channel, or a conversation that has none."""

    conversation: Conversation
    head: str | None = None
    """The message that heads it; `None` begins one, or is said where there are none."""

    def as_text(self) -> str:
        return thread_id(self.conversation.id, self.head)


@dataclass(frozen=True)
class MessagePlace:
    """A card that was larger than one message has several parts; the first one stands for it."""

    conversation: Conversation
    parts: tuple[str, ...]
    """Teams' ids of the messages, which name them within their conversation."""
    thread: str | None = None
    """The message in whose thread it stands."""

    @property
    def head(self) -> str:
        return head_place(self.conversation.id, self.parts[0])

    def as_text(self) -> str:
        """The first line alone finds the message again (`storage.outbox_reading.read_key_at`)."""
        return "\n".join((self.head, self.conversation.service_url, self.thread or "-", *self.parts[1:]))


def head_place(conversation_id: str, message_id: str) -> str:
    return f"{conversation_id} {message_id}"


def place_from_text(written: str) -> MessagePlace:
    """Raises `ValueError` for what is none."""
    head, service_url, thread, *parts = (*written.split("\n"), "", "")[: max(3, written.count("\n") + 1)]
    conversation_id, _, message_id = head.rpartition(" ")
    if not conversation_id or not message_id or not service_url:
        raise ValueError("this is no place of a message in Teams")
    is_threaded = thread not in ("", "-")
    return MessagePlace(
        Conversation(service_url, conversation_id), (message_id, *parts), thread if is_threaded else None
    )
