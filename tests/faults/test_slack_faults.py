"""Slack that is away, processes that die, sockets that are renewed, envelopes that come twice."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from pydantic import SecretStr
from sqlalchemy import Engine, func, select

from bot.delivery import LOOK_AFTER, Delivery
from bot.slack.definition import SlackDefinition
from bot.slack.room import Slack, open_slack
from bot.slack.running import key_finder
from jobs.nudge import send_digests
from messages.card import Card, Paragraph, text
from messages.card_text import card_to_text
from storage.chat_tables import audit
from storage.database import open_database, reading, writing
from storage.outbox import Letter, put_letter
from storage.outbox_claims import LEASE
from tests.faults.delivering import COMPANY
from tests.faults.processes import was_killed
from tests.faults.slack_delivering import deliver_and_die
from tests.new_database import write_new_database
from tests.slack.office import ALL_SCOPES, Office, Ticking, open_office
from tests.slack.server import APP_TOKEN, BOT_TOKEN, Failure, SlackServer
from tests.slack.users import Slacker, SocketWay
from tests.slack.workspace import Workspace
from tests.stories.company import ANA, BEN, Company, found_company
from tests.stories.slack_stage import SlackStage, open_slack_stage

TUESDAY = datetime(2026, 7, 21, 9, tzinfo=UTC)
MONDAY = datetime(2026, 11, 23, 9, tzinfo=UTC)
CHANNEL = "#pipeline-council"


@dataclass
class Clock:
    now: datetime = MONDAY

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
async def office(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Office]:
    monkeypatch.setattr("bot.slack.surface.SECONDS_BETWEEN_PARTS", 0)
    async with open_office() as opened:
        yield opened


@pytest.fixture
def database(tmp_path: Path) -> str:
    return write_new_database(tmp_path / "council.db")


def letter(key: str, thread_of: str | None = None, *, words: int = 1) -> Letter:
    card = Card(key, key, tuple(Paragraph(text("word " * 500)) for _ in range(words)), key)
    return Letter(key=key, kind="council", audience=CHANNEL, card=card_to_text(card), thread_of=thread_of)


def put(engine: Engine, *letters: Letter) -> None:
    with writing(engine) as connection:
        for one in letters:
            put_letter(connection, one, MONDAY)


def said(office: Office) -> list[str]:
    """Headings of what stands in the workspace; a further part of a card has none."""
    blocks = [message.blocks[0] for message in office.workspace.messages]
    return [block["text"]["text"] for block in blocks if block["type"] == "header"]


async def deliver_until_quiet(engine: Engine, office: Office, clock: Clock, *, for_seconds: int) -> None:
    delivery = Delivery(engine, office.surface, clock, COMPANY)
    end = clock.now + timedelta(seconds=for_seconds)
    while clock.now < end:
        await delivery.deliver_due()
        clock.now += timedelta(seconds=2)


@pytest.mark.parametrize(
    "outage",
    [
        Failure(status=503, body="<html>down</html>"),
        Failure(status=429, error="ratelimited", headers={"Retry-After": "25"}),
        Failure(happens_first=True),
    ],
    ids=["answers 503", "asks for patience", "breaks off after each post"],
)
async def test_an_outage_of_half_a_minute_loses_nothing_and_doubles_nothing(
    office: Office, database: str, outage: Failure
) -> None:
    engine, clock = open_database(database), Clock()
    put(engine, letter("council:1"), letter("thread:1", "council:1"), letter("thread:2", "council:1"))
    office.server.failures["chat.postMessage"] = [outage] * 2
    await deliver_until_quiet(engine, office, clock, for_seconds=180)
    assert said(office) == ["council:1", "thread:1", "thread:2"]
    head, *replies = office.workspace.messages
    assert [reply.thread_ts for reply in replies] == [head.ts, head.ts]
    engine.dispose()


@pytest.mark.parametrize("words", [1, 8], ids=["one message", "a card of two parts"])
@pytest.mark.parametrize(("when", "before"), [("before", 0), ("after", 1)])
async def test_a_process_killed_around_a_post_leaves_the_message_once(
    office: Office, database: str, when: str, before: int, words: int
) -> None:
    engine = open_database(database)
    put(engine, letter("council:1", words=words))
    assert await asyncio.to_thread(was_killed, deliver_and_die, when, database, office.server.url, MONDAY)
    assert len(said(office)) == before
    clock = Clock(MONDAY + LEASE + LOOK_AFTER)
    await deliver_until_quiet(engine, office, clock, for_seconds=20)
    assert said(office) == ["council:1"]
    assert len(office.workspace.messages) == (1 if words == 1 else 2)
    engine.dispose()


async def test_a_part_that_never_came_takes_the_whole_card_back_and_posts_it_anew(
    office: Office, database: str
) -> None:
    engine, clock = open_database(database), Clock()
    put(engine, letter("council:1", words=8))
    office.server.passes["chat.postMessage"] = 1
    office.server.failures["chat.postMessage"] = [Failure(status=503, body="down")]
    await deliver_until_quiet(engine, office, clock, for_seconds=60)
    assert said(office) == ["council:1"]
    assert len(office.workspace.messages) == 2
    engine.dispose()


# --- The ways in --------------------------------------------------------------------------------


class Replicas:
    """Two processes' worth of the application at one workspace and one database."""

    def __init__(self, company: Company, server: SlackServer) -> None:
        self.company = company
        self.server = server
        self.ana = Slacker("U0ANA", server, SocketWay(server))

    async def until_answered(self, number: int) -> None:
        async with asyncio.timeout(10):
            while len(self.server.workspace.messages) + len(self.server.whispers) < number:
                await asyncio.sleep(0.01)

    def acts(self) -> int:
        with reading(self.company.council.engine) as connection:
            count: int = connection.execute(select(func.count()).select_from(audit)).scalar_one()
        return count


@pytest.fixture
async def replicas(tmp_path: Path) -> AsyncIterator[Replicas]:
    company = found_company(tmp_path, TUESDAY)
    workspace = Workspace()
    workspace.add_user("U0ANA", "Ana Lind", "ana@example.com")
    workspace.direct("U0ANA")
    definition = SlackDefinition(bot_token=SecretStr(BOT_TOKEN), app_token=SecretStr(APP_TOKEN))
    find_key = key_finder(company.council.engine)
    async with SlackServer(workspace, ALL_SCOPES, Ticking()).running() as server, AsyncExitStack() as stack:
        place = Slack(server.url, server.hooks)
        for _ in range(2):
            room = await stack.enter_async_context(
                open_slack(definition, company.dispatch, find_key, (), place)
            )
            await stack.enter_async_context(room.listening())
        yield Replicas(company, server)
    company.council.engine.dispose()


async def test_an_envelope_that_comes_to_two_replicas_counts_once_and_is_answered_once(
    replicas: Replicas,
) -> None:
    """Ana links herself by her first question, so that the audit has one entry before."""
    await replicas.ana.say("pause", "D0ANA")
    await replicas.until_answered(2)
    before = replicas.acts()
    payload = {
        "command": "/pause", "text": "until 2026-08-14", "user_id": "U0ANA", "team_id": "T0COUNCIL",
        "channel_id": "D0ANA", "channel_name": "directmessage", "trigger_id": "13.1.a",
        "response_url": replicas.server.response_url(),
    }  # fmt: skip
    ways = [SocketWay(replicas.server, number) for number in (0, 1)]
    await asyncio.gather(*(way.deliver("slash_commands", payload) for way in ways))
    await replicas.until_answered(3)
    assert replicas.acts() == before + 1
    await replicas.ana.say("pause", "D0ANA")
    await replicas.until_answered(5)
    assert len(replicas.server.workspace.messages) + len(replicas.server.whispers) == 5


async def test_a_socket_that_slack_renews_is_opened_again_and_nothing_is_lost(replicas: Replicas) -> None:
    server = replicas.server
    for _ in range(2):
        opened = len(server.sockets)
        await server.send({"type": "disconnect", "reason": "refresh_requested", "debug_info": {}}, -1)
        async with asyncio.timeout(20):
            while len(server.sockets) == opened:
                await asyncio.sleep(0.02)
        replicas.ana.way = SocketWay(server, -1)
        shown = len(server.workspace.messages)
        await replicas.ana.say("help", "D0ANA")
        await replicas.until_answered(shown + 2)


@pytest.fixture
async def stage(tmp_path: Path) -> AsyncIterator[SlackStage]:
    """Ana and Ben with their digests; Slack knows both."""
    company = found_company(tmp_path, TUESDAY)
    async with open_slack_stage(company, "socket") as opened:
        company.run(send_digests)
        for person in (ANA, BEN):
            await opened.say(person, "help")
        yield opened
    company.council.engine.dispose()


def acts_on_deals(company: Company) -> list[str]:
    with reading(company.council.engine) as connection:
        deals = audit.c.object.startswith("deal:")
        return list(connection.execute(select(audit.c.act).where(deals).order_by(audit.c.no)).scalars())


async def test_what_people_do_in_an_outage_of_25_seconds_counts_once_and_is_shown_after_it(
    stage: SlackStage,
) -> None:
    """Slack hands on what people do, and answers nothing of what it is asked."""
    stage.server.is_away = True
    began, shown = stage.company.clock.now, len(stage.server.workspace.messages)
    await stage.pick(ANA, "New close date", "2026-08-14")
    await stage.pick(BEN, "New close date", "2026-09-01")
    while stage.company.clock.now < began + timedelta(seconds=25):
        await stage.delivery().deliver_due()
        stage.company.clock.now += timedelta(seconds=1)
    assert all("New close date" in stage.message(who, "a moment").controls for who in (ANA, BEN))
    stage.server.is_away = False
    for _ in range(60):
        await stage.delivery().deliver_due()
        stage.company.clock.now += timedelta(seconds=2)
    assert "✓ =Globex: Close date 10 Jun → 14 Aug" in stage.message(ANA, "a moment").text
    assert "✓ Initech: Close date 20 Jun → 1 Sep" in stage.message(BEN, "All done").text
    assert len(stage.server.workspace.messages) == shown, "the digests were changed in their place"
    assert acts_on_deals(stage.company) == ["fix_date", "fix_date"]


async def test_a_form_whose_deal_was_deleted_and_pulled_away_says_so_and_changes_nothing(
    stage: SlackStage,
) -> None:
    await stage.press(BEN, "Fix this deal")
    stage.company.somebody_deletes("006C")
    stage.company.wake(TUESDAY.date(), hour=11)
    await stage.fill(BEN, {"Close date": "2026-09-01"})
    assert "This deal is not in the CRM any more, and nothing was saved." in stage.last(BEN)
    assert acts_on_deals(stage.company) == []


async def test_an_event_that_slack_sends_again_counts_once_with_its_header_and_without(
    tmp_path: Path,
) -> None:
    company = found_company(tmp_path, TUESDAY)
    async with open_slack_stage(company, "http") as stage:
        slacker = stage.slacker(ANA)
        event = {
            "type": "message", "channel_type": "im", "user": slacker.id, "text": "help",
            "ts": "17.000001", "channel": "D0ANA", "team": "T0COUNCIL",
        }  # fmt: skip
        for headers in ({}, {}, {"X-Slack-Retry-Num": "1", "X-Slack-Retry-Reason": "http_timeout"}):
            slacker.way.headers = headers  # type: ignore[union-attr]
            assert (await slacker.happen(event)).status == 200
        await stage.settle()
        assert len(stage.reads(ANA)) == 1
    company.council.engine.dispose()
