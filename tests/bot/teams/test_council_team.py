"""A team of the organisation as the council."""

import pytest

from bot.surface import DeliveryFailed
from bot.teams.council_team import CouncilTeam
from pipeline.access import Role, identify
from pipeline.definitions import CouncilDefinition, PeopleDefinition
from pipeline.errors import NotRecognised
from storage.database import Engine
from storage.people import read_people
from tests.teams.connector import Failure
from tests.teams.issuer import TENANT
from tests.teams.office import SALES, Office, open_office


def team_of(office: Office, engine: Engine, team: str | None = SALES) -> CouncilTeam:
    return CouncilTeam(office.connector, office.addresses, engine, team, TENANT)


def roles_of(engine: Engine, who: str) -> frozenset[Role]:
    try:
        return identify(read_people(engine), PeopleDefinition(), CouncilDefinition(), who).roles
    except NotRecognised:
        return frozenset()


async def test_members_of_the_team_are_of_the_council_until_they_leave_it(database: Engine) -> None:
    async with open_office(database) as office:
        await team_of(office, database).look_up()
        assert Role.COUNCIL in roles_of(database, "ana@example.com")
        assert Role.COUNCIL in roles_of(database, "Ben@Example.com"), "of the second page of the roster"
        members = office.organisation.teams[SALES].members
        members.remove(next(one for one in members if one.name == "Ana Lind"))
        await team_of(office, database).look_up()
        assert roles_of(database, "ana@example.com") == frozenset()
        assert Role.COUNCIL in roles_of(database, "ben@example.com")


async def test_guests_of_the_team_are_of_no_council(database: Engine) -> None:
    async with open_office(database) as office:
        for person in office.organisation.people:
            person.role = "guest"
        await team_of(office, database).look_up()
        assert read_people(database).council == frozenset()


async def test_what_was_looked_up_last_holds_while_teams_does_not_answer(database: Engine) -> None:
    async with open_office(database) as office:
        await team_of(office, database).look_up()
        office.server.failures["members"].append(Failure(503))
        with pytest.raises(DeliveryFailed):
            await team_of(office, database).look_up()
        assert Role.COUNCIL in roles_of(database, "ana@example.com")


async def test_without_a_team_nobody_is_of_the_council_by_one(database: Engine) -> None:
    async with open_office(database) as office:
        await team_of(office, database).look_up()
        await team_of(office, database, None).look_up()
        assert read_people(database).council == frozenset()
