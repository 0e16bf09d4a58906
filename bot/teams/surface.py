"""Teams as delivery sees it: cards posted, changed, and never posted again where their fate is in doubt."""

from datetime import timedelta

from bot.surface import Addressee, Pace, Posted, Unreachable
from bot.teams.addresses import Addresses
from bot.teams.connector import Connector
from bot.teams.places import NAME, MessagePlace, place_from_text
from bot.teams.posting import Posting
from bot.teams.rendering import Rendering
from messages.card import Card

PACE = Pace(timedelta(seconds=2), timedelta(milliseconds=40))
"""Teams lets a bot say 1,800 messages an hour in a conversation, and 50 a second in an organisation; both
with a margin for answers."""


class TeamsSurface:
    """Speaks in one organisation."""

    def __init__(self, connector: Connector, addresses: Addresses, tenant: str, rendering: Rendering) -> None:
        self._posting = Posting(connector)
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
        return _posted(await self._posting.post(conversation, activities, head))

    async def update(self, posted: Posted, key: str, card: Card) -> Posted:
        place = place_from_text(posted.message)
        return _posted(await self._posting.change(place, self._rendering.activities(card, key)))

    async def find(self, to: Addressee, key: str) -> Posted | None:  # noqa: ARG002
        raise Unreachable("Teams does not let an app look its messages up.")


def _posted(place: MessagePlace) -> Posted:
    return Posted(NAME, place.as_text())
