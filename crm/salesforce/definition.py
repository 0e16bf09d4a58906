"""The section `[crm.salesforce]`: where the organisation is, how we sign in, and how much we may ask."""

import re
from typing import Literal, Self
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, field_validator, model_validator

from pipeline.definitions import Definition

SHARED_HOSTS = frozenset({"login.salesforce.com", "test.salesforce.com"})
_PRODUCTION, _SANDBOX = "https://login.salesforce.com", "https://test.salesforce.com"
_LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})
_VERSION = re.compile(r"[3-9]\d\.0|1\d\d\.0")


def is_safe_address(url: str) -> bool:
    """Whether a token may be sent there: encrypted, or to this very machine."""
    parts = urlsplit(url)
    if parts.username or parts.password or not parts.hostname:
        return False
    return parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in _LOOPBACK)


class SalesforceDefinition(Definition):
    """A Salesforce organisation as the CRM."""

    host: str = Field(
        "",
        description="Your My Domain or sandbox: acme.my.salesforce.com, "
        "acme--test.sandbox.my.salesforce.com. login.salesforce.com and test.salesforce.com do for every "
        "sign-in but client_credentials.",
    )
    sign_in: Literal["client_credentials", "jwt", "refresh_token"] = Field(
        "client_credentials",
        description="How the council signs in: as the app's own user (client_credentials), as `username` "
        "with a key (jwt), or with a refresh token.",
    )
    client_id: str = Field("", description="Consumer key of the connected or external client app.")
    client_secret: SecretStr | None = Field(
        None,
        description="Consumer secret of the app. Only from the environment "
        "(COUNCIL_CRM__SALESFORCE__CLIENT_SECRET) or a secret file.",
    )
    refresh_token: SecretStr | None = Field(
        None,
        description="For sign_in = refresh_token. Only from the environment "
        "(COUNCIL_CRM__SALESFORCE__REFRESH_TOKEN) or a secret file.",
    )
    private_key: str | None = Field(
        None,
        description="File of the private key (PEM) whose certificate the app holds; a relative path starts "
        "at the configuration file. For jwt, and for writing as the person.",
    )
    username: str | None = Field(None, description="Salesforce username of the integration user, for jwt.")
    audience: str | None = Field(
        None,
        description="Audience of the signed statement; default: https://test.salesforce.com for a sandbox, "
        "else https://login.salesforce.com.",
    )
    writes: Literal["as_integration_user", "as_person"] = Field(
        "as_integration_user",
        description="Whose name stands on a change: the integration user's, with the person in our audit "
        "log, or the person's own (as_person: needs private_key, and the app approved for these people).",
    )
    api_version: str = Field("64.0", description="Version of the API, from 30.0.")
    call_budget: float = Field(
        0.8,
        gt=0,
        le=1,
        description="Share of the organisation's daily API calls (those of all its apps) at which pulls "
        "stop, so that people can still save.",
    )
    concurrent_calls: int = Field(
        6, ge=2, le=20, description="Calls that may be under way at once; pulls leave two of them to people."
    )
    timeout_seconds: int = Field(30, ge=1, le=600, description="How long an answer is waited for.")
    description_minutes: int = Field(
        30, ge=0, description="How long fields, picklists and record types are remembered; 0: not at all."
    )

    @field_validator("host")
    @classmethod
    def _as_address(cls, host: str) -> str:
        """`https://` in front, nothing behind."""
        written = host.strip().rstrip("/")
        if not written:
            return ""
        url = written if "://" in written else f"https://{written}"
        if not is_safe_address(url) or urlsplit(url).path:
            raise ValueError("expected the host alone, such as acme.my.salesforce.com")
        if (urlsplit(url).hostname or "").endswith(".lightning.force.com"):
            raise ValueError(
                "this is the address of the pages; expected the one of the API: acme.my.salesforce.com"
            )
        return url

    @field_validator("api_version")
    @classmethod
    def _known_version(cls, version: str) -> str:
        if not _VERSION.fullmatch(version):
            raise ValueError("expected a version from 30.0 on, such as 64.0")
        return version

    @model_validator(mode="after")
    def _host_suits_sign_in(self) -> Self:
        if self.sign_in == "client_credentials" and urlsplit(self.host).hostname in SHARED_HOSTS:
            raise ValueError(
                "client_credentials needs your own host: expected one such as acme.my.salesforce.com"
            )
        return self

    def missing(self) -> tuple[str, ...]:
        """The keys without which the configured sign-in and way of writing cannot work."""
        needed: dict[str, object] = {"host": self.host, "client_id": self.client_id}
        match self.sign_in:
            case "client_credentials":
                needed["client_secret"] = self.client_secret
            case "refresh_token":
                needed["refresh_token"] = self.refresh_token
            case "jwt":
                needed |= {"private_key": self.private_key, "username": self.username}
        if self.writes == "as_person":
            needed["private_key"] = self.private_key
        return tuple(key for key, value in needed.items() if not value)

    @property
    def audience_url(self) -> str:
        """To whom a signed statement is addressed."""
        if self.audience:
            return self.audience
        hostname = urlsplit(self.host).hostname or ""
        is_sandbox = ".sandbox." in hostname or hostname == "test.salesforce.com"
        return _SANDBOX if is_sandbox else _PRODUCTION
