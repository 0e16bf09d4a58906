"""The running application: a surface, delivery, schedule and what was interrupted, and how they stop."""

import asyncio
from collections.abc import Callable, Sequence
from datetime import UTC, datetime

from bot.app import Council, open_desk, open_read_only_desk
from bot.delivery import Delivery
from bot.dispatch import Dispatch
from bot.form_keeping import FormKeeping
from bot.job_runner import JobRunner
from bot.preview.ground import DEMO, Ground
from bot.preview.opening import keep_open, open_room
from bot.preview.room import Guest, Room
from bot.preview.surface import PreviewSurface
from bot.preview.welcome import DEMO_WELCOME, Welcome
from bot.resuming import Resuming
from bot.scheduler import Scheduler


def present() -> datetime:
    """The moment that this machine shows."""
    return datetime.now(UTC)


async def run_in_room(
    council: Council,
    room: Room,
    guests: Callable[[], Sequence[Guest]],
    announce: Callable[[str], None],
    *,
    port: int = 0,
    ground: Ground = DEMO,
    allow_real_crm: bool = False,
    welcome: Welcome = DEMO_WELCOME,
    clock: Callable[[], datetime] = present,
) -> None:
    """Everything that runs, with the local room for a chat, until an interrupt or a termination.

    `clock` gives the moment at which people are answered, jobs are due and messages are sent.

    The room closes first; then what is on its way is delivered and what is at work comes to its end.
    Raises `RoomRefused` before anything has started.
    """
    stop = asyncio.Event()
    open_for = open_desk if ground.can_write else open_read_only_desk
    dispatch = Dispatch(open_for(council, clock()), clock)
    opened = await open_room(
        room,
        guests,
        dispatch.answer,
        port=port,
        ground=ground,
        allow_real_crm=allow_real_crm,
        welcome=welcome,
    )
    async with asyncio.TaskGroup() as running:
        delivery = Delivery(council.engine, PreviewSurface(room), clock, council.company)
        running.create_task(delivery.run(stop), name="delivery")
        running.create_task(Scheduler(JobRunner(council, clock)).run(stop), name="scheduler")
        running.create_task(Resuming(dispatch).run(stop), name="resuming")
        running.create_task(FormKeeping(dispatch.desk.crm).run(stop), name="form keeping")
        try:
            await keep_open(opened, announce)
        finally:
            stop.set()
