"""The app's own token for the Bot Connector: asked for once, shared, and renewed before it ends.

The SDK asks for it in the middle of the event loop, without an end in time.
"""

import asyncio
import re
import time
from collections.abc import Callable, Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from datetime import timedelta

import aiohttp
import structlog

from bot.surface import AccessRefused, TryLater
from bot.teams.authorities import PUBLIC
from bot.teams.credentials import Certificate, ClientSecret, Credential, ManagedIdentity
from bot.teams.documents import Document, Unread, read_document

logger = structlog.get_logger()

ANSWER_WITHIN = timedelta(seconds=10)
RENEWED_BEFORE_END = timedelta(minutes=5)
_ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
_CODE = re.compile(r"AADSTS\d{4,9}")
_WHAT_TO_DO = {
    "AADSTS7000215": "The client secret is wrong. Copy its value (not its ID) from Certificates & secrets.",
    "AADSTS7000222": "The client secret has run out. Make a new one under Certificates & secrets.",
    "AADSTS700027": "The certificate is not one of the app registration, or has run out. Upload it under "
    "Certificates & secrets.",
    "AADSTS700016": "The app is not known in this tenant. Compare teams.app_id and the tenant with the app "
    "registration's overview.",
    "AADSTS7000229": "The app has no service principal in this tenant. Open the app registration's overview "
    "and create it there.",
    "AADSTS90002": "There is no such tenant. Copy the Directory (tenant) ID of the app registration.",
    "AADSTS900023": "The tenant is not written as an id. Copy the Directory (tenant) ID of the app "
    "registration.",
    "AADSTS53003": "A Conditional Access policy of your organisation blocks the app. Exclude its service "
    "principal from it.",
}


class SignInFailed(TryLater):
    """No token is to be had for now. What waits to be sent keeps waiting; `reason` says what to do."""


class SignInRefused(SignInFailed, AccessRefused):
    """Microsoft does not take the credential: somebody has to change something."""

    def __init__(self, code: str) -> None:
        """`code`: Microsoft's own, such as `AADSTS7000215`."""
        advice = _WHAT_TO_DO.get(code, "`council check teams` says what is set; the code says what is wrong.")
        super().__init__(f"Microsoft refuses the app's sign-in ({code}). {advice}")
        self.code = code


class SignInUnreachable(SignInFailed):
    """Microsoft did not answer, or not legibly."""


@dataclass(frozen=True)
class _Token:
    value: str = field(repr=False)
    renew_at: float


class ConnectorTokens:
    """The tokens of one app. Lives in one event loop."""

    def __init__(
        self,
        session: aiohttp.ClientSession,
        app_id: str,
        tenant: str,
        credential: Credential,
        login: str = PUBLIC.login,
        scope: str = PUBLIC.scope,
        answer_within: timedelta = ANSWER_WITHIN,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """`login`, `scope`: see `Authorities`. `clock`: seconds that never go back."""
        self._session = session
        self._app_id = app_id
        self._credential = credential
        self._address = f"{login.rstrip('/')}/{tenant}/oauth2/v2.0/token"
        self._scope = scope
        self._timeout = aiohttp.ClientTimeout(total=answer_within.total_seconds())
        self._clock = clock
        self._token: _Token | None = None
        self._fetching: asyncio.Task[_Token | SignInFailed] | None = None

    async def token(self) -> str:
        """A token that is good for some minutes. Raises `SignInFailed`."""
        if self._token is None or self._clock() >= self._token.renew_at:
            self._token = await self._fetch_once()
        return self._token.value

    def forget(self) -> None:
        """The token was not accepted: the next one is asked for anew."""
        self._token = None

    async def _fetch_once(self) -> _Token:
        """One request for all who wait; it outlives those who stop waiting."""
        if self._fetching is None:
            self._fetching = asyncio.create_task(self._fetch())
            self._fetching.add_done_callback(self._end_fetching)
        fetched = await asyncio.shield(self._fetching)
        if isinstance(fetched, SignInFailed):
            raise fetched
        return fetched

    def _end_fetching(self, _: asyncio.Task[_Token | SignInFailed]) -> None:
        self._fetching = None

    async def _fetch(self) -> _Token | SignInFailed:
        asked_at = self._clock()
        try:
            return _read_token(await read_document(self._ask()), asked_at)
        except Unread as failed:
            logger.warning("teams_sign_in_unreachable", reason=str(failed))
            return SignInUnreachable(f"Microsoft's sign-in did not answer: {failed}.")
        except SignInRefused as refused:
            logger.warning("teams_sign_in_refused", code=refused.code)
            return refused

    def _ask(self) -> AbstractAsyncContextManager[aiohttp.ClientResponse]:
        match self._credential:
            case ClientSecret(secret):
                return self._sign_in({"client_secret": secret})
            case Certificate() as certificate:
                assertion = certificate.assert_identity(self._app_id, self._address)
                return self._sign_in(
                    {"client_assertion_type": _ASSERTION_TYPE, "client_assertion": assertion}
                )
            case ManagedIdentity() as identity:
                return self._ask_machine(identity)

    def _sign_in(self, proof: Mapping[str, str]) -> AbstractAsyncContextManager[aiohttp.ClientResponse]:
        asked = {"grant_type": "client_credentials", "client_id": self._app_id, "scope": self._scope, **proof}
        return self._session.post(self._address, data=asked, timeout=self._timeout, allow_redirects=False)

    def _ask_machine(self, identity: ManagedIdentity) -> AbstractAsyncContextManager[aiohttp.ClientResponse]:
        """A virtual machine and a service are asked in different words (Microsoft's two identity APIs)."""
        if identity.secret is None:
            version, headers = "2018-02-01", {"Metadata": "true"}
        else:
            version, headers = "2019-08-01", {"X-IDENTITY-HEADER": identity.secret}
        asked = {
            "api-version": version,
            "resource": self._scope.removesuffix("/.default"),
            "client_id": self._app_id,
        }
        return self._session.get(
            identity.address, params=asked, headers=headers, timeout=self._timeout, allow_redirects=False
        )


def _read_token(document: Document, asked_at: float) -> _Token:
    """Raises `SignInRefused`, or `Unread` for what is no answer to the question."""
    if document.status in (429, *range(500, 600)):
        raise Unread(f"HTTP {document.status}")
    if document.status != 200:
        raise SignInRefused(_read_code(document))
    value, seconds = document.data.get("access_token"), _read_lifetime(document)
    if not isinstance(value, str) or not value or seconds is None:
        raise Unread("no token in the answer")
    return _Token(value, asked_at + seconds - RENEWED_BEFORE_END.total_seconds())


def _read_code(document: Document) -> str:
    """Microsoft's code of a refusal; the text beside it may repeat what was sent."""
    found = _CODE.search(str(document.data.get("error_description", "")))
    return found.group() if found else f"HTTP {document.status}"


def _read_lifetime(document: Document) -> float | None:
    """Seconds from now, of which a machine's identity gives the end alone (as seconds since 1970)."""
    try:
        if "expires_in" in document.data:
            return float(document.data["expires_in"])
        return float(document.data["expires_on"]) - time.time()
    except (KeyError, TypeError, ValueError, OverflowError):
        return None
