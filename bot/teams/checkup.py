"""Whether everything is as it has to be in the organisation, and what to click where it is not.

Names and ids that the configuration may need are said on the way: Teams shows ids nowhere but in links.
"""

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass

from botbuilder.schema import Activity, ActivityTypes

from bot.checked import Checked
from bot.surface import Addressee, DeliveryFailed, OutcomeUnknown
from bot.teams.addresses import Addresses
from bot.teams.connector import Connector
from bot.teams.definition import TeamsDefinition
from bot.teams.keys import KeysUnavailable, SigningKeys
from bot.teams.loopback import WARNING
from bot.teams.places import Conversation
from bot.teams.tokens import ConnectorTokens, SignInFailed
from pipeline.nearest import did_you_mean
from storage.chat_places import ChatPlace, PlaceKind

GREETING = "This is a test of Pipeline Council: messages of ours reach you. There is nothing to do."
NAMED_AT_MOST = 20
_ADD_TO_TEAM = (
    "In Teams open Apps, Built for your org, Pipeline Council, Add to a team; and start `council run` "
    "before, which is told of it."
)
_ASSIGN_IDENTITY = (
    "In the Azure portal open the machine or service that we run on, Identity, User assigned, and add the "
    "identity of the bot; teams.app_id is the Client ID of that identity."
)
_INSTALL = (
    "In the Teams admin center, under Teams apps, Setup policies, add the app to the policy of these people, "
    "under Installed apps; or add the app to a team that they are in."
)


@dataclass(frozen=True)
class Organisation:
    """What the checks ask."""

    tokens: ConnectorTokens | None
    """`None` with the development switch, which needs none."""
    keys: SigningKeys
    tenant: str
    connector: Connector
    addresses: Addresses


@dataclass(frozen=True)
class Wanted:
    """What the configuration needs of the organisation."""

    channels: Mapping[str, str]
    """What each is for, by channel names with `#`."""
    owners: Sequence[Addressee]
    """Everybody whom digests go to."""
    administrators: Sequence[Addressee]
    """Whom to write to."""


async def check_organisation(
    organisation: Organisation, definition: TeamsDefinition, wanted: Wanted
) -> AsyncIterator[Checked]:
    """One after the other; ends where nothing further can be asked. `definition` is complete."""
    if organisation.tokens is None:
        yield Checked(False, WARNING, "Set development = false in [teams] before others use this machine.")
    else:
        signed_in = await _check_sign_in(organisation.tokens, definition)
        yield signed_in
        if not signed_in.is_well:
            return
        yield await _check_keys(organisation.keys)
    addresses, connector = organisation.addresses, organisation.connector
    teams = await addresses.places(PlaceKind.TEAM)
    seen: dict[str, str] = {}
    for team in teams:
        yield await _check_team(connector, team, seen)
    yield await _check_people(addresses, teams)
    for channel, purpose in wanted.channels.items():
        yield await _check_channel(addresses, channel, purpose, seen)
    if definition.council_team is not None:
        yield await _check_council_team(organisation, definition.council_team)
    yield await _check_owners(addresses, wanted.owners)
    for person in wanted.administrators:
        yield await _greet(connector, addresses, person)


async def _check_sign_in(tokens: ConnectorTokens, definition: TeamsDefinition) -> Checked:
    try:
        await tokens.token()
    except SignInFailed as failed:
        do = _ASSIGN_IDENTITY if definition.sign_in == "managed_identity" else ""
        return Checked(False, str(failed), do)
    by = definition.sign_in.replace("_", " ")
    return Checked(True, f"The app {definition.app_id} signs in, by its {by}.")


async def _check_keys(keys: SigningKeys) -> Checked:
    """By a key that nobody has: what counts is that the list can be read."""
    try:
        await keys.find("none")
    except KeysUnavailable:
        return Checked(
            False,
            "The keys by which Microsoft signs its requests cannot be read, so every request is refused.",
            "Let this machine reach login.botframework.com (https).",
        )
    return Checked(True, "The keys by which Microsoft signs its requests can be read.")


async def _check_team(connector: Connector, team: ChatPlace, seen: dict[str, str]) -> Checked:
    """Its channels are added to `seen`, ids by names."""
    name = f"{team.name} ({team.id})" if team.name else team.id
    try:
        count = await _count_members(connector, Conversation(team.address, team.id))
        channels = await connector.channels(team.address, team.id)
    except DeliveryFailed as refused:
        return Checked(
            False,
            f"The team {name} cannot be read: {refused}",
            "If the app was taken out of it, add it again: Manage team, Apps; or, if the team is gone, leave "
            "this as it is.",
        )
    seen |= {channel: channel_id for channel_id, channel in channels.items()}
    named = _listed([f"#{channel} = {channel_id}" for channel_id, channel in channels.items()])
    return Checked(True, f"The app is in the team {name} with {_people(count)} and the channels {named}.")


async def _count_members(connector: Connector, team: Conversation) -> int:
    count = 0
    async for _ in connector.members(team):
        count += 1
    return count


async def _check_people(addresses: Addresses, teams: Sequence[ChatPlace]) -> Checked:
    count = len(await addresses.places(PlaceKind.PERSON))
    if not teams and not count:
        return Checked(False, "Teams has told of nobody yet who has the app, and of no team.", _ADD_TO_TEAM)
    return Checked(True, f"{_people(count)} {'has' if count == 1 else 'have'} a chat with the app.")


async def _check_channel(
    addresses: Addresses, channel: str, purpose: str, seen: Mapping[str, str]
) -> Checked:
    """`seen`: ids of all the channels that Teams lists to us, by their names."""
    try:
        found = await addresses.conversation_of(Addressee(channel, name=channel))
    except DeliveryFailed as refused:
        return Checked(False, f"{channel} ({purpose}): {refused}", _which_channel(channel, seen))
    return Checked(True, f"{channel} is there ({purpose}; {found.id}).")


def _which_channel(missing: str, seen: Mapping[str, str]) -> str:
    if not seen:
        return f"I am in no team yet. {_ADD_TO_TEAM}"
    meant = did_you_mean(missing, seen).removeprefix("; d")
    asked = f"D{meant} " if meant else ""
    return f"{asked}I see {_listed([f'#{name}' for name in seen])}."


async def _check_council_team(organisation: Organisation, team: str) -> Checked:
    try:
        here = Conversation(await organisation.addresses.service_url_of(team), team)
        count = await _count_members(organisation.connector, here)
    except DeliveryFailed as refused:
        return Checked(
            False,
            f"The council's team {team} cannot be read: {refused}",
            "Add the app to it, and compare teams.council_team with the id (19:…) that the link of "
            "its first channel begins with.",
        )
    return Checked(True, f"The council's team has {_people(count)}.")


async def _check_owners(addresses: Addresses, owners: Sequence[Addressee]) -> Checked:
    try:
        missed = [owner.name for owner in owners if not await addresses.reaches(owner)]
    except DeliveryFailed as refused:
        return Checked(False, f"Who can be written to is not to be found out: {refused}")
    if not missed:
        return Checked(True, f"Everybody with open deals can be written to ({_people(len(owners))}).")
    says = f"{len(missed)} of {_people(len(owners))} with open deals do not have the app: {_listed(missed)}."
    return Checked(False, says, _INSTALL)


async def _greet(connector: Connector, addresses: Addresses, person: Addressee) -> Checked:
    try:
        chat = await addresses.conversation_of(person)
        await connector.post(chat, Activity(type=ActivityTypes.message, text=GREETING))
    except (DeliveryFailed, OutcomeUnknown) as refused:
        return Checked(False, f"{person.name} could not be written to: {refused}")
    return Checked(True, f"{person.name} has a test message.")


def _listed(names: Sequence[str]) -> str:
    more = f" and {len(names) - NAMED_AT_MOST} more" if len(names) > NAMED_AT_MOST else ""
    return ", ".join(names[:NAMED_AT_MOST]) + more


def _people(count: int) -> str:
    return "1 person" if count == 1 else f"{count} people"
