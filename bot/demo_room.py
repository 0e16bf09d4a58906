"""The demo company in a local room: its past is told once, then its schedule and its delivery run on."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from bot.app import Council, open_desk
from bot.delivery import Delivery
from bot.demo import past_is_told, telling_past
from bot.demo_past import Clock, DemoPast
from bot.dispatch import Dispatch
from bot.job_runner import JobRunner
from bot.preview.opening import keep_open, open_room
from bot.preview.room import Guest, Room
from bot.preview.seeding import seed_room
from bot.preview.surface import PreviewSurface, restore_room
from bot.room import list_guests, seed_posts
from bot.scheduler import Scheduler
from jobs.pull import Progress
from pipeline.findings import PersonName
from storage.database import reading
from storage.outbox_reading import read_shown


def _now() -> datetime:
    return datetime.now(UTC)


class _RoomClock:
    """The past's clock while it is told, then this machine's."""

    def __init__(self, past: Clock) -> None:
        self._past: Clock | None = past

    def __call__(self) -> datetime:
        return self._past() if self._past is not None else _now()

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
    return DemoRoom(council, room, guests, now)


@dataclass(frozen=True)
class DemoRoom:
    """A furnished room that nobody can enter yet."""

    council: Council
    room: Room
    guests: tuple[Guest, ...]
    now: datetime

    def stay(self, port: int, announce: Callable[[str], None]) -> None:
        """Open it, with schedule and delivery running; blocks until it is closed."""
        asyncio.run(_stay(self.council, self.room, self.guests, self.now, port, announce))


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


async def _stay(
    council: Council,
    room: Room,
    guests: tuple[Guest, ...],
    now: datetime,
    port: int,
    announce: Callable[[str], None],
) -> None:
    stop = asyncio.Event()
    delivery = Delivery(council.engine, PreviewSurface(room), _now, council.company)
    scheduler = Scheduler(JobRunner(council, _now))
    dispatch = Dispatch(open_desk(council, now))
    opened = await open_room(room, lambda: guests, dispatch.answer, port=port)
    async with asyncio.TaskGroup() as running:
        running.create_task(delivery.run(stop), name="delivery")
        running.create_task(scheduler.run(stop), name="scheduler")
        try:
            await keep_open(opened, announce)
        finally:
            stop.set()
