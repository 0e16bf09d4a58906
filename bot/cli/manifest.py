"""`council manifest slack`: what an administrator pastes into the platform to make the app."""

from typing import Annotated, Literal

from cyclopts import Parameter

from bot.app import read_settings
from bot.cli.invocation import Called
from bot.cli.sheet import print_json
from bot.settings import DEFAULT_FILE
from bot.slack.definition import SlackDefinition
from bot.slack.manifest import build_manifest
from pipeline.errors import CouncilError


def print_manifest(
    platform: Literal["slack"],  # noqa: ARG001 - there is one so far
    *,
    name: Annotated[str, Parameter(help="What the app is called in the workspace.")] = "Pipeline Council",
    public_address: Annotated[
        str | None,
        Parameter(
            help="Where Slack's posts arrive, such as https://council.example.com; needed with "
            'way_in = "http" alone.'
        ),
    ] = None,
    invocation: Called,
) -> None:
    """Print the app's manifest, with the names of commands and the domains of the configuration.

    Parameters
    ----------
    platform
        The chat platform.
    """
    definition = _definition(invocation)
    if definition.uses_http and public_address is None:
        raise CouncilError(
            'With way_in = "http" Slack has to know where to post: add --public-address '
            "https://council.example.com, which leads to this machine."
        )
    if public_address is not None and not public_address.startswith("https://"):
        raise CouncilError("Slack posts to https addresses only: --public-address https://…")
    print_json(
        build_manifest(
            app_name=name,
            command_names=definition.command_names,
            public_address=public_address if definition.uses_http else None,
            unfurl_domains=definition.unfurl_domains,
        )
    )


def _definition(invocation: Called) -> SlackDefinition:
    """The manifest comes before any configuration: without a file it is that of the defaults."""
    if invocation.config is None and not DEFAULT_FILE.exists():
        return SlackDefinition()
    return read_settings(invocation.config, invocation.environ).slack
