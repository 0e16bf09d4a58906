"""The section `[teams]` of the configuration."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Literal

from pydantic import Field, SecretStr, field_validator

from bot.teams.authorities import PUBLIC, US_DEFENSE, US_GOVERNMENT, Authorities
from pipeline.definitions import Definition
from pipeline.errors import CouncilError

_GUID = re.compile(r"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}", re.IGNORECASE)
_CLOUDS: Mapping[str, Authorities] = {
    "public": PUBLIC,
    "us_government": US_GOVERNMENT,
    "us_defense": US_DEFENSE,
}
_FIRST_ADDRESS = {
    "public": "https://smba.trafficmanager.net/teams/",
    "us_government": "https://smba.infra.gov.teams.microsoft.us/teams/",
    "us_defense": "https://smba.infra.dod.teams.microsoft.us/teams/",
}
"""Where to speak to somebody before Teams has said where, as Microsoft documents it."""


class TeamsDefinition(Definition):
    """The app in Microsoft Teams."""

    app_id: str = Field(
        "",
        description="Application (client) ID of the app registration in Entra, or the Client ID of the bot's "
        "managed identity; also the bot's id.",
    )
    tenant: str = Field(
        "", description="Directory (tenant) ID of the organisation: nobody from another one is spoken with."
    )
    sign_in: Literal["secret", "certificate", "managed_identity"] = Field(
        "secret", description="How the app proves to Microsoft that it is the app."
    )
    client_secret: SecretStr | None = Field(
        None,
        description="Client secret of the app registration. Only from the environment "
        "(COUNCIL_TEAMS__CLIENT_SECRET) or a secret file, never from the configuration file.",
    )
    certificate: Path | None = Field(
        None,
        description="PEM file with the private key and the certificate that was uploaded to the app "
        "registration (sign_in = certificate).",
    )
    cloud: Literal["public", "us_government", "us_defense"] = Field(
        "public", description="Microsoft's cloud: public is also that of GCC."
    )
    host: str = Field("127.0.0.1", description="Address of this machine on which requests are taken.")
    port: int = Field(3978, ge=0, le=65535, description="Port on which requests are taken.")
    channels: Mapping[str, str] = Field(
        {},
        description="Ids of channels whose name alone does not say which is meant, or that are private: "
        '{ "#pipeline-council" = "19:…@thread.tacv2" }. The id stands in the channel\'s link.',
    )
    council_team: str | None = Field(
        None,
        description="Id of a team (19:…) whose members are the council, beside [people] council.",
    )
    crm_domains: tuple[str, ...] = Field(
        (),
        description="Domains of the CRM's addresses, such as example.lightning.force.com: a deal's address "
        "that is written in a channel for deals unfolds into what the deal lacks.",
    )
    dialogs: bool = Field(
        True,
        description="Whether longer forms open in a window of their own; else they stand in the message.",
    )
    development: bool = Field(
        False,
        description="Take requests without any proof of who sent them, from this machine alone, for "
        "Microsoft's local client. Never in production.",
    )

    @field_validator("app_id", "tenant")
    @classmethod
    def _is_id(cls, written: str) -> str:
        if written and not _GUID.fullmatch(written.strip()):
            raise ValueError(
                f"{written!r} is no id: expected one such as 00000000-0000-0000-0000-000000000000"
            )
        return written.strip()

    @field_validator("channels")
    @classmethod
    def _are_channels(cls, channels: Mapping[str, str]) -> Mapping[str, str]:
        for name, channel in channels.items():
            if not re.fullmatch(r"19:[^\s;]+@thread\.(?:tacv2|skype)", channel):
                raise ValueError(
                    f"{channel!r} ({name}) is no channel's id: expected 19:…@thread.tacv2, as it stands in "
                    "the channel's link (decode %3a to : and %40 to @)"
                )
        return channels

    @property
    def authorities(self) -> Authorities:
        return _CLOUDS[self.cloud]

    @property
    def first_service_url(self) -> str:
        return _FIRST_ADDRESS[self.cloud]

    def required_app_id(self) -> str:
        """Raises `CouncilError` that says where Azure shows it."""
        if not self.app_id:
            raise CouncilError(
                "teams.app_id is not set. In the Azure portal, under Microsoft Entra ID, App registrations, "
                "the app's Overview shows it as Application (client) ID; no app yet: New registration."
            )
        return self.app_id

    def required_tenant(self) -> str:
        """Raises `CouncilError` that says where Azure shows it."""
        if not self.tenant:
            raise CouncilError(
                "teams.tenant is not set. In the Azure portal, the app registration's Overview shows it as "
                "Directory (tenant) ID."
            )
        return self.tenant

    def required_secret(self) -> str:
        """Raises `CouncilError` that says where Microsoft shows it."""
        value = self.client_secret.get_secret_value().strip() if self.client_secret is not None else ""
        if not value:
            raise CouncilError(
                "teams.client_secret is not set. In the Azure portal, the app registration shows it once "
                "when it is made, under Certificates & secrets. Put it into the environment as "
                "COUNCIL_TEAMS__CLIENT_SECRET, or into a secret file."
            )
        return value
