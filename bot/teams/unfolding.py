"""An address of the CRM that somebody writes: what the deal lacks, where all who read it may see deals.

Teams puts what unfolds into the message that is being written, for everybody in the conversation. So nothing
unfolds but in channels that the configuration opens for deals; the writer may see the deal, or nothing does.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from bot.deal_addresses import deal_in
from bot.surface import DeliveryFailed
from bot.teams.addresses import Addresses
from bot.teams.heard import Json, NotOurs, read_place
from bot.teams.rendering import CARD, Rendering
from bot.teams.talk import Talk
from handlers.asking import Typed
from messages.problem import PROBLEM

NOTHING: Mapping[str, Any] = {}


class Unfolding:
    """Shows deals beside their addresses."""

    def __init__(
        self,
        addresses: Addresses,
        talk: Talk,
        rendering: Rendering,
        domains: Sequence[str],
        deal_channels: Sequence[str],
    ) -> None:
        """`deal_channels`: names of channels in which deals may be shown to all, with `#`."""
        self._addresses = addresses
        self._talk = talk
        self._rendering = rendering
        self._domains = tuple(domain.casefold() for domain in domains)
        self._deal_channels = frozenset(deal_channels)

    async def unfold(self, activity: Json) -> Mapping[str, Any]:
        """The answer to a `composeExtension/queryLink`."""
        value = activity.get("value")
        address = str(value.get("url") or "") if isinstance(value, Mapping) else ""
        deal = deal_in(address, self._domains)
        try:
            heard = read_place(activity)
        except NotOurs:
            return NOTHING
        if deal is None or not await self._is_open(heard.origin.channel):
            return NOTHING
        reply = await self._talk.look_up(replace(heard, question=Typed(f"/deal {deal}")))
        (card, *_) = (*reply.cards, None)
        if card is None or card.key == PROBLEM:
            return NOTHING
        preview = {
            "contentType": "application/vnd.microsoft.card.thumbnail",
            "content": {"title": card.title},
        }
        shown = self._rendering.cards(card, card.key)[0]
        attachment = {"contentType": CARD, "content": shown, "preview": preview}
        return {
            "composeExtension": {"type": "result", "attachmentLayout": "list", "attachments": [attachment]}
        }

    async def _is_open(self, channel: str) -> bool:
        if not channel:
            return False
        try:
            return f"#{await self._addresses.name_of(channel)}" in self._deal_channels
        except DeliveryFailed:
            return False
