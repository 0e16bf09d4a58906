"""The demo company in a local room: its past is told once, then its schedule and its delivery run on."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from bot.app import Council
from bot.demo import beside_database, past_is_told, telling_past
from bot.demo_past import Clock, DemoPast
from bot.preview.room import Guest, Room
from bot.preview.said import SaidFile
from bot.preview.surface import NAME, restore_room
from bot.room import list_guests
from bot.running import present, run_in_room
from jobs.pulling import Progress
from storage.database import reading
from storage.outbox_reading import read_shown


class _RoomClock:
    """The past's clock while it is told, then the present's."""

    def __init__(self, past: Clock, clock: Callable[[], datetime]) -> None:
        self._past: Clock | None = past
        self._present = clock

    def __call__(self) -> datetime:
        return self._past() if self._past is not None else self._present()

    def arrive(self) -> None:
        self._past = None


def furnish_demo(
    council: Council,
    now: datetime,
    progress: Callable[[Progress], None],
    clock: Callable[[], datetime] = present,
) -> "DemoRoom":
    """The room with everything in it that was said until now; `clock` goes on from there."""
    from crm.demo import demo_cast

    past = Clock(now)
    room_clock = _RoomClock(past, clock)
    room = _as_it_was_left(council, room_clock)
    guests = list_guests(council, {member.user_id: member.introduction for member in demo_cast()})
    asyncio.run(_furnish(council, room, guests, past, now, progress))
    room_clock.arrive()
    return DemoRoom(council, room, guests, clock)


@dataclass(frozen=True)
class DemoRoom:
    """A furnished room that nobody can enter yet."""

    council: Council
    room: Room
    guests: tuple[Guest, ...]
    clock: Callable[[], datetime]

    def stay(self, port: int, announce: Callable[[str], None]) -> None:
        """Open it, with schedule and delivery running; blocks until it is closed."""
        asyncio.run(
            run_in_room(self.council, self.room, lambda: self.guests, announce, port=port, clock=self.clock)
        )


async def _furnish(
    council: Council,
    room: Room,
    guests: tuple[Guest, ...],
    past: Clock,
    now: datetime,
    progress: Callable[[Progress], None],
) -> None:
    """What was said before, unless it stands there already from an earlier start."""
    if past_is_told(council):
        return
    with telling_past(council):
        await DemoPast(council, room, guests, past).tell(
            now, lambda done, total: progress(Progress("Telling the last weeks", done, total))
        )


def _as_it_was_left(council: Council, clock: Callable[[], datetime]) -> Room:
    """What the bot said comes back from the outbox, what people said from a file beside the database."""
    room = Room(clock)
    said = SaidFile(beside_database(council, "said.jsonl"))
    with reading(council.engine) as connection:
        restore_room(room, read_shown(connection, NAME), said.read())
    room.keep_words(said.note)
    return room
