"""The scene on which turns of talk in Teams are taken."""

from collections.abc import AsyncIterator

import pytest

from storage.database import Engine
from tests.bot.teams.scene import Scene, open_scene


@pytest.fixture
async def scene(database: Engine, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Scene]:
    monkeypatch.setattr("bot.teams.posting.SECONDS_BETWEEN_PARTS", 0)
    async with open_scene(database) as opened:
        yield opened
