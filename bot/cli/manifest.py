"""`council manifest`: what makes the app on a chat platform, and what gives us our rights in Salesforce."""

import sys
from importlib.metadata import version
from pathlib import Path
from typing import Annotated, Literal

from cyclopts import Parameter

from bot.app import read_settings
from bot.cli.invocation import Called, Invocation
from bot.cli.sheet import print_json, print_text
from bot.settings import DEFAULT_FILE
from bot.slack.definition import SlackDefinition
from pipeline.errors import CouncilError

DEFAULT_PACKAGE = Path("pipeline-council-teams.zip")


def make_manifest(
    platform: Literal["slack", "teams", "salesforce"],
    *,
    name: Annotated[str, Parameter(help="What the app is called there.")] = "Pipeline Council",
    public_address: Annotated[
        str | None,
        Parameter(
            help="Where the platform's posts arrive, such as https://council.example.com; for Slack with "
            'way_in = "http" alone.'
        ),
    ] = None,
    output: Annotated[
        Path | None,
        Parameter(
            help=f"File of the package for Teams; default: {DEFAULT_PACKAGE}. Of the package for Salesforce; "
            "default: its permission set is printed."
        ),
    ] = None,
    invocation: Called,
) -> None:
    """Print the app's manifest for Slack, write its package for Teams, or make its rights in Salesforce.

    Parameters
    ----------
    platform
        The chat platform, or salesforce: a permission set with the least rights, as metadata to deploy.
    """
    match platform:
        case "slack":
            if output is not None:
                raise CouncilError("The manifest for Slack is printed; --output is for Teams and Salesforce.")
            _print_slack_manifest(name, public_address, invocation)
        case "teams":
            _write_teams_package(name, public_address, output or DEFAULT_PACKAGE, invocation)
        case "salesforce":
            _make_permission_set(name, output, invocation)


def _make_permission_set(label: str, output: Path | None, invocation: Invocation) -> None:
    from bot.salesforce_rights import rights_of
    from crm.salesforce.permission_set import write_package, write_permission_set

    settings = read_settings(invocation.config, invocation.environ)
    rights, notes = rights_of(settings)
    sys.stderr.writelines(f"{note}\n" for note in notes)
    if output is None:
        print_text(write_permission_set(rights, label))
        return
    _write(output, write_package(rights, label))
    print_text(
        f"{output} holds the permission set {label}. Deploy it: sf project deploy start --metadata-dir "
        f"{output}, or in Workbench under migration, Deploy. Then assign it to our user.\n"
    )


def _print_slack_manifest(name: str, public_address: str | None, invocation: Invocation) -> None:
    """With the names of commands and the domains of the configuration."""
    from bot.slack.manifest import build_manifest

    definition = _slack_definition(invocation)
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


def _slack_definition(invocation: Invocation) -> SlackDefinition:
    """The manifest comes before any configuration: without a file it is that of the defaults."""
    if invocation.config is None and not DEFAULT_FILE.exists():
        return SlackDefinition()
    return read_settings(invocation.config, invocation.environ).slack


def _write_teams_package(name: str, public_address: str | None, output: Path, invocation: Invocation) -> None:
    from bot.teams.manifest import build_manifest, write_package

    definition = read_settings(invocation.config, invocation.environ).teams
    app_id = definition.required_app_id()
    if public_address is None:
        raise CouncilError(
            "Teams has to know where the app is: add --public-address https://council.example.com, which "
            "leads to this machine."
        )
    manifest = build_manifest(
        app_id=app_id,
        name=name,
        public_address=public_address,
        version=version("pipeline-council"),
        crm_domains=definition.crm_domains,
    )
    _write(output, write_package(manifest))
    print_text(
        f"{output} is the app's package. In the Teams admin center, under Teams apps, Manage apps, press "
        "Actions, Upload new app.\n"
    )


def _write(output: Path, content: bytes) -> None:
    try:
        output.write_bytes(content)
    except OSError as error:
        raise CouncilError(f"{output} cannot be written: {error.strerror}.") from error
