"""`council check teams`: a line for each thing, and what to click where it is not well, over real HTTP."""

from pathlib import Path

import pytest

from bot.checked import Checked
from bot.surface import Addressee
from bot.teams.checkup import Wanted, check_organisation
from bot.teams.room import open_organisation
from storage.chat_places import ChatPlace, PlaceKind, put_place
from storage.current_deals import read_owners_of_open_deals
from storage.database import Engine, reading, writing
from tests.bot.teams.test_teams_tokens import certify, write_pem
from tests.contracts.surface import ANA, BEN
from tests.teams.connector import ConnectorServer
from tests.teams.issuer import APP_ID, IDENTITY_SECRET, TENANT
from tests.teams.office import local_microsoft, make_definition, people_at_work, serve_microsoft

ZOE = Addressee("@005Z", "zoe@example.com", "Zoe Adam")
WANTED = Wanted({"#pipeline-council": "the council", "#nowhere": "sales operations"}, (ANA, BEN, ZOE), (ANA,))


async def check(engine: Engine, **further: object) -> list[tuple[bool, str]]:
    return [(one.is_well, one.says) for one in await check_all(engine, WANTED, **further)]


async def check_all(engine: Engine, wanted: Wanted, **further: object) -> list[Checked]:
    organisation = people_at_work()
    async with serve_microsoft(organisation) as server:
        with writing(engine) as connection:
            place = ChatPlace(PlaceKind.TEAM, "19:Sales@thread.tacv2", server.url, "Sales")
            put_place(connection, "teams", TENANT, place)
        definition = make_definition(**further)
        opening = open_organisation(definition, engine, local_microsoft(server, server.issuer))
        async with opening as asked:
            return [one async for one in check_organisation(asked, definition, wanted)]


async def test_what_is_well_and_what_lacks_is_said_line_by_line(database: Engine) -> None:
    found = await check(database)
    wells = [says for is_well, says in found if is_well]
    assert "The keys by which Microsoft signs its requests can be read." in wells
    assert (
        "The app is in the team Sales (19:Sales@thread.tacv2) with 4 people and the channels "
        "#General = 19:Sales@thread.tacv2, #random = 19:Sales-random@thread.tacv2, "
        "#pipeline-council = 19:Sales-pipeline-council@thread.tacv2."
    ) in wells
    assert "#pipeline-council is there (the council; 19:Sales-pipeline-council@thread.tacv2)." in wells
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


async def check_sign_in(server: ConnectorServer, engine: Engine, **further: object) -> Checked:
    """The first thing that is looked at."""
    definition = make_definition(client_secret=None, **further)
    async with open_organisation(definition, engine, local_microsoft(server, server.issuer)) as asked:
        first, *_ = [one async for one in check_organisation(asked, definition, Wanted({}, (), ()))]
        return first


async def test_a_certificate_signs_in_and_another_one_is_told_with_what_to_do(
    database: Engine, tmp_path: Path
) -> None:
    async with serve_microsoft(people_at_work()) as server:
        server.issuer.certificate = certify("certified")
        own = write_pem(tmp_path / "own.pem", "certified", certify("certified"))
        found = await check_sign_in(server, database, sign_in="certificate", certificate=own)
        assert found == Checked(True, f"The app {APP_ID} signs in, by its certificate.")
        other = write_pem(tmp_path / "other.pem", "first", certify("first"))
        found = await check_sign_in(server, database, sign_in="certificate", certificate=other)
        assert not found.is_well
        assert "(AADSTS700027)" in found.says
        assert "Upload it under Certificates & secrets." in found.says


async def test_a_service_in_azure_signs_in_by_its_identity_and_one_without_it_is_told_what_to_click(
    database: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with serve_microsoft(people_at_work()) as server:
        monkeypatch.setenv("IDENTITY_ENDPOINT", f"{server.issuer.url}/identity")
        monkeypatch.setenv("IDENTITY_HEADER", IDENTITY_SECRET)
        found = await check_sign_in(server, database, sign_in="managed_identity")
        assert found == Checked(True, f"The app {APP_ID} signs in, by its managed identity.")
        monkeypatch.setenv("IDENTITY_HEADER", "another machine's")
        found = await check_sign_in(server, database, sign_in="managed_identity")
        assert not found.is_well
        assert "(HTTP 401)" in found.says
        assert "Identity, User assigned, and add the identity of the bot" in found.do
        assert IDENTITY_SECRET not in found.says + found.do


async def test_the_development_switch_is_no_state_to_leave_a_machine_in(database: Engine) -> None:
    found = await check(database, development=True)
    assert found[0][0] is False
    assert found[0][1].startswith("DEVELOPMENT: Teams requests are taken WITHOUT tokens")


def test_nobody_owns_an_open_deal_where_nothing_was_pulled(database: Engine) -> None:
    with reading(database) as connection:
        assert read_owners_of_open_deals(connection) == ()


async def test_of_a_channel_that_is_not_there_it_is_said_which_are_and_which_was_meant(
    database: Engine,
) -> None:
    wanted = Wanted({"#pipline-council": "the council"}, (), ())
    (fault,) = [one for one in await check_all(database, wanted) if not one.is_well]
    assert fault.says.startswith("#pipline-council (the council): I see no channel pipline-council.")
    assert fault.do == "Did you mean pipeline-council? I see #General, #random, #pipeline-council."


async def test_where_the_app_is_in_no_team_it_is_said_how_it_gets_into_one(database: Engine) -> None:
    async with serve_microsoft(people_at_work()) as server:
        definition = make_definition()
        async with open_organisation(definition, database, local_microsoft(server, server.issuer)) as asked:
            found = [one async for one in check_organisation(asked, definition, WANTED)]
    (council, _) = [one for one in found if one.says.startswith("#")]
    assert council.do.startswith("I am in no team yet. In Teams open Apps, Built for your org")
