"""`council check teams`: a line for each thing, and what to click where it is not well, over real HTTP."""

from bot.surface import Addressee
from bot.teams.checkup import Wanted, check_organisation
from bot.teams.room import open_organisation
from storage.chat_places import ChatPlace, PlaceKind, put_place
from storage.current_deals import read_owners_of_open_deals
from storage.database import Engine, reading, writing
from tests.contracts.surface import ANA, BEN
from tests.teams.issuer import TENANT
from tests.teams.office import local_microsoft, make_definition, people_at_work, serve_microsoft

ZOE = Addressee("@005Z", "zoe@example.com", "Zoe Adam")
WANTED = Wanted({"#pipeline-council": "the council", "#nowhere": "sales operations"}, (ANA, BEN, ZOE), (ANA,))


async def check(engine: Engine, **further: object) -> list[tuple[bool, str]]:
    organisation = people_at_work()
    async with serve_microsoft(organisation) as server:
        with writing(engine) as connection:
            place = ChatPlace(PlaceKind.TEAM, "19:Sales@thread.tacv2", server.url, "Sales")
            put_place(connection, "teams", TENANT, place)
        definition = make_definition(**further)
        opening = open_organisation(definition, engine, local_microsoft(server, server.issuer))
        async with opening as asked:
            return [(one.is_well, one.says) async for one in check_organisation(asked, definition, WANTED)]


async def test_what_is_well_and_what_lacks_is_said_line_by_line(database: Engine) -> None:
    found = await check(database)
    wells = [says for is_well, says in found if is_well]
    assert "The keys by which Microsoft signs its requests can be read." in wells
    assert "The app is in the team Sales (4 people)." in wells
    assert "#pipeline-council is there (the council)." in wells
    assert "Ana Lind has a test message." in wells
    faults = [says for is_well, says in found if not is_well]
    assert len(faults) == 2
    assert faults[0].startswith("#nowhere (sales operations): I see no channel nowhere.")
    assert faults[1] == "1 of 3 people with open deals do not have the app: Zoe Adam."


async def test_a_wrong_secret_ends_the_check_with_what_to_do(database: Engine) -> None:
    (found,) = await check(database, client_secret="something else")
    assert found == (
        False,
        "Microsoft refuses the app's sign-in (AADSTS7000215). The client secret is wrong. Copy its value "
        "(not its ID) from Certificates & secrets.",
    )


async def test_the_development_switch_is_no_state_to_leave_a_machine_in(database: Engine) -> None:
    found = await check(database, development=True)
    assert found[0][0] is False
    assert found[0][1].startswith("DEVELOPMENT: Teams requests are taken WITHOUT tokens")


def test_nobody_owns_an_open_deal_where_nothing_was_pulled(database: Engine) -> None:
    with reading(database) as connection:
        assert read_owners_of_open_deals(connection) == ()
