"""The app comes to people and teams, and goes: who can be written to, and who is told what to do."""

from datetime import timedelta

from pipeline.person_links import ChatAccount, LinkedBy, PersonLink
from storage.database import Engine, writing
from storage.person_links import put_link
from tests.bot.teams.scene import MONDAY, Scene
from tests.messages.surfaces import texts
from tests.teams.issuer import TENANT
from tests.teams.office import COUNCIL_CHANNEL, SALES

HOUR = timedelta(hours=1)
OPERATIONS = "a:1OlgaOps"


async def test_an_installation_is_greeted_once(scene: Scene) -> None:
    for activity in (*await scene.ana.install(), *await scene.ana.install()):
        await scene.line.deliver(activity)
    await scene.room.turns.settle()
    assert len(scene.desk.asked) == 1
    assert scene.said_in(scene.ana.person.chat) == ["An answer"]


async def test_whoever_takes_the_app_away_gets_nothing_more_and_operations_are_told_how_it_comes_back(
    scene: Scene,
) -> None:
    await scene.send_letter("digest:1", "@ana@example.com")
    assert scene.said_in(scene.ana.person.chat) == ["digest:1"]
    opened = len(scene.server.called("open"))

    scene.ana.person.has_app = False
    await scene.ana.install("remove")
    await scene.room.turns.settle()
    await scene.send_letter("digest:2", "@ana@example.com", MONDAY + 1 * HOUR)
    assert len(scene.server.called("open")) == opened + 2, "the old conversation is not used (and Olga's new)"
    assert scene.said_in(scene.ana.person.chat) == ["digest:1"]
    (report,) = scene.organisation.messages_of(OPERATIONS)
    told = " ".join(texts(report.cards))
    assert "ana@example.com" in told
    assert "let the administrators install it for all by a set-up policy" in told

    await scene.send_letter("digest:3", "@ana@example.com", MONDAY + 2 * HOUR)
    assert len(list(scene.organisation.messages_of(OPERATIONS))) == 1, "once is enough"

    scene.ana.person.has_app = True
    await scene.ana.install()
    await scene.room.turns.settle()
    await scene.send_letter("digest:4", "@ana@example.com", MONDAY + 3 * HOUR)
    assert scene.said_in(scene.ana.person.chat) == ["digest:1", "An answer", "digest:4"]


async def test_a_team_that_takes_the_app_away_has_no_channels_for_us_and_operations_are_told(
    scene: Scene, database: Engine
) -> None:
    await scene.send_letter("council:1", "#pipeline-council")
    assert scene.said_in(COUNCIL_CHANNEL) == ["council:1"]
    olga = scene.colleague("Olga Ops")
    await olga.install()
    account = ChatAccount("teams", TENANT, olga.person.object_id)
    with writing(database) as connection:  # as the handlers do when somebody is greeted
        link = PersonLink(account=account, person="ops@example.com", how=LinkedBy.EMAIL, linked_at=MONDAY)
        put_link(connection, link)
    await scene.ana.add_to_team(SALES, "Sales", "teamDeleted")
    await scene.room.turns.settle()
    await scene.send_letter("council:2", "#pipeline-council", MONDAY + 1 * HOUR)
    assert scene.said_in(COUNCIL_CHANNEL) == ["council:1"]
    _, report = scene.organisation.messages_of(OPERATIONS)
    assert "Add the app to its team (Manage team, Apps)" in " ".join(texts(report.cards))
