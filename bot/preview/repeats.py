"""A page may send the same thing twice, after a double click or a lost connection: it is done once."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Generic, TypeVar

MOST_KEPT = 1000
"""Repetitions come within seconds; the oldest events are forgotten first."""

Answer = TypeVar("Answer")


class Repeats(Generic[Answer]):
    """What came of each event, kept for those that ask for the same again. For one event loop."""

    def __init__(self) -> None:
        self._answers: dict[str, asyncio.Future[Answer]] = {}

    async def once(self, event: str, work: Callable[[], Awaitable[Answer]]) -> Answer:
        """What `work` gives for this event; asked again, even while it works, it gives the same."""
        answer = self._answers.get(event)
        if answer is None:
            answer = asyncio.ensure_future(work())
            self._answers[event] = answer
            self._forget_oldest()
        return await asyncio.shield(answer)

    def _forget_oldest(self) -> None:
        while len(self._answers) > MOST_KEPT:
            del self._answers[next(iter(self._answers))]
