"""`council run`: the application as it runs day and night."""

import asyncio
from datetime import UTC, datetime
from typing import Annotated, Literal

from cyclopts import Parameter

from bot.app import Council, build_crm
from bot.cli.invocation import Called
from bot.cli.opening import opened
from bot.cli.sheet import terminal
from bot.logs import log_to_stderr
from bot.preview.ground import DEMO, Ground
from bot.preview.room import Room
from bot.preview.surface import NAME, restore_room
from bot.preview.welcome import DEMO_WELCOME, Welcome
from bot.room import list_guests
from bot.running import present, run_in_room
from bot.slack.manifest import EVENTS_PATH
from bot.stopping import told_to_stop
from storage.database import reading
from storage.outbox_reading import read_shown


def run(
    *,
    surface: Annotated[
        Literal["preview", "slack", "teams"] | None,
        Parameter(
            help="The chat: preview is the local room in the browser; default: [chat] surface of the "
            "configuration."
        ),
    ] = None,
    port: Annotated[int, Parameter(help="Port on this machine; 0 takes any that is free.")] = 0,
    real_crm: Annotated[
        bool,
        Parameter(name="--real-crm", negative="", help="Open the local room over a real CRM, read-only."),
    ] = False,
    invocation: Called,
) -> None:
    """Run the schedule, deliver what is to be said, and answer in a chat, until Ctrl-C."""
    log_to_stderr()
    with opened(invocation) as council:
        match surface or council.settings.chat.surface:
            case "slack":
                _run_in_slack(council)
            case "teams":
                _run_in_teams(council)
            case _:
                _run_in_room(council, port=port, real_crm=real_crm)


def _run_in_slack(council: Council) -> None:
    from bot.slack.running import run_in_slack  # heavy, and the local room needs nothing of it

    asyncio.run(run_in_slack(council, _announce_workspace, present, told_to_stop))


def _announce_workspace(workspace: str, address: str | None) -> None:
    console = terminal()
    way = "through a socket" if address is None else f"by posts to {address}{EVENTS_PATH}"
    console.print(f"Running in the Slack workspace {workspace}, {way}. Ctrl-C stops it.", soft_wrap=True)


def _run_in_teams(council: Council) -> None:
    from bot.teams.running import run_in_teams  # heavy too

    is_open = council.settings.teams.development
    asyncio.run(
        run_in_teams(council, lambda address: _announce_teams(address, is_open), present, told_to_stop)
    )


def _announce_teams(address: str, is_open: bool) -> None:
    from bot.teams.door import MESSAGES_PATH
    from bot.teams.loopback import WARNING

    console = terminal()
    if is_open:
        console.print(WARNING, style="bold red", soft_wrap=True)
    console.print(f"Running in Teams, by posts to {address}{MESSAGES_PATH}. Ctrl-C stops it.", soft_wrap=True)


def _run_in_room(council: Council, *, port: int, real_crm: bool) -> None:
    ground = _ground(council)
    room = Room(present)
    with reading(council.engine) as connection:
        restore_room(room, read_shown(connection, NAME))
    asyncio.run(
        run_in_room(
            council,
            room,
            lambda: list_guests(council, {}),
            _announce,
            port=port,
            ground=ground,
            allow_real_crm=real_crm,
            welcome=DEMO_WELCOME if ground is DEMO else _welcome(ground),
        )
    )


def _ground(council: Council) -> Ground:
    """Exports are copies of a real company's records: they are looked at, never written to."""
    if council.settings.crm.kind == "demo":
        return DEMO
    return Ground(build_crm(council.settings, datetime.now(UTC)).name, is_real=True, can_write=False)


def _welcome(ground: Ground) -> Welcome:
    return Welcome(
        title="Welcome to the local room",
        lines=(
            f"Behind it stands {ground.name}, read-only.",
            "Whoever sits at this machine can be anybody in it: choose under “You are”.",
            "Type / for what you can ask, or press one of these:",
        ),
        examples=DEMO_WELCOME.examples,
    )


def _announce(address: str) -> None:
    console = terminal()
    console.print(f"Running. The local room is open: {address}", soft_wrap=True)
    console.print("Ctrl-C stops it.")
