"""`council demo`: the demo company in a local room, opened in the browser."""

import webbrowser
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Annotated

from cyclopts import Parameter

from bot.app import Council
from bot.cli.invocation import Called
from bot.cli.progress import shown_progress
from bot.cli.sheet import terminal
from bot.demo import make_demo_folder
from bot.demo import open_demo as prepare_demo
from bot.demo_room import furnish_demo
from bot.logs import log_to_stderr


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
        demo = furnish_demo(council, now, progress)
    demo.stay(port, _announce(council, opens_browser=browser))


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
