"""The keys of the Bot Framework, over real HTTP: read once, kept, read anew, never holding up the loop."""

import asyncio
from base64 import urlsafe_b64encode
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta

import aiohttp
import pytest

from bot.teams.keys import FAILED_AGAIN_AFTER, FRESH_FOR, UNKNOWN_AGAIN_AFTER, KeysUnavailable, SigningKeys
from tests.teams.issuer import Failure, Issuer, IssuerKey, make_key, serve_issuer

HASTE = timedelta(milliseconds=300)
"""Long for a call within this machine, short for a test that waits for a server that hangs."""


@dataclass
class Clock:
    """Seconds, moved by hand."""

    now: float = 1000.0

    def __call__(self) -> float:
        return self.now

    def pass_by(self, time: timedelta) -> None:
        self.now += time.total_seconds()


@dataclass(frozen=True)
class Here:
    """An issuer, and the keys that are read from it."""

    issuer: Issuer
    keys: SigningKeys
    clock: Clock


@pytest.fixture
async def here() -> AsyncIterator[Here]:
    clock = Clock()
    async with serve_issuer() as issuer, aiohttp.ClientSession() as session:
        metadata = issuer.authorities.openid_metadata
        yield Here(issuer, SigningKeys(session, metadata, HASTE, clock), clock)


async def test_keys_are_read_once_and_kept_for_a_day(here: Here) -> None:
    for _ in range(3):
        found = await here.keys.find("first")
        assert found is not None
        assert found.public == make_key("first").public_key()
        assert found.algorithms == {"RS256"}
        assert found.endorsements == frozenset({"msteams", "webchat"})
    assert here.issuer.asked == {"metadata": 1, "keys": 1}
    here.clock.pass_by(FRESH_FOR)
    await here.keys.find("first")
    assert here.issuer.asked == {"metadata": 2, "keys": 2}


async def test_many_who_ask_at_once_share_one_reading(here: Here) -> None:
    assert all(await asyncio.gather(*(here.keys.find("first") for _ in range(50))))
    await asyncio.gather(*(here.keys.find(f"unknown-{number}") for number in range(50)))
    assert here.issuer.asked["keys"] == 2


async def test_a_new_key_is_known_at_once_and_the_old_one_no_more(here: Here) -> None:
    await here.keys.find("first")
    here.issuer.rotate("second")
    assert await here.keys.find("second") is not None
    assert await here.keys.find("first") is None


async def test_invented_key_ids_ask_microsoft_once_in_five_minutes(here: Here) -> None:
    for number in range(20):
        assert await here.keys.find("first") is not None
        assert await here.keys.find(f"invented-{number}") is None
    assert here.issuer.asked["keys"] == 2
    here.clock.pass_by(UNKNOWN_AGAIN_AFTER)
    await here.keys.find("invented")
    assert here.issuer.asked["keys"] == 3


@pytest.mark.parametrize("failure", Failure)
async def test_known_keys_serve_on_while_microsoft_cannot_be_read(here: Here, failure: Failure) -> None:
    await here.keys.find("first")
    here.issuer.failure = failure
    here.clock.pass_by(FRESH_FOR)
    for _ in range(5):
        assert await here.keys.find("first") is not None
    assert here.issuer.asked["metadata"] == 2
    here.issuer.failure = None
    here.issuer.rotate("second")
    here.clock.pass_by(FAILED_AGAIN_AFTER)
    assert await here.keys.find("second") is not None


@pytest.mark.parametrize("failure", Failure)
async def test_without_any_key_nobody_is_believed_and_microsoft_is_asked_again_after_a_pause(
    here: Here, failure: Failure
) -> None:
    here.issuer.failure = failure
    for _ in range(3):
        with pytest.raises(KeysUnavailable):
            await here.keys.find("first")
    assert here.issuer.asked["metadata"] == 1
    here.issuer.failure = None
    here.clock.pass_by(FAILED_AGAIN_AFTER)
    assert await here.keys.find("first") is not None


async def test_the_loop_goes_on_while_the_key_server_hangs(here: Here) -> None:
    here.issuer.failure = Failure.HANGS
    waiting = asyncio.create_task(here.keys.find("first"))
    turns = 0
    while not waiting.done():
        await asyncio.sleep(0)
        turns += 1
    assert turns > 10
    with pytest.raises(KeysUnavailable):
        await waiting


async def test_who_stops_waiting_does_not_end_the_reading_for_the_others(here: Here) -> None:
    impatient = asyncio.create_task(here.keys.find("first"))
    patient = asyncio.create_task(here.keys.find("first"))
    await asyncio.sleep(0)
    impatient.cancel()
    assert await patient is not None
    assert here.issuer.asked["keys"] == 1


async def test_what_is_no_key_is_passed_over_and_the_others_are_read(here: Here) -> None:
    usable = IssuerKey("first").publish()
    here.issuer.published_beside = [
        7,
        {"kty": "EC", "kid": "curve"},
        {"kty": "oct", "kid": "shared", "k": "c2VjcmV0"},
        usable | {"kid": "for-encryption", "use": "enc"},
        usable | {"kid": 7},
        usable | {"kid": "broken", "n": "!"},
        usable | {"kid": "short", "n": urlsafe_b64encode(b"\xff" * 128).decode()},
        usable | {"kid": "private", "d": "AQAB"},
    ]
    names = ("curve", "shared", "for-encryption", "broken", "short", "first", "private")
    assert [name for name in names if await here.keys.find(name)] == ["first", "private"]


@pytest.mark.parametrize(
    ("listed", "usable"),
    [
        (None, {"RS256"}),
        (["RS512", "none", "HS256", 7], {"RS512"}),
        (["none", "HS256"], None),
        ("RS256", None),
    ],
)
async def test_of_the_algorithms_that_microsoft_lists_the_safe_ones_are_taken(
    here: Here, listed: object, usable: set[str] | None
) -> None:
    here.issuer.algorithms = listed
    if usable is None:
        with pytest.raises(KeysUnavailable):
            await here.keys.find("first")
    else:
        found = await here.keys.find("first")
        assert found is not None
        assert found.algorithms == usable
