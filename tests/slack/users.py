"""What Slack sends when somebody in the workspace does something, and the two ways on which it comes."""

import asyncio
import json
import secrets
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

import aiohttp

from bot.slack.manifest import EVENTS_PATH
from bot.slack.signature import SIGNATURE_HEADER, TIMESTAMP_HEADER, Signature
from tests.slack.server import Answered, SlackServer
from tests.slack.workspace import APP_ID, BOT_USER, TEAM, Json, SlackMessage

SIGNING_SECRET = "8f742231b10e8888abcd99yyyzzz85a5"


@dataclass(frozen=True)
class Acknowledged:
    """How the application answered at once."""

    status: int
    payload: Json


@dataclass
class HttpWay:
    """Slack's signed posts to our public address."""

    url: str
    session: aiohttp.ClientSession
    headers: Mapping[str, str] = field(default_factory=dict)

    async def deliver(self, kind: str, payload: Json) -> Acknowledged:
        match kind:
            case "slash_commands":
                body, content_type = urlencode(payload), "application/x-www-form-urlencoded"
            case "interactive":
                body = urlencode({"payload": json.dumps(payload)})
                content_type = "application/x-www-form-urlencoded"
            case _:
                body, content_type = json.dumps(payload), "application/json"
        sent_at = str(int(time.time()))
        headers = {
            "Content-Type": content_type,
            TIMESTAMP_HEADER: sent_at,
            SIGNATURE_HEADER: Signature(SIGNING_SECRET).sign(sent_at, body.encode()),
            **self.headers,
        }
        async with self.session.post(self.url + EVENTS_PATH, data=body, headers=headers) as answer:
            text = await answer.text()
            return Acknowledged(answer.status, json.loads(text) if text.startswith("{") else {})


@dataclass
class SocketWay:
    """Envelopes over a socket that the application opened."""

    server: SlackServer
    socket: int = -1

    async def deliver(self, kind: str, payload: Json) -> Acknowledged:
        envelope = secrets.token_hex(8)
        await self.server.send(
            {"envelope_id": envelope, "type": kind, "payload": payload, "accepts_response_payload": True},
            self.socket,
        )
        async with asyncio.timeout(5):
            while envelope not in self.server.acknowledged:
                await asyncio.sleep(0.005)
        return Acknowledged(200, self.server.acknowledged[envelope])


Way = HttpWay | SocketWay


@dataclass
class Slacker:
    """Somebody in the workspace, with the client in their hand."""

    id: str
    server: SlackServer
    way: Way
    team: str = TEAM
    new_trigger: Callable[[], str] | None = None

    def _base(self) -> Json:
        trigger = self.new_trigger() if self.new_trigger else self.server.trigger()
        return {"team": {"id": TEAM}, "user": {"id": self.id, "team_id": self.team}, "trigger_id": trigger,
                "api_app_id": APP_ID, "token": "deprecated"}  # fmt: skip

    async def command(self, typed: str, channel: str, response_url: str | None = None) -> Acknowledged:
        """A slash command; its answers come to `response_url`."""
        answers = response_url or self.server.response_url(Answered(self.id, channel))
        name, _, text = typed.partition(" ")
        return await self.way.deliver(
            "slash_commands",
            {"command": name, "text": text, "user_id": self.id, "team_id": self.team, "channel_id": channel,
             "channel_name": "directmessage", "trigger_id": self._base()["trigger_id"],
             "response_url": answers, "api_app_id": APP_ID},
        )  # fmt: skip

    async def click(self, message: SlackMessage, action: Json) -> Acknowledged:
        """A control of a message."""
        return await self.way.deliver("interactive", self.click_payload(message, action))

    async def click_whisper(self, channel: str, whisper: int, action: Json) -> Acknowledged:
        """A control of a message that this user alone sees: Slack tells nothing of what stands in it."""
        place = {"message_ts": "1.1", "channel_id": channel, "is_ephemeral": True}
        answered = Answered(self.id, channel, whisper=whisper)
        payload = {
            **self._base(),
            "type": "block_actions",
            "channel": {"id": channel, "name": "x"},
            "container": {"type": "message", **place},
            "response_url": self.server.response_url(answered),
            "actions": [action],
        }
        return await self.way.deliver("interactive", payload)

    async def click_home(self, action: Json) -> Acknowledged:
        """A control of the app's home page."""
        view = {"id": "V0HOME", "type": "home", "private_metadata": ""}
        payload = {**self._base(), "type": "block_actions", "view": view, "actions": [action],
                   "container": {"type": "view", "view_id": "V0HOME"}}  # fmt: skip
        return await self.way.deliver("interactive", payload)

    async def click_unfurl(self, message: SlackMessage, action: Json) -> Acknowledged:
        """A control beside an address in a message of a person."""
        payload = self.click_payload(message, action)
        place = {"message_ts": message.ts, "channel_id": message.channel, "attachment_id": 1}
        payload["container"] = {"type": "message_attachment", "is_app_unfurl": True, **place}
        payload["app_unfurl"] = {"id": 1, "is_app_unfurl": True, "app_unfurl_url": "https://x.example"}
        return await self.way.deliver("interactive", payload)

    def click_payload(self, message: SlackMessage, action: Json) -> Json:
        answered = Answered(self.id, message.channel, message.ts)
        return {
            **self._base(),
            "type": "block_actions",
            "channel": {"id": message.channel, "name": "x"},
            "message": message.as_json(with_metadata=False),
            "container": {"type": "message", "message_ts": message.ts, "channel_id": message.channel},
            "response_url": self.server.response_url(answered),
            "actions": [action],
        }

    async def press(self, message: SlackMessage, label: str) -> Acknowledged:
        """The button of that label."""
        return await self.click(message, find_button(message.blocks, label))

    async def submit(self, view: Json, values: Mapping[str, Json]) -> Acknowledged:
        """A form as the client has it: `values` are elements' states by block id."""
        state = {block: {block: element} for block, element in values.items()}
        sent = {"type": "modal", **view, "state": {"values": state}}
        payload = {**self._base(), "type": "view_submission", "view": sent, "response_urls": []}
        return await self.way.deliver("interactive", payload)

    async def use_menu(self, message: SlackMessage, callback: str) -> Acknowledged:
        """An entry of a message's own menu."""
        payload = {**self._base(), "type": "message_action", "callback_id": callback,
                   "channel": {"id": message.channel, "name": "x"}, "message_ts": message.ts,
                   "message": message.as_json(with_metadata=False),
                   "response_url": self.server.response_url(Answered(self.id, message.channel))}  # fmt: skip
        return await self.way.deliver("interactive", payload)

    async def say(self, text: str, channel: str, thread_ts: str | None = None) -> SlackMessage:
        """Words to the app alone, or a mention in a channel."""
        said = self.server.workspace.say(self.id, channel, text, thread_ts)
        is_direct = channel.startswith("D")
        event: Json = {"type": "message" if is_direct else "app_mention", "user": self.id, "text": text,
                       "ts": said.ts, "channel": channel, "team": self.team}  # fmt: skip
        if is_direct:
            event["channel_type"] = "im"
        if thread_ts is not None:
            event["thread_ts"] = thread_ts
        await self.happen(event)
        return said

    async def happen(self, event: Json) -> Acknowledged:
        """Any event, as Slack reports it."""
        us = {"team_id": TEAM, "user_id": BOT_USER, "is_bot": True}
        envelope: Json = {"type": "event_callback", "team_id": TEAM, "api_app_id": APP_ID, "event": event,
                          "event_id": f"Ev{secrets.token_hex(5)}", "event_time": int(time.time()),
                          "authorizations": [us]}  # fmt: skip
        return await self.way.deliver("events_api", envelope)


def find_button(blocks: Any, label: str) -> Json:
    """The action that Slack would report of a button, by its label. Fails where there is none."""
    for block in blocks:
        for element in (*block.get("elements", ()), *find_nested(block)):
            if element.get("type") == "button" and element["text"]["text"] == label:
                return {
                    "type": "button",
                    "action_id": element["action_id"],
                    "value": element.get("value", ""),
                    "block_id": block.get("block_id", ""),
                }
    raise AssertionError(f"no button {label!r}")


def find_nested(block: Json) -> list[Json]:
    return [element for child in block.get("child_blocks", ()) for element in child.get("elements", ())]
