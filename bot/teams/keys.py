"""The keys by which the Bot Connector signs what it sends, read from Microsoft and kept.

The SDK reads them in the middle of the event loop and waits without end. Here the loop goes on, one reading
serves all who wait for it, and keys that are known stay known while Microsoft cannot be reached.
"""

import asyncio
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import aiohttp
import jwt
import structlog
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from jwt.algorithms import RSAAlgorithm
from yarl import URL

from bot.teams.documents import Json, Unread, read_document

logger = structlog.get_logger()

SIGNED_BY = frozenset({"RS256", "RS384", "RS512"})
"""Never `none`, and never a shared secret: a public key would serve as one."""
ANSWER_WITHIN = timedelta(seconds=10)
FRESH_FOR = timedelta(hours=24)
"""Microsoft asks to read them anew at least so often."""
UNKNOWN_AGAIN_AFTER = timedelta(minutes=5)
"""Keys that nobody knows are asked for at most so often: anybody can invent their ids."""
FAILED_AGAIN_AFTER = timedelta(seconds=30)
_SHORTEST_KEY_BITS = 2048


class KeysUnavailable(Exception):
    """Not one key could be read yet."""


@dataclass(frozen=True)
class SigningKey:
    """One of the keys, and what may be signed by it."""

    public: RSAPublicKey
    algorithms: frozenset[str]
    endorsements: frozenset[str] | None
    """The channels whose messages it may sign; `None` where Microsoft lists none for it."""


class SigningKeys:
    """The keys of one authority. Lives in one event loop."""

    def __init__(
        self,
        session: aiohttp.ClientSession,
        openid_metadata: str,
        answer_within: timedelta = ANSWER_WITHIN,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """`clock`: seconds that never go back."""
        self._session = session
        self._metadata = openid_metadata
        self._timeout = aiohttp.ClientTimeout(total=answer_within.total_seconds())
        self._clock = clock
        self._known: Mapping[str, SigningKey] = {}
        self._stale_at = self._unknown_again_at = clock()
        self._reading: asyncio.Task[None] | None = None

    async def find(self, key_id: str) -> SigningKey | None:
        """`None` for an id that Microsoft does not know. Raises `KeysUnavailable`."""
        now = self._clock()
        if now >= self._stale_at:
            await self._read_once()
        elif self._known and key_id not in self._known and now >= self._unknown_again_at:
            self._unknown_again_at = now + UNKNOWN_AGAIN_AFTER.total_seconds()
            await self._read_once()
        elif self._reading is not None and key_id not in self._known:
            await self._read_once()
        if not self._known:
            raise KeysUnavailable
        return self._known.get(key_id)

    async def _read_once(self) -> None:
        """One reading for all who wait; it outlives those who stop waiting."""
        if self._reading is None:
            self._reading = asyncio.create_task(self._read())
            self._reading.add_done_callback(self._end_reading)
        await asyncio.shield(self._reading)

    def _end_reading(self, _: asyncio.Task[None]) -> None:
        self._reading = None

    async def _read(self) -> None:
        try:
            self._known = await self._fetch()
        except Unread as failed:
            logger.warning("teams_keys_unread", reason=str(failed), known=len(self._known))
            self._unknown_again_at = self._clock() + FAILED_AGAIN_AFTER.total_seconds()
            self._stale_at = max(self._stale_at, self._unknown_again_at)
        else:
            self._stale_at = self._clock() + FRESH_FOR.total_seconds()

    async def _fetch(self) -> Mapping[str, SigningKey]:
        metadata = await self._get(self._metadata)
        algorithms = _read_algorithms(metadata)
        keys = _read_keys(await self._get(self._keys_address(metadata)), algorithms)
        if not keys:
            raise Unread("no key that can be used")
        return keys

    def _keys_address(self, metadata: Json) -> str:
        address = metadata.get("jwks_uri")
        try:
            if isinstance(address, str) and URL(address).scheme == URL(self._metadata).scheme:
                return address
        except ValueError:
            pass
        raise Unread("no address of the keys")

    async def _get(self, address: str) -> Json:
        document = await read_document(
            self._session.get(address, timeout=self._timeout, allow_redirects=False)
        )
        if document.status != 200:
            raise Unread(f"HTTP {document.status}")
        return document.data


def _read_algorithms(metadata: Json) -> frozenset[str]:
    listed = metadata.get("id_token_signing_alg_values_supported", ["RS256"])
    usable = (
        SIGNED_BY & {name for name in listed if isinstance(name, str)} if isinstance(listed, list) else None
    )
    if not usable:
        raise Unread("no algorithm that is safe")
    return frozenset(usable)


def _read_keys(document: Json, algorithms: frozenset[str]) -> Mapping[str, SigningKey]:
    listed = document.get("keys")
    found = {}
    for entry in listed if isinstance(listed, list) else ():
        key = _read_key(entry, algorithms)
        if key is not None:
            found[entry["kid"]] = key
    return found


def _read_key(entry: Any, algorithms: frozenset[str]) -> SigningKey | None:
    """`None` for what is no RSA key for signatures, or a weak one; the others are read all the same."""
    if not (isinstance(entry, dict) and entry.get("kty") == "RSA" and isinstance(entry.get("kid"), str)):
        return None
    if entry.get("use", "sig") != "sig":
        return None
    try:
        public = RSAAlgorithm.from_jwk({name: entry[name] for name in ("kty", "n", "e")})
    except (jwt.PyJWTError, KeyError, ValueError, TypeError, AttributeError):
        return None
    if not isinstance(public, RSAPublicKey) or public.key_size < _SHORTEST_KEY_BITS:
        return None
    listed = entry.get("endorsements")
    endorsements = frozenset(map(str, listed)) if isinstance(listed, list) and listed else None
    return SigningKey(public, algorithms, endorsements)
