"""From the outbox to the people, on both databases: once, in order, in place, and never lost."""

import asyncio
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Engine

from bot.delivery import Delivery
from bot.surface import AccessRefused, OutcomeUnknown, Pace, TryLater, Unreachable, Waits
from messages.card import Card, Paragraph, text
from messages.card_text import card_to_text
from messages.render.terminal import render_text
from pipeline.chat_definition import ChatDefinition
from pipeline.company import Company
from pipeline.definitions import CouncilDefinition, Definitions, PeopleDefinition
from pipeline.hygiene.definition import HygieneDefinition
from pipeline.letters import LetterState
from storage.chat_access import read_refusals
from storage.database import reading, writing
from storage.outbox import (
    Letter,
    drop_letter,
    put_letter,
    revise_letter,
    send_again,
    send_waiting_for_link,
)
from storage.outbox_claims import LEASE
from storage.outbox_reading import read_held_cards, read_shown, read_troubled
from storage.tables import person
from tests.bot.fake_surface import FakeSurface, PostedThenLost

MONDAY = datetime(2026, 11, 23, 9, tzinfo=UTC)
COMPANY = Company(
    Definitions(), HygieneDefinition(), PeopleDefinition(operations=("ops@example.com",)), CouncilDefinition()
)
OPS = "@ops@example.com"


@dataclass
class Clock:
    now: datetime = MONDAY

    def __call__(self) -> datetime:
        return self.now

    def pass_by(self, time: timedelta) -> None:
        self.now += time


@dataclass
class Scene:
    """An outbox, a surface and a clock; each delivery is a program of its own."""

    engine: Engine
    surface: FakeSurface
    clock: Clock = field(default_factory=Clock)
    company: Company = COMPANY

    def put(self, key: str, audience: str = "@005A", **further: object) -> bool:
        kind = str(further.pop("kind", "digest"))
        letter = Letter(key=key, kind=kind, audience=audience, card=_card(key, key))
        with writing(self.engine) as connection:
            return put_letter(connection, replace(letter, **further), self.clock.now)  # type: ignore[arg-type]

    def revise(self, key: str, title: str) -> bool:
        with writing(self.engine) as connection:
            return revise_letter(connection, key, _card(key, title))

    async def deliver(self) -> int:
        return await Delivery(self.engine, self.surface, self.clock, self.company).deliver_due()

    def troubles(self) -> list[tuple[str, LetterState, str]]:
        with reading(self.engine) as connection:
            return [(one.key, one.state, one.reason) for one in read_troubled(connection, self.clock.now)]


def _card(key: str, title: str) -> str:
    return card_to_text(Card(key, title, (Paragraph(text("Words.")),), title))


@pytest.fixture
def scene(database: Engine) -> Scene:
    return Scene(database, FakeSurface())


@pytest.fixture
def blind(database: Engine) -> Scene:
    """Over a surface that cannot look up."""
    return Scene(database, FakeSurface(can_look_up=False))


# --- Once, and in order -----------------------------------------------------------------------------


async def test_a_letter_is_posted_once_however_often_it_is_put_and_delivered(scene: Scene) -> None:
    assert scene.put("digest:1")
    assert not scene.put("digest:1")
    assert await scene.deliver() == 1
    assert await scene.deliver() == 0
    assert scene.surface.keys() == ["digest:1"]


async def test_where_many_wait_they_go_at_the_surfaces_pace_and_not_at_that_of_looking(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who looks only once a minute would need ten minutes for these."""
    monkeypatch.setattr("bot.delivery.POLL_SECONDS", 60.0)
    scene.surface.pace = Pace(timedelta(0), timedelta(milliseconds=10))
    for number in range(10):
        scene.put(f"digest:{number}", f"@{number}")
    delivery = Delivery(scene.engine, scene.surface, lambda: datetime.now(UTC), scene.company)
    stop = asyncio.Event()
    running = asyncio.create_task(delivery.run(stop))
    async with asyncio.timeout(20):
        while len(scene.surface.said) < 10:
            await asyncio.sleep(0)
    stop.set()
    await running


async def test_letters_of_one_conversation_come_in_the_order_in_which_they_were_put(scene: Scene) -> None:
    keys = [f"answer:{number}" for number in range(9)]
    for key in keys:
        scene.put(key)
    assert await scene.deliver() == 9
    assert scene.surface.keys() == keys


async def test_a_letter_waits_for_its_time(scene: Scene) -> None:
    scene.put("digest:1", not_before=MONDAY + timedelta(hours=1))
    assert await scene.deliver() == 0
    scene.clock.pass_by(timedelta(hours=1))
    assert await scene.deliver() == 1


async def test_a_reply_waits_until_the_head_of_its_thread_stands(scene: Scene) -> None:
    scene.surface.failures.append(TryLater("busy"))
    scene.put("council:1", "#council")
    scene.put("thread:1", "#council", thread_of="council:1")
    assert await scene.deliver() == 0
    scene.clock.pass_by(timedelta(seconds=5))
    assert await scene.deliver() == 2
    assert [(one.key, one.thread) for one in scene.surface.said] == [("council:1", None), ("thread:1", "0")]


async def test_what_follows_another_message_waits_for_it_and_stands_by_itself(scene: Scene) -> None:
    """The second of three has to be tried again; the third does not overtake it."""
    scene.put("council:1", "#council")
    scene.put("row:1", "#council", follows="council:1", not_before=MONDAY + timedelta(minutes=1))
    scene.put("row:2", "#council", follows="row:1")
    assert await scene.deliver() == 1
    scene.clock.pass_by(timedelta(minutes=1))
    assert await scene.deliver() == 2
    assert [(one.key, one.thread) for one in scene.surface.said] == [
        ("council:1", None),
        ("row:1", None),
        ("row:2", None),
    ]


async def test_what_follows_a_message_that_failed_is_said_all_the_same(scene: Scene) -> None:
    scene.surface.failures.append(Unreachable("It is refused."))
    scene.put("council:1", "#council")
    scene.put("row:1", "#council", follows="council:1")
    await scene.deliver()
    assert scene.surface.keys("#council") == ["row:1"]
    assert [key for key, *_ in scene.troubles()] == ["council:1"]


async def test_a_changed_card_is_shown_in_the_place_of_the_old_one(scene: Scene) -> None:
    scene.put("digest:1")
    await scene.deliver()
    assert scene.revise("digest:1", "Fixed")
    assert await scene.deliver() == 1
    assert await scene.deliver() == 0
    assert [one.card.title for one in scene.surface.said] == ["Fixed"]
    assert not scene.revise("nothing", "Fixed")


async def test_the_same_card_again_is_no_change(scene: Scene) -> None:
    scene.put("digest:1")
    await scene.deliver()
    assert scene.revise("digest:1", "digest:1")
    assert await scene.deliver() == 0


async def test_a_card_that_changes_before_it_is_posted_is_posted_as_it_is_then(scene: Scene) -> None:
    scene.put("digest:1")
    scene.revise("digest:1", "Later")
    assert await scene.deliver() == 1
    assert [one.card.title for one in scene.surface.said] == ["Later"]
    assert scene.surface.updates == 0


# --- Not now ----------------------------------------------------------------------------------------


async def test_each_failure_doubles_the_pause_across_restarts(scene: Scene) -> None:
    scene.surface.failures.extend([TryLater("busy")] * 3)
    scene.put("digest:1")
    while not scene.surface.said:
        await scene.deliver()
        scene.clock.pass_by(timedelta(seconds=1))
    # Tried at 0, and after 5, 10 and 20 seconds more.
    assert scene.clock.now - MONDAY == timedelta(seconds=36)


async def test_what_a_surface_asks_of_a_conversation_outlives_a_restart(scene: Scene) -> None:
    scene.surface.failures.append(TryLater("slow down", timedelta(seconds=40)))
    scene.put("first")
    await scene.deliver()
    scene.put("second")
    scene.put("other", "@005B")
    scene.clock.pass_by(timedelta(seconds=39))
    assert await scene.deliver() == 1
    assert scene.surface.keys() == ["other"]
    scene.clock.pass_by(timedelta(seconds=1))
    assert await scene.deliver() == 2


async def test_what_a_surface_asks_of_the_workspace_holds_for_everybody(scene: Scene) -> None:
    scene.surface.failures.append(TryLater("slow down", timedelta(seconds=40), Waits.WORKSPACE))
    scene.put("first")
    await scene.deliver()
    scene.put("other", "@005B")
    scene.clock.pass_by(timedelta(seconds=39))
    assert await scene.deliver() == 0
    scene.clock.pass_by(timedelta(seconds=1))
    assert await scene.deliver() == 2


async def test_a_conversation_gets_one_message_a_second_and_the_workspace_four(scene: Scene) -> None:
    scene.surface.pace = Pace()
    for person_id in "ABCDEF":
        scene.put(f"1:{person_id}", f"@005{person_id}")
        scene.put(f"2:{person_id}", f"@005{person_id}")
    said = []
    for _ in range(14):
        said.append(await scene.deliver())
        scene.clock.pass_by(timedelta(milliseconds=250))
    # A to D, then A to D again a second later; E and F last, and their second ones a second after that.
    assert said == [1] * 10 + [0, 0] + [1, 1]
    assert [one.key[2:] for one in scene.surface.said] == list("ABCDABCDEFEF")


# --- Never like this ---------------------------------------------------------------------------------


async def test_who_cannot_be_reached_is_reported_once_and_kept_until_a_link_appears(scene: Scene) -> None:
    scene.surface.deaf.add("@005A")
    scene.put("digest:1")
    scene.put("digest:2")
    await scene.deliver()
    assert [one.audience for one in scene.surface.said] == [OPS]
    assert "I cannot reach" in scene.surface.said[0].card.title
    assert [(key, state) for key, state, _ in scene.troubles()] == [
        ("digest:1", LetterState.FAILED),
        ("digest:2", LetterState.FAILED),
    ]
    scene.surface.deaf.clear()
    with writing(scene.engine) as connection:
        assert send_waiting_for_link(connection, "005A", scene.clock.now)
    await scene.deliver()
    assert scene.surface.keys("@005A") == ["digest:1", "digest:2"]
    assert scene.troubles() == []


async def test_operations_are_told_in_their_channel_and_each_by_themselves_where_that_is_shut(
    scene: Scene,
) -> None:
    scene.company = replace(COMPANY, chat=ChatDefinition(operations_channel="#sales-ops"))
    scene.surface.deaf.update({"@005A", "#sales-ops"})
    scene.put("digest:1")
    await scene.deliver()
    assert [one.audience for one in scene.surface.said] == [OPS]
    assert "#sales-ops" in scene.surface.said[0].card.title


async def test_a_report_that_reaches_nobody_is_no_reason_for_another_report(scene: Scene) -> None:
    scene.surface.deaf.update({"@005A", OPS})
    scene.put("digest:1")
    await scene.deliver()
    assert await scene.deliver() == 0
    assert len(scene.troubles()) == 2


async def test_a_deleted_message_is_left_deleted(scene: Scene) -> None:
    scene.put("digest:1")
    await scene.deliver()
    scene.revise("digest:1", "Fixed")
    scene.surface.failures.append(Unreachable("The message is gone."))
    assert await scene.deliver() == 0
    assert await scene.deliver() == 0
    assert scene.troubles() == []
    scene.revise("digest:1", "Fixed again")
    assert await scene.deliver() == 1


async def test_a_dropped_head_takes_its_replies_along(scene: Scene) -> None:
    scene.surface.deaf.add("#council")
    scene.put("council:1", "#council")
    scene.put("thread:1", "#council", thread_of="council:1")
    await scene.deliver()
    scene.surface.deaf.clear()
    with writing(scene.engine) as connection:
        assert drop_letter(connection, "council:1", scene.clock.now)
        assert not drop_letter(connection, "council:1", scene.clock.now)
    assert await scene.deliver() == 0
    assert scene.surface.keys("#council") == []


# --- In doubt ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("failure", [PostedThenLost(), OutcomeUnknown("lost"), RuntimeError("a bug")])
async def test_where_it_can_be_looked_up_it_is_posted_exactly_once(
    scene: Scene, failure: Exception | PostedThenLost
) -> None:
    scene.surface.failures.append(failure)
    scene.put("digest:1")
    await scene.deliver()
    scene.clock.pass_by(timedelta(seconds=10))
    await scene.deliver()
    assert scene.surface.keys("@005A") == ["digest:1"]
    assert scene.troubles() == []
    scene.revise("digest:1", "Fixed")
    assert await scene.deliver() == 1


async def test_a_message_found_in_an_older_revision_is_brought_up_to_date(scene: Scene) -> None:
    scene.surface.failures.append(PostedThenLost())
    scene.put("digest:1")
    await scene.deliver()
    scene.revise("digest:1", "Fixed")
    scene.clock.pass_by(timedelta(seconds=10))
    await scene.deliver()
    assert [one.card.title for one in scene.surface.said] == ["Fixed"]


@pytest.mark.parametrize("failure", [PostedThenLost(), OutcomeUnknown("lost")])
async def test_where_nobody_can_look_it_is_never_posted_again_unless_somebody_says_so(
    blind: Scene, failure: Exception | PostedThenLost
) -> None:
    blind.surface.failures.append(failure)
    blind.put("digest:1")
    await blind.deliver()
    arrived = blind.surface.keys("@005A")
    blind.clock.pass_by(LEASE * 10)
    await blind.deliver()
    assert blind.surface.keys("@005A") == arrived
    assert [(key, state) for key, state, _ in blind.troubles()] == [("digest:1", LetterState.UNKNOWN)]
    assert "may not have arrived" in blind.surface.said[-1].card.title
    with writing(blind.engine) as connection:
        assert send_again(connection, "digest:1", blind.clock.now)
        assert not send_again(connection, "digest:1", blind.clock.now)
    await blind.deliver()
    assert blind.surface.keys("@005A") == [*arrived, "digest:1"]


# --- The week's share --------------------------------------------------------------------------------


def _shown_words(scene: Scene, position: int) -> str:
    return " ".join(render_text(scene.surface.said[position].card, 200).split())


async def test_over_the_weeks_share_a_message_is_held_and_the_next_one_says_so(scene: Scene) -> None:
    for number in range(3):
        scene.put(f"digest:{number}", counts=True)
    scene.put("reminder:1", kind="reminder", counts=True)
    scene.put("escalation:1", kind="escalation", counts=True)
    assert await scene.deliver() == 3
    scene.put("answer:1", kind="answer")
    scene.put("answer:2", kind="answer")
    assert await scene.deliver() == 2
    assert "Held back to spare you: a reminder and an escalation." in _shown_words(scene, 3)
    assert "Held back" not in _shown_words(scene, 4)
    scene.revise("answer:1", "Changed")
    await scene.deliver()
    assert "Held back to spare you: a reminder and an escalation." in _shown_words(scene, 3)
    with reading(scene.engine) as connection:
        assert len(read_held_cards(connection, "005A", MONDAY)) == 2


async def test_the_share_begins_anew_on_monday_in_the_persons_own_time_zone(scene: Scene) -> None:
    with writing(scene.engine) as connection:
        connection.execute(
            person.insert().values(
                no=1,
                crm_id="005A",
                name="Ana",
                is_active=True,
                is_integration=False,
                timezone="Pacific/Auckland",
                fields={},
            )
        )
    for number in range(3):
        scene.put(f"digest:{number}", counts=True)
    await scene.deliver()
    # Auckland is 13 hours ahead: its Monday begins on Sunday at 11:00 UTC.
    scene.clock.now = datetime(2026, 11, 29, 10, 59, tzinfo=UTC)
    scene.put("early", counts=True)
    assert await scene.deliver() == 0
    scene.clock.now = datetime(2026, 11, 29, 11, 0, tzinfo=UTC)
    scene.put("monday", counts=True)
    assert await scene.deliver() == 1
    assert "Held back to spare you: a digest." in _shown_words(scene, 3)


async def test_channels_and_answers_have_no_share(scene: Scene) -> None:
    for number in range(5):
        scene.put(f"post:{number}", "#council", counts=True)
        scene.put(f"answer:{number}")
    assert await scene.deliver() == 10


async def test_what_a_surface_shows_can_be_read_back(scene: Scene) -> None:
    scene.put("council:1", "#council")
    scene.put("thread:1", "#council", thread_of="council:1")
    await scene.deliver()
    with reading(scene.engine) as connection:
        shown = read_shown(connection, "fake")
    assert [(one.key, one.thread_of, one.sent_at) for one in shown] == [
        ("council:1", None, MONDAY),
        ("thread:1", "council:1", MONDAY),
    ]


# --- A platform that does not let us in -------------------------------------------------------------

REVOKED = "Slack does not accept the app's token (token_revoked)."


async def test_a_platform_that_refuses_us_holds_everything_and_says_since_when(scene: Scene) -> None:
    scene.surface.locks_us_out = AccessRefused(REVOKED)
    scene.put("digest:1")
    scene.put("digest:2", "@005B")
    assert await scene.deliver() == 0
    scene.clock.pass_by(timedelta(minutes=4))
    assert await scene.deliver() == 0
    with reading(scene.engine) as connection:
        (refusal,) = read_refusals(connection, scene.clock.now)
    assert (refusal.surface, refusal.reason, refusal.since, refusal.waiting) == ("fake", REVOKED, MONDAY, 2)
    assert scene.troubles() == []


async def test_when_the_platform_lets_us_in_again_all_goes_out_and_operations_hear_of_it_once(
    scene: Scene,
) -> None:
    scene.surface.locks_us_out = AccessRefused(REVOKED)
    scene.put("digest:1")
    scene.put("digest:2", "@005B")
    await scene.deliver()
    scene.clock.pass_by(timedelta(minutes=5))
    assert await scene.deliver() == 0
    scene.surface.locks_us_out = None
    scene.clock.pass_by(timedelta(minutes=5))
    assert await scene.deliver() == 3
    assert sorted(scene.surface.keys()[:2]) == ["digest:1", "digest:2"]
    (report,) = [one for one in scene.surface.said if one.audience == OPS]
    words = render_text(report.card)
    assert "23 Nov 2026, 09:00 UTC to 23 Nov 2026, 09:10 UTC" in words
    assert REVOKED in words
    with reading(scene.engine) as connection:
        assert read_refusals(connection, scene.clock.now) == ()
    scene.clock.pass_by(timedelta(days=1))
    assert await scene.deliver() == 0


async def test_a_program_that_is_started_anew_asks_at_once_whether_it_is_let_in(scene: Scene) -> None:
    scene.surface.locks_us_out = AccessRefused(REVOKED)
    scene.put("digest:1")
    await scene.deliver()
    scene.surface.locks_us_out = None
    scene.clock.pass_by(timedelta(seconds=2))
    stop = asyncio.Event()
    running = asyncio.create_task(Delivery(scene.engine, scene.surface, scene.clock, scene.company).run(stop))
    async with asyncio.timeout(20):
        while len(scene.surface.said) < 2:
            await asyncio.sleep(0)
    stop.set()
    await running
    assert scene.surface.keys() == ["digest:1", "chat_access:fake:1795424400:@ops@example.com"]


async def test_a_message_that_was_under_way_when_we_were_refused_does_not_end_the_refusal(
    scene: Scene,
) -> None:
    """The first post is answered after the second was refused."""
    scene.put("digest:1")
    scene.put("digest:2", "@005B")
    post, was_refused = scene.surface.post, asyncio.Event()

    async def post_slowly(*asked: object) -> object:
        if asked[1] == "digest:1":
            await was_refused.wait()
            return await post(*asked)  # type: ignore[arg-type]
        scene.clock.pass_by(timedelta(seconds=1))
        was_refused.set()
        raise AccessRefused(REVOKED)

    scene.surface.post = post_slowly  # type: ignore[method-assign, assignment]
    await scene.deliver()
    with reading(scene.engine) as connection:
        assert [one.reason for one in read_refusals(connection, scene.clock.now)] == [REVOKED]
