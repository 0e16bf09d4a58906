"""`council check`: the configuration against the CRM, and `council check slack`: against the workspace."""

import asyncio
from datetime import UTC, datetime
from typing import Literal

import aiohttp

from bot.app import Council, build_crm, read_settings
from bot.checking import check_configuration
from bot.cli.invocation import Called
from bot.cli.opening import opened
from bot.cli.sheet import print_text
from messages.owner_notice import idle_words
from pipeline.audiences import Addressee, listed_people, to_channel
from pipeline.cell_owners import functions_without_owner
from storage.addressees import read_addressee
from storage.database import reading
from storage.people import read_people

FAILED = 1


def check(what: Literal["configuration", "slack"] = "configuration", *, invocation: Called) -> int:
    """Check keys, values, stages and fields of the configuration; nothing is written.

    Parameters
    ----------
    what
        slack: check tokens, rights and channels in the workspace, and send the administrators a test message.
    """
    return _check_slack(invocation) if what == "slack" else _check_configuration(invocation)


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
    wanted = Wanted(_channels(council), lambda team: _administrators(council, team))
    is_well = True
    async with aiohttp.ClientSession() as session:
        api = SlackApi(token, session)
        async for one in check_workspace(api, Addresses(api), definition, wanted):
            is_well = is_well and one.is_well
            print_text(f"{'ok  ' if one.is_well else 'FIX '} {one.says}\n")
            if one.do:
                print_text(f"     {one.do}\n")
    return is_well


def _channels(council: Council) -> dict[str, str]:
    settings = council.settings
    purposes = {to_channel(name): "the council" for name in settings.council.channels}
    if settings.chat.operations_channel is not None:
        purposes[to_channel(settings.chat.operations_channel)] = "sales operations"
    if settings.chat.administrators_channel is not None:
        purposes[to_channel(settings.chat.administrators_channel)] = "administrators"
    return purposes


def _administrators(council: Council, team: str) -> list[Addressee]:
    people = read_people(council.engine)
    with reading(council.engine) as connection:
        return [
            read_addressee(connection, audience, "slack", team)
            for audience in listed_people(people, council.settings.people.administrators)
        ]
