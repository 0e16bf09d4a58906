"""The surfaces that there are, held to the one contract."""

from collections.abc import Sequence
from datetime import UTC, datetime

import pytest

from bot.preview.room import Guest, Room, Words
from bot.preview.surface import PreviewSurface
from bot.surface import Addressee, Posted, Surface
from tests.bot.fake_surface import FakeSurface
from tests.contracts.surface import Read, SurfaceContract


class TestPreviewSurface(SurfaceContract):
    @pytest.fixture
    def room(self) -> Room:
        return Room(lambda: datetime(2026, 11, 24, 9, tzinfo=UTC))

    @pytest.fixture
    def surface(self, room: Room) -> Surface:
        surface = PreviewSurface(room)
        self._room = room
        return surface

    def read(self, surface: Surface, to: Addressee) -> Sequence[Read]:
        reader = Guest("005?", "Reader", "Reps", "", frozenset({to.audience}))
        found = sorted(self._room.messages_for(reader), key=lambda message: message.number)
        return [
            Read(message.content.title, message.thread is not None)
            for message in found
            if not isinstance(message.content, Words)
        ]


class TestFakeSurface(SurfaceContract):
    @pytest.fixture(params=[True, False], ids=["looks up", "cannot look up"])
    def surface(self, request: pytest.FixtureRequest) -> Surface:
        return FakeSurface(can_look_up=request.param)

    def read(self, surface: Surface, to: Addressee) -> Sequence[Read]:
        assert isinstance(surface, FakeSurface)
        return [
            Read(one.card.title, one.thread is not None)
            for one in surface.said
            if one.audience == to.audience
        ]

    def nowhere(self, surface: Surface) -> Posted:
        return Posted(surface.name, "99")
