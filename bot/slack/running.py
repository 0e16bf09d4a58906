"""The running application in Slack: schedule, delivery and what was interrupted beside the workspace."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from datetime import datetime

from bot.app import Council, open_desk
from bot.delivery import Delivery
from bot.dispatch import Dispatch
from bot.form_keeping import FormKeeping
from bot.job_runner import JobRunner
from bot.resuming import Resuming
from bot.scheduler import Scheduler
from bot.slack.absences import Absences
from bot.slack.places import NAME
from bot.slack.room import Slack, open_slack
from storage.database import Engine, reading
from storage.outbox_reading import read_key_at

SLACK = Slack()


async def run_in_slack(
    council: Council,
    announce: Callable[[str, str | None], None],
    clock: Callable[[], datetime],
    until: Callable[[], Awaitable[None]],
    slack: Slack = SLACK,
) -> None:
    """Everything that runs, until `until` comes to its end.

    `announce` is told the workspace's name and, over HTTP, the address on this machine. The ways in close
    first; then what is on its way is delivered and what is at work comes to its end. Raises
    `CouncilError` before anything has started, where Slack does not let us in.
    """
    stop = asyncio.Event()
    dispatch = Dispatch(open_desk(council, clock()), clock)
    company = council.company
    deal_channels = company.council.channels if company.council.deals_visible else ()
    find_key = key_finder(council.engine)
    opening = open_slack(council.settings.slack, dispatch, find_key, deal_channels, slack)
    async with opening as room, AsyncExitStack() as ways_in:
        address = await ways_in.enter_async_context(room.listening())
        async with asyncio.TaskGroup() as running:
            delivery = Delivery(council.engine, room.surface, clock, company)
            running.create_task(delivery.run(stop), name="delivery")
            running.create_task(Scheduler(JobRunner(council, clock)).run(stop), name="scheduler")
            absences = Absences(
                room.colleagues,
                council.engine,
                room.surface.tenant,
                company.definitions.calendar.zone,
                clock,
            )
            running.create_task(absences.run(stop), name="absences")
            running.create_task(room.council_group(council.engine).run(stop), name="council group")
            running.create_task(Resuming(dispatch).run(stop), name="resuming")
            running.create_task(FormKeeping(dispatch.desk.crm).run(stop), name="form keeping")
            announce(room.workspace, address)
            try:
                await until()
            finally:
                await ways_in.aclose()
                stop.set()


def key_finder(engine: Engine) -> Callable[[str], str | None]:
    """Finds the key of the letter at a place in the workspace."""

    def find(place: str) -> str | None:
        with reading(engine) as connection:
            return read_key_at(connection, NAME, place)

    return find
