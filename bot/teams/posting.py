"""A card in Teams: one message, or several where it is larger, which are posted and change together."""

import asyncio
from collections.abc import Sequence

import structlog
from botbuilder.schema import Activity

from bot.surface import OutcomeUnknown, TryLater, Unreachable
from bot.teams.connector import Connector
from bot.teams.places import Conversation, MessagePlace

logger = structlog.get_logger()

SECONDS_BETWEEN_PARTS = 0.3


class Posting:
    """Posts and changes whole cards."""

    def __init__(self, connector: Connector) -> None:
        self._connector = connector

    async def post(
        self, conversation: Conversation, activities: Sequence[Activity], head: str | None = None
    ) -> MessagePlace:
        """In a channel further parts stand in the thread: that of `head`, or of the first part.

        Raises `DeliveryFailed` where nothing was posted, `OutcomeUnknown` where something may stand there.
        """
        parts = [await self._connector.post(conversation, activities[0], head)]
        in_thread = head or (parts[0] if conversation.has_threads else None)
        for number in range(1, len(activities)):
            parts.append(await self._post_further(conversation, activities, number, in_thread))
        return MessagePlace(conversation, tuple(parts), head)

    async def change(self, place: MessagePlace, activities: Sequence[Activity]) -> MessagePlace:
        """Parts that a shorter card lacks are taken away; those that a longer one needs are posted.

        Raises `DeliveryFailed`, `OutcomeUnknown`.
        """
        for message, activity in zip(place.parts, activities, strict=False):
            await self._connector.change(place.conversation, message, activity)
        for message in place.parts[len(activities) :]:
            await self._take_away(place, message)
        parts = list(place.parts[: len(activities)])
        in_thread = place.thread or (parts[0] if place.conversation.has_threads else None)
        for number in range(len(parts), len(activities)):
            parts.append(await self._post_further(place.conversation, activities, number, in_thread))
        return MessagePlace(place.conversation, tuple(parts), place.thread)

    async def _post_further(
        self,
        conversation: Conversation,
        activities: Sequence[Activity],
        number: int,
        thread: str | None,
    ) -> str:
        """Whatever goes wrong now, a part stands there already."""
        await asyncio.sleep(SECONDS_BETWEEN_PARTS)
        try:
            return await self._connector.post(conversation, activities[number], thread)
        except (TryLater, Unreachable) as failure:
            raise OutcomeUnknown(
                f"Part {number + 1} of {len(activities)} did not arrive: {failure}"
            ) from failure

    async def _take_away(self, place: MessagePlace, message: str) -> None:
        try:
            await self._connector.take_away(place.conversation, message)
        except Unreachable as gone:
            logger.info("message_was_gone", reason=str(gone))
