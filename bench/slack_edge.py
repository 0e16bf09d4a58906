"""How soon Slack is answered: alone, while thousands of messages go out, and while a large pull runs.

`python -m bench.slack_edge FOLDER`, where FOLDER is one that `bench.generate` wrote. The application runs in
a process of its own over a mirror of that folder; this process is Slack: it posts signed slash commands and
takes the answers. Everything stays on this machine.

The limits: Slack waits three seconds for an acknowledgement; a person should hardly wait for an answer,
whatever else goes on, so that both are compared with the same commands on an idle application.
"""

import argparse
import asyncio
import shutil
import statistics
import sys
import time
from collections.abc import AsyncIterator, Callable, Coroutine, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import aiohttp
from slack_bolt.request.async_request import AsyncBoltRequest

from bench.pulling import pull_in_child, settings_over
from bot.app import Council, build_company, open_desk
from bot.dispatch import Dispatch, TakenIn
from bot.logs import log_to_stderr
from bot.slack.addresses import Addresses
from bot.slack.api import SlackApi
from bot.slack.app import build_app
from bot.slack.colleagues import Colleagues
from bot.slack.commands import CommandNames
from bot.slack.definition import SlackDefinition
from bot.slack.rendering import Rendering
from bot.slack.room import Slack
from bot.slack.running import run_in_slack
from bot.slack.talk import Talk
from bot.slack.unfurling import Unfurling
from bot.stopping import told_to_stop
from bot.turns import Turns
from messages.card import Card, Paragraph, text
from messages.card_text import card_to_text
from storage.database import open_database, writing
from storage.outbox import Letter, put_letter
from tests.slack.office import ALL_SCOPES, Ticking
from tests.slack.server import BOT_TOKEN, SlackServer
from tests.slack.users import SIGNING_SECRET, HttpWay, Slacker
from tests.slack.workspace import TEAM, Workspace

NOW = datetime(2026, 9, 15, 20, tzinfo=UTC)
"""On the day that `bench.generate` writes for."""
WHO = "council@example.com"
DIGESTS = 5_000
COMMANDS, A_SECOND = 120, 10


@dataclass(frozen=True)
class Latency:
    """Milliseconds from a command until Slack has its acknowledgement, and the person the answer."""

    acknowledged: Sequence[float]
    answered: Sequence[float]


# --- The application, in a process of its own ---------------------------------------------------


def slack_settings(folder: Path, database: Path) -> Council:
    settings = settings_over(folder / "council.toml", folder)
    people = settings.people.model_copy(update={"council": (WHO,)})
    council = settings.council.model_copy(update={"channels": ("#pipeline-council",)})
    definition = SlackDefinition.model_validate(
        {"bot_token": BOT_TOKEN, "signing_secret": SIGNING_SECRET, "way_in": "http", "port": 0}
    )
    jobs = settings.jobs.model_copy(update={"pull": settings.jobs.pull.model_copy(update={"enabled": False})})
    storage = settings.storage.model_copy(update={"url": f"sqlite:///{database}"})
    changes = {"people": people, "council": council, "slack": definition, "jobs": jobs, "storage": storage}
    changed = settings.model_copy(update=changes)
    return Council(changed, build_company(changed), open_database(f"sqlite:///{database}"))


async def run_application(folder: Path, database: Path, api: str, hooks: str) -> None:
    def announce(_workspace: str, address: str | None) -> None:
        print(address, flush=True)

    log_to_stderr()
    council = slack_settings(folder, database)
    await run_in_slack(council, announce, lambda: datetime.now(UTC), told_to_stop, Slack(api, hooks))


@asynccontextmanager
async def application(folder: Path, database: Path, server: SlackServer) -> AsyncIterator[str]:
    """Its address on this machine."""
    words = ("run", str(folder), str(database), server.url, server.hooks)
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "bench.slack_edge", *words, stdout=asyncio.subprocess.PIPE
    )
    try:
        assert process.stdout is not None
        yield (await process.stdout.readline()).decode().strip()
    finally:
        process.terminate()
        await process.wait()


# --- Slack, in this one ---------------------------------------------------------------------------


async def measure(
    server: SlackServer, slacker: Slacker, commands: int, work: asyncio.Task[Any] | None = None
) -> Latency:
    """Commands at a steady pace, whether or not those before are answered: so many at least, and as long as
    the work that goes on meanwhile."""
    acknowledged: list[float] = []
    answered: list[float] = []

    async def ask() -> None:
        heard = asyncio.Event()
        started = time.perf_counter()
        token = server.expect(heard)
        await slacker.command("/apm region", "C0COUNCIL", response_url=f"{server.hooks}{token}")
        acknowledged.append((time.perf_counter() - started) * 1000)
        await heard.wait()
        answered.append((time.perf_counter() - started) * 1000)

    async with asyncio.TaskGroup() as asking:
        asked = 0
        while asked < commands or (work is not None and not work.done()):
            asking.create_task(ask())
            asked += 1
            await asyncio.sleep(1 / A_SECOND)
    return Latency(acknowledged, answered)


class Deaf(Turns):
    """Acknowledges, and answers nothing: what is left is Bolt."""

    async def receive(self, turn: Callable[[TakenIn], Coroutine[Any, Any, None]]) -> None:
        """Nothing is begun, and so nothing is waited for."""


async def measure_bolt(council: Council, session: aiohttp.ClientSession) -> float:
    """Milliseconds that Bolt takes for a command, from the signed body to its acknowledgement."""
    api = SlackApi(BOT_TOKEN, session)
    addresses, dispatch = Addresses(api), Dispatch(open_desk(council, NOW))
    colleagues, turns = Colleagues(api, TEAM, time.monotonic), Deaf()
    talk = Talk(api, addresses, colleagues, dispatch, lambda _: None, TEAM, Rendering(), turns)

    async def is_open(_channel: str, _user: str) -> bool:
        return False

    unfurling = Unfurling(api, talk.look_up, (), is_open, Rendering())
    app = build_app(api, {"team_id": TEAM}, talk, unfurling, CommandNames(), turns)
    body = "command=%2Fapm&text=region&user_id=U0X&team_id=T0X&channel_id=C0X&trigger_id=1"
    headers: dict[str, str | Sequence[str]] = {"content-type": "application/x-www-form-urlencoded"}
    times = []
    for _ in range(300):
        started = time.perf_counter()
        answer = await app.async_dispatch(AsyncBoltRequest(body=body, headers=dict(headers)))
        times.append((time.perf_counter() - started) * 1000)
        assert answer.status == 200
    return statistics.median(times)


def queue_digests(database: Path, number: int) -> None:
    """One message for each of as many people, all due now."""
    engine = open_database(f"sqlite:///{database}")
    now = datetime.now(UTC)
    with writing(engine) as connection:
        for count in range(number):
            card = Card(f"bench:{count}", "Digest", (Paragraph(text("Three deals.")),), "Digest")
            put_letter(
                connection,
                Letter(key=card.key, kind="digest", audience=f"#person-{count}", card=card_to_text(card)),
                now,
            )
    engine.dispose()


def copy_of_loaded(folder: Path) -> Path:
    """A mirror of the folder that the run may write in; what is copied is loaded once."""
    loaded, database = folder / "loaded.db", folder / "slack_edge.db"
    if not loaded.exists():
        pull_in_child(folder / "council.toml", folder, loaded, NOW)
    for old in folder.glob("slack_edge.db*"):
        old.unlink()
    shutil.copyfile(loaded, database)
    return database


async def run_benchmark(folder: Path, digests: int = DIGESTS, commands: int = COMMANDS) -> dict[str, Latency]:
    """Every phase in one run; `bolt` is told apart."""
    database = copy_of_loaded(folder)
    workspace = Workspace()
    workspace.add_user("U0KAI", "Kai Berg", WHO)
    for count in range(digests):
        workspace.add_channel(f"C{count:07}", f"person-{count}")
    found: dict[str, Latency] = {}
    async with (
        SlackServer(workspace, ALL_SCOPES, Ticking()).running() as server,
        aiohttp.ClientSession() as session,
        application(folder, database, server) as address,
    ):
        slacker = Slacker("U0KAI", server, HttpWay(address, session))
        await measure(server, slacker, 5)
        found["alone"] = await measure(server, slacker, commands)
        queue_digests(database, digests)
        found[f"while {digests:,} messages go out"] = await measure(server, slacker, commands)
        pulling = asyncio.create_task(
            asyncio.to_thread(pull_in_child, folder / "council.toml", folder, database, NOW)
        )
        before, started = len(server.called("chat.postMessage")), time.perf_counter()
        found["while they do and a pull runs"] = await measure(server, slacker, commands, pulling)
        seconds = time.perf_counter() - started
        out = len(server.called("chat.postMessage")) - before
        print(
            f"the pull took {seconds:.0f} s, in which {out:,} messages went out, {out / seconds:.1f} a second"
        )
        print(f"{before + out:,} of {digests:,} messages were out by then")
        bolt = await measure_bolt(slack_settings(folder, database), session)
    print_figures(found, bolt)
    return found


def print_figures(found: dict[str, Latency], bolt: float) -> None:
    alone = found["alone"]
    print(f"{'milliseconds, median (95th of 100)':<44} {'acknowledged':>18} {'answered':>18} {'ratio':>7}")
    for phase, latency in found.items():
        ratio = statistics.median(latency.answered) / statistics.median(alone.answered)
        print(f"{phase:<44} {_both(latency.acknowledged):>18} {_both(latency.answered):>18} {ratio:>6.1f}x")
    share = bolt / statistics.median(alone.acknowledged)
    print(f"Bolt itself: {bolt:.2f} ms a command, {share:.0%} of an acknowledgement on an idle application")


def _both(times: Sequence[float]) -> str:
    return f"{statistics.median(times):.1f} ({statistics.quantiles(times, n=20)[-1]:.1f})"


def main() -> None:
    if sys.argv[1:2] == ["run"]:
        folder, database, api, hooks = sys.argv[2:6]
        asyncio.run(run_application(Path(folder), Path(database), api, hooks))
        return
    parser = argparse.ArgumentParser(description="How soon Slack is answered, idle and busy.")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--digests", type=int, default=DIGESTS)
    arguments = parser.parse_args()
    asyncio.run(run_benchmark(arguments.folder, arguments.digests))


if __name__ == "__main__":
    main()
