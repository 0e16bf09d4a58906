"""An application in Teams in a process of its own, which dies when it has done what it was asked for."""

import asyncio
import os
import signal
from dataclasses import dataclass
from datetime import datetime
from multiprocessing.queues import SimpleQueue
from pathlib import Path

from bot.dispatch import Dispatch, TakenIn
from bot.teams.room import Microsoft, open_teams
from bot.teams.running import letters_in
from handlers.asking import Question, Where
from messages.reply import Reply
from pipeline.person_links import Sender
from tests.stories.company import open_company
from tests.teams.office import make_definition


@dataclass(frozen=True)
class DyingAnswers:
    """What is asked has its effect, and nobody is left to say so."""

    dispatch: Dispatch

    def answer_sender(
        self, sender: Sender, question: Question, where: Where, event: str | None, taken_in: TakenIn
    ) -> Reply:
        self.dispatch.answer_sender(sender, question, where, event, taken_in)
        os.kill(os.getpid(), signal.SIGKILL)
        raise AssertionError("killed")

    def mark_shown(self, event: str) -> None:
        raise AssertionError(f"{event} was never shown")


def answer_and_die(folder: Path, microsoft: Microsoft, told: "SimpleQueue[str]", moment: datetime) -> None:
    """`told`: gets the address at which it listens."""
    asyncio.run(_answer(folder, microsoft, told, moment))


async def _answer(folder: Path, microsoft: Microsoft, told: "SimpleQueue[str]", moment: datetime) -> None:
    company = open_company(folder, moment)
    engine = company.council.engine
    opening = open_teams(
        make_definition(), DyingAnswers(company.dispatch), engine, letters_in(engine), microsoft=microsoft
    )
    async with opening as room, room.listening() as address:
        told.put(address)
        await asyncio.Event().wait()
