"""The way in as a whole: whatever is wrong with a token, the answer is 401 and nothing runs behind it."""

import base64
import hashlib
import hmac
import json
import time
from collections.abc import Callable
from typing import Any

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from handlers.asking import Typed
from tests.bot.teams.scene import Scene
from tests.teams.issuer import Issuer, make_key
from tests.teams.organisation import Json

HOUR = 3600
EMULATOR = "https://sts.windows.net/d6d49420-f39b-4df7-a1dc-d59a935871db/"

Forge = Callable[[Issuer, str], str | None]
"""The Authorization header that an issuer and a service address make; `None` for none."""


def signed(**claims: Any) -> Forge:
    return lambda issuer, url: f"Bearer {issuer.sign({'serviceurl': url, **claims})}"


def signed_without(claim: str) -> Forge:
    return lambda issuer, url: f"Bearer {issuer.sign({'serviceurl': url}, without=(claim,))}"


def unsigned(issuer: Issuer, url: str) -> str:
    claims = issuer.sign({"serviceurl": url}).split(".")[1]
    return f"Bearer {_encode({'alg': 'none', 'kid': 'first', 'typ': 'JWT'})}.{claims}."


def signed_by_the_public_key(issuer: Issuer, url: str) -> str:
    """The confusion of algorithms: what is public taken for a shared secret."""
    claims = issuer.sign({"serviceurl": url}).split(".")[1]
    written = f"{_encode({'alg': 'HS256', 'kid': 'first', 'typ': 'JWT'})}.{claims}"
    public = make_key("first").public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    forged = base64.urlsafe_b64encode(hmac.digest(public, written.encode(), hashlib.sha256)).decode()
    return f"Bearer {written}.{forged.rstrip('=')}"


def _encode(value: Json) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")


FORGERIES: dict[str, Forge] = {
    "missing": lambda *_: None,
    "garbage": lambda *_: "Bearer rubbish",
    "expired": signed(exp=int(time.time()) - HOUR),
    "not yet valid": signed(nbf=int(time.time()) + HOUR),
    "audience": signed(aud="another-app"),
    "issuer": signed(iss="https://api.botframework.us"),
    "emulator's issuer": signed(iss=EMULATOR),
    "unknown key": lambda issuer, url: f"Bearer {issuer.sign({'serviceurl': url}, key='forged')}",
    "another's signature": lambda issuer, url: (
        f"Bearer {issuer.sign({'serviceurl': url}, key='forged', kid='first')}"
    ),
    "algorithm none": unsigned,
    "HMAC by the public key": signed_by_the_public_key,
    "without exp": signed_without("exp"),
    "without serviceurl": signed_without("serviceurl"),
    "foreign serviceurl": signed(serviceurl="https://smba.trafficmanager.net/emea/"),
}


def happenings(scene: Scene) -> list[Json]:
    """Something of each kind that Teams posts."""
    ana = scene.ana
    click = {"action": {"type": "Action.Execute", "verb": "push", "data": {"argument": "006A"}}}
    return [
        ana.activity("message", text="hygiene"),
        ana.invoke("adaptiveCard/action", click),
        ana.invoke("fileConsent/invoke", {"type": "fileUpload", "action": "accept"}),
        ana.activity("installationUpdate", action="add"),
        ana.activity("conversationUpdate") | {"channelData": {"team": {"id": "19:Evil@thread.tacv2"}}},
    ]


async def attempt(scene: Scene, header: str | None, activity: Json) -> None:
    scene.line.headers = {"X-Nothing": "-"} if header is None else {"Authorization": header}
    answer = await scene.line.deliver(activity)
    await scene.room.turns.settle()
    assert (answer.status, answer.text) == (401, "")


@pytest.mark.parametrize("forgery", FORGERIES)
async def test_a_token_that_proves_nothing_is_answered_401_and_nothing_runs(
    scene: Scene, forgery: str
) -> None:
    header = FORGERIES[forgery](scene.server.issuer, scene.server.url)
    asked_of_teams, said = len(scene.server.calls), len(scene.organisation.messages)
    for activity in happenings(scene):
        await attempt(scene, header, activity)
    assert scene.desk.asked == []
    assert (len(scene.server.calls), len(scene.organisation.messages)) == (asked_of_teams, said)


@pytest.mark.parametrize(
    "changed",
    [
        {"serviceUrl": "https://evil.example/"},
        {"serviceUrl": None},
        {"channelId": "emulator"},
        {"conversation": {"id": "a:1AnaLind", "conversationType": "personal", "tenantId": "another"}},
        {"channelData": {"tenant": {"id": "another"}}},
    ],
    ids=["foreign address", "no address", "emulator's channel", "another tenant", "another tenant's data"],
)
async def test_a_genuine_token_with_an_activity_from_elsewhere_is_answered_401_and_nothing_runs(
    scene: Scene, changed: Json
) -> None:
    header = signed()(scene.server.issuer, scene.server.url)
    for activity in happenings(scene):
        await attempt(scene, header, {**activity, **changed})
    assert scene.desk.asked == []


async def test_after_microsoft_has_changed_its_keys_the_old_one_opens_nothing(scene: Scene) -> None:
    old = signed()(scene.server.issuer, scene.server.url)
    scene.server.issuer.rotate("second")
    await scene.ana.say("hygiene")
    await scene.room.turns.settle()
    assert scene.desk.questions == [Typed("hygiene")]
    await attempt(scene, old, scene.ana.activity("message", text="apm region"))
    assert scene.desk.questions == [Typed("hygiene")]
