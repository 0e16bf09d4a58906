"""Calls of the Bot Connector: one each, never repeated by the SDK, and what its refusals mean for a message.

Who repeats a call is delivery alone (`bot.delivery`), which knows what may be said twice and what may not.
The SDK's own senders ask for tokens in the middle of the event loop and try again by themselves; this one
does neither.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from types import TracebackType
from typing import Any, Protocol

import aiohttp
from msrest.pipeline import Request, Response
from msrest.pipeline.async_abc import AsyncHTTPSender
from msrest.universal_http import ClientRequest
from msrest.universal_http.async_abc import AsyncClientResponse
from multidict import CIMultiDict

from bot.surface import AccessRefused, OutcomeUnknown, TryLater, Unreachable, Waits

Json = Mapping[str, Any]

ANSWER_WITHIN = aiohttp.ClientTimeout(total=25)
PATIENCE_UNSAID = timedelta(seconds=30)
"""When Teams asks for patience and does not say, or not legibly, how much."""
LONGEST_PATIENCE = timedelta(hours=1)
MAX_ANSWER = 8_000_000

_LATER = frozenset({412, 429, 502, 503, 504})
"""What Teams asks to send again, later."""

_REASONS = {
    "BotDisabledByAdmin": "An administrator has switched the app off in this organisation.",
    "BotNotInConversationRoster": "The app is not installed there. In Teams, add it to the team or chat (or "
    "for the person: Apps, Built for your org), or let the administrators install it for all by a set-up "
    "policy.",
    "BotNotRegistered": "The bot's registration is unknown to Teams. `council check teams` says what to do.",
    "ConversationBlockedByUser": "The person has blocked the app.",
    "ConversationNotFound": "The conversation is not there any more.",
    "MessageSizeTooBig": "The message is too long for Teams. This is a fault of ours; please tell the "
    "administrators.",
    "MessageWritesBlocked": "The person has blocked the app.",
    "NotEnoughPermissions": "Teams does not let the app post there. A team owner can allow it under Manage "
    "team, Settings.",
}
_BY_STATUS = {
    401: "Teams does not accept the app's sign-in. `council check teams` says what to do.",
    403: "Teams does not let the app speak there: it is not installed, or blocked.",
    404: "Teams knows no such conversation or message any more.",
    413: _REASONS["MessageSizeTooBig"],
}


class Tokens(Protocol):
    """Where the token comes from by which Teams knows us."""

    async def token(self) -> str:
        """Raises `DeliveryFailed` where none is to be had."""

    def forget(self) -> None:
        """The token was not accepted: the next one is asked for anew."""


@dataclass(frozen=True)
class Answer:
    """What came back, whole."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    def data(self) -> Any:
        """What the body says as JSON; `None` for nothing, or nothing legible."""
        try:
            return json.loads(self.body) if self.body.strip() else None
        except ValueError:
            return None


class Transport:
    """Speaks to the Bot Connector. `tokens`: `None` with the local client alone, which asks for none."""

    def __init__(self, session: aiohttp.ClientSession, tokens: Tokens | None) -> None:
        self._session = session
        self._tokens = tokens

    async def get(self, address: str) -> Any:
        """What the connector says at an address; it can be asked again. Raises `DeliveryFailed`."""
        try:
            return (await self.call("GET", address, {"Accept": "application/json"})).data()
        except OutcomeUnknown as unknown:
            raise TryLater(str(unknown)) from unknown

    async def call(
        self, method: str, address: str, headers: Mapping[str, str], body: bytes | None = None
    ) -> Answer:
        """The answer to one call. Raises `DeliveryFailed` or `OutcomeUnknown`."""
        answer = await self._call(method, address, headers, body)
        if answer.status == 401 and self._tokens is not None:  # refused unread: so it can be said again
            self._tokens.forget()
            answer = await self._call(method, address, headers, body)
        if answer.status >= 400:
            raise read_refusal(answer)
        return answer

    async def _call(
        self, method: str, address: str, headers: Mapping[str, str], body: bytes | None
    ) -> Answer:
        signed = dict(headers)
        if self._tokens is not None:
            signed["Authorization"] = f"Bearer {await self._tokens.token()}"
        try:
            async with self._session.request(
                method, address, headers=signed, data=body, timeout=ANSWER_WITHIN, allow_redirects=False
            ) as response:
                return Answer(response.status, response.headers, await _read_whole(response))
        except aiohttp.ClientConnectorError as error:
            raise TryLater("Teams could not be reached.") from error
        except (TimeoutError, OSError, aiohttp.ClientError) as error:
            raise OutcomeUnknown(f"The connection to Teams broke ({type(error).__name__}).") from error


async def _read_whole(response: aiohttp.ClientResponse) -> bytes:
    """Raises `OutcomeUnknown` for more than Teams ever has to say."""
    read = bytearray()
    async for piece in response.content.iter_any():
        read += piece
        if len(read) > MAX_ANSWER:
            raise OutcomeUnknown("Teams answered without end.")
    return bytes(read)


def read_refusal(answer: Answer) -> TryLater | Unreachable | OutcomeUnknown:
    """What a refusal means for the message that was sent."""
    said = answer.data()
    error = said.get("error") if isinstance(said, Mapping) else None
    code = str(error.get("code") or "") if isinstance(error, Mapping) else ""
    if answer.status in _LATER:
        return TryLater("Teams asks for patience.", _patience(answer.headers), Waits.CONVERSATION)
    if answer.status >= 500 and code not in _REASONS:
        return OutcomeUnknown(f"Teams stumbled over the message (HTTP {answer.status}).")
    reason = _REASONS.get(code) or _BY_STATUS.get(answer.status)
    if reason and answer.status == 401:  # with a new token too
        return AccessRefused(reason)
    return Unreachable(reason or f"Teams refused the message: {code or 'HTTP'} {answer.status}.")


def _patience(headers: Mapping[str, str]) -> timedelta | None:
    """`None`, so by the message's own back-off, where Teams says nothing of when."""
    written = next((value for name, value in headers.items() if name.lower() == "retry-after"), None)
    if written is None:
        return None
    try:
        seconds = float(written)
    except ValueError:
        return PATIENCE_UNSAID
    if not 0 < seconds <= LONGEST_PATIENCE.total_seconds():
        return LONGEST_PATIENCE if seconds > 0 else PATIENCE_UNSAID
    return timedelta(seconds=seconds)


# --- As the SDK wants it ----------------------------------------------------------------------------


class _SdkResponse(AsyncClientResponse):
    """An answer in the words of the SDK."""

    def __init__(self, request: ClientRequest, answer: Answer) -> None:
        super().__init__(request, answer)
        self.status_code = answer.status
        self.headers = CIMultiDict(answer.headers)
        self.reason = ""
        self._answer = answer

    def body(self) -> bytes:
        return self._answer.body

    def raise_for_status(self) -> None:
        """What is refused never comes so far."""


@dataclass
class SdkSender(AsyncHTTPSender[ClientRequest, AsyncClientResponse]):
    """Sends what the SDK's client has to say through our transport."""

    transport: Transport

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """The session is the room's."""

    async def send(
        self, request: Request[ClientRequest], **_: Any
    ) -> Response[ClientRequest, AsyncClientResponse]:
        asked: ClientRequest = request.http_request
        data = asked.data.encode() if isinstance(asked.data, str) else asked.data
        answer = await self.transport.call(asked.method, asked.url, dict(asked.headers), data)
        return Response(request, _SdkResponse(asked, answer))
