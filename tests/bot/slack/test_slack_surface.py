"""Slack as a surface, over HTTP against a server that answers as Slack's documentation says."""

from collections.abc import AsyncIterator, Sequence
from datetime import timedelta

import pytest

from bot.slack.addresses import KEPT_SECONDS
from bot.slack.api import LONGEST_PATIENCE, PATIENCE_UNSAID
from bot.slack.places import MessagePlace, place_from_text
from bot.surface import (
    AccessRefused,
    Addressee,
    OutcomeUnknown,
    Posted,
    Surface,
    TryLater,
    Unreachable,
    Waits,
)
from messages.card import Card, Column, Image, Paragraph, Table, TableRow, TextCell, text
from tests.contracts.surface import ANA, CHANNEL, Read, SurfaceContract, card
from tests.slack.office import ALL_SCOPES, COUNCIL_CHANNEL, Office, open_office
from tests.slack.server import Failure


@pytest.fixture
async def office(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Office]:
    monkeypatch.setattr("bot.slack.surface.SECONDS_BETWEEN_PARTS", 0)
    async with open_office() as opened:
        yield opened


class TestSlackSurface(SurfaceContract):
    @pytest.fixture
    def surface(self, office: Office) -> Surface:
        self._office = office
        return office.surface

    def read(self, surface: Surface, to: Addressee) -> Sequence[Read]:
        channels = {"#pipeline-council": COUNCIL_CHANNEL, "@005A": "D0ANA", "@005B": "D0BEN"}
        return [
            Read(message.blocks[0]["text"]["text"], message.thread_ts is not None)
            for message in self._office.workspace.messages_of(channels[to.audience])
        ]

    def nowhere(self, surface: Surface) -> Posted:
        return Posted(surface.name, MessagePlace("D0ANA", ("1.000001",)).as_text())


def long_card(key: str, paragraphs: int) -> Card:
    blocks = tuple(Paragraph(text("word " * 500)) for _ in range(paragraphs))
    return Card(key, "Long", blocks, "Long")


async def test_a_card_larger_than_one_message_becomes_parts_that_are_changed_and_taken_away_together(
    office: Office,
) -> None:
    posted = await office.surface.post(ANA, "long", long_card("long", 8), None)
    assert len(place_from_text(posted.message).parts) == 2
    shorter = await office.surface.update(posted, "long", card("long", "Short"))
    assert [message.blocks[0]["text"]["text"] for message in office.workspace.messages] == ["Short"]
    longer = await office.surface.update(shorter, "long", long_card("long", 8))
    assert len(office.workspace.messages) == 2
    again = await office.surface.update(shorter, "long", long_card("long", 8))
    assert len(office.workspace.messages) == 2, "an attempt before this one had posted the part already"
    assert again == longer


async def test_a_card_of_which_a_part_is_missing_is_taken_away_and_counts_as_never_posted(
    office: Office,
) -> None:
    server = office.server
    await office.surface.post(ANA, "first", card("first", "Another"), None)
    server.passes["chat.postMessage"] = 1
    server.failures["chat.postMessage"].append(Failure(429, "ratelimited", {"Retry-After": "60"}))
    with pytest.raises(OutcomeUnknown, match="Part 2 of 2"):
        await office.surface.post(ANA, "long", long_card("long", 8), None)
    assert await office.surface.find(ANA, "long") is None
    assert [message.blocks[0]["text"]["text"] for message in office.workspace.messages] == ["Another"]


async def test_what_was_said_in_a_thread_is_found_too(office: Office) -> None:
    head = await office.surface.post(CHANNEL, "council:1", card("council:1", "The week"), None)
    reply = await office.surface.post(CHANNEL, "thread:1", card("thread:1", "EMEA"), head)
    assert await office.surface.find(CHANNEL, "thread:1") == reply


async def test_threads_of_others_are_not_read_to_find_a_message(office: Office) -> None:
    head = office.workspace.say("U0ANA", COUNCIL_CHANNEL, "Lunch?")
    office.workspace.say("U0BEN", COUNCIL_CHANNEL, "Yes", head.ts)
    assert await office.surface.find(CHANNEL, "thread:1") is None
    assert office.server.called("conversations.replies") == []


async def test_a_message_names_its_key_to_us_alone(office: Office) -> None:
    """The key of a digest holds a person's id, and other apps of the workspace read metadata."""
    await office.surface.post(ANA, "digest:2026-11-24:005A", card("d", "Three deals"), None)
    (message,) = office.workspace.messages
    assert message.metadata is not None
    assert "005A" not in str(message.metadata)
    assert message.metadata["event_type"] == "pipeline_council"


async def test_a_picture_is_uploaded_once_and_shown_by_its_id(office: Office) -> None:
    picture = Card("post", "Week", (Image("heat.png", "EMEA red", b"png"),), "Week")
    for key in ("post:1", "post:2"):
        await office.surface.post(CHANNEL, key, picture, None)
    assert list(office.workspace.uploads.values()) == [b"png"]
    (file_id,) = office.workspace.uploads
    shown = [message.blocks[1]["slack_file"]["id"] for message in office.workspace.messages]
    assert shown == [file_id, file_id]


@pytest.mark.parametrize(("refusals", "shown"), [(2, "image"), (3, "table")])
async def test_a_picture_that_slack_has_not_processed_yet_is_waited_for_but_never_costs_the_post(
    office: Office, monkeypatch: pytest.MonkeyPatch, refusals: int, shown: str
) -> None:
    monkeypatch.setattr("bot.slack.pictures.PICTURE_WAITS", (0, 0, 0))
    table = Table("Region", (Column("Region"),), (TableRow((TextCell(text("EMEA")),)),))
    post = Card("post", "Week", (Image("heat.png", "EMEA red", b"png", instead=table),), "Week")
    office.server.failures["chat.postMessage"] = [Failure(error="invalid_blocks")] * refusals
    await office.surface.post(CHANNEL, "post", post, None)
    (message,) = office.workspace.messages
    assert message.blocks[1]["type"] == shown


async def test_a_message_without_a_picture_that_is_refused_is_refused_for_good(office: Office) -> None:
    office.server.failures["chat.postMessage"].append(Failure(error="invalid_blocks"))
    with pytest.raises(Unreachable, match="fault of ours"):
        await office.surface.post(CHANNEL, "one", card("one", "One"), None)


async def test_a_picture_that_cannot_be_uploaded_is_told_in_words(office: Office) -> None:
    office.server.failures["files.getUploadURLExternal"].append(Failure(status=500))
    await office.surface.post(
        CHANNEL, "post", Card("post", "Week", (Image("heat.png", "EMEA red", b"png"),), "Week"), None
    )
    (message,) = office.workspace.messages
    assert "EMEA red" in str(message.blocks[1])


# --- Refusals -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("headers", "patience"),
    [
        ({"Retry-After": "7"}, timedelta(seconds=7)),
        ({}, PATIENCE_UNSAID),
        ({"Retry-After": "soon"}, PATIENCE_UNSAID),
        ({"Retry-After": "-5"}, PATIENCE_UNSAID),
        ({"Retry-After": "0"}, timedelta(seconds=1)),
        ({"Retry-After": "99999999999999999999"}, LONGEST_PATIENCE),
    ],
)
async def test_patience_is_as_long_as_slack_says(
    office: Office, headers: dict[str, str], patience: timedelta
) -> None:
    office.server.failures["chat.postMessage"].append(Failure(429, "ratelimited", headers))
    with pytest.raises(TryLater) as refused:
        await office.surface.post(CHANNEL, "one", card("one", "One"), None)
    assert refused.value.after == patience
    assert refused.value.waits is Waits.CONVERSATION


@pytest.mark.parametrize(
    ("error", "says"),
    [
        ("channel_not_found", "/invite"),
        ("is_archived", "archived"),
        ("not_in_channel", "/invite"),
        ("restricted_action", "workspace administrator"),
        ("something_new", "something_new"),
    ],
)
async def test_a_refusal_for_good_says_in_words_what_to_do(office: Office, error: str, says: str) -> None:
    office.server.failures["chat.postMessage"].append(Failure(error=error))
    with pytest.raises(Unreachable, match=says):
        await office.surface.post(CHANNEL, "one", card("one", "One"), None)


@pytest.mark.parametrize("error", ["account_inactive", "invalid_auth", "token_revoked"])
async def test_a_token_that_is_refused_stops_the_workspace_and_loses_nothing(
    office: Office, error: str
) -> None:
    office.server.failures["chat.postMessage"].append(Failure(error=error))
    with pytest.raises(AccessRefused, match="bot token") as refused:
        await office.surface.post(CHANNEL, "one", card("one", "One"), None)
    assert refused.value.waits is Waits.WORKSPACE


async def test_somebody_who_has_left_is_noticed_although_the_conversation_with_them_was_known(
    office: Office,
) -> None:
    ana = Addressee("@005A", "ana@example.com", "Ana Lind", user_id="U0ANA")
    await office.surface.post(ana, "one", card("one", "One"), None)
    office.workspace.users["U0ANA"].deleted = True
    office.clock.now += KEPT_SECONDS
    with pytest.raises(Unreachable, match="deactivated"):
        await office.surface.post(ana, "two", card("two", "Two"), None)
    assert len(office.server.called("conversations.open")) == 2


async def test_the_conversation_with_a_person_is_asked_for_once_in_a_while_only(office: Office) -> None:
    ana = Addressee("@005A", "ana@example.com", "Ana Lind", user_id="U0ANA")
    for key in ("one", "two"):
        await office.surface.post(ana, key, card(key, key), None)
    assert len(office.server.called("conversations.open")) == 1


async def test_a_missing_right_is_named() -> None:
    async with open_office(scopes=ALL_SCOPES - {"chat:write"}) as office:
        with pytest.raises(Unreachable, match="chat:write"):
            await office.surface.post(CHANNEL, "one", card("one", "One"), None)


@pytest.mark.parametrize(
    "failure",
    [
        Failure(status=500, body="<html>sorry</html>"),
        Failure(status=503, error="service_trouble"),
        Failure(error="fatal_error"),
        Failure(happens_first=True),
    ],
)
async def test_a_post_that_may_have_happened_is_in_doubt(office: Office, failure: Failure) -> None:
    office.server.failures["chat.postMessage"].append(failure)
    with pytest.raises(OutcomeUnknown):
        await office.surface.post(CHANNEL, "one", card("one", "One"), None)
    found = await office.surface.find(CHANNEL, "one")
    assert (found is not None) is failure.happens_first


async def test_a_workspace_that_cannot_be_reached_has_heard_nothing() -> None:
    async with open_office() as office:
        url = office.server.url
    async with open_office() as office:
        office.api.client.base_url = url  # the server that has gone
        with pytest.raises(TryLater):
            await office.surface.post(CHANNEL, "one", card("one", "One"), None)


async def test_somebody_whom_slack_does_not_know_is_named_with_what_to_do(office: Office) -> None:
    stranger = Addressee("@005X", "nobody@example.com", "No Body")
    with pytest.raises(Unreachable, match="/link"):
        await office.surface.post(stranger, "one", card("one", "One"), None)
    with pytest.raises(Unreachable, match=r"No Body has no e-mail.*/link"):
        await office.surface.post(Addressee("@005X", None, "No Body"), "one", card("one", "One"), None)


async def test_a_linked_user_is_reached_whatever_the_e_mail_says(office: Office) -> None:
    linked = Addressee("@005A", "old@example.com", "Ana Lind", user_id="U0ANA")
    await office.surface.post(linked, "one", card("one", "One"), None)
    assert [message.channel for message in office.workspace.messages] == ["D0ANA"]


async def test_a_channel_made_meanwhile_is_found_after_a_minute(office: Office) -> None:
    new = Addressee("#new", name="#new")
    with pytest.raises(Unreachable, match="no channel #new"):
        await office.surface.post(new, "one", card("one", "One"), None)
    office.workspace.add_channel("C0NEW", "new")
    with pytest.raises(Unreachable):
        await office.surface.post(new, "one", card("one", "One"), None)
    office.clock.now += 61
    await office.surface.post(new, "one", card("one", "One"), None)
    assert [message.channel for message in office.workspace.messages] == ["C0NEW"]
