"""How the application is asked to stop: an interrupt (Ctrl-C) or a termination."""

import asyncio
import signal


async def told_to_stop() -> None:
    """Wait until somebody asks. To be called on the main thread."""
    told = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, told.set)
    try:
        await told.wait()
    finally:
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.remove_signal_handler(number)
