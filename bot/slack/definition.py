"""The section `[slack]` of the configuration."""

import re
from collections.abc import Mapping
from typing import Literal

from pydantic import Field, SecretStr, field_validator

from bot.slack.commands import COMMANDS, CommandNames
from pipeline.definitions import Definition
from pipeline.errors import CouncilError
from pipeline.nearest import did_you_mean

_COMMAND_NAME = re.compile(r"[a-z0-9_-]{1,31}")
_DOMAIN = re.compile(r"(?:[a-z0-9-]{1,63}\.)+[a-z]{2,63}")
MOST_DOMAINS = 5

_WHERE = {
    "bot_token": "OAuth & Permissions, “Bot User OAuth Token”; it begins with xoxb-",
    "app_token": "Basic Information, “App-Level Tokens”, with connections:write; it begins with xapp-",
    "signing_secret": "Basic Information, “Signing Secret”",
}


class SlackDefinition(Definition):
    """The app in a Slack workspace."""

    bot_token: SecretStr | None = Field(
        None,
        description="Bot User OAuth Token (xoxb-…). Only from the environment (COUNCIL_SLACK__BOT_TOKEN) or "
        "a secret file, never from the configuration file.",
    )
    way_in: Literal["socket", "http"] = Field(
        "socket",
        description="How Slack reaches us: through a socket that we open (no public address is needed), or "
        "by posts to a public https address that leads to host and port.",
    )
    app_token: SecretStr | None = Field(
        None,
        description="App-level token (xapp-…) for the socket. Only from the environment or a secret file.",
    )
    signing_secret: SecretStr | None = Field(
        None,
        description="Signing secret, by which posts are known to be Slack's. Only from the environment or a "
        "secret file.",
    )
    host: str = Field("127.0.0.1", description="Address of this machine on which posts are taken (http).")
    port: int = Field(8080, ge=0, le=65535, description="Port on which posts are taken (http).")
    command_names: Mapping[str, str] = Field(
        {},
        description="Other names for commands that another app of the workspace has already: "
        '{ apm = "pipeline-apm" }. Print the manifest anew after a change.',
    )
    unfurl_domains: tuple[str, ...] = Field(
        (),
        description="Domains of the CRM's addresses, such as example.lightning.force.com: beside a deal's "
        "address that somebody posts stands what the deal lacks, for those who may see it.",
    )
    council_group: str | None = Field(
        None, description="Id of a user group (S…) whose members are the council, beside [people] council."
    )

    @field_validator("command_names")
    @classmethod
    def _known_commands(cls, names: Mapping[str, str]) -> Mapping[str, str]:
        known = [command.name for command in COMMANDS]
        for name, other in names.items():
            if name not in known:
                hint = did_you_mean(name, known) or f"; expected one of {', '.join(known)}"
                raise ValueError(f"there is no command {name}{hint}")
            if not _COMMAND_NAME.fullmatch(other):
                raise ValueError(
                    f"{other!r} cannot be a command: expected small letters, digits, - and _, and no slash"
                )
        taken = [CommandNames(names).of(name) for name in known]
        if twice := sorted({name for name in taken if taken.count(name) > 1}):
            raise ValueError(f"two commands would be called {', '.join(twice)}")
        return names

    @field_validator("unfurl_domains")
    @classmethod
    def _are_domains(cls, domains: tuple[str, ...]) -> tuple[str, ...]:
        if len(domains) > MOST_DOMAINS:
            raise ValueError(f"Slack takes {MOST_DOMAINS} domains at most")
        for domain in domains:
            if not _DOMAIN.fullmatch(domain.casefold()):
                raise ValueError(f"{domain!r} is no domain: expected one such as example.lightning.force.com")
        return domains

    @property
    def uses_http(self) -> bool:
        return self.way_in == "http"

    def required(self, name: Literal["bot_token", "app_token", "signing_secret"]) -> str:
        """A secret that has to be there. Raises `CouncilError` that says where Slack shows it."""
        secret: SecretStr | None = getattr(self, name)
        value = secret.get_secret_value().strip() if secret is not None else ""
        if not value:
            raise CouncilError(
                f"slack.{name} is not set. In the app's settings on Slack it stands under {_WHERE[name]}. "
                f"Put it into the environment as COUNCIL_SLACK__{name.upper()}, or into a secret file."
            )
        return value
