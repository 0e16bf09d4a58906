"""Delivery in a process of its own, to a surface that is a file, which may die at a named step.

It delivers until nothing waits. The steps tell of the first letter that it has in hand.
"""

import asyncio
import json
import os
import signal
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import datetime
from enum import StrEnum
from multiprocessing.synchronize import Barrier
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, event, func, select

from bot.delivery import Delivery
from bot.surface import UNHURRIED, Addressee, Posted
from messages.card import Card
from pipeline.company import Company
from pipeline.definitions import CouncilDefinition, Definitions, PeopleDefinition
from pipeline.hygiene.definition import HygieneDefinition
from pipeline.letters import LetterState
from storage.chat_tables import outbox
from storage.database import open_database, reading

COMPANY = Company(
    Definitions(), HygieneDefinition(), PeopleDefinition(operations=("ops@example.com",)), CouncilDefinition()
)


class Step(StrEnum):
    """Where a process dies."""

    BEFORE_CLAIM = "before_claim"
    CLAIMED = "claimed"
    """In hand, and the surface has not heard of it."""
    SHOWN = "shown"
    """The surface shows it, and nobody has written that down."""
    RECORDING = "recording"
    """Amid the transaction that writes it down."""
    RECORDED = "recorded"
    """Written down, and the next letter is not in hand yet."""
    NEVER = "never"


@dataclass(frozen=True)
class Line:
    """What the surface was asked to show, once."""

    act: str
    """`post` or `update`."""
    audience: str
    key: str
    title: str
    thread: str | None
    """Key of the head of the thread."""


@dataclass(frozen=True)
class FileSurface:
    """People would see the lines of the file; a line that was written survives its writer.

    `interrupt` is called right before and right after each line.
    """

    file: Path
    can_look_up: bool
    interrupt: Callable[[Step], None]
    name = "file"
    tenant = "T01"
    pace = UNHURRIED

    async def post(self, to: Addressee, key: str, card: Card, thread: Posted | None) -> Posted:
        await self._show(Line("post", to.audience, key, card.title, thread.message if thread else None))
        return Posted(self.name, key)

    async def update(self, posted: Posted, key: str, card: Card) -> Posted:
        await self._show(Line("update", "", posted.message, card.title, None))
        return posted

    async def find(self, to: Addressee, key: str) -> Posted | None:
        assert self.can_look_up, "a surface that cannot look up is not asked"
        stands = any((line.act, line.key) == ("post", key) for line in read_lines(self.file))
        return Posted(self.name, key) if stands else None

    async def _show(self, line: Line) -> None:
        self.interrupt(Step.CLAIMED)
        await asyncio.sleep(0)  # as a network would, it lets the other workers speak
        with self.file.open("ab", buffering=0) as file:
            file.write(json.dumps(asdict(line)).encode() + b"\n")
        self.interrupt(Step.SHOWN)


def read_lines(file: Path) -> list[Line]:
    """What was shown, in its order."""
    return [Line(**json.loads(line)) for line in file.read_text().splitlines()] if file.exists() else []


async def deliver_all(engine: Engine, surface: FileSurface, moment: datetime) -> None:
    """Deliver until nothing waits that can be sent at that moment."""
    delivery = Delivery(engine, surface, lambda: moment, COMPANY)
    while await delivery.deliver_due() or _is_in_hand(engine):
        pass


def _is_in_hand(engine: Engine) -> bool:
    """Another process may hold the head of a thread, or a conversation, for which letters wait."""
    with reading(engine) as connection:
        sending = select(func.count()).where(outbox.c.state == LetterState.SENDING)
        return bool(connection.execute(sending).scalar_one())


@dataclass
class Death:
    """Kills this process at a step, as nothing else can be killed."""

    at: Step
    handed: int = 0
    """Statements that took a letter in hand, or out of it again, until now."""

    def reach(self, step: Step) -> None:
        if step is self.at:
            os.kill(os.getpid(), signal.SIGKILL)

    def watch(self, engine: Engine) -> None:
        event.listen(engine, "before_cursor_execute", self._before)
        event.listen(engine, "after_cursor_execute", self._after)

    def _before(self, _connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        """The first of these statements claims a letter, the second records it, the third claims the next."""
        if _hands(statement):
            self.handed += 1
            if step := {1: Step.BEFORE_CLAIM, 3: Step.RECORDED}.get(self.handed):
                self.reach(step)

    def _after(self, _connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        if _hands(statement) and self.handed == 2:
            self.reach(Step.RECORDING)


def _hands(statement: str) -> bool:
    return statement.startswith("UPDATE outbox SET") and "claimed_by" in statement


def deliver_and_die(url: str, file: Path, can_look_up: bool, moment: datetime, step: Step) -> None:
    death = Death(step)
    engine = open_database(url)
    death.watch(engine)
    surface = FileSurface(file, can_look_up, death.reach)
    asyncio.run(deliver_all(engine, surface, moment))
    engine.dispose()


def deliver_beside_another(
    url: str, file: Path, can_look_up: bool, moment: datetime, together: Barrier
) -> None:
    engine = open_database(url)
    surface = FileSurface(file, can_look_up, lambda _: None)
    together.wait()
    asyncio.run(deliver_all(engine, surface, moment))
    engine.dispose()
