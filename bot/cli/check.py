"""`council check`: the configuration against the CRM, and our rights there and in the chat."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Literal

import aiohttp

from bot.app import Council, build_crm, read_settings
from bot.checked import Checked
from bot.checking import check_configuration
from bot.cli.invocation import Called
from bot.cli.opening import opened
from bot.cli.sheet import print_text
from bot.settings import field_keys, mended_fields
from messages.owner_notice import idle_words
from pipeline.audiences import Addressee, listed_people, to_channel
from pipeline.cell_owners import functions_without_owner
from storage.addressees import read_addressee
from storage.current_deals import read_owners_of_open_deals
from storage.database import reading
from storage.people import read_people

FAILED = 1


def check(
    what: Literal["configuration", "salesforce", "slack", "teams"] = "configuration", *, invocation: Called
) -> int:
    """Check keys, values, stages and fields of the configuration; nothing is written.

    Parameters
    ----------
    what
        salesforce: sign in, and try each object and field that is needed there.
        slack: check tokens, rights and channels in the workspace, and send the administrators a test message.
        teams: the same in Microsoft Teams, and who cannot be written to there.
    """
    match what:
        case "salesforce":
            return _check_salesforce(invocation)
        case "slack":
            return _check_slack(invocation)
        case "teams":
            return _check_teams(invocation)
        case _:
            return _check_configuration(invocation)


def _check_configuration(invocation: Called) -> int:
    settings = read_settings(invocation.config, invocation.environ)
    now = datetime.now(UTC)
    crm = build_crm(settings, now)
    check_configuration(settings, crm, now)
    idle = functions_without_owner(settings.council.owners)
    notices = (*crm.capabilities().notices, *([idle_words(idle)] if idle else []))
    print_text(f"{settings.file} fits {crm.name}.\n")
    for notice in notices:
        print_text(f"Note: {notice}\n")
    return 0


def _check_salesforce(invocation: Called) -> int:
    """A line for each thing; the exit code says whether all is well."""
    from bot.salesforce_checkup import Needed, check_salesforce
    from crm.salesforce.organisation import organisation_of

    with opened(invocation) as council:
        settings = council.settings
        needed = Needed(field_keys(settings), mended_fields(settings), _owners(council))
        organisation = organisation_of(settings.crm.salesforce, settings.home)
        is_well = True
        for one in check_salesforce(organisation, needed):
            is_well = _print_checked(one) and is_well
    return 0 if is_well else FAILED


def _check_slack(invocation: Called) -> int:
    """A line for each thing; the exit code says whether all is well."""
    with opened(invocation) as council:
        is_well = asyncio.run(_print_slack_checks(council))
    return 0 if is_well else FAILED


async def _print_slack_checks(council: Council) -> bool:
    from bot.slack.addresses import Addresses
    from bot.slack.api import SlackApi
    from bot.slack.checkup import Wanted, check_workspace

    definition = council.settings.slack
    token = definition.required("bot_token")
    administrators = council.settings.people.administrators
    wanted = Wanted(_channels(council), lambda team: _addressees(council, "slack", team, administrators))
    is_well = True
    async with aiohttp.ClientSession() as session:
        api = SlackApi(token, session)
        async for one in check_workspace(api, Addresses(api), definition, wanted):
            is_well = _print_checked(one) and is_well
    return is_well


def _check_teams(invocation: Called) -> int:
    with opened(invocation) as council:
        is_well = asyncio.run(_print_teams_checks(council))
    return 0 if is_well else FAILED


async def _print_teams_checks(council: Council) -> bool:
    from bot.teams.checkup import Wanted, check_organisation
    from bot.teams.room import open_organisation

    definition = council.settings.teams
    is_well = True
    async with open_organisation(definition, council.engine) as organisation:
        tenant = organisation.tenant
        wanted = Wanted(
            _channels(council),
            _addressees(council, "teams", tenant, _owners(council)),
            _addressees(council, "teams", tenant, council.settings.people.administrators),
        )
        async for one in check_organisation(organisation, definition, wanted):
            is_well = _print_checked(one) and is_well
    return is_well


def _print_checked(one: Checked) -> bool:
    """A line for it; whether it is well."""
    print_text(f"{'ok  ' if one.is_well else 'FIX '} {one.says}\n")
    if one.do:
        print_text(f"     {one.do}\n")
    return one.is_well


def _owners(council: Council) -> list[str]:
    """Everybody with open deals."""
    with reading(council.engine) as connection:
        return list(read_owners_of_open_deals(connection))


def _channels(council: Council) -> dict[str, str]:
    settings = council.settings
    purposes = {to_channel(name): "the council" for name in settings.council.channels}
    if settings.chat.operations_channel is not None:
        purposes[to_channel(settings.chat.operations_channel)] = "sales operations"
    if settings.chat.administrators_channel is not None:
        purposes[to_channel(settings.chat.administrators_channel)] = "administrators"
    return purposes


def _addressees(council: Council, surface: str, tenant: str, names: Sequence[str]) -> list[Addressee]:
    """People whom a configuration or the mirror names, as a surface finds them."""
    people = read_people(council.engine)
    with reading(council.engine) as connection:
        return [
            read_addressee(connection, audience, surface, tenant) for audience in listed_people(people, names)
        ]
