"""Microsoft's authorities on this machine: the keys of the Bot Framework, its tokens, and the app's sign-in.

`failure` says how the next documents go wrong; `asked` counts what was asked for.
"""

import asyncio
import json
import time
from base64 import urlsafe_b64encode
from collections import Counter
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from enum import Enum, auto
from functools import cache
from typing import Any, cast

import jwt
from aiohttp import web
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.hashes import SHA256
from jwt.algorithms import RSAAlgorithm

from bot.teams.authorities import PUBLIC, Authorities

APP_ID = "0f3c9a70-7d0e-4f0b-9f5e-2d8f6c1b4a11"
TENANT = "6b1c2f1e-8a34-4d0b-b6ad-3f5f0f0a9e21"
SECRET = "the-secret-of-the-app"
SERVICE_URL = "https://smba.trafficmanager.net/emea/"
IDENTITY_SECRET = "the-secret-of-the-machine"
_ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"

Json = dict[str, Any]


class Failure(Enum):
    """How the documents go wrong."""

    HANGS = auto()
    FAILS = auto()
    GARBAGE = auto()
    NO_OBJECT = auto()
    ENDLESS = auto()


@cache
def make_key(name: str) -> rsa.RSAPrivateKey:
    """A key for each name, made once a run: making one takes longest of all here."""
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


@dataclass(frozen=True)
class IssuerKey:
    """A key of the Bot Framework as it is published."""

    name: str
    endorsements: tuple[str, ...] | None = ("msteams", "webchat")

    def publish(self) -> Json:
        public = RSAAlgorithm.to_jwk(make_key(self.name).public_key(), as_dict=True)
        entry = {"kty": "RSA", "use": "sig", "kid": self.name, "n": public["n"], "e": public["e"]}
        return entry if self.endorsements is None else entry | {"endorsements": list(self.endorsements)}


@dataclass
class Issuer:
    """The authorities, served at `url`."""

    url: str = ""
    keys: list[IssuerKey] = field(default_factory=lambda: [IssuerKey("first")])
    published_beside: list[Any] = field(default_factory=list)
    """Entries of the key document that are no keys of ours."""
    algorithms: Any = field(default_factory=lambda: ["RS256"])
    failure: Failure | None = None
    asked: Counter[str] = field(default_factory=Counter)
    refusal: str | None = None
    """Microsoft's words for a sign-in that is refused, whatever is sent."""
    certificate: x509.Certificate | None = None
    lifetime: int = 3600
    released: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def authorities(self) -> Authorities:
        return replace(
            PUBLIC, openid_metadata=f"{self.url}/v1/.well-known/openidconfiguration", login=self.url
        )

    def issued(self, token: str) -> bool:
        """Whether it is one of the tokens by which the app speaks."""
        name, _, number = token.partition("-")
        asked = self.asked["token"] + self.asked["identity"]
        return name == "token" and number.isdecimal() and 0 < int(number) <= asked

    def rotate(self, name: str) -> None:
        """Publish one new key and none of the old ones."""
        self.keys = [IssuerKey(name)]

    def sign(
        self,
        claims: Mapping[str, Any] | None = None,
        *,
        key: str | None = None,
        without: tuple[str, ...] = (),
        kid: str | None = None,
        algorithm: str = "RS256",
    ) -> str:
        """A token as the Bot Connector sends it. `claims` replace its own; `without` takes some away."""
        now = int(time.time())
        whole = {
            "serviceurl": SERVICE_URL,
            "nbf": now,
            "exp": now + 3600,
            "iss": PUBLIC.issuer,
            "aud": APP_ID,
            **(claims or {}),
        }
        name = key or self.keys[0].name
        said = {claim: value for claim, value in whole.items() if claim not in without}
        headers = {"kid": kid or name}
        return jwt.PyJWS().encode(json.dumps(said).encode(), make_key(name), algorithm, headers)

    # --- What is served ---------------------------------------------------------------------------

    async def metadata(self, request: web.Request) -> web.StreamResponse:
        self.asked["metadata"] += 1
        document = {"issuer": PUBLIC.issuer, "jwks_uri": f"{self.url}/v1/.well-known/keys"}
        if self.algorithms is not None:
            document["id_token_signing_alg_values_supported"] = self.algorithms
        return await self._answer(request, document)

    async def key_document(self, request: web.Request) -> web.StreamResponse:
        self.asked["keys"] += 1
        return await self._answer(
            request, {"keys": [key.publish() for key in self.keys] + self.published_beside}
        )

    async def sign_in(self, request: web.Request) -> web.StreamResponse:
        """The client credentials grant."""
        self.asked["token"] += 1
        form = await request.post()
        said = {name: str(value) for name, value in form.items()}
        if refusal := self._refusal(request, said):
            body = {"error": "invalid_client", "error_description": refusal}
            return web.json_response(body, status=401)
        return await self._answer(request, self._token() | {"expires_in": self.lifetime})

    async def identity(self, request: web.Request) -> web.StreamResponse:
        """The identity of a virtual machine, and that of a service."""
        self.asked["identity"] += 1
        asked = (request.query["api-version"], request.query["resource"], request.query["client_id"])
        if asked[1:] != ("https://api.botframework.com", APP_ID):
            return web.json_response({"error": "invalid_resource"}, status=400)
        if asked[0] == "2018-02-01" and request.headers.get("Metadata") == "true":
            return await self._answer(request, self._token() | {"expires_in": str(self.lifetime)})
        if asked[0] == "2019-08-01" and request.headers.get("X-IDENTITY-HEADER") == IDENTITY_SECRET:
            end = str(int(time.time()) + self.lifetime)
            return await self._answer(request, self._token() | {"expires_on": end})
        return web.json_response({"error": "unauthorized"}, status=401)

    def _token(self) -> Json:
        number = self.asked["token"] + self.asked["identity"]
        return {"token_type": "Bearer", "access_token": f"token-{number}"}

    def _refusal(self, request: web.Request, said: Mapping[str, str]) -> str | None:
        if self.refusal is not None:
            return self.refusal
        if request.match_info["tenant"] != TENANT:
            return "AADSTS90002: Tenant not found."
        if said.get("client_id") != APP_ID:
            return "AADSTS700016: Application was not found in the directory."
        if (said.get("grant_type"), said.get("scope")) != ("client_credentials", PUBLIC.scope):
            return "AADSTS70011: The provided value for scope is not valid."
        if said.get("client_assertion_type") == _ASSERTION_TYPE:
            return self._assertion_refusal(str(request.url), said["client_assertion"])
        if said.get("client_secret") != SECRET:
            return f"AADSTS7000215: Invalid client secret provided: {said.get('client_secret')}."
        return None

    def _assertion_refusal(self, audience: str, assertion: str) -> str | None:
        if self.certificate is None:
            return "AADSTS700027: No certificate is registered."
        thumbprint = urlsafe_b64encode(self.certificate.fingerprint(SHA256())).decode().rstrip("=")
        public = cast(rsa.RSAPublicKey, self.certificate.public_key())
        try:
            claims = jwt.decode(assertion, public, ["PS256"], audience=audience, issuer=APP_ID)
            known = jwt.get_unverified_header(assertion)["x5t#S256"] == thumbprint
        except (jwt.PyJWTError, KeyError):
            return "AADSTS700027: The certificate is not registered."
        complete = claims.get("sub") == APP_ID and claims.get("jti") and claims["exp"] - claims["nbf"] <= 600
        return None if known and complete else "AADSTS700027: The assertion is incomplete."

    async def _answer(self, request: web.Request, document: Json) -> web.StreamResponse:
        match self.failure:
            case Failure.HANGS:
                await self.released.wait()
            case Failure.FAILS:
                return web.json_response({"error": "unavailable"}, status=503)
            case Failure.GARBAGE:
                return web.Response(text="<html>Sorry</html>", content_type="text/html")
            case Failure.NO_OBJECT:
                return web.json_response([document])
            case Failure.ENDLESS:
                return web.Response(text=json.dumps(document) + " " * 2_000_000)
        return web.json_response(document)


@asynccontextmanager
async def serve_issuer() -> AsyncIterator[Issuer]:
    """An issuer on a free port of this machine."""
    issuer = Issuer()
    app = web.Application()
    app.router.add_get("/v1/.well-known/openidconfiguration", issuer.metadata)
    app.router.add_get("/v1/.well-known/keys", issuer.key_document)
    app.router.add_post("/{tenant}/oauth2/v2.0/token", issuer.sign_in)
    app.router.add_get("/identity", issuer.identity)
    runner = web.AppRunner(app, shutdown_timeout=1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    issuer.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    try:
        yield issuer
    finally:
        issuer.released.set()
        await runner.cleanup()
