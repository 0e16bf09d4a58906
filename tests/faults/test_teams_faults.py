"""Teams that is away, processes that die, activities that come twice, channels that are gone."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import aiohttp
import pytest
from sqlalchemy import func, select

from bot.delivery import LOOK_AFTER
from bot.teams.room import TeamsRoom, open_teams
from bot.teams.running import letters_in
from jobs.nudge import send_digests
from messages.card import Card, Paragraph, text
from messages.card_text import card_to_text
from storage.chat_tables import audit
from storage.database import reading, writing
from storage.outbox import Letter, put_letter
from storage.outbox_claims import LEASE
from tests.faults.processes import was_killed
from tests.faults.teams_delivering import deliver_and_die
from tests.stories.company import ANA, BEN, CHANNEL, OPS, Company, found_company
from tests.stories.teams_stage import TeamsStage, open_teams_stage
from tests.teams.cards import inputs_of
from tests.teams.colleagues import Answered, Colleague, Line, find_action
from tests.teams.connector import ConnectorServer, Failure
from tests.teams.office import COUNCIL_CHANNEL, SALES, local_microsoft, make_definition, serve_microsoft
from tests.teams.organisation import BOT, Json, Organisation, TeamsMessage

TUESDAY = datetime(2026, 7, 21, 9, tzinfo=UTC)


def put(company: Company, key: str, thread_of: str | None = None, *, words: int = 1) -> None:
    """A letter to the council's channel; with many words it is a card of several messages."""
    card = Card(key, key, tuple(Paragraph(text("word " * 390)) for _ in range(words)), key)
    letter = Letter(key=key, kind="council", audience=CHANNEL, card=card_to_text(card), thread_of=thread_of)
    with writing(company.council.engine) as connection:
        put_letter(connection, letter, company.clock.now)


def said(stage: TeamsStage) -> list[str]:
    """The first words of what stands in the channel; a card of several messages is one."""
    return [one.text.split()[0] for one in stage.channel()]


def acts_on_deals(company: Company) -> list[str]:
    with reading(company.council.engine) as connection:
        deals = audit.c.object.startswith("deal:")
        return list(connection.execute(select(audit.c.act).where(deals).order_by(audit.c.no)).scalars())


@pytest.fixture
async def stage(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[TeamsStage]:
    monkeypatch.setattr("bot.teams.posting.SECONDS_BETWEEN_PARTS", 0)
    company = found_company(tmp_path, TUESDAY)
    async with open_teams_stage(company) as opened:
        yield opened
    company.council.engine.dispose()


# --- Messages -----------------------------------------------------------------------------------


@pytest.mark.parametrize("words", [1, 20], ids=["one message", "a card of two parts"])
@pytest.mark.parametrize(("when", "before"), [("before", []), ("after", ["council:1"])])
async def test_a_process_killed_around_a_post_leaves_the_message_to_operations_who_send_it_again(
    stage: TeamsStage, when: str, before: list[str], words: int
) -> None:
    """Teams lets no app read back what it posted: nothing is repeated until somebody has looked."""
    put(stage.company, "council:1", words=words)
    put(stage.company, "thread:1", "council:1")
    database = str(stage.company.council.engine.url)
    server = stage.server
    assert await asyncio.to_thread(
        was_killed, deliver_and_die, when, database, server.url, server.issuer.url, TUESDAY
    )
    assert said(stage) == before
    stage.company.clock.now = TUESDAY + LEASE + LOOK_AFTER
    await stage.settle()
    assert said(stage) == before, "neither it nor the reply that waits for it"
    assert "A message to #pipeline-council may not have arrived" in stage.last(OPS)
    await stage.say(OPS, "/outbox")
    await stage.press(OPS, "Send again")
    assert stage.sees(OPS, "It is on its way again.")
    assert said(stage) == [*before, "council:1", "thread:1"]
    assert stage.channel()[-1].head.startswith("council:1")


async def test_a_channel_that_is_gone_is_told_to_operations_once_with_what_waited_for_it(
    stage: TeamsStage,
) -> None:
    put(stage.company, "council:1")
    await stage.settle()
    del stage.server.organisation.teams[SALES].channels[COUNCIL_CHANNEL]
    for number in (1, 2):
        put(stage.company, f"thread:{number}", "council:1")
    for _ in range(3):
        await stage.settle()
    told = [one.text for one in stage.reads(OPS) if "I cannot reach #pipeline-council" in one.text]
    assert len(told) == 1
    assert "It is kept. Mend the channel, then send it again" in told[0]
    assert [to for to, _ in stage.server.called("post")].count(COUNCIL_CHANNEL) == 1
    assert len(stage.server.called("post")) == 4, "the post, two replies, and what operations are told"


# --- What people do -----------------------------------------------------------------------------


async def test_what_people_do_while_teams_takes_nothing_counts_once_and_is_shown_after_it(
    stage: TeamsStage,
) -> None:
    """A click is answered on the line on which it came, so the one who clicked sees the change at once."""
    stage.company.run(send_digests)
    for person in (ANA, BEN):
        await stage.say(person, "help")
    standing = len(stage.server.organisation.messages)
    for operation in ("post", "change"):
        stage.server.failures[operation] = [Failure(503)] * 10_000
    began = stage.company.clock.now
    await stage.pick(ANA, "New close date", "2026-08-14")
    await stage.pick(BEN, "New close date", "2026-09-01")
    while stage.company.clock.now < began + timedelta(seconds=25):
        await stage.delivery().deliver_due()
        stage.company.clock.now += timedelta(seconds=1)
    stage.server.failures.clear()
    for _ in range(60):
        await stage.delivery().deliver_due()
        stage.company.clock.now += timedelta(seconds=2)
    assert "✓ =Globex: Close date 10 Jun → 14 Aug" in stage.message(ANA, "a moment").text
    assert "✓ Initech: Close date 20 Jun → 1 Sep" in stage.message(BEN, "All done").text
    assert len(stage.server.organisation.messages) == standing, "the digests were changed in their place"
    assert acts_on_deals(stage.company) == ["fix_date", "fix_date"]


# --- The way in ---------------------------------------------------------------------------------


@dataclass
class Replicas:
    """Two processes' worth of the application in one organisation and at one database."""

    company: Company
    server: ConnectorServer
    rooms: list[TeamsRoom]
    lines: list[Line]

    @property
    def ana(self) -> Colleague:
        return Colleague(self.server.organisation.people[0], self.lines[0])

    async def deliver_to_both(self, activity: Json) -> list[Answered]:
        return list(await asyncio.gather(*(line.deliver(activity) for line in self.lines)))

    async def settle(self) -> None:
        for room in self.rooms:
            await room.turns.settle()

    def answers(self) -> list[TeamsMessage]:
        return [one for one in self.server.organisation.messages if one.sender == BOT]

    def acts(self) -> int:
        with reading(self.company.council.engine) as connection:
            count: int = connection.execute(select(func.count()).select_from(audit)).scalar_one()
        return count


@pytest.fixture
async def replicas(tmp_path: Path) -> AsyncIterator[Replicas]:
    company, organisation = found_company(tmp_path, TUESDAY), Organisation()
    organisation.add_team("Sales", organisation.add_person("Ana Lind", "ana@example.com"))
    engine = company.council.engine
    async with (
        serve_microsoft(organisation) as server,
        aiohttp.ClientSession() as session,
        AsyncExitStack() as stack,
    ):
        both = Replicas(company, server, [], [])
        for _ in range(2):
            opening = open_teams(
                make_definition(dialogs=False),
                company.dispatch,
                engine,
                letters_in(engine),
                microsoft=local_microsoft(server, server.issuer),
            )
            both.rooms.append(await stack.enter_async_context(opening))
            address = await stack.enter_async_context(both.rooms[-1].listening())
            both.lines.append(Line(address, session, server))
        yield both
    engine.dispose()


async def test_words_that_come_to_two_replicas_count_once_and_are_answered_once(replicas: Replicas) -> None:
    """Ana links herself by her first question, so that the audit has one entry before."""
    await replicas.ana.say("help")
    await replicas.settle()
    before, shown = replicas.acts(), len(replicas.answers())
    said = replicas.ana.activity("message", text="pause until 2026-08-14")
    answers = await replicas.deliver_to_both(said)
    await replicas.settle()
    await replicas.deliver_to_both(said)
    await replicas.settle()
    assert {one.status for one in answers} == {202}
    assert replicas.acts() == before + 1
    (answer,) = replicas.answers()[shown:]
    assert "I ask you nothing until 14 Aug 2026." in str(answer.cards)


async def test_a_click_that_comes_to_two_replicas_changes_the_deal_once(replicas: Replicas) -> None:
    await replicas.ana.say("deal Umbrella")
    await replicas.settle()
    message = replicas.answers()[-1]
    opened = await replicas.ana.press(message, "Fix this deal")
    form = opened.body["value"]
    save = find_action(form, "Save")
    held = {one["id"]: one["value"] for one in inputs_of(form) if one.get("value")}
    chosen = {"type": "Action.Execute", "title": "Save", "verb": save["verb"],
              "data": {**save["data"], **held, "NextStep": "Send the contract"}}  # fmt: skip
    sent = replicas.ana.invoke("adaptiveCard/action", {"action": chosen, "trigger": "manual"}, message)
    answers = await replicas.deliver_to_both(sent)
    await replicas.settle()
    assert {one.status for one in answers} == {200}
    assert acts_on_deals(replicas.company) == ["fix"]
    assert "nothing happened a second time" in "".join(one.text for one in answers)
