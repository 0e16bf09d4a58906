"""Opening the room on this machine, and keeping it open until somebody closes it."""

import asyncio
import errno
import signal
import socket
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from aiohttp import web

from bot.preview.asking import Answer
from bot.preview.door import Door
from bot.preview.ground import DEMO, Ground, RoomRefused, check_ground, check_loopback
from bot.preview.room import Guest, Room
from bot.preview.server import RoomApplication
from bot.preview.welcome import DEMO_WELCOME, SUGGESTIONS, Suggestion, Welcome

CLOSING_SECONDS = 2.0
"""How long answers under way may take to end when the room closes."""


@dataclass(frozen=True)
class OpenRoom:
    """A room that listens; `address` is what a person opens."""

    door: Door
    runner: web.AppRunner

    @property
    def address(self) -> str:
        return self.door.address

    async def close(self) -> None:
        await self.runner.cleanup()


async def open_room(
    room: Room,
    guests: Callable[[], Sequence[Guest]],
    answer: Answer,
    *,
    host: str = "127.0.0.1",
    port: int = 0,
    ground: Ground = DEMO,
    allow_real_crm: bool = False,
    welcome: Welcome = DEMO_WELCOME,
    suggestions: tuple[Suggestion, ...] = SUGGESTIONS,
) -> OpenRoom:
    """Listen on loopback; port 0 takes any that is free.

    Raises `RoomRefused` where the address could be reached from elsewhere, the port is taken, or a
    real CRM stands behind the answers and was not asked for by name.
    """
    check_ground(ground, allow_real_crm=allow_real_crm)
    listener = _listen(check_loopback(host), port)
    bound_host, bound_port = listener.getsockname()[:2]
    door = Door(bound_host, bound_port)
    application = RoomApplication(
        room, guests, answer, ground=ground, welcome=welcome, suggestions=suggestions
    )
    runner = web.AppRunner(application.build(door), access_log=None, shutdown_timeout=CLOSING_SECONDS)
    await runner.setup()
    await web.SockSite(runner, listener).start()
    return OpenRoom(door, runner)


async def keep_open(opened: OpenRoom, announce: Callable[[str], None]) -> None:
    """Say the address, wait for an interrupt (Ctrl-C) or a termination, and close."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for asked_to_stop in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(asked_to_stop, stop.set)
    try:
        announce(opened.address)
        await stop.wait()
    finally:
        for asked_to_stop in (signal.SIGINT, signal.SIGTERM):
            loop.remove_signal_handler(asked_to_stop)
        await opened.close()


def _listen(host: str, port: int) -> socket.socket:
    listener = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_STREAM)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, port))
    except OSError as error:
        listener.close()
        if error.errno in {errno.EADDRINUSE, errno.EACCES}:
            raise RoomRefused(
                f"Port {port} of {host} cannot be used ({error.strerror}). Choose another, or 0 for any."
            ) from error
        raise
    return listener
