"""Teams as delivery sees it: cards posted, changed, and never posted again where their fate is in doubt."""

import asyncio
from collections.abc import Sequence
from datetime import timedelta

import structlog
from botbuilder.schema import Activity

from bot.surface import Addressee, OutcomeUnknown, Pace, Posted, TryLater, Unreachable
from bot.teams.addresses import Addresses
from bot.teams.connector import Connector
from bot.teams.places import NAME, Conversation, MessagePlace, place_from_text
from bot.teams.rendering import Rendering
from messages.card import Card

logger = structlog.get_logger()

PACE = Pace(timedelta(seconds=2), timedelta(milliseconds=40))
"""Teams lets a bot say 1,800 messages an hour in a conversation, and 50 a second in an organisation; both
with a margin for answers."""
SECONDS_BETWEEN_PARTS = 0.3


class TeamsSurface:
    """Speaks in one organisation."""

    def __init__(self, connector: Connector, addresses: Addresses, tenant: str, rendering: Rendering) -> None:
        self._connector = connector
        self._addresses = addresses
        self._tenant = tenant
        self._rendering = rendering

    @property
    def name(self) -> str:
        return NAME

    @property
    def tenant(self) -> str:
        return self._tenant

    @property
    def pace(self) -> Pace:
        return PACE

    @property
    def can_look_up(self) -> bool:
        """Teams does not let an app read back what it has posted."""
        return False

    async def post(self, to: Addressee, key: str, card: Card, thread: Posted | None) -> Posted:
        conversation = await self._addresses.conversation_of(to)
        head = None if thread is None else place_from_text(thread.message).parts[0]
        activities = self._rendering.activities(card, key)
        parts = [await self._connector.post(conversation, activities[0], head)]
        in_thread = head or (parts[0] if conversation.has_threads else None)
        for number in range(1, len(activities)):
            parts.append(await self._post_further(conversation, activities, number, in_thread))
        return _posted(MessagePlace(conversation, tuple(parts), head))

    async def update(self, posted: Posted, key: str, card: Card) -> Posted:
        """Parts that a shorter card lacks are taken away; those that a longer one needs are posted."""
        place = place_from_text(posted.message)
        activities = self._rendering.activities(card, key)
        for message, activity in zip(place.parts, activities, strict=False):
            await self._connector.change(place.conversation, message, activity)
        for message in place.parts[len(activities) :]:
            await self._take_away(place, message)
        parts = list(place.parts[: len(activities)])
        in_thread = place.thread or (parts[0] if place.conversation.has_threads else None)
        for number in range(len(parts), len(activities)):
            parts.append(await self._post_further(place.conversation, activities, number, in_thread))
        return _posted(MessagePlace(place.conversation, tuple(parts), place.thread))

    async def find(self, to: Addressee, key: str) -> Posted | None:  # noqa: ARG002
        raise Unreachable("Teams does not let an app look its messages up.")

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


def _posted(place: MessagePlace) -> Posted:
    return Posted(NAME, place.as_text())
