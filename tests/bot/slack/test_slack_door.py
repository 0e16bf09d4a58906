"""The way in over HTTP: what Slack did not sign is refused before anything reads it."""

import json
import time
from collections.abc import AsyncIterator
from urllib.parse import quote

import aiohttp
import pytest

from bot.slack.door import MAX_BODY_BYTES
from bot.slack.manifest import EVENTS_PATH
from bot.slack.signature import SIGNATURE_HEADER, TIMESTAMP_HEADER, Signature
from tests.bot.slack.test_slack_talk import Desk, Scene, scene
from tests.slack.users import SIGNING_SECRET, HttpWay

BODY = b"command=%2Fhygiene&text=&user_id=U0ANA&team_id=T0COUNCIL&channel_id=D0ANA&trigger_id=1.2"
BARE_CLICK = {"type": "block_actions", "actions": [{"type": "button", "action_id": "fix#0"}]}
FORM = "application/x-www-form-urlencoded"


@pytest.fixture
async def here() -> AsyncIterator[Scene]:
    async with scene("http", Desk()) as opened:
        yield opened


async def post(here: Scene, body: bytes, headers: dict[str, str]) -> int:
    assert isinstance(here.ana.way, HttpWay)
    async with (
        aiohttp.ClientSession() as session,
        session.post(here.ana.way.url + EVENTS_PATH, data=body, headers=headers) as answer,
    ):
        return answer.status


def signed(body: bytes, sent_at: str | None = None, secret: str = SIGNING_SECRET) -> dict[str, str]:
    moment = sent_at or str(int(time.time()))
    signature = Signature(secret).sign(moment, body)
    return {"Content-Type": FORM, TIMESTAMP_HEADER: moment, SIGNATURE_HEADER: signature}


async def test_a_signed_command_is_taken(here: Scene) -> None:
    assert await post(here, BODY, signed(BODY)) == 200
    await here.until(lambda: here.desk.asked)


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {TIMESTAMP_HEADER: "soon", SIGNATURE_HEADER: "v0=1"},
        {TIMESTAMP_HEADER: "-1", SIGNATURE_HEADER: "v0=1"},
        {TIMESTAMP_HEADER: "9" * 400, SIGNATURE_HEADER: "v0=1"},
        {TIMESTAMP_HEADER: "١٧٩٠٠٠٠٠٠٠", SIGNATURE_HEADER: "v0=1"},
        signed(BODY) | {SIGNATURE_HEADER: "v0=é"},
        signed(BODY) | {SIGNATURE_HEADER: ""},
        signed(BODY, secret="another secret"),
        signed(BODY, str(int(time.time()) - 3600)),
        signed(BODY, str(int(time.time()) + 3600)),
        signed(BODY + b"&more=1"),
    ],
)
async def test_whatever_is_wrong_with_the_headers_the_answer_is_401_and_nothing_runs(
    here: Scene, headers: dict[str, str]
) -> None:
    assert await post(here, BODY, {"Content-Type": FORM, **headers}) == 401
    assert here.desk.asked == []


async def test_a_signed_body_that_is_no_text_is_refused(here: Scene) -> None:
    assert await post(here, b"\xff\xfe", signed(b"\xff\xfe")) == 401


async def test_a_body_beyond_the_cap_is_refused_unread(here: Scene) -> None:
    body = b"x" * (MAX_BODY_BYTES + 1)
    assert await post(here, body, signed(body)) == 413
    assert here.desk.asked == []


async def test_a_refused_body_is_never_written_to_the_log(
    here: Scene, capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    await post(here, b"text=the-secret-forecast", signed(BODY))
    said = capsys.readouterr()
    assert "the-secret-forecast" not in said.out + said.err + caplog.text
    assert "does not match" in said.out + said.err


async def test_slacks_own_question_whether_the_address_is_ours_is_answered(here: Scene) -> None:
    body = b'{"type": "url_verification", "challenge": "3eZbrw1aB", "token": "x"}'
    assert isinstance(here.ana.way, HttpWay)
    headers = {**signed(body), "Content-Type": "application/json"}
    async with (
        aiohttp.ClientSession() as session,
        session.post(here.ana.way.url + EVENTS_PATH, data=body, headers=headers) as answer,
    ):
        assert answer.status == 200
        assert "3eZbrw1aB" in await answer.text()


async def test_a_payload_that_lacks_its_parts_is_acknowledged_and_does_nothing(here: Scene) -> None:
    body = b"payload=" + quote(json.dumps(BARE_CLICK)).encode()
    assert await post(here, body, signed(body)) == 200
    assert here.desk.asked == []
