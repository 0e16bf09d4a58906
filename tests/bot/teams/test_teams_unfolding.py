"""What unfolds in Teams: addresses of deals beside which stands what they lack, and folds of long cards."""

from collections.abc import AsyncIterator

import pytest

from bot.surface import Addressee
from bot.teams.rendering import CARD
from handlers.asking import Typed
from messages.card import Card, Column, Folded, Paragraph, Table, TableRow, TextCell, text
from messages.problem import compose_problem
from messages.reply import Reply
from pipeline.errors import AccessDenied
from storage.database import Engine
from tests.bot.teams.scene import Scene, card, open_scene, title_of_card
from tests.contracts.surface import CHANNEL
from tests.messages.surfaces import texts
from tests.teams.cards import check_message_card
from tests.teams.office import COUNCIL_CHANNEL

DEAL = "0065g00000AbCdEAAV"
ADDRESS = f"https://example.lightning.force.com/lightning/r/Opportunity/{DEAL}/view"


@pytest.fixture
async def scene(database: Engine) -> AsyncIterator[Scene]:
    async with open_scene(database, crm_domains=("example.lightning.force.com",)) as opened:
        yield opened


# --- Addresses --------------------------------------------------------------------------------------


async def test_an_address_in_a_channel_for_deals_unfolds_into_what_the_deal_lacks(scene: Scene) -> None:
    scene.desk.reply = lambda _: Reply((card(f"deal:{DEAL}", "Acme: 2 things to fix"),))
    answer = await scene.ana.paste(ADDRESS, COUNCIL_CHANNEL)
    assert scene.desk.questions == [Typed(f"/deal {DEAL}")]
    shown = answer.body["composeExtension"]
    assert (shown["type"], shown["attachmentLayout"]) == ("result", "list")
    (attachment,) = shown["attachments"]
    assert attachment["contentType"] == CARD
    check_message_card(attachment["content"])
    assert title_of_card(attachment["content"]) == "Acme: 2 things to fix"
    assert attachment["preview"]["content"] == {"title": "Acme: 2 things to fix"}


@pytest.mark.parametrize(
    ("address", "where"),
    [
        (ADDRESS, "19:Sales-random@thread.tacv2"),
        (ADDRESS, "a:1AnaLind"),
        ("https://elsewhere.example/0065g00000AbCdEAAV", COUNCIL_CHANNEL),
        ("https://example.lightning.force.com/lightning/r/Account/0015g00000AbCdEAAV/view", COUNCIL_CHANNEL),
        ("not an address", COUNCIL_CHANNEL),
    ],
)
async def test_elsewhere_and_for_other_addresses_nobody_is_asked(
    scene: Scene, address: str, where: str
) -> None:
    assert (await scene.ana.paste(address, where)).body == {}
    assert scene.desk.asked == []


async def test_a_deal_that_is_not_for_the_writer_stays_bare(scene: Scene) -> None:
    scene.desk.reply = lambda _: Reply((compose_problem(AccessDenied("It is somebody else's.")),))
    assert (await scene.ana.paste(ADDRESS, COUNCIL_CHANNEL)).body == {}


async def test_a_guests_address_stays_bare(scene: Scene) -> None:
    assert (await scene.colleague("Gus Guest").paste(ADDRESS, COUNCIL_CHANNEL)).body == {}
    assert scene.desk.asked == []


# --- Folds ------------------------------------------------------------------------------------------


def long_table(rows: int) -> Table:
    lines = tuple(
        TableRow((TextCell(text(f"Deal {number}")), TextCell(text("why " * 20)))) for number in range(rows)
    )
    return Table("Deals", (Column("Deal"), Column("Why")), lines)


@pytest.mark.parametrize("rows", [3, 400])
@pytest.mark.parametrize("to", [CHANNEL, Addressee("@005A", "ana@example.com", "Ana Lind")])
async def test_a_folded_table_is_closed_at_first_and_opens_row_by_row_whole(
    scene: Scene, rows: int, to: Addressee, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.teams.posting.SECONDS_BETWEEN_PARTS", 0)
    folded = Card("k", "Week", (Paragraph(text("Short.")), Folded("The deals", (long_table(rows),))), "Week")
    await scene.room.surface.post(to, "k", folded, None)
    messages = [one for one in scene.organisation.messages if one.cards]
    assert not any("Deal 0" in words for one in messages for words in scene.ana.reads(one))
    read: list[str] = []
    for message in messages:
        while (line := scene.ana.closed_fold(message)) is not None:
            assert "The deals" in line
            scene.ana.open_fold(message, line)
        read += scene.ana.reads(message)
    assert [words for words in read if words.startswith("Deal ")] == [f"Deal {one}" for one in range(rows)]
    assert set(read) <= set(texts([one.cards for one in messages]))
