"""Slack as a surface: cards posted, changed in their place, and looked up by their keys."""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

import structlog

from bot.slack.addresses import Addresses
from bot.slack.api import SlackApi
from bot.slack.pictures import Pictures
from bot.slack.places import (
    EVENT_TYPE,
    NAME,
    MessagePlace,
    metadata_of,
    opaque,
    place_from_text,
)
from bot.slack.rendering import Message, Rendering
from bot.surface import Addressee, OutcomeUnknown, Pace, Posted, TryLater, Unreachable
from messages.card import Card

logger = structlog.get_logger()

PACE = Pace(timedelta(milliseconds=1100), timedelta(milliseconds=100))
"""A message a second to a channel, as Slack asks, with a margin; several hundred a minute in a workspace."""
SECONDS_BETWEEN_PARTS = 1.1
PLAIN = Rendering()
LOOK_BACK = 200
"""Messages of a conversation among which one is looked for after a crash."""


class SlackSurface:
    """Speaks in one workspace."""

    def __init__(self, api: SlackApi, addresses: Addresses, team: str, rendering: Rendering = PLAIN) -> None:
        """`team`: the id of the workspace."""
        self._rendering = rendering
        self._api = api
        self._addresses = addresses
        self._team = team
        self._pictures = Pictures(api)

    @property
    def name(self) -> str:
        return NAME

    @property
    def tenant(self) -> str:
        return self._team

    @property
    def pace(self) -> Pace:
        return PACE

    @property
    def can_look_up(self) -> bool:
        return True

    async def post(self, to: Addressee, key: str, card: Card, thread: Posted | None) -> Posted:
        channel = await self._addresses.conversation_of(to)
        head = None if thread is None else place_from_text(thread.message)
        thread_ts = None if head is None else head.parts[0]

        async def say_all(messages: Sequence[Message]) -> MessagePlace:
            parts = [await self._say(channel, key, messages, 0, thread_ts)]
            for number in range(1, len(messages)):
                parts.append(await self._say_further(channel, key, messages, number, thread_ts))
            return MessagePlace(channel, tuple(parts), thread_ts)

        return _posted(await self._pictures.show(card, key, self._rendering, say_all))

    async def update(self, posted: Posted, key: str, card: Card) -> Posted:
        """Parts that a shorter card lacks are taken away; those that a longer one needs are posted."""
        place = place_from_text(posted.message)

        async def change_all(messages: Sequence[Message]) -> MessagePlace:
            for ts, message in zip(place.parts, messages, strict=False):
                await self._change(place.channel, ts, message)
            for ts in place.parts[len(messages) :]:
                await self._take_away(place.channel, ts)
            further = await self._add_parts(place, key, messages)
            return replace(place, parts=(*place.parts[: len(messages)], *further))

        return _posted(await self._pictures.show(card, key, self._rendering, change_all))

    async def _add_parts(self, place: MessagePlace, key: str, messages: Sequence[Message]) -> Sequence[str]:
        """The time stamps of parts that are more than there were; one that an attempt before this one
        posted already is changed."""
        wanted = range(len(place.parts), len(messages))
        if not wanted:
            return ()
        there = {
            int(_payload_of(message)["part"]): str(message["ts"])
            async for message in self._own_messages(place.channel)
            if _key_of(message) == opaque(key)
        }
        added = []
        for number in wanted:
            ts = there.get(number + 1)
            if ts is None:
                await asyncio.sleep(SECONDS_BETWEEN_PARTS)
                ts = await self._say(place.channel, key, messages, number, place.thread)
            else:
                await self._change(place.channel, ts, messages[number])
            added.append(ts)
        return added

    async def find(self, to: Addressee, key: str) -> Posted | None:
        """A message of which some parts never arrived is taken away: it is posted anew as a whole."""
        channel = await self._addresses.conversation_of(to)
        found = [message async for message in self._own_messages(channel) if _key_of(message) == opaque(key)]
        if not found:
            return None
        by_part = {int(_payload_of(message)["part"]): message for message in found}
        wanted = int(_payload_of(found[0])["parts"])
        if sorted(by_part) != list(range(1, wanted + 1)):
            for message in found:
                await self._take_away(channel, str(message["ts"]))
            return None
        parts = tuple(str(by_part[part]["ts"]) for part in sorted(by_part))
        head = by_part[1].get("thread_ts")
        return _posted(MessagePlace(channel, parts, None if head in (None, parts[0]) else str(head)))

    # --- Single messages ------------------------------------------------------------------------

    async def _say(
        self, channel: str, key: str, messages: Sequence[Message], number: int, thread_ts: str | None
    ) -> str:
        """Post one part; its time stamp."""
        thread = {} if thread_ts is None else {"thread_ts": thread_ts}
        answer = await self._api.call(
            "chat.postMessage",
            channel=channel,
            **messages[number],
            metadata=metadata_of(key, number + 1, len(messages)),
            unfurl_links=False,
            unfurl_media=False,
            **thread,
        )
        return str(answer["ts"])

    async def _say_further(
        self, channel: str, key: str, messages: Sequence[Message], number: int, thread_ts: str | None
    ) -> str:
        """Whatever goes wrong now, a part stands there already: what is there has to be looked up."""
        await asyncio.sleep(SECONDS_BETWEEN_PARTS)
        try:
            return await self._say(channel, key, messages, number, thread_ts)
        except (TryLater, Unreachable) as failure:
            raise OutcomeUnknown(
                f"Part {number + 1} of {len(messages)} did not arrive: {failure}"
            ) from failure

    async def _change(self, channel: str, ts: str, message: Message) -> None:
        try:
            await self._api.call("chat.update", channel=channel, ts=ts, **message)
        except OutcomeUnknown as unknown:  # a change can be made again
            raise TryLater(str(unknown)) from unknown

    async def _take_away(self, channel: str, ts: str) -> None:
        try:
            await self._api.call("chat.delete", channel=channel, ts=ts)
        except Unreachable as gone:
            logger.info("message_was_gone", reason=str(gone))

    async def _own_messages(self, channel: str) -> AsyncIterator[Mapping[str, Any]]:
        """The latest messages of ours in a conversation, and in the threads of those among them."""
        answer = await self._api.ask(
            "conversations.history", channel=channel, limit=LOOK_BACK, include_all_metadata=True
        )
        for message in answer["messages"]:
            if _key_of(message) is None:
                continue  # ours stand in threads of ours; in a busy channel there are many others
            yield message
            if message.get("reply_count") or message.get("thread_ts") == message.get("ts"):
                for reply in await self._replies(channel, str(message["ts"])):
                    yield reply

    async def _replies(self, channel: str, ts: str) -> Sequence[Mapping[str, Any]]:
        answer = await self._api.ask(
            "conversations.replies", channel=channel, ts=ts, limit=LOOK_BACK, include_all_metadata=True
        )
        return [one for one in answer["messages"] if one["ts"] != ts and _key_of(one) is not None]


def _posted(place: MessagePlace) -> Posted:
    return Posted(NAME, place.as_text())


def _payload_of(message: Mapping[str, Any]) -> Mapping[str, Any]:
    metadata = message.get("metadata") or {}
    payload = metadata.get("event_payload") if metadata.get("event_type") == EVENT_TYPE else None
    return payload if isinstance(payload, dict) else {}


def _key_of(message: Mapping[str, Any]) -> str | None:
    key = _payload_of(message).get("key")
    return str(key) if key is not None else None
