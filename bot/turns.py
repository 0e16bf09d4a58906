"""Turns of talk that go on by themselves, kept until they have come to their end."""

import asyncio
from collections.abc import Callable, Coroutine
from contextlib import suppress
from typing import Any, TypeVar

import structlog

from bot.dispatch import TakenIn

logger = structlog.get_logger()

Given = TypeVar("Given")

INBOX_SECONDS = 1.5
"""For the inbox, before an acknowledgement goes out without it."""


class Turns:
    """The event loop holds tasks weakly: one that nobody keeps can vanish in the middle of its work."""

    def __init__(self) -> None:
        self._under_way: set[asyncio.Task[Any]] = set()

    def begin(self, turn: Coroutine[Any, Any, None]) -> None:
        """Let a turn go on by itself; its error ends in the log."""
        self.keep(_logged(turn))

    async def receive(self, turn: Callable[[TakenIn], Coroutine[Any, Any, None]]) -> None:
        """Let a turn go on by itself. Over when the inbox has the event: then the platform need not keep it.

        Where the platform is slow to say who somebody is, or the database is busy, it is over after a moment
        all the same: whoever waits for an acknowledgement is shown a failure and does the same thing once
        more. What can be lost then is what a crash meets in the very seconds of such a delay.
        """
        loop, is_in = asyncio.get_running_loop(), asyncio.Event()
        turning = self.keep(_logged(turn(lambda: _call(loop, is_in.set))))
        turning.add_done_callback(lambda _: is_in.set())
        with suppress(TimeoutError):
            await asyncio.wait_for(is_in.wait(), INBOX_SECONDS)

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


def unwatched() -> None:
    """Nobody waits until the inbox has the event."""


def _call(loop: asyncio.AbstractEventLoop, action: Callable[[], None]) -> None:
    """From another thread. A loop that has ended has nobody left who waits."""
    with suppress(RuntimeError):
        loop.call_soon_threadsafe(action)


async def _logged(turn: Coroutine[Any, Any, None]) -> None:
    """The last resort of a turn: nobody waits for its error."""
    try:
        await turn
    except Exception:
        logger.exception("turn_broke")
