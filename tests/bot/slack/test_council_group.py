"""A user group of the workspace as the council."""

from pathlib import Path

import pytest

from bot.slack.colleagues import Colleagues
from bot.slack.council_group import CouncilGroup
from bot.surface import DeliveryFailed
from pipeline.access import Role, identify
from pipeline.definitions import CouncilDefinition, PeopleDefinition
from pipeline.errors import NotRecognised
from storage.database import Engine, open_database
from storage.people import read_people
from tests.new_database import write_new_database
from tests.slack.office import Office, open_office
from tests.slack.server import Failure
from tests.slack.workspace import TEAM


def group_of(office: Office, engine: Engine, group: str | None = "S0COUNCIL") -> CouncilGroup:
    """The clock of the office makes Slack's answers old at once."""
    return CouncilGroup(office.api, Colleagues(office.api, TEAM, office.clock), engine, group, TEAM)


def roles_of(engine: Engine, who: str) -> frozenset[Role]:
    try:
        return identify(read_people(engine), PeopleDefinition(), CouncilDefinition(), who).roles
    except NotRecognised:
        return frozenset()


async def test_members_of_the_group_are_of_the_council_until_they_leave_it(tmp_path: Path) -> None:
    engine = open_database(write_new_database(tmp_path / "council.db"))
    async with open_office() as office:
        office.workspace.groups["S0COUNCIL"] = ["U0ANA", "U0BEN"]
        await group_of(office, engine).look_up()
        assert Role.COUNCIL in roles_of(engine, "ana@example.com")
        assert Role.COUNCIL in roles_of(engine, "Ben@Example.com")
        office.workspace.groups["S0COUNCIL"] = ["U0BEN"]
        await group_of(office, engine).look_up()
        assert roles_of(engine, "ana@example.com") == frozenset()
        assert Role.COUNCIL in roles_of(engine, "ben@example.com")
    engine.dispose()


async def test_guests_and_deactivated_people_are_of_no_council(tmp_path: Path) -> None:
    engine = open_database(write_new_database(tmp_path / "council.db"))
    async with open_office() as office:
        office.workspace.groups["S0COUNCIL"] = ["U0ANA", "U0BEN", "U0NOBODY"]
        office.workspace.users["U0ANA"].is_restricted = True
        office.workspace.users["U0BEN"].deleted = True
        await group_of(office, engine).look_up()
        assert read_people(engine).council == frozenset()
    engine.dispose()


async def test_what_was_looked_up_last_holds_while_slack_does_not_answer(tmp_path: Path) -> None:
    engine = open_database(write_new_database(tmp_path / "council.db"))
    async with open_office() as office:
        office.workspace.groups["S0COUNCIL"] = ["U0ANA"]
        await group_of(office, engine).look_up()
        office.server.failures["usergroups.users.list"].append(Failure(status=503, body="down"))
        with pytest.raises(DeliveryFailed):
            await group_of(office, engine).look_up()
        assert Role.COUNCIL in roles_of(engine, "ana@example.com")
    engine.dispose()


async def test_without_a_group_nobody_is_of_the_council_by_one(tmp_path: Path) -> None:
    engine = open_database(write_new_database(tmp_path / "council.db"))
    async with open_office() as office:
        office.workspace.groups["S0COUNCIL"] = ["U0ANA"]
        await group_of(office, engine).look_up()
        await group_of(office, engine, None).look_up()
        assert read_people(engine).council == frozenset()
    engine.dispose()
