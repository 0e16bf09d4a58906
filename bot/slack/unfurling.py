"""An address of the CRM that somebody posts: what the deal lacks, beside it, for those who may see it."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import replace
from typing import Protocol

import structlog

from bot.deal_addresses import deal_in
from bot.slack.api import SlackApi
from bot.slack.heard import Heard
from bot.slack.rendering import Message, Rendering
from bot.surface import DeliveryFailed, OutcomeUnknown
from handlers.asking import Typed
from messages.card import Card
from messages.problem import PROBLEM
from messages.reply import Reply

logger = structlog.get_logger()


class Asks(Protocol):
    """Asks the handlers as the person who did something (`bot.slack.talk.Talk.look_up`)."""

    async def __call__(self, heard: Heard) -> Reply: ...


class Unfurling:
    """Shows deals beside their addresses.

    What is unfurled in a channel is seen by everybody in it, so that happens only in channels that the
    configuration opens for deals; elsewhere whoever posted the address is told alone.
    """

    def __init__(
        self,
        api: SlackApi,
        ask: Asks,
        domains: Sequence[str],
        is_open: Callable[[str, str], Awaitable[bool]],
        rendering: Rendering,
    ) -> None:
        """`is_open`: whether a user may show deals to all of a conversation, by the ids of both."""
        self._api = api
        self._ask = ask
        self._domains = tuple(domain.casefold() for domain in domains)
        self._is_open = is_open
        self._rendering = rendering

    async def unfurl(self, heard: Heard, addresses: Sequence[str]) -> None:
        """What somebody may not see, or what is no deal, stays as bare as it was."""
        shown: dict[str, Sequence[Message]] = {}
        for address in addresses:
            deal_id = deal_in(address, self._domains)
            card = await self._card(heard, deal_id) if deal_id is not None else None
            if card is not None:
                shown[address] = self._rendering.parts(card, card.key)
        if not shown:
            return
        try:
            if await self._is_open(heard.origin.channel, heard.user):
                await self._show_beside(heard, shown)
            else:
                await self._tell_poster(heard, shown)
        except (DeliveryFailed, OutcomeUnknown) as error:
            logger.info("deal_not_unfurled", reason=str(error))

    async def _card(self, heard: Heard, deal_id: str) -> Card | None:
        question = Typed(f"/deal {deal_id}")
        reply = await self._ask(replace(heard, event=f"{heard.event}:{deal_id}", question=question))
        (card, *_) = (*reply.cards, None)
        return card if card is not None and card.key != PROBLEM else None

    async def _show_beside(self, heard: Heard, shown: Mapping[str, Sequence[Message]]) -> None:
        """An address has room for one part of a card: what is longer goes on in its thread."""
        channel, ts = heard.origin.channel, heard.origin.message
        unfurls = {address: {"blocks": messages[0]["blocks"]} for address, messages in shown.items()}
        await self._api.call("chat.unfurl", channel=channel, ts=ts, unfurls=unfurls)
        thread = heard.origin.thread or ts
        for messages in shown.values():
            for message in messages[1:]:
                await self._api.call(
                    "chat.postMessage", channel=channel, thread_ts=thread, unfurl_links=False, **message
                )

    async def _tell_poster(self, heard: Heard, shown: Mapping[str, Sequence[Message]]) -> None:
        place = {"channel": heard.origin.channel, "user": heard.user}
        if heard.origin.thread:
            place["thread_ts"] = heard.origin.thread
        for messages in shown.values():
            for message in messages:
                await self._api.call("chat.postEphemeral", **place, **message)
