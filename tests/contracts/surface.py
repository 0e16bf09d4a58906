"""What every surface has to do for delivery. A surface's tests inherit `SurfaceContract`, and say how one
is made and how a reader sees its messages."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass

import pytest

from bot.surface import Addressee, Posted, Surface, Unreachable
from messages.card import Card, Paragraph, text


@dataclass(frozen=True)
class Read:
    """A message as a reader finds it."""

    title: str
    is_reply: bool = False


ANA = Addressee("@005A", "ana@example.com", "Ana Lind")
BEN = Addressee("@005B", "ben@example.com", "Ben Osei")
CHANNEL = Addressee("#pipeline-council", name="#pipeline-council")


def card(key: str, title: str) -> Card:
    return Card(key, title, (Paragraph(text("Two deals want a look.")),), title)


class SurfaceContract(ABC):
    """One suite over all surfaces."""

    @pytest.fixture
    @abstractmethod
    def surface(self) -> Surface:
        """A surface on which nothing was said, that reaches Ana, Ben and the channel."""

    @abstractmethod
    def read(self, surface: Surface, to: Addressee) -> Sequence[Read]:
        """What stands in a conversation, in order, replies behind the head of their thread."""

    async def test_a_posted_card_is_there_for_its_audience_alone(self, surface: Surface) -> None:
        posted = await surface.post(ANA, "digest:1", card("digest:1", "Three deals"), None)
        assert posted.surface == surface.name
        assert self.read(surface, ANA) == [Read("Three deals")]
        assert self.read(surface, BEN) == []
        assert self.read(surface, CHANNEL) == []

    async def test_a_reply_stands_in_its_thread(self, surface: Surface) -> None:
        head = await surface.post(CHANNEL, "council:1", card("council:1", "The week"), None)
        await surface.post(CHANNEL, "thread:1", card("thread:1", "EMEA"), head)
        assert self.read(surface, CHANNEL) == [Read("The week"), Read("EMEA", is_reply=True)]

    async def test_an_update_changes_the_message_in_its_place(self, surface: Surface) -> None:
        posted = await surface.post(ANA, "digest:1", card("digest:1", "Three deals"), None)
        await surface.post(ANA, "digest:2", card("digest:2", "Another"), None)
        await surface.update(posted, "digest:1", card("digest:1", "Done"))
        assert self.read(surface, ANA) == [Read("Done"), Read("Another")]

    async def test_an_update_can_be_repeated(self, surface: Surface) -> None:
        posted = await surface.post(ANA, "digest:1", card("digest:1", "Three deals"), None)
        for _ in range(2):
            await surface.update(posted, "digest:1", card("digest:1", "Done"))
        assert self.read(surface, ANA) == [Read("Done")]

    async def test_a_reply_can_be_changed_too(self, surface: Surface) -> None:
        head = await surface.post(CHANNEL, "council:1", card("council:1", "The week"), None)
        reply = await surface.post(CHANNEL, "thread:1", card("thread:1", "EMEA"), head)
        await surface.update(reply, "thread:1", card("thread:1", "EMEA, with an action"))
        assert self.read(surface, CHANNEL) == [Read("The week"), Read("EMEA, with an action", is_reply=True)]

    async def test_a_message_is_known_by_the_letters_key_whatever_the_card_says(
        self, surface: Surface
    ) -> None:
        posted = await surface.post(ANA, "digest:1@005A", card("digest:1", "Three deals"), None)
        await surface.update(posted, "digest:1@005A", card("digest:1", "Done"))
        assert self.read(surface, ANA) == [Read("Done")]

    async def test_what_was_posted_is_found_by_its_key_and_nothing_else_is(self, surface: Surface) -> None:
        if not surface.can_look_up:
            return
        await surface.post(ANA, "digest:1", card("digest:1", "Three deals"), None)
        found = await surface.find(ANA, "digest:1")
        assert found is not None
        await surface.update(found, "digest:1", card("digest:1", "Done"))
        assert self.read(surface, ANA) == [Read("Done")]
        assert await surface.find(ANA, "digest:2") is None
        assert await surface.find(BEN, "digest:1") is None

    async def test_a_message_that_is_gone_cannot_be_changed_and_says_so(self, surface: Surface) -> None:
        with pytest.raises(Unreachable):
            await surface.update(self.nowhere(surface), "digest:1", card("digest:1", "Done"))

    def nowhere(self, surface: Surface) -> Posted:
        """A place as this surface would write it, at which nothing stands (any more)."""
        return Posted(surface.name, "@005A\ndigest:1")
