"""Turns of talk that go on by themselves, kept until they have come to their end."""

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

import structlog

logger = structlog.get_logger()

Given = TypeVar("Given")


class Turns:
    """The event loop holds tasks weakly: one that nobody keeps can vanish in the middle of its work."""

    def __init__(self) -> None:
        self._under_way: set[asyncio.Task[Any]] = set()

    def begin(self, turn: Coroutine[Any, Any, None]) -> None:
        """Let a turn go on by itself; its error ends in the log."""
        self.keep(_logged(turn))

    def keep(self, work: Coroutine[Any, Any, Given]) -> asyncio.Task[Given]:
        """A task for work whose outcome somebody may wait for."""
        task = asyncio.create_task(work)
        self._under_way.add(task)
        task.add_done_callback(self._under_way.discard)
        return task

    async def settle(self) -> None:
        """Wait until the turns that are under way have come to their end."""
        while self._under_way:
            await asyncio.gather(*self._under_way, return_exceptions=True)


async def _logged(turn: Coroutine[Any, Any, None]) -> None:
    """The last resort of a turn: nobody waits for its error."""
    try:
        await turn
    except Exception:
        logger.exception("turn_broke")
