"""Whether everything is as it has to be in the workspace, and what to click where it is not."""

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass

from bot.checked import Checked
from bot.slack.addresses import Addresses
from bot.slack.api import SlackApi
from bot.slack.definition import SlackDefinition
from bot.slack.scopes import BOT_SCOPES
from bot.slack.signature import Signature
from bot.surface import Addressee, DeliveryFailed, OutcomeUnknown
from pipeline.errors import CouncilError

INSTALL_AGAIN = "Then press “Reinstall to Workspace” under Install App."
GREETING = "This is a test of Pipeline Council: messages of ours reach you. There is nothing to do."


@dataclass(frozen=True)
class Wanted:
    """What the configuration needs of the workspace."""

    channels: Mapping[str, str]
    """What each is for, by channel names with `#`."""
    administrators: Callable[[str], Sequence[Addressee]]
    """Whom to write to, in the workspace of that id."""


async def check_workspace(
    api: SlackApi, addresses: Addresses, definition: SlackDefinition, wanted: Wanted
) -> AsyncIterator[Checked]:
    """One after the other; ends where nothing further can be asked."""
    try:
        identity = await api.call("auth.test")
    except (DeliveryFailed, OutcomeUnknown) as refused:
        yield Checked(False, str(refused), "Copy the Bot User OAuth Token under OAuth & Permissions again.")
        return
    yield Checked(True, f"The app is in the workspace {identity.get('team')} as @{identity.get('user')}.")
    yield await _check_scopes(api)
    yield await _check_way_in(api, definition)
    for channel, purpose in wanted.channels.items():
        yield await _check_channel(api, addresses, channel, purpose)
    if definition.council_group is not None:
        yield await _check_group(api, definition.council_group)
    for person in wanted.administrators(str(identity.get("team_id"))):
        yield await _greet(api, addresses, person)


async def _check_scopes(api: SlackApi) -> Checked:
    granted = await api.scopes()
    lacking = [scope for scope in BOT_SCOPES if scope.name not in granted]
    if not lacking:
        return Checked(True, "It has every right that it needs.")
    lines = "; ".join(f"{scope.name} ({scope.reason})" for scope in lacking)
    where = "Add the scopes under OAuth & Permissions, or paste the manifest again (council manifest slack)."
    return Checked(False, f"Rights are missing: {lines}.", f"{where} {INSTALL_AGAIN}")


async def _check_way_in(api: SlackApi, definition: SlackDefinition) -> Checked:
    try:
        if definition.uses_http:
            Signature(definition.required("signing_secret"))
            return Checked(True, f"Signed posts are taken on {definition.host}, port {definition.port}.")
        await api.open_connection(definition.required("app_token"))
    except CouncilError as lacking:
        return Checked(False, str(lacking))
    except (DeliveryFailed, OutcomeUnknown) as refused:
        return Checked(
            False,
            f"No socket can be opened: {refused}",
            "Switch on Socket Mode, and under Basic Information make an app-level token with the scope "
            "connections:write (COUNCIL_SLACK__APP_TOKEN).",
        )
    return Checked(True, "A socket can be opened.")


async def _check_channel(api: SlackApi, addresses: Addresses, channel: str, purpose: str) -> Checked:
    try:
        found = await addresses.conversation_of(Addressee(channel, name=channel))
        answer = await api.ask("conversations.info", channel=found)
    except DeliveryFailed as refused:
        return Checked(False, f"{channel} ({purpose}): {refused}")
    if not answer["channel"].get("is_member"):
        return Checked(
            False, f"I am not in {channel} ({purpose}).", f"In {channel} type /invite and the app's name."
        )
    if answer["channel"].get("is_ext_shared") or answer["channel"].get("is_pending_ext_shared"):
        return Checked(
            False,
            f"{channel} ({purpose}) is shared with another organisation, whose people read what I post.",
            "Name a channel of your own company in the configuration, or stop sharing it: the channel's "
            "menu, Settings, Slack Connect.",
        )
    return Checked(True, f"{channel} is there ({purpose}).")


async def _check_group(api: SlackApi, group: str) -> Checked:
    try:
        answer = await api.ask("usergroups.users.list", usergroup=group)
    except DeliveryFailed as refused:
        return Checked(
            False,
            f"The user group {group} cannot be read: {refused}",
            "Its id begins with S; the group's menu has “Copy group ID” (slack.council_group).",
        )
    return Checked(True, f"The user group {group} has {len(answer['users'])} people: they are the council.")


async def _greet(api: SlackApi, addresses: Addresses, person: Addressee) -> Checked:
    try:
        channel = await addresses.conversation_of(person)
        await api.call("chat.postMessage", channel=channel, text=GREETING)
    except (DeliveryFailed, OutcomeUnknown) as refused:
        return Checked(False, f"{person.name} could not be written to: {refused}")
    return Checked(True, f"{person.name} has a test message.")
