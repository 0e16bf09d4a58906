"""“Share in channel” in Teams: the answer stands in our chat, and is shared where it was asked for."""

import pytest

from bot.teams.showing import IN_CHANNEL, IN_OUR_CHAT
from handlers.asking import Typed
from messages.card import Button
from messages.reply import Reply, Visibility
from tests.bot.teams.scene import Scene, card
from tests.teams.colleagues import find_action
from tests.teams.connector import Failure
from tests.teams.office import COUNCIL_CHANNEL
from tests.teams.organisation import TeamsMessage


async def ask_in_channel(scene: Scene) -> TeamsMessage:
    """Returns the answer in our chat, below which it can be shared."""
    scene.desk.reply = lambda asked: (
        Reply((card("answer", "Region", Button("Share", "share")),))
        if isinstance(asked, Typed)
        else Reply((card("answer:shared", "For all"),), Visibility.CHANNEL)
    )
    await scene.ana.mention("apm region", COUNCIL_CHANNEL)
    await scene.room.turns.settle()
    return scene.last_in(scene.ana.person.chat)


async def test_an_answer_in_our_chat_is_shared_in_the_thread_where_it_was_asked(scene: Scene) -> None:
    message = await ask_in_channel(scene)
    told = await scene.ana.press(message, "Share")
    await scene.room.turns.settle()
    assert told.body["value"] == IN_CHANNEL
    assert scene.desk.asked[-1][2].conversation == "#pipeline-council", "handlers judge by that channel"
    assert scene.said_in(COUNCIL_CHANNEL) == [IN_OUR_CHAT, "For all"]
    asked = next(scene.organisation.messages_of(COUNCIL_CHANNEL))
    assert scene.last_in(COUNCIL_CHANNEL).thread == asked.id
    assert scene.said_in(scene.ana.person.chat) == ["Region"]


async def test_whoever_has_left_the_channel_shares_nothing_there(scene: Scene) -> None:
    message = await ask_in_channel(scene)
    scene.organisation.teams["19:Sales@thread.tacv2"].members.remove(scene.ana.person)
    await scene.ana.press(message, "Share")
    assert scene.desk.asked[-1][2].conversation == f"@{scene.ana.person.object_id}"
    assert scene.said_in(COUNCIL_CHANNEL) == [IN_OUR_CHAT]


@pytest.mark.parametrize("forged", ["19:Elsewhere@thread.tacv2;messageid=1", "a:1BenOsei", "nonsense"])
async def test_a_forged_channel_is_spoken_in_by_nobody(scene: Scene, forged: str) -> None:
    message = await ask_in_channel(scene)
    share = find_action(message.cards[0], "Share")
    share["data"] |= {"asked_in": forged}
    said = len(scene.organisation.messages)
    await scene.ana.use(message, message.cards[0], share, {})
    assert scene.desk.asked[-1][2].conversation == f"@{scene.ana.person.object_id}"
    assert [one.conversation for one in scene.organisation.messages[said:]] == [scene.ana.person.chat]


async def test_a_channel_that_takes_nothing_is_told_to_who_wanted_to_share(scene: Scene) -> None:
    message = await ask_in_channel(scene)
    scene.server.failures["post"].append(Failure(403, "NotEnoughPermissions"))
    scene.server.failures["reply"].append(Failure(403, "NotEnoughPermissions"))
    told = await scene.ana.press(message, "Share")
    await scene.room.turns.settle()
    assert told.body["value"].startswith("Nothing was shared: Teams does not let the app post there.")
    assert scene.said_in(COUNCIL_CHANNEL) == [IN_OUR_CHAT]
