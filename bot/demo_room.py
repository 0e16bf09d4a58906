"""The demo company in a local room: its past is told once, then its schedule and its delivery run on."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from bot.app import Council
from bot.demo import past_is_told, telling_past
from bot.demo_past import Clock, DemoPast
from bot.preview.room import Guest, Room
from bot.preview.seeding import seed_room
from bot.preview.surface import restore_room
from bot.room import list_guests, seed_posts
from bot.running import present, run_in_room
from jobs.pull import Progress
from pipeline.findings import PersonName
from storage.database import reading
from storage.outbox_reading import read_shown


class _RoomClock:
    """The past's clock while it is told, then this machine's."""

    def __init__(self, past: Clock) -> None:
        self._past: Clock | None = past

    def __call__(self) -> datetime:
        return self._past() if self._past is not None else present()

    def arrive(self) -> None:
        self._past = None


def furnish_demo(council: Council, now: datetime, progress: Callable[[Progress], None]) -> "DemoRoom":
    """The room with everything in it that was said until now."""
    from crm.demo import demo_cast

    past = Clock(now)
    clock = _RoomClock(past)
    room = Room(clock)
    guests = list_guests(council, {member.user_id: member.introduction for member in demo_cast()})
    asyncio.run(_furnish(council, room, guests, past, now, progress))
    clock.arrive()
    return DemoRoom(council, room, guests)


@dataclass(frozen=True)
class DemoRoom:
    """A furnished room that nobody can enter yet."""

    council: Council
    room: Room
    guests: tuple[Guest, ...]

    def stay(self, port: int, announce: Callable[[str], None]) -> None:
        """Open it, with schedule and delivery running; blocks until it is closed."""
        asyncio.run(run_in_room(self.council, self.room, lambda: self.guests, announce, port=port))


async def _furnish(
    council: Council,
    room: Room,
    guests: tuple[Guest, ...],
    past: Clock,
    now: datetime,
    progress: Callable[[Progress], None],
) -> None:
    """What was said before: shown again where it was told before, else told now."""
    from crm.demo import demo_cast

    if past_is_told(council):
        with reading(council.engine) as connection:
            restore_room(room, read_shown(connection, "preview"))
    else:
        with telling_past(council):
            await DemoPast(council, room, guests, past).tell(
                now, lambda done, total: progress(Progress("Telling the last weeks", done, total))
            )
    if not room.messages_for(guests[0]):
        reps = [PersonName(member.user_id, member.name) for member in demo_cast() if member.role == "rep"]
        seed_room(room, seed_posts(council, reps, now))
