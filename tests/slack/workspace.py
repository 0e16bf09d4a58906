"""A Slack workspace in memory, as the documentation describes one: members, channels, messages, views."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import count
from typing import Any

Json = dict[str, Any]

TEAM = "T0COUNCIL"
BOT_USER, BOT_ID, APP_ID = "U0BOT", "B0BOT", "A0COUNCIL"


class SlackError(Exception):
    """What Slack answers with `ok: false`."""

    def __init__(self, error: str, **further: Any) -> None:
        super().__init__(error)
        self.error = error
        self.further = further


@dataclass
class SlackUser:
    id: str
    name: str
    email: str | None
    tz: str = "Europe/Berlin"
    is_bot: bool = False
    deleted: bool = False
    is_restricted: bool = False
    is_ultra_restricted: bool = False
    is_stranger: bool = False
    team_id: str = TEAM
    status_emoji: str = ""
    status_expiration: int = 0

    def as_json(self, *, with_email: bool) -> Json:
        profile: Json = {"real_name": self.name, "display_name": self.name.split()[0].lower()}
        profile |= {"status_emoji": self.status_emoji, "status_expiration": self.status_expiration}
        if with_email and self.email is not None:
            profile["email"] = self.email
        return {
            "id": self.id,
            "team_id": self.team_id,
            "name": self.name.split()[0].lower(),
            "real_name": self.name,
            "deleted": self.deleted,
            "is_bot": self.is_bot,
            "is_app_user": False,
            "is_restricted": self.is_restricted,
            "is_ultra_restricted": self.is_ultra_restricted,
            "is_stranger": self.is_stranger,
            "tz": self.tz,
            "profile": profile,
        }


@dataclass
class Channel:
    id: str
    name: str = ""
    is_private: bool = False
    is_archived: bool = False
    is_ext_shared: bool = False
    """With another organisation, by Slack Connect."""
    members: set[str] = field(default_factory=set)
    user: str | None = None
    """The other side of a direct message."""


@dataclass
class SlackMessage:
    channel: str
    ts: str
    text: str
    blocks: Sequence[Json] = ()
    thread_ts: str | None = None
    metadata: Json | None = None
    user: str = BOT_USER
    edited: bool = False
    files: Sequence[Json] = ()

    def as_json(self, *, with_metadata: bool) -> Json:
        shown: Json = {"type": "message", "user": self.user, "text": self.text, "ts": self.ts}
        if self.user == BOT_USER:
            shown |= {"bot_id": BOT_ID, "app_id": APP_ID}
        if self.blocks:
            shown["blocks"] = list(self.blocks)
        if self.thread_ts is not None:
            shown["thread_ts"] = self.thread_ts
        if with_metadata and self.metadata is not None:
            shown["metadata"] = self.metadata
        return shown


class Workspace:
    """Everything that is there, and what happened in it."""

    def __init__(self, start: float = 1_790_000_000.0) -> None:
        self._numbers = count(1)
        self._start = start
        self.users: dict[str, SlackUser] = {
            BOT_USER: SlackUser(BOT_USER, "Pipeline Council", None, is_bot=True)
        }
        self.channels: dict[str, Channel] = {}
        self.messages: list[SlackMessage] = []
        self.ephemeral: list[tuple[str, str, Json]] = []
        """Channel, user and what only that user saw."""
        self.views: dict[str, Json] = {}
        self.homes: dict[str, Json] = {}
        self.uploads: dict[str, bytes] = {}
        self.files: dict[str, Json] = {}
        self.unfurls: list[Json] = []
        self.groups: dict[str, Sequence[str]] = {}

    def add_user(self, user_id: str, name: str, email: str | None, **further: Any) -> SlackUser:
        self.users[user_id] = SlackUser(user_id, name, email, **further)
        return self.users[user_id]

    def add_channel(self, channel_id: str, name: str, *, has_bot: bool = True, **further: Any) -> Channel:
        members = {BOT_USER} if has_bot else set()
        self.channels[channel_id] = Channel(channel_id, name, members=members, **further)
        return self.channels[channel_id]

    def channel(self, channel_id: str) -> Channel:
        found = self.channels.get(channel_id)
        if found is None:
            raise SlackError("channel_not_found")
        return found

    def direct(self, user_id: str) -> Channel:
        """The conversation between the bot and a user."""
        if user_id not in self.users:
            raise SlackError("user_not_found")
        if self.users[user_id].deleted:
            raise SlackError("user_disabled")
        channel_id = f"D{user_id[1:]}"
        if channel_id not in self.channels:
            self.channels[channel_id] = Channel(channel_id, members={BOT_USER, user_id}, user=user_id)
        return self.channels[channel_id]

    def next_id(self, letter: str) -> str:
        return f"{letter}{next(self._numbers):08d}"

    def next_ts(self) -> str:
        return f"{self._start + next(self._numbers):.6f}"

    def post(self, channel: Channel, message: Mapping[str, Any]) -> SlackMessage:
        if channel.is_archived:
            raise SlackError("is_archived")
        if channel.user is None and BOT_USER not in channel.members:
            raise SlackError("not_in_channel")
        thread = message.get("thread_ts")
        if thread is not None and not any(one.ts == thread for one in self.messages_of(channel.id)):
            raise SlackError("thread_not_found")
        posted = SlackMessage(
            channel.id,
            self.next_ts(),
            message.get("text", ""),
            message.get("blocks", ()),
            thread,
            message.get("metadata"),
        )
        self.messages.append(posted)
        return posted

    def say(self, user_id: str, channel_id: str, text: str, thread_ts: str | None = None) -> SlackMessage:
        """Something that a person writes."""
        said = SlackMessage(channel_id, self.next_ts(), text, thread_ts=thread_ts, user=user_id)
        self.messages.append(said)
        return said

    def messages_of(self, channel_id: str) -> Iterator[SlackMessage]:
        return (message for message in self.messages if message.channel == channel_id)

    def find(self, channel_id: str, ts: str) -> SlackMessage:
        for message in self.messages_of(channel_id):
            if message.ts == ts:
                return message
        raise SlackError("message_not_found")
