"""The gate before the SDK: whatever the Bot Connector did not sign for us is refused, and nothing breaks."""

import base64
import hashlib
import hmac
import json
import time
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

import aiohttp
import jwt
import pytest
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from hypothesis import given
from hypothesis import strategies as st

from bot.teams.authorities import PUBLIC, US_GOVERNMENT
from bot.teams.gate import MAX_BODY_BYTES, Admission, Arrived, GateUnset, Genuine, Refused, TokenGate
from bot.teams.keys import SigningKey, SigningKeys
from bot.teams.loopback import WARNING, LoopbackGate
from bot.teams.service_urls import is_allowed
from tests.bot.teams.test_teams_keys import HASTE
from tests.teams.issuer import (
    APP_ID,
    SERVICE_URL,
    TENANT,
    Failure,
    Issuer,
    IssuerKey,
    make_key,
    serve_issuer,
)

ACTIVITY: Mapping[str, Any] = {
    "type": "message",
    "channelId": "msteams",
    "serviceUrl": SERVICE_URL,
    "text": "apm region",
    "conversation": {"id": "a:1", "tenantId": TENANT},
    "channelData": {"tenant": {"id": TENANT}},
}
ADMISSION = Admission(APP_ID, frozenset({TENANT}), PUBLIC.issuer, PUBLIC.service_hosts)
HOUR = 3600


@dataclass(frozen=True)
class Here:
    """A gate whose keys come from an issuer of ours."""

    issuer: Issuer
    gate: TokenGate

    async def ask(self, token: str | None, **changed: Any) -> Genuine | Refused:
        """What the gate says to an activity, parts of which are `changed`."""
        headers = {} if token is None else {"Authorization": f"Bearer {token}"}
        return await self.gate.check_request(arrived({**ACTIVITY, **changed}, headers))


def arrived(activity: object, headers: Mapping[str, str], peer: str | None = "52.112.0.1") -> Arrived:
    return Arrived(headers, json.dumps(activity).encode(), peer)


@pytest.fixture
async def here() -> AsyncIterator[Here]:
    async with serve_issuer() as issuer, aiohttp.ClientSession() as session:
        keys = SigningKeys(session, issuer.authorities.openid_metadata, HASTE)
        yield Here(issuer, TokenGate(ADMISSION, keys))


# --- Who comes in -----------------------------------------------------------------------------------


async def test_a_token_of_the_bot_connector_lets_its_activity_in(here: Here) -> None:
    assert await here.ask(here.issuer.sign()) == Genuine(ACTIVITY)


async def test_the_service_address_may_lack_the_stroke_at_its_end(here: Here) -> None:
    assert isinstance(await here.ask(here.issuer.sign(), serviceUrl=SERVICE_URL.rstrip("/")), Genuine)


async def test_clocks_may_differ_by_five_minutes(here: Here) -> None:
    now = int(time.time())
    for claims in ({"exp": now - 280}, {"nbf": now + 280}):
        assert isinstance(await here.ask(here.issuer.sign(claims)), Genuine)


async def test_a_key_without_a_list_of_endorsements_may_sign_for_teams(here: Here) -> None:
    here.issuer.keys = [IssuerKey("first", None)]
    assert isinstance(await here.ask(here.issuer.sign()), Genuine)


async def test_a_key_that_microsoft_brings_in_while_we_run_is_believed(here: Here) -> None:
    old = here.issuer.sign()
    assert isinstance(await here.ask(old), Genuine)
    here.issuer.rotate("second")
    assert isinstance(await here.ask(here.issuer.sign()), Genuine)
    assert await here.ask(old) == Refused("unknown key")


# --- Who does not: the token ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("headers", "reason"),
    [
        ({}, "no token"),
        ({"Authorization": ""}, "no token"),
        ({"Authorization": "Bearer"}, "no token"),
        ({"Authorization": "Bearer "}, "no token"),
        ({"Authorization": "Basic dTpw"}, "no token"),
        ({"Authorization": "Bearer rubbish"}, "token illegible"),
        ({"Authorization": "Bearer a.b.c"}, "token illegible"),
        (
            {"Authorization": f"Bearer {base64.urlsafe_b64encode(b'[' * 6000).decode()}.e30.c2ln"},
            "token illegible",
        ),
        ({"Authorization": "Bearer é.ü.ß"}, "token illegible"),
    ],
)
async def test_no_token_and_no_legible_one_is_refused(
    here: Here, headers: Mapping[str, str], reason: str
) -> None:
    assert await here.gate.check_request(arrived(ACTIVITY, headers)) == Refused(reason, 401)
    assert here.issuer.asked.total() == 0


@pytest.mark.parametrize(
    ("claims", "reason"),
    [
        ({"exp": int(time.time()) - HOUR}, "expired"),
        ({"exp": "soon"}, "token illegible"),
        ({"exp": float("inf")}, "token illegible"),
        ({"nbf": int(time.time()) + HOUR}, "not yet valid"),
        ({"aud": "another-app"}, "audience"),
        ({"aud": ""}, "claim missing"),
        ({"aud": [APP_ID]}, "audience"),
        ({"aud": None}, "claim missing"),
        ({"iss": "https://api.botframework.us"}, "issuer"),
        ({"iss": "https://api.botframework.com/"}, "issuer"),
        # The four issuers of the emulator, which the SDK believes.
        ({"iss": "https://sts.windows.net/d6d49420-f39b-4df7-a1dc-d59a935871db/"}, "issuer"),
        ({"iss": "https://login.microsoftonline.com/d6d49420-f39b-4df7-a1dc-d59a935871db/v2.0"}, "issuer"),
        ({"iss": "https://sts.windows.net/f8cdef31-a31e-4b4a-93e4-5f571e91255a/"}, "issuer"),
        ({"iss": "https://login.microsoftonline.com/f8cdef31-a31e-4b4a-93e4-5f571e91255a/v2.0"}, "issuer"),
        ({"serviceurl": "https://smba.trafficmanager.net/amer/"}, "service address"),
        ({"serviceurl": None}, "service address"),
        ({"serviceurl": 7}, "service address"),
    ],
)
async def test_claims_that_are_wrong_are_refused(here: Here, claims: Mapping[str, Any], reason: str) -> None:
    assert await here.ask(here.issuer.sign(claims)) == Refused(reason, 401)


@pytest.mark.parametrize("claim", ["exp", "nbf", "iss", "aud", "serviceurl"])
async def test_claims_that_are_missing_are_refused(here: Here, claim: str) -> None:
    reason = "service address" if claim == "serviceurl" else "claim missing"
    assert await here.ask(here.issuer.sign(without=(claim,))) == Refused(reason, 401)


async def test_a_key_that_is_not_microsofts_is_refused(here: Here) -> None:
    assert await here.ask(here.issuer.sign(key="forged", kid="first")) == Refused("signature")
    assert await here.ask(here.issuer.sign(key="forged")) == Refused("unknown key")


async def test_a_token_changed_after_it_was_signed_is_refused(here: Here) -> None:
    head, _, signature = here.issuer.sign().split(".")
    _, claims, _ = here.issuer.sign({"exp": int(time.time()) + 9 * HOUR}).split(".")
    assert await here.ask(f"{head}.{claims}.{signature}") == Refused("signature")


async def test_an_algorithm_that_proves_nothing_is_refused(here: Here) -> None:
    _, claims, _ = here.issuer.sign().split(".")
    for algorithm in ("none", "None", "nOnE", "", None, ["RS256"], 7):
        token = f"{encode({'alg': algorithm, 'kid': 'first', 'typ': 'JWT'})}.{claims}."
        refused = await here.ask(token)
        assert isinstance(refused, Refused)
        assert refused.status == 401
    assert here.issuer.asked.total() == 0


async def test_the_public_key_does_not_serve_as_a_shared_secret(here: Here) -> None:
    public = make_key("first").public_key()
    _, claims, _ = here.issuer.sign().split(".")
    signed = f"{encode({'alg': 'HS256', 'kid': 'first', 'typ': 'JWT'})}.{claims}"
    for secret in (
        public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo),
        public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo),
        json.dumps(IssuerKey("first").publish()).encode(),
    ):
        forged = base64.urlsafe_b64encode(hmac.digest(secret, signed.encode(), hashlib.sha256)).decode()
        assert await here.ask(f"{signed}.{forged.rstrip('=')}") == Refused("algorithm")


async def test_an_algorithm_that_microsoft_does_not_list_is_refused(here: Here) -> None:
    assert await here.ask(here.issuer.sign(algorithm="RS512")) == Refused("algorithm")
    assert await here.ask(here.issuer.sign(algorithm="PS256")) == Refused("algorithm")


async def test_a_token_that_names_no_key_is_refused(here: Here) -> None:
    token = jwt.encode({}, make_key("first"), "RS256")
    assert await here.ask(token) == Refused("no key id")


async def test_a_key_endorsed_for_another_channel_is_refused(here: Here) -> None:
    here.issuer.keys = [IssuerKey("first", ("webchat", "directline"))]
    assert await here.ask(here.issuer.sign()) == Refused("key not endorsed")


@pytest.mark.parametrize("failure", Failure)
async def test_while_no_keys_can_be_read_everybody_is_refused(here: Here, failure: Failure) -> None:
    here.issuer.failure = failure
    assert await here.ask(here.issuer.sign()) == Refused("keys unavailable", 401)


# --- Who does not: the activity ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"channelId": "emulator"}, "channel"),
        ({"channelId": None}, "channel"),
        ({"serviceUrl": "https://smba.trafficmanager.net.evil.example/emea/"}, "service address"),
        ({"serviceUrl": None}, "service address"),
        ({"serviceUrl": {"url": SERVICE_URL}}, "service address"),
        ({"channelData": {"tenant": {"id": "another"}}}, "tenant"),
        ({"conversation": {"id": "a:1", "tenantId": "another"}}, "tenant"),
        ({"channelData": {}, "conversation": {}}, "tenant"),
        ({"channelData": {"tenant": {"id": [TENANT]}}}, "tenant"),
        ({"channelData": "x", "conversation": 7}, "tenant"),
    ],
)
async def test_an_activity_that_is_not_for_us_is_refused(
    here: Here, changed: Mapping[str, Any], reason: str
) -> None:
    assert await here.ask(here.issuer.sign(), **changed) == Refused(reason, 401)


async def test_a_foreign_service_address_is_refused_even_where_the_token_agrees(here: Here) -> None:
    for address in ("https://evil.example/", "http://smba.trafficmanager.net/emea/"):
        token = here.issuer.sign({"serviceurl": address})
        assert await here.ask(token, serviceUrl=address) == Refused("service host", 401)


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"", "body illegible"),
        (b"{", "body illegible"),
        (b"\xff\xfe", "body illegible"),
        (b"[" * 200_000, "body illegible"),
        (b"[]", "body no object"),
        (b'"text"', "body no object"),
        (b"null", "body no object"),
    ],
)
async def test_a_body_that_is_no_object_is_refused(here: Here, body: bytes, reason: str) -> None:
    headers = {"Authorization": f"Bearer {here.issuer.sign()}"}
    assert await here.gate.check_request(Arrived(headers, body, None)) == Refused(reason, 401)


async def test_too_large_a_body_is_refused_before_it_is_parsed(here: Here) -> None:
    headers = {"Authorization": f"Bearer {here.issuer.sign()}"}
    body = json.dumps(ACTIVITY).encode().ljust(MAX_BODY_BYTES)
    assert isinstance(await here.gate.check_request(Arrived(headers, body, None)), Genuine)
    assert await here.gate.check_request(Arrived(headers, body + b" ", None)) == Refused("too large", 413)


async def test_refusals_are_logged_by_a_word_without_token_or_body(
    here: Here, capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    token = here.issuer.sign({"aud": "another-app"})
    await here.ask(token, text="the-secret-forecast")
    said = capsys.readouterr()
    everything = said.out + said.err + caplog.text
    assert "teams_request_refused" in everything
    assert "audience" in everything
    assert "the-secret-forecast" not in everything
    assert not any(part in everything for part in token.split("."))


def test_without_an_app_id_or_a_tenant_there_is_no_gate() -> None:
    for empty in ("", "  "):
        with pytest.raises(GateUnset, match=r"teams\.app_id is empty"):
            replace(ADMISSION, app_id=empty)
        with pytest.raises(GateUnset, match="no tenant"):
            replace(ADMISSION, tenants=frozenset({empty}))


def test_tenants_are_known_however_they_are_written() -> None:
    assert ADMISSION.admits_tenant(TENANT.upper())
    assert not ADMISSION.admits_tenant("")


@pytest.mark.parametrize(
    ("address", "allowed"),
    [
        ("https://smba.trafficmanager.net/teams", True),
        ("https://SMBA.trafficmanager.net:443/teams", True),
        ("https://europe.api.botframework.com", True),
        ("https://botframework.com", False),
        ("https://evilbotframework.com", False),
        ("https://evil.trafficmanager.net", False),
        ("https://smba.trafficmanager.net@evil.example/", False),
        ("https://evil.example\\@smba.trafficmanager.net/", False),
        ("https://user@smba.trafficmanager.net/", False),
        ("https://smba.trafficmanager.net:8443/", False),
        ("https://smba.trafficmanager.net./", False),
        ("http://smba.trafficmanager.net/", False),
        ("//smba.trafficmanager.net/", False),
        ("ftp://smba.trafficmanager.net/", False),
        ("https://smba.infra.gov.teams.microsoft.us/", False),
        ("https://[::1", False),
        ("https://a:99999999/", False),
        ("", False),
    ],
)
def test_service_addresses_are_microsofts_alone(address: str, allowed: bool) -> None:
    assert is_allowed(address, PUBLIC.service_hosts) is allowed


def test_another_cloud_and_a_whole_origin_are_allowed_by_configuration() -> None:
    assert is_allowed("https://smba.infra.gov.teams.microsoft.us/x", US_GOVERNMENT.service_hosts)
    assert is_allowed("http://127.0.0.1:8123/v3", ["http://127.0.0.1:8123"])
    assert not is_allowed("http://127.0.0.1:8124/v3", ["http://127.0.0.1:8123"])


# --- Whatever comes ---------------------------------------------------------------------------------


class OneKey:
    """A key that is simply there."""

    async def find(self, key_id: str) -> SigningKey | None:
        known = SigningKey(make_key("first").public_key(), frozenset({"RS256"}), None)
        return known if key_id == "first" else None


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)
PARTS = st.fixed_dictionaries(
    {}, optional=dict.fromkeys(("channelId", "serviceUrl", "conversation", "channelData"), JSON)
)
CLAIMS = st.fixed_dictionaries(
    {}, optional=dict.fromkeys(("exp", "nbf", "iat", "iss", "aud", "serviceurl"), JSON)
)


@given(headers=st.dictionaries(st.sampled_from(["Authorization", "Host"]), st.text()), body=st.binary())
async def test_anything_at_all_is_refused_and_nothing_is_raised(headers: dict[str, str], body: bytes) -> None:
    for gate in (TokenGate(ADMISSION, OneKey()), LoopbackGate()):
        assert isinstance(await gate.check_request(Arrived(headers, body, "203.0.113.9")), Refused)


@given(head=JSON, claims=JSON)
async def test_any_token_of_json_is_refused_and_nothing_is_raised(head: object, claims: object) -> None:
    headers = {"Authorization": f"Bearer {encode(head)}.{encode(claims)}.c2lnbmVk"}
    assert isinstance(await TokenGate(ADMISSION, OneKey()).check_request(arrived(ACTIVITY, headers)), Refused)


@given(parts=PARTS, claims=CLAIMS)
async def test_any_claims_and_activity_even_signed_raise_nothing(
    parts: dict[str, Any], claims: dict[str, Any]
) -> None:
    headers = {"Authorization": f"Bearer {Issuer().sign(claims)}"}
    said = await TokenGate(ADMISSION, OneKey()).check_request(arrived({**ACTIVITY, **parts}, headers))
    assert isinstance(said, Refused) or not claims.keys() & {"iss", "aud", "serviceurl"}


def encode(value: object) -> str:
    """A part of a token, of anything."""
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")


# --- The development switch -------------------------------------------------------------------------

LOCAL = {**ACTIVITY, "serviceUrl": "http://localhost:56150/_connector"}


@pytest.mark.parametrize(
    ("peer", "host"),
    [("127.0.0.1", "localhost:3978"), ("::1", "[::1]:3978"), ("::ffff:127.0.0.1", "127.0.0.1")],
)
async def test_in_development_this_machine_needs_no_token(peer: str, host: str) -> None:
    assert await LoopbackGate().check_request(arrived(LOCAL, {"Host": host}, peer)) == Genuine(LOCAL)


@pytest.mark.parametrize(
    ("peer", "headers", "service", "reason"),
    [
        ("192.0.2.7", {"Host": "localhost"}, "http://localhost:1/", "client not local"),
        (None, {"Host": "localhost"}, "http://localhost:1/", "client not local"),
        ("127.0.0.1", {}, "http://localhost:1/", "host not local"),
        ("127.0.0.1", {"Host": "council.example"}, "http://localhost:1/", "host not local"),
        ("127.0.0.1", {"Host": "localhost.evil.example"}, "http://localhost:1/", "host not local"),
        ("127.0.0.1", {"Host": "evil.example@localhost"}, "http://localhost:1/", "host not local"),
        ("127.0.0.1", {"Host": "localhost@evil.example"}, "http://localhost:1/", "host not local"),
        ("127.0.0.1", {"Host": "localhost"}, SERVICE_URL, "service address not local"),
        ("127.0.0.1", {"Host": "localhost"}, None, "service address not local"),
        (
            "127.0.0.1",
            {"Host": "localhost", "X-Forwarded-For": "192.0.2.7"},
            "http://localhost:1/",
            "passed on by a proxy",
        ),
        (
            "127.0.0.1",
            {"Host": "localhost", "Origin": "https://evil.example"},
            "http://localhost:1/",
            "sent by a page from elsewhere",
        ),
    ],
)
async def test_in_development_nobody_else_is_let_in(
    peer: str | None, headers: Mapping[str, str], service: str | None, reason: str
) -> None:
    said = await LoopbackGate().check_request(arrived({**LOCAL, "serviceUrl": service}, headers, peer))
    assert said == Refused(reason, 401)


def test_development_without_tokens_says_so_loudly(capsys: pytest.CaptureFixture[str]) -> None:
    LoopbackGate()
    said = capsys.readouterr()
    assert "WITHOUT tokens" in said.out + said.err
    assert "Never set" in WARNING
