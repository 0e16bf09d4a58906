"""Whom we believe and ask in each of Microsoft's clouds: addresses and names, as Microsoft documents them."""

from dataclasses import dataclass

TEAMS_CHANNEL = "msteams"
"""How the Bot Framework calls Teams among its channels."""
IDENTITY_ADDRESS = "http://169.254.169.254/metadata/identity/oauth2/token"
"""Where a machine in Azure asks for the tokens of its managed identity."""


@dataclass(frozen=True)
class Authorities:
    """One cloud. Clouds trust each other in nothing."""

    openid_metadata: str
    """The document that leads to the keys by which the Bot Connector signs."""
    issuer: str
    """Who issues the tokens that the Bot Connector sends us."""
    login: str
    """Where the app signs in for tokens of its own; the tenant follows as the path."""
    scope: str
    """What those tokens are for."""
    service_hosts: tuple[str, ...]
    """Where the Bot Connector may ask us to answer: `host`, `*.domain` (both https at its own port), or a
    whole origin such as `http://127.0.0.1:8123`, taken as it is."""


PUBLIC = Authorities(
    openid_metadata="https://login.botframework.com/v1/.well-known/openidconfiguration",
    issuer="https://api.botframework.com",
    login="https://login.microsoftonline.com",
    scope="https://api.botframework.com/.default",
    service_hosts=(
        # Never *.trafficmanager.net: anybody can register a name there.
        "smba.trafficmanager.net",
        "smba.onyx.prod.teams.trafficmanager.net",
        "smba.infra.gcc.teams.microsoft.com",
        "*.botframework.com",
    ),
)
US_GOVERNMENT = Authorities(
    openid_metadata="https://login.botframework.azure.us/v1/.well-known/openidconfiguration",
    issuer="https://api.botframework.us",
    login="https://login.microsoftonline.us",
    scope="https://api.botframework.us/.default",
    service_hosts=("smba.infra.gov.teams.microsoft.us", "*.botframework.azure.us"),
)
US_DEFENSE = Authorities(
    openid_metadata=US_GOVERNMENT.openid_metadata,
    issuer=US_GOVERNMENT.issuer,
    login=US_GOVERNMENT.login,
    scope=US_GOVERNMENT.scope,
    service_hosts=("smba.infra.dod.teams.microsoft.us", "*.botframework.azure.us"),
)
