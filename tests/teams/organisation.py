"""An organisation in Microsoft Teams in memory, as the documentation describes one."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import count
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from tests.teams.issuer import APP_ID, TENANT

Json = dict[str, Any]

BOT = f"28:{APP_ID}"
THREAD = ";messageid="


class TeamsError(Exception):
    """What the Bot Connector refuses with."""

    def __init__(self, status: int, code: str, message: str = "") -> None:
        super().__init__(code)
        self.status = status
        self.body = {"error": {"code": code, "message": message or code}}


@dataclass
class Person:
    """Somebody in the directory."""

    name: str
    email: str | None
    role: str = "user"
    tenant: str = TENANT
    upn: str | None = None
    has_app: bool = True
    """Whether the app is installed for them."""
    has_blocked: bool = False

    @property
    def object_id(self) -> str:
        return str(uuid5(NAMESPACE_URL, self.name))

    @property
    def id(self) -> str:
        """Teams' own, by which it knows the person to this bot."""
        return f"29:{self.name.replace(' ', '')}"

    @property
    def chat(self) -> str:
        """The personal chat with the bot."""
        return f"a:1{self.name.replace(' ', '')}"

    def as_member(self) -> Json:
        member: Json = {
            "id": self.id,
            "objectId": self.object_id,
            "name": self.name,
            "tenantId": self.tenant,
            "userRole": self.role,
            "userPrincipalName": self.upn or self.email,
        }
        return member | ({"email": self.email} if self.email is not None else {})


@dataclass
class Team:
    """A team that the app was added to; its first channel has the team's id and no name of its own."""

    id: str
    name: str
    members: list[Person] = field(default_factory=list)
    channels: dict[str, str | None] = field(default_factory=dict)
    """Names of the channels that everybody in the team sees, by their ids."""
    private: list[str] = field(default_factory=list)
    """Ids of private channels that the app was added to; Teams lists none of them."""


@dataclass
class TeamsMessage:
    conversation: str
    id: str
    activity: Json
    sender: str = BOT
    thread: str | None = None
    is_edited: bool = False

    @property
    def cards(self) -> list[Json]:
        """The Adaptive Cards that stand in it."""
        return [
            one["content"]
            for one in self.activity.get("attachments") or ()
            if one["contentType"] == "application/vnd.microsoft.card.adaptive"
        ]

    @property
    def text(self) -> str:
        return str(self.activity.get("text") or "")


class Organisation:
    """Everybody and everything there is, and what was said."""

    def __init__(self) -> None:
        self.people: list[Person] = []
        self.teams: dict[str, Team] = {}
        self.groups: dict[str, list[Person]] = {}
        """Group chats that the app was added to."""
        self.messages: list[TeamsMessage] = []
        self.views: dict[tuple[str, str], Json] = {}
        """The card that one person sees in the place of a message's, by their id and the message's."""
        self.drives: dict[str, bytes] = {}
        """Files that were put into somebody's drive, by their names."""
        self._numbers = count(1_790_000_000_000)

    # --- Made by tests --------------------------------------------------------------------------

    def add_person(self, name: str, email: str | None, **further: Any) -> Person:
        self.people.append(Person(name, email, **further))
        return self.people[-1]

    def add_team(self, name: str, *members: Person) -> Team:
        team = Team(f"19:{name}@thread.tacv2", name, list(members))
        team.channels[team.id] = None
        self.teams[team.id] = team
        return team

    def add_channel(self, team: Team, name: str) -> str:
        """Returns the channel's id."""
        channel = f"19:{team.name}-{name}@thread.tacv2"
        team.channels[channel] = name
        return channel

    def add_group(self, name: str, *members: Person) -> str:
        """Returns the id of the group chat."""
        group = f"19:{name}@thread.v2"
        self.groups[group] = list(members)
        return group

    def say(self, who: Person, conversation: str, text: str, thread: str | None = None) -> TeamsMessage:
        """Something that a person writes."""
        return self._keep(conversation, {"type": "message", "text": text}, who.id, thread)

    def next_id(self) -> str:
        """Teams' ids are the milliseconds at which something was said."""
        return str(next(self._numbers))

    # --- Asked by the connector -----------------------------------------------------------------

    def person(self, user_id: str) -> Person:
        """By Teams' own id or by that in the directory."""
        for one in self.people:
            if user_id in (one.id, one.object_id):
                return one
        raise TeamsError(404, "NotFound", "Unknown user.")

    def team(self, team_id: str) -> Team:
        if team_id not in self.teams:
            raise TeamsError(403, "BotNotInConversationRoster", "The bot is not part of the roster.")
        return self.teams[team_id]

    def open_chat(self, user_id: str) -> str:
        """The personal chat with somebody for whom the app is installed."""
        person = self.person(user_id)
        if not person.has_app:
            raise TeamsError(403, "BotNotInConversationRoster", "The bot is not part of the roster.")
        return person.chat

    def members(self, conversation: str) -> list[Person]:
        """Who is in a conversation that the bot is in."""
        base = conversation.partition(THREAD)[0]
        for one in self.people:
            if one.chat == base:
                self.open_chat(one.id)
                return [one]
        if base in self.groups:
            return self.groups[base]
        for team in self.teams.values():
            if base in team.channels or base in team.private:
                return team.members
        if base.startswith("19:"):
            raise TeamsError(403, "BotNotInConversationRoster", "The bot is not part of the roster.")
        raise TeamsError(404, "ConversationNotFound", "Conversation not found.")

    def post(self, conversation: str, activity: Mapping[str, Any]) -> TeamsMessage:
        base, _, thread = conversation.partition(THREAD)
        members = self.members(base)
        if any(one.chat == base and one.has_blocked for one in members):
            raise TeamsError(403, "ConversationBlockedByUser", "User blocked the conversation with the bot.")
        if thread and not any(one.id == thread for one in self.messages_of(base)):
            raise TeamsError(404, "ConversationNotFound", "The thread is not there.")
        return self._keep(base, dict(activity), BOT, thread or None)

    def find(self, conversation: str, message_id: str) -> TeamsMessage:
        """A message of the bot's own."""
        base = conversation.partition(THREAD)[0]
        self.members(base)
        for message in self.messages_of(base):
            if message.id == message_id and message.sender == BOT:
                return message
        raise TeamsError(404, "ActivityNotFoundInConversation", "The message is not there.")

    def change(self, message: TeamsMessage, activity: Json) -> None:
        """For everybody: views of single people are over."""
        message.activity, message.is_edited = activity, True
        self.views = {key: card for key, card in self.views.items() if key[1] != message.id}

    def messages_of(self, conversation: str) -> Iterator[TeamsMessage]:
        return (message for message in self.messages if message.conversation == conversation)

    def _keep(self, conversation: str, activity: Json, sender: str, thread: str | None) -> TeamsMessage:
        message = TeamsMessage(conversation, self.next_id(), activity, sender, thread)
        self.messages.append(message)
        return message
