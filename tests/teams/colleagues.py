"""What Teams sends when somebody does something: signed posts to our one address."""

import json
import secrets
from collections.abc import Iterator, Mapping
from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any

import aiohttp

from bot.teams.door import MESSAGES_PATH
from bot.teams.heard import ASSIGN_COMMAND
from tests.teams.cards import actions_of, check_click_answer, check_dialog, inputs_of
from tests.teams.connector import UPLOAD, ConnectorServer
from tests.teams.issuer import TENANT
from tests.teams.organisation import BOT, THREAD, Json, Person, TeamsMessage

BOT_NAME = "Pipeline Council"


@dataclass(frozen=True)
class Answered:
    """What our address answered."""

    status: int
    body: Json
    text: str = ""


@dataclass
class Line:
    """The way from Teams to our public address."""

    url: str
    session: aiohttp.ClientSession
    server: ConnectorServer
    headers: Mapping[str, str] = field(default_factory=dict)
    """Instead of a genuine token."""

    async def deliver(self, activity: Json) -> Answered:
        """Post an activity as the service does; to send it again is to call this again."""
        signed = {"Authorization": f"Bearer {self.server.issuer.sign({'serviceurl': self.server.url})}"}
        headers = {"Content-Type": "application/json", **(self.headers or signed)}
        body = json.dumps(activity)
        async with self.session.post(self.url + MESSAGES_PATH, data=body, headers=headers) as answer:
            text = await answer.text()
            return Answered(answer.status, json.loads(text) if text.startswith("{") else {}, text)


@dataclass
class Colleague:
    """Somebody in the organisation, with the client in their hand."""

    person: Person
    line: Line
    tenant: str = TENANT

    @property
    def server(self) -> ConnectorServer:
        return self.line.server

    # --- Words ----------------------------------------------------------------------------------

    async def say(self, text: str) -> Json:
        """Words to the app alone. Returns the activity, so that it can be sent again."""
        said = self.server.organisation.say(self.person, self.person.chat, text)
        activity = self.activity("message", text=text, id=said.id)
        await self.line.deliver(activity)
        return activity

    async def mention(
        self, text: str, channel: str, thread: str | None = None, others: tuple[Person, ...] = ()
    ) -> Json:
        """A mention of the app in a channel or a group chat; `others` are mentioned beside it, where `@name`
        stands."""
        marked, entities = f"<at>{BOT_NAME}</at> {text}", [_mention(BOT, BOT_NAME)]
        for one in others:
            marked = marked.replace(f"@{one.name}", f"<at>{one.name}</at>")
            entities.append(_mention(one.id, one.name))
        said = self.server.organisation.say(self.person, channel, marked, thread)
        head = "" if is_group(channel) else thread or said.id
        activity = self.activity("message", channel, head, text=marked, id=said.id)
        activity["entities"] = [*activity["entities"], *entities]
        await self.line.deliver(activity)
        return activity

    # --- Cards ----------------------------------------------------------------------------------

    async def press(
        self, message: TeamsMessage, label: str, inputs: Mapping[str, Any] | None = None
    ) -> Answered:
        """The button of that label, on the card as this person sees it."""
        card = self.seen(message)[0]
        for one in self.seen(message):
            if any(action.get("title") == label for action in actions_of(one)):
                card = one
        return await self.use(message, card, find_action(card, label), inputs or {})

    async def use(
        self, message: TeamsMessage, card: Json, action: Json, inputs: Mapping[str, Any]
    ) -> Answered:
        """An action of a card, with what its fields hold."""
        held: Json = {}
        if action.get("associatedInputs") != "none":
            held = {one["id"]: one["value"] for one in inputs_of(card) if one.get("value") not in (None, "")}
            held |= inputs
        data = {**action["data"], **held}
        if action["type"] == "Action.Submit":
            return await self.dialog("task/fetch", {"data": data}, message)
        chosen = {"type": "Action.Execute", "title": action["title"], "verb": action["verb"], "data": data}
        activity = self.invoke("adaptiveCard/action", {"action": chosen, "trigger": "manual"}, message)
        answer = await self.line.deliver(activity)
        check_click_answer(answer.body)
        if answer.body["type"].endswith("adaptive"):
            self.server.organisation.views[self.person.id, message.id] = answer.body["value"]
        return answer

    def seen(self, message: TeamsMessage) -> list[Json]:
        """The cards of a message as this person sees them."""
        view = self.server.organisation.views.get((self.person.id, message.id))
        return message.cards if view is None else [view]

    def reads(self, message: TeamsMessage) -> list[str]:
        """The texts of a message that this person sees without opening anything."""
        return [words for card in self.seen(message) for words in _visible_texts(card)]

    def closed_fold(self, message: TeamsMessage) -> str | None:
        """The first line below which something is hidden still."""
        for card in self.seen(message):
            hidden = _hidden(card)
            for action in actions_of(card):
                if set(action.get("targetElements", ())) & set(hidden):
                    return str(action["title"])
        return None

    def open_fold(self, message: TeamsMessage, line: str) -> None:
        """What the client does by itself, for this person: nobody is asked."""
        (card,) = self.seen(message)
        shown = deepcopy(card)
        (action,) = [one for one in actions_of(shown) if one.get("title") == line]
        for name in action["targetElements"]:
            _hidden(shown)[name]["isVisible"] = True
        self.server.organisation.views[self.person.id, message.id] = shown

    async def dialog(self, name: str, value: Json, message: TeamsMessage | None = None) -> Answered:
        """`task/fetch` or `task/submit`."""
        sent = {**value, "context": {"theme": "default"}}
        answer = await self.line.deliver(self.invoke(name, sent, message))
        check_dialog(answer.body)
        return answer

    async def send_window(self, opened: Answered, inputs: Mapping[str, Any]) -> Answered:
        """The form in the window that an answer has opened, filled in. Teams does not say any more to which
        message it belongs."""
        card = opened.body["task"]["value"]["card"]["content"]
        held = {one["id"]: one["value"] for one in inputs_of(card) if one.get("value") not in (None, "")}
        (send,) = actions_of(card)
        return await self.dialog("task/submit", {"data": {**send["data"], **held, **inputs}})

    # --- The menu of a message, addresses, files ------------------------------------------------

    async def use_menu(self, message: TeamsMessage, command: str = ASSIGN_COMMAND) -> Answered:
        """An entry of a message's own menu."""
        value = {"commandId": command, "commandContext": "message", **self._about(message)}
        answer = await self.line.deliver(self.invoke("composeExtension/fetchTask", value, message))
        check_dialog(answer.body)
        return answer

    async def send_menu_form(
        self, message: TeamsMessage, data: Mapping[str, Any], command: str = ASSIGN_COMMAND
    ) -> Answered:
        """The form that stood behind such an entry."""
        value = {"commandId": command, "commandContext": "message", "data": dict(data),
                 **self._about(message)}  # fmt: skip
        answer = await self.line.deliver(self.invoke("composeExtension/submitAction", value, message))
        check_dialog(answer.body)
        return answer

    async def paste(self, address: str, conversation: str) -> Answered:
        """An address in the message that is being written."""
        activity = self.invoke("composeExtension/queryLink", {"url": address}, None, conversation)
        return await self.line.deliver(activity)

    async def take_file(
        self, message: TeamsMessage, upload_url: str = "", action: str = "accept"
    ) -> Answered:
        """ "Allow", or "Decline", below a file that was offered."""
        offered = message.activity["attachments"][0]
        name = offered["name"]
        address = upload_url or f"{self.server.origin}{UPLOAD}{name}"
        value: Json = {"type": "fileUpload", "action": action, "context": offered["content"]["acceptContext"]}
        if action == "accept":
            value["uploadInfo"] = {"contentUrl": f"https://example.sharepoint.com/{name}", "name": name,
                                   "uploadUrl": address, "uniqueId": "u1",
                                   "fileType": name.rpartition(".")[2]}  # fmt: skip
        return await self.line.deliver(self.invoke("fileConsent/invoke", value, message))

    # --- The app comes and goes -----------------------------------------------------------------

    async def install(self, action: str = "add") -> list[Json]:
        """For this person: Teams tells of it twice. Returns what it sent."""
        installing = self.activity("installationUpdate", action=action)
        moved = "membersAdded" if action.startswith("add") else "membersRemoved"
        updating = self.activity("conversationUpdate") | {moved: [{"id": BOT}]}
        sent = [installing] if moved == "membersRemoved" else [installing, updating]
        for activity in sent:
            await self.line.deliver(activity)
        return sent

    async def add_to_team(self, team: str, name: str, event: str = "") -> Answered:
        """The app is added to a team, or (`event`) something happens to it."""
        activity = self.activity("conversationUpdate", team)
        activity["channelData"] |= {"team": {"id": team, "name": name},
                                    "eventType": event or "teamMemberAdded"}  # fmt: skip
        if not event:
            activity["membersAdded"] = [{"id": BOT}]
        return await self.line.deliver(activity)

    # --- Activities -----------------------------------------------------------------------------

    def activity(self, kind: str, channel: str = "", thread: str = "", **further: Any) -> Json:
        """What all that Teams sends have in common."""
        place = channel or self.person.chat
        conversation: Json = {"id": f"{place}{THREAD}{thread}" if thread and channel else place,
                              "conversationType": kind_of(channel),
                              "tenantId": self.tenant}  # fmt: skip
        data: Json = {"tenant": {"id": self.tenant}}
        if channel:
            conversation["isGroup"] = True
        if channel and not is_group(channel):
            data |= {"teamsChannelId": channel, "channel": {"id": channel}}
        return {
            "type": kind,
            "id": f"f:{secrets.token_hex(8)}",
            "channelId": "msteams",
            "serviceUrl": self.server.url,
            "from": {"id": self.person.id, "name": self.person.name, "aadObjectId": self.person.object_id},
            "recipient": {"id": BOT, "name": BOT_NAME},
            "conversation": conversation,
            "channelData": data,
            "entities": [{"type": "clientInfo", "locale": "en-US", "country": "DE", "platform": "Windows",
                          "timezone": "Europe/Berlin"}],
            "locale": "en-US",
            "timestamp": "2026-07-21T09:00:00.000Z",
            **further,
        }  # fmt: skip

    def invoke(
        self, name: str, value: Json, message: TeamsMessage | None = None, conversation: str = ""
    ) -> Json:
        """Something that is answered on the spot."""
        place = message.conversation if message is not None else conversation
        channel = place if place.startswith("19:") else ""
        head = "" if message is None else message.thread or message.id
        activity = self.activity("invoke", channel, head, name=name, value=value)
        return activity | ({} if message is None else {"replyToId": message.id})

    def _about(self, message: TeamsMessage) -> Json:
        head = message.thread
        link = f"https://teams.microsoft.com/l/message/{message.conversation}/{message.id}"
        author = {"user": {"id": "u1", "displayName": self._author(message), "userIdentityType": "aadUser"}}
        payload: Json = {
            "id": message.id,
            "messageType": "message",
            "linkToMessage": link,
            "from": author,
            "body": {"contentType": "html", "content": f"<div>{message.text}</div>"},
        }
        return {"messagePayload": payload | ({"replyToId": head} if head else {})}

    def _author(self, message: TeamsMessage) -> str:
        if message.sender == BOT:
            return BOT_NAME
        return self.server.organisation.person(message.sender).name


def is_group(conversation: str) -> bool:
    return conversation.endswith("@thread.v2")


def kind_of(conversation: str) -> str:
    """In Teams' words; empty is the personal chat."""
    if not conversation:
        return "personal"
    return "groupChat" if is_group(conversation) else "channel"


def find_action(card: Json, label: str) -> Json:
    """The action of that label. Fails where there is none."""
    for action in actions_of(card):
        if action.get("title") == label:
            return action
    raise AssertionError(f"no button {label!r}")


def _hidden(content: Any) -> dict[str, Json]:
    """Elements that are hidden, by their ids."""
    found: dict[str, Json] = {}
    for one in (
        content.values() if isinstance(content, dict) else content if isinstance(content, list) else ()
    ):
        found |= _hidden(one)
    if isinstance(content, dict) and content.get("isVisible") is False:
        found[content["id"]] = content
    return found


def _visible_texts(content: Any) -> Iterator[str]:
    if isinstance(content, list):
        for one in content:
            yield from _visible_texts(one)
    elif isinstance(content, dict) and content.get("isVisible") is not False:
        if content.get("type") == "RichTextBlock":
            yield "".join(one["text"] for one in content["inlines"])
        for name in ("body", "items", "columns", "rows", "cells"):
            yield from _visible_texts(content.get(name, []))


def _mention(user: str, name: str) -> Json:
    return {"type": "mention", "text": f"<at>{name}</at>", "mentioned": {"id": user, "name": name}}
