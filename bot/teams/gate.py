"""Whether a request is the Bot Connector's, and from a tenant of the company: asked before the SDK sees it.

The SDK answers a bad token with 500, believes everybody when the app's id is empty, and takes an emulator's
tokens for the connector's. What is refused here is answered 401 with nothing said; the reason is a short word
in the log, without the token and without the body.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

import jwt
import structlog

from bot.teams.authorities import TEAMS_CHANNEL
from bot.teams.keys import SIGNED_BY, KeysUnavailable, SigningKey
from bot.teams.service_urls import is_allowed, same_address
from pipeline.errors import CouncilError

logger = structlog.get_logger()

Json = Mapping[str, Any]

MAX_BODY_BYTES = 256 * 1024
"""An activity with a form and a card in it is far below."""
LEEWAY_SECONDS = 300
"""By how much clocks may differ (Microsoft's own figure)."""
_CLAIMS = ["iss", "aud", "exp", "nbf"]


class GateUnset(CouncilError):
    """Without an app id or a tenant anybody could speak for anybody."""


@dataclass(frozen=True)
class Arrived:
    """What came over HTTP, nothing of it believed."""

    headers: Mapping[str, str]
    body: bytes
    peer: str | None
    """The address at the other end of the connection."""


@dataclass(frozen=True)
class Genuine:
    """An activity that is what it says. `activity` is its parsed body, and the one to go on with."""

    activity: Json


@dataclass(frozen=True)
class Refused:
    """To be answered with `status` and an empty body."""

    reason: str
    status: int = 401


class NotGenuine(Exception):
    """`str` is the reason: short words of ours, nothing of what was sent."""


class Keys(Protocol):
    """Where the keys are found by which the Bot Connector signs."""

    async def find(self, key_id: str) -> SigningKey | None:
        """`None` for an unknown id. Raises `KeysUnavailable`."""


class Gate(Protocol):
    """Stands before the SDK."""

    async def check_request(self, arrived: Arrived) -> Genuine | Refused:
        """Never raises, whatever arrived."""


@dataclass(frozen=True)
class Admission:
    """Who is let in. Raises `GateUnset` when made without an app id or a tenant."""

    app_id: str
    tenants: frozenset[str]
    """Ids of the tenants whose people may speak; for a single-tenant app its own."""
    issuer: str
    service_hosts: tuple[str, ...]
    """See `Authorities.service_hosts`."""

    def __post_init__(self) -> None:
        if not self.app_id.strip():
            raise GateUnset(
                "teams.app_id is empty, so requests could not be told from forged ones. Copy the Application "
                "(client) ID of the app registration."
            )
        if not any(tenant.strip() for tenant in self.tenants):
            raise GateUnset(
                "teams names no tenant, so anybody's organisation could speak to the bot. Copy the Directory "
                "(tenant) ID of the app registration."
            )

    def admits_tenant(self, tenant: str) -> bool:
        return tenant.casefold() in {known.strip().casefold() for known in self.tenants}


class TokenGate:
    """Lets in what carries a token that the Bot Connector signed for this app and this activity."""

    def __init__(self, admission: Admission, keys: Keys) -> None:
        self._admission = admission
        self._keys = keys

    async def check_request(self, arrived: Arrived) -> Genuine | Refused:
        """`Refused` with 413 for too large a body, else with 401. Never raises."""
        if len(arrived.body) > MAX_BODY_BYTES:
            return refuse("too large", 413)
        try:
            token = _read_token(arrived.headers)
            activity = parse_activity(arrived.body)
            key = await self._find_key(token)
            self._check_activity(activity, key, self._read_claims(token, key))
        except NotGenuine as refused:
            return refuse(str(refused))
        return Genuine(activity)

    async def _find_key(self, token: str) -> SigningKey:
        try:
            header = jwt.get_unverified_header(token)
        except (jwt.PyJWTError, ValueError, TypeError, RecursionError) as garbage:
            raise NotGenuine("token illegible") from garbage
        key_id, algorithm = header.get("kid"), header.get("alg")
        if not isinstance(algorithm, str) or algorithm not in SIGNED_BY:
            raise NotGenuine("algorithm")
        if not isinstance(key_id, str):
            raise NotGenuine("no key id")
        try:
            key = await self._keys.find(key_id)
        except KeysUnavailable as unavailable:
            raise NotGenuine("keys unavailable") from unavailable
        if key is None:
            raise NotGenuine("unknown key")
        return key

    def _read_claims(self, token: str, key: SigningKey) -> Json:
        try:
            return jwt.decode(
                token,
                key.public,
                algorithms=sorted(key.algorithms),
                audience=self._admission.app_id.strip(),
                issuer=self._admission.issuer,
                leeway=LEEWAY_SECONDS,
                options={"require": _CLAIMS, "strict_aud": True},
            )
        except jwt.PyJWTError as wrong:
            raise NotGenuine(_REASONS.get(type(wrong), "token")) from wrong
        except (ValueError, TypeError, OverflowError, RecursionError) as garbage:
            raise NotGenuine("token illegible") from garbage

    def _check_activity(self, activity: Json, key: SigningKey, claims: Json) -> None:
        if activity.get("channelId") != TEAMS_CHANNEL:
            raise NotGenuine("channel")
        if key.endorsements is not None and TEAMS_CHANNEL not in key.endorsements:
            raise NotGenuine("key not endorsed")
        said, signed = activity.get("serviceUrl"), claims.get("serviceurl")
        if not (isinstance(said, str) and isinstance(signed, str) and same_address(said, signed)):
            raise NotGenuine("service address")
        if not is_allowed(said, self._admission.service_hosts):
            raise NotGenuine("service host")
        tenants = _read_tenants(activity)
        if not tenants or not all(map(self._admission.admits_tenant, tenants)):
            raise NotGenuine("tenant")


_REASONS: Mapping[type[jwt.PyJWTError], str] = {
    jwt.InvalidSignatureError: "signature",
    jwt.ExpiredSignatureError: "expired",
    jwt.ImmatureSignatureError: "not yet valid",
    jwt.InvalidAudienceError: "audience",
    jwt.InvalidIssuerError: "issuer",
    jwt.InvalidAlgorithmError: "algorithm",
    jwt.MissingRequiredClaimError: "claim missing",
    jwt.DecodeError: "token illegible",
}


def refuse(reason: str, status: int = 401) -> Refused:
    """A refusal, told to the log."""
    logger.warning("teams_request_refused", reason=reason)
    return Refused(reason, status)


def parse_activity(body: bytes) -> Json:
    """The JSON object of a body. Raises `NotGenuine`."""
    try:
        activity = json.loads(body.decode())
    except (ValueError, RecursionError) as garbage:
        raise NotGenuine("body illegible") from garbage
    if not isinstance(activity, dict):
        raise NotGenuine("body no object")
    return activity


def _read_token(headers: Mapping[str, str]) -> str:
    scheme, _, token = headers.get("Authorization", "").partition(" ")
    if scheme.casefold() != "bearer" or not token.strip():
        raise NotGenuine("no token")
    return token.strip()


def _read_tenants(activity: Json) -> frozenset[str]:
    """Every tenant that an activity names. Raises `NotGenuine` for a name that is no text."""
    tenant = _part(_part(activity, "channelData"), "tenant").get("id")
    conversation = _part(activity, "conversation").get("tenantId")
    named = [name for name in (tenant, conversation) if name is not None]
    if not all(isinstance(name, str) for name in named):
        raise NotGenuine("tenant")
    return frozenset(named)


def _part(whole: Json, name: str) -> Json:
    part = whole.get(name)
    return part if isinstance(part, dict) else {}
