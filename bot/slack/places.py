"""Where a message stands in Slack, as text: the channel, and the time stamps of its parts."""

from dataclasses import dataclass
from hashlib import sha256
from typing import Any

NAME = "slack"
EVENT_TYPE = "pipeline_council"


@dataclass(frozen=True)
class MessagePlace:
    """A card that was larger than one message has several parts; the first one stands for it."""

    channel: str
    parts: tuple[str, ...]
    """Slack's time stamps, which name messages within their channel."""
    thread: str | None = None
    """The time stamp of the message in whose thread it stands."""

    @property
    def head(self) -> str:
        return head_place(self.channel, self.parts[0])

    def as_text(self) -> str:
        """The first line alone finds the message again (`storage.outbox_reading.read_key_at`)."""
        return "\n".join((self.head, self.thread or "-", *self.parts[1:]))


def head_place(channel: str, ts: str) -> str:
    return f"{channel} {ts}"


def place_from_text(written: str) -> MessagePlace:
    """Raises `ValueError` for what is none."""
    head, _, further = written.partition("\n")
    channel, _, ts = head.partition(" ")
    thread, *parts = further.split("\n")
    if not channel or not ts:
        raise ValueError("this is no place of a Slack message")
    return MessagePlace(channel, (ts, *parts), None if thread in ("", "-") else thread)


def metadata_of(key: str, part: int, parts: int) -> dict[str, Any]:
    """By what a message is known again after a crash. Opaque: a key can name a deal, so it is hashed."""
    return {"event_type": EVENT_TYPE, "event_payload": {"key": opaque(key), "part": part, "parts": parts}}


def opaque(key: str) -> str:
    return sha256(key.encode()).hexdigest()[:32]
