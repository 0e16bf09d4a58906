"""`council demo`: the demo company in a local room, opened in the browser."""

import asyncio
import webbrowser
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Annotated

from cyclopts import Parameter

from bot.app import Council, open_desk
from bot.cli.invocation import Called
from bot.cli.progress import shown_progress
from bot.cli.sheet import terminal
from bot.demo import make_demo_folder
from bot.demo import open_demo as prepare_demo
from bot.dispatch import Dispatch
from bot.logs import log_to_stderr
from bot.preview.opening import keep_open, open_room
from bot.preview.room import Room
from bot.preview.seeding import seed_room
from bot.room import list_guests, seed_posts
from pipeline.findings import PersonName


def open_demo(
    *,
    port: Annotated[int, Parameter(help="Port on this machine; 0 takes any that is free.")] = 0,
    browser: Annotated[bool, Parameter(help="Open the room in the browser.")] = True,
    invocation: Called,  # noqa: ARG001 - every command is handed one; the demo brings its own configuration
) -> None:
    """Look around in a demo company: choose who you are, and ask. No account or network is needed."""
    log_to_stderr()
    now = datetime.now(UTC)
    with shown_progress() as progress:
        council = prepare_demo(make_demo_folder(), now, progress)
    asyncio.run(_stay(council, now, port, _announce(council, opens_browser=browser)))


async def _stay(council: Council, now: datetime, port: int, announce: Callable[[str], None]) -> None:
    from crm.demo import demo_cast

    cast = demo_cast()
    reps = [PersonName(member.user_id, member.name) for member in cast if member.role == "rep"]
    room = Room(lambda: datetime.now(UTC))
    seed_room(room, seed_posts(council, reps, now))
    guests = list_guests(council, {member.user_id: member.introduction for member in cast})
    dispatch = Dispatch(open_desk(council, now))
    await keep_open(await open_room(room, lambda: guests, dispatch.answer, port=port), announce)


def _announce(council: Council, *, opens_browser: bool) -> Callable[[str], None]:
    def announce(address: str) -> None:
        console = terminal()
        console.print(f"The local room is open: {address}", soft_wrap=True)
        console.print(
            f"The same company from a terminal: council --config {council.settings.file} apm region",
            soft_wrap=True,
        )
        console.print("Ctrl-C closes it.")
        if opens_browser:
            webbrowser.open(address)

    return announce
