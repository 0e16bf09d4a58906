"""The running application in Teams: schedule, delivery and what was interrupted beside the organisation."""

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
from bot.teams.places import NAME
from bot.teams.room import Letters, Microsoft, open_teams
from handlers.actions import type_commands
from messages.card import Card
from messages.card_text import UnreadableCard, card_from_text
from storage.database import Engine, reading
from storage.outbox_reading import read_card_within, read_key_at


async def run_in_teams(
    council: Council,
    announce: Callable[[str], None],
    clock: Callable[[], datetime],
    until: Callable[[], Awaitable[None]],
    microsoft: Microsoft | None = None,
) -> None:
    """Everything that runs, until `until` comes to its end.

    `announce` is told the address on this machine. The way in closes first; then what is on its way is
    delivered and what is at work comes to its end. Raises `CouncilError` before anything has started, where
    the settings lack what is needed.
    """
    stop = asyncio.Event()
    dispatch = Dispatch(open_desk(council, clock()), clock)
    company, definition = council.company, council.settings.teams
    deal_channels = company.council.channels if company.council.deals_visible else ()
    opening = open_teams(
        definition,
        dispatch,
        council.engine,
        letters_in(council.engine),
        deal_channels,
        tuple(type_commands(company)),
        microsoft,
    )
    async with opening as room, AsyncExitStack() as ways_in:
        address = await ways_in.enter_async_context(room.listening())
        async with asyncio.TaskGroup() as running:
            delivery = Delivery(council.engine, room.surface, clock, company)
            running.create_task(delivery.run(stop), name="delivery")
            running.create_task(Scheduler(JobRunner(council, clock)).run(stop), name="scheduler")
            running.create_task(room.council_team.run(stop), name="council team")
            running.create_task(Resuming(dispatch).run(stop), name="resuming")
            running.create_task(FormKeeping(dispatch.desk.crm).run(stop), name="form keeping")
            announce(address)
            try:
                await until()
            finally:
                await ways_in.aclose()
                stop.set()


def letters_in(engine: Engine) -> Letters:
    """Finds letters in a database."""

    def find_key(place: str) -> str | None:
        with reading(engine) as connection:
            return read_key_at(connection, NAME, place)

    def read_card(key: str, conversation: str) -> Card | None:
        with reading(engine) as connection:
            written = read_card_within(connection, NAME, key, conversation)
        try:
            return card_from_text(written) if written else None
        except UnreadableCard:
            return None

    return Letters(find_key, read_card)
