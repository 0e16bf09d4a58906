"""Teams as a surface, over HTTP against a connector that answers as Microsoft's documentation says."""

import asyncio
from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine

from bot.delivery import Delivery
from bot.surface import AccessRefused, Addressee, OutcomeUnknown, Posted, Surface, TryLater, Unreachable
from bot.teams.places import Conversation, MessagePlace, place_from_text
from bot.teams.transport import LONGEST_PATIENCE, PATIENCE_UNSAID
from messages.card import Button, Buttons, Card, Image, Paragraph, text
from messages.card_text import card_to_text
from storage.chat_access import read_refusals
from storage.database import open_database, reading, writing
from storage.outbox import Letter, put_letter, send_again
from tests.contracts.surface import ANA, BEN, CHANNEL, Read, SurfaceContract, card
from tests.faults.delivering import COMPANY
from tests.messages.surfaces import texts
from tests.new_database import write_new_database
from tests.teams import issuer
from tests.teams.connector import Failure
from tests.teams.office import COUNCIL_CHANNEL, SALES, Office, open_office, people_at_work
from tests.teams.organisation import TeamsMessage

MONDAY = datetime(2026, 11, 23, 9, tzinfo=UTC)
ANAS_CHAT, BENS_CHAT = "a:1AnaLind", "a:1BenOsei"


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    engine = open_database(write_new_database(tmp_path / "council.db"))
    yield engine
    engine.dispose()


@pytest.fixture
async def office(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Office]:
    monkeypatch.setattr("bot.teams.posting.SECONDS_BETWEEN_PARTS", 0)
    async with open_office(engine) as opened:
        yield opened


def title(message: TeamsMessage) -> str:
    first: str = message.cards[0]["body"][0]["inlines"][0]["text"]
    return first


def said(office: Office) -> list[str]:
    return [title(message) for message in office.organisation.messages]


class TestTeamsSurface(SurfaceContract):
    @pytest.fixture
    def surface(self, office: Office) -> Surface:
        self._office = office
        return office.surface

    def read(self, surface: Surface, to: Addressee) -> Sequence[Read]:
        places = {"#pipeline-council": COUNCIL_CHANNEL, "@005A": ANAS_CHAT, "@005B": BENS_CHAT}
        return [
            Read(title(message), message.thread is not None)
            for message in self._office.organisation.messages_of(places[to.audience])
        ]

    def nowhere(self, surface: Surface) -> Posted:
        here = Conversation(self._office.server.url, ANAS_CHAT)
        return Posted(surface.name, MessagePlace(here, ("1790000000001",)).as_text())


# --- Channels and people ------------------------------------------------------------------------


async def test_a_name_that_two_channels_have_is_asked_about_and_its_id_settles_it(engine: Engine) -> None:
    organisation = people_at_work()
    other = organisation.add_team("Marketing", *organisation.people)
    theirs = organisation.add_channel(other, "Pipeline-Council")
    async with open_office(engine, organisation) as office:
        with pytest.raises(Unreachable, match=r"2 channels are called pipeline-council.*\[teams\] channels"):
            await office.surface.post(CHANNEL, "one", card("one", "One"), None)
    async with open_office(engine, organisation, **{"#pipeline-council": theirs}) as office:
        await office.surface.post(CHANNEL, "one", card("one", "One"), None)
        assert [message.conversation for message in organisation.messages] == [theirs]


async def test_a_private_channel_is_reached_by_its_id_alone(engine: Engine) -> None:
    organisation = people_at_work()
    organisation.teams[SALES].private.append("19:secret@thread.tacv2")
    secret = Addressee("#leaders", name="#leaders")
    async with open_office(engine, organisation) as office:
        with pytest.raises(Unreachable, match=r'private channel put its id.*"leaders" = "19:…"'):
            await office.surface.post(secret, "one", card("one", "One"), None)
    async with open_office(engine, organisation, leaders="19:secret@thread.tacv2") as office:
        await office.surface.post(secret, "one", card("one", "One"), None)
        assert said(office) == ["One"]


async def test_a_channel_made_meanwhile_is_found_after_a_minute(office: Office) -> None:
    new = Addressee("#new", name="#new")
    with pytest.raises(Unreachable, match="no channel new"):
        await office.surface.post(new, "one", card("one", "One"), None)
    office.organisation.add_channel(office.organisation.teams[SALES], "New")
    with pytest.raises(Unreachable):
        await office.surface.post(new, "one", card("one", "One"), None)
    office.clock.now += 61
    await office.surface.post(new, "one", card("one", "One"), None)
    assert said(office) == ["One"]


async def test_a_linked_user_is_reached_whatever_the_e_mail_says_and_the_chat_is_opened_once(
    office: Office,
) -> None:
    ana = office.organisation.people[0]
    linked = Addressee("@005A", "old@example.com", "Ana Lind", user_id=ana.object_id)
    for key in ("one", "two"):
        await office.surface.post(linked, key, card(key, key), None)
    assert [message.conversation for message in office.organisation.messages] == [ANAS_CHAT] * 2
    assert len(office.server.called("open")) == 1
    assert office.server.called("members") == []


async def test_somebody_without_the_app_is_named_with_what_to_do(office: Office) -> None:
    office.organisation.people[2].has_app = False
    with pytest.raises(Unreachable, match=r"not installed there.*install it for all by a set-up policy"):
        await office.surface.post(BEN, "one", card("one", "One"), None)
    with pytest.raises(Unreachable, match=r"No Body \(nobody@example.com\) is in no team.*Setup policies"):
        await office.surface.post(
            Addressee("@005X", "nobody@example.com", "No Body"), "one", card("one", "One"), None
        )
    with pytest.raises(Unreachable, match=r"No Body has no e-mail.*/link"):
        await office.surface.post(Addressee("@005X", None, "No Body"), "one", card("one", "One"), None)
    assert office.organisation.messages == []


async def test_guests_of_a_team_are_nobody_to_write_to(engine: Engine) -> None:
    organisation = people_at_work()
    guest = organisation.add_person("Gus Visitor", "gus@partner.example", role="guest")
    organisation.teams[SALES].members.append(guest)
    async with open_office(engine, organisation) as office:
        with pytest.raises(Unreachable, match="is in no team"):
            await office.surface.post(
                Addressee("@005G", "gus@partner.example", "Gus"), "one", card("one", "One"), None
            )


# --- Large cards --------------------------------------------------------------------------------


def long_card(key: str, paragraphs: int) -> Card:
    blocks = tuple(Paragraph(text(f"line {number} " + "word " * 390)) for number in range(paragraphs))
    buttons = tuple(Button(f"Deal {number}", "deal", str(number)) for number in range(9))
    return Card(key, "Long", (*blocks, Buttons(buttons)), "Long")


async def test_a_card_larger_than_one_message_becomes_parts_with_nothing_lost_that_change_together(
    office: Office,
) -> None:
    posted = await office.surface.post(CHANNEL, "long", long_card("long", 30), None)
    head, *others = office.organisation.messages
    assert len(others) >= 2
    assert {message.thread for message in others} == {head.id}, (
        "further parts stand in the thread of the first"
    )
    shown = " ".join(words for one in (head, *others) for words in texts(one.cards))
    assert all(f"line {number} word" in shown for number in range(30))
    assert all(f"Deal {number}" in shown for number in range(9))
    shorter = await office.surface.update(posted, "long", card("long", "Short"))
    assert said(office) == ["Short"]
    longer = await office.surface.update(shorter, "long", long_card("long", 30))
    assert len(office.organisation.messages) == len(place_from_text(longer.message).parts) == 1 + len(others)
    assert {message.thread for message in office.organisation.messages[1:]} == {head.id}


async def test_a_part_that_does_not_arrive_leaves_the_card_in_doubt(office: Office) -> None:
    office.server.passes["post"] = 1
    office.server.failures["post"].append(Failure(429, headers={"Retry-After": "60"}))
    with pytest.raises(OutcomeUnknown, match="Part 2 of"):
        await office.surface.post(ANA, "long", long_card("long", 30), None)


async def test_a_picture_follows_in_the_thread_of_its_card(office: Office) -> None:
    post = Card("post", "Week", (Image("heat.png", "EMEA red", b"png"),), "Week")
    await office.surface.post(CHANNEL, "post", post, None)
    head, picture = office.organisation.messages
    assert (title(head), picture.thread) == ("Week", head.id)
    (attachment,) = picture.activity["attachments"]
    assert attachment["contentType"] == "image/png"
    assert attachment["contentUrl"] == "data:image/png;base64,cG5n"


# --- Refusals -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("status", "headers", "patience"),
    [
        (429, {"Retry-After": "7"}, timedelta(seconds=7)),
        (429, {}, None),
        (429, {"Retry-After": "soon"}, PATIENCE_UNSAID),
        (429, {"Retry-After": "-5"}, PATIENCE_UNSAID),
        (429, {"Retry-After": "nan"}, PATIENCE_UNSAID),
        (429, {"Retry-After": "99999999999999999999"}, LONGEST_PATIENCE),
        (412, {}, None),
        (502, {}, None),
        (503, {}, None),
        (504, {"Retry-After": "2"}, timedelta(seconds=2)),
    ],
)
async def test_patience_is_as_long_as_teams_says(
    office: Office, status: int, headers: dict[str, str], patience: timedelta | None
) -> None:
    office.server.failures["post"].append(Failure(status, headers=headers))
    with pytest.raises(TryLater, match="patience") as refused:
        await office.surface.post(CHANNEL, "one", card("one", "One"), None)
    assert refused.value.after == patience
    assert len(office.server.called("post")) == 1, "who repeats a call is delivery alone"


@pytest.mark.parametrize(
    ("status", "code", "says"),
    [
        (403, "ConversationBlockedByUser", "blocked the app"),
        (403, "BotNotInConversationRoster", "not installed there"),
        (403, "BotDisabledByAdmin", "administrator has switched the app off"),
        (404, "ConversationNotFound", "not there any more"),
        (404, "", "no such conversation"),
        (413, "MessageSizeTooBig", "too long for Teams"),
        (400, "SomethingNew", "SomethingNew"),
    ],
)
async def test_a_refusal_for_good_says_in_words_what_to_do(
    office: Office, status: int, code: str, says: str
) -> None:
    office.server.failures["post"].append(Failure(status, code))
    with pytest.raises(Unreachable, match=says):
        await office.surface.post(CHANNEL, "one", card("one", "One"), None)


@pytest.mark.parametrize(
    "failure",
    [Failure(500), Failure(cuts=True), Failure(happens_first=True)],
    ids=["500", "cut", "cut after"],
)
async def test_a_post_that_may_have_happened_is_in_doubt_and_a_change_is_made_again(
    office: Office, failure: Failure
) -> None:
    posted = await office.surface.post(ANA, "one", card("one", "One"), None)
    office.server.failures["post"].append(failure)
    with pytest.raises(OutcomeUnknown):
        await office.surface.post(ANA, "two", card("two", "Two"), None)
    office.server.failures["change"] = [failure] * 2  # the HTTP client itself repeats a PUT that is cut off
    with pytest.raises(TryLater):
        await office.surface.update(posted, "one", card("one", "Done"))


@pytest.mark.parametrize(
    "failure", [Failure(cuts=True), Failure(happens_first=True)], ids=["cut", "cut after"]
)
async def test_a_post_on_a_connection_that_is_kept_and_breaks_is_said_once(
    office: Office, failure: Failure
) -> None:
    """HTTP clients repeat by themselves what was sent on a kept connection that closes: never a message."""
    for number in range(3):
        await office.surface.post(ANA, f"{number}", card(f"{number}", f"Kept {number}"), None)
        office.server.failures["post"].append(failure)
        with pytest.raises(OutcomeUnknown):
            await office.surface.post(ANA, "lost", card("lost", "Lost"), None)
    sent = [body["summary"] for _, body in office.server.called("post")]
    assert sent == ["Kept 0", "Lost", "Kept 1", "Lost", "Kept 2", "Lost"]
    assert said(office).count("Lost") == (3 if failure.happens_first else 0)


async def test_a_chat_that_breaks_while_it_opens_is_opened_by_delivery_alone(office: Office) -> None:
    office.server.failures["open"].append(Failure(cuts=True))
    with pytest.raises(TryLater):
        await office.surface.post(ANA, "one", card("one", "One"), None)
    assert len(office.server.called("open")) == 1


async def test_a_token_that_is_refused_is_renewed_once(office: Office) -> None:
    await office.surface.post(CHANNEL, "one", card("one", "One"), None)
    office.server.refused_tokens.add("token-1")
    await office.surface.post(CHANNEL, "two", card("two", "Two"), None)
    assert (said(office), office.issuer.asked["token"]) == (["One", "Two"], 2)
    office.server.refused_tokens.update(f"token-{number}" for number in range(1, 9))
    with pytest.raises(AccessRefused, match="sign-in"):
        await office.surface.post(CHANNEL, "three", card("three", "Three"), None)


async def test_an_issuer_that_hangs_holds_up_its_message_alone(office: Office) -> None:
    office.issuer.failure = issuer.Failure.HANGS
    posting = asyncio.create_task(office.surface.post(CHANNEL, "one", card("one", "One"), None))
    began = asyncio.get_running_loop().time()
    for _ in range(20):
        await asyncio.sleep(0.005)
    assert asyncio.get_running_loop().time() - began < 1, "the loop goes on"
    assert not posting.done()
    office.issuer.failure = None
    office.issuer.released.set()
    await posting
    assert said(office) == ["One"]


# --- With delivery and its database -------------------------------------------------------------


@dataclass
class Clock:
    now: datetime = MONDAY

    def __call__(self) -> datetime:
        return self.now


@dataclass
class Post:
    """Delivery to the office, and the letters that wait."""

    engine: Engine
    office: Office
    clock: Clock

    def put(self, key: str, audience: str = "#pipeline-council") -> None:
        letter = Letter(key=key, kind="council", audience=audience, card=card_to_text(card(key, key)))
        with writing(self.engine) as connection:
            put_letter(connection, letter, self.clock.now)

    def read(self, chat: str) -> list[TeamsMessage]:
        return list(self.office.organisation.messages_of(chat))

    async def deliver(self, seconds: int = 60) -> None:
        delivery = Delivery(self.engine, self.office.surface, self.clock, COMPANY)
        end = self.clock.now + timedelta(seconds=seconds)
        while self.clock.now < end:
            await delivery.deliver_due()
            self.clock.now += timedelta(seconds=2)


@pytest.fixture
def post(engine: Engine, office: Office) -> Post:
    return Post(engine, office, Clock())


async def test_an_outage_loses_nothing_and_doubles_nothing(post: Post) -> None:
    post.office.server.failures["post"] = [Failure(status) for status in (429, 412, 502, 504)]
    post.put("council:1")
    await post.deliver(300)
    assert said(post.office) == ["council:1"]


async def test_a_sign_in_that_teams_does_not_accept_holds_everything_and_loses_nothing(post: Post) -> None:
    """Twice a message: with the token that we had, and with a new one."""
    post.office.server.failures["post"] = [Failure(401)] * 4
    post.put("digest:1", "@ana@example.com")
    post.put("digest:2", "@ben@example.com")
    await post.deliver()
    with reading(post.engine) as connection:
        (refusal,) = read_refusals(connection, post.clock.now)
    assert "council check teams" in refusal.reason
    assert (said(post.office), refusal.waiting) == ([], 2)
    await post.deliver(700)
    assert sorted(said(post.office)) == ["Teams lets me in again", "digest:1", "digest:2"]


async def test_somebody_who_blocked_the_app_is_told_to_operations_once(post: Post) -> None:
    post.office.organisation.people[0].has_blocked = True
    for key in ("digest:1", "digest:2"):
        post.put(key, "@ana@example.com")
    await post.deliver()
    (report,) = post.office.organisation.messages
    assert report.conversation == "a:1OlgaOps"
    assert "The person has blocked the app." in " ".join(texts(report.cards))


@pytest.mark.parametrize("failure", [Failure(500), Failure(happens_first=True)], ids=["500", "cut after"])
async def test_a_message_in_doubt_is_never_sent_twice_until_operations_say_so(
    post: Post, failure: Failure
) -> None:
    post.office.server.failures["post"].append(failure)
    post.put("digest:1", "@ana@example.com")
    await post.deliver(600)
    arrived = ["digest:1"] if failure.happens_first else []
    assert [title(message) for message in post.read(ANAS_CHAT)] == arrived
    (report,) = post.read("a:1OlgaOps")
    assert "may not have arrived" in title(report)
    with writing(post.engine) as connection:
        assert send_again(connection, "digest:1", post.clock.now)
    await post.deliver()
    assert [title(message) for message in post.read(ANAS_CHAT)] == [*arrived, "digest:1"]
