"""Calls of the API: paced, tried again where HubSpot asks for patience, and typed when refused."""

import time
import weakref
from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Any

import httpx

from crm.hubspot.definition import HubspotDefinition
from crm.hubspot.errors import NotFound, Paused, SignInFailed, Unavailable, error_of
from crm.hubspot.pace import Pace

Parameters = Mapping[str, str | Sequence[str]]

_NONE: Parameters = MappingProxyType({})
_CONNECT_SECONDS = 10
_PAUSES = (0.5, 2, 8)
"""Seconds between attempts to read."""
_LONGEST_PAUSE_SECONDS = 30
_SEARCHES_A_SECOND = 4
"""HubSpot allows five in an account, whoever searches."""


class Session:
    """The API of one account. Reads are tried again, writes never are. Everything raises `HubspotError`."""

    def __init__(
        self,
        definition: HubspotDefinition,
        *,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._definition = definition
        self._sleep = sleep
        self._pace = Pace(definition.requests_per_ten_seconds, 10, clock, sleep)
        self._search_pace = Pace(_SEARCHES_A_SECOND, 1, clock, sleep)
        timeout = httpx.Timeout(definition.timeout_seconds, connect=_CONNECT_SECONDS)
        self._client = httpx.Client(
            base_url=definition.url, timeout=timeout, headers={"Accept": "application/json"}
        )
        self.close = weakref.finalize(self, self._client.close)
        """Ends the connections; who lets go of a session need not ask for it."""

    def get(self, path: str, params: Parameters = _NONE) -> Any:
        """The parsed JSON of a resource."""
        return self._patiently(lambda: self._answer("GET", path, params=params))

    def find(self, path: str, params: Parameters = _NONE) -> Any | None:
        """Like `get`; `None` where there is no such record."""
        try:
            return self.get(path, params)
        except NotFound:
            return None

    def read(self, path: str, body: Mapping[str, Any]) -> Any:
        """A read whose question is too long for an address, such as a batch of ids."""
        return self._patiently(lambda: self._answer("POST", path, body=body))

    def search(self, path: str, body: Mapping[str, Any]) -> Any:
        """Like `read`, within the account's limit of searches."""

        def attempt() -> Any:
            self._search_pace.wait()
            return self._answer("POST", path, body=body)

        return self._patiently(attempt)

    def patch(self, path: str, body: Mapping[str, Any]) -> Any:
        """One attempt: after `Unavailable` nobody knows whether it was done; after `Paused` it was not."""
        return self._answer("PATCH", path, body=body)

    def _patiently(self, attempt: Callable[[], Any]) -> Any:
        for pause in _PAUSES:
            try:
                return attempt()
            except Paused as error:
                if error.retry_after_seconds > _LONGEST_PAUSE_SECONDS:
                    raise
                self._sleep(max(pause, error.retry_after_seconds))
            except Unavailable:
                self._sleep(pause)
        return attempt()

    def _answer(
        self, method: str, path: str, *, params: Parameters = _NONE, body: Mapping[str, Any] | None = None
    ) -> Any:
        token = self._definition.access_token
        if token is None:
            raise SignInFailed(
                "HubSpot needs the access token of a private app: set COUNCIL_CRM__HUBSPOT__ACCESS_TOKEN."
            )
        self._pace.wait()
        try:
            response = self._client.request(
                method,
                path,
                params=dict(params) or None,
                json=body,
                headers={"Authorization": f"Bearer {token.get_secret_value()}"},
            )
        except httpx.TimeoutException:
            raise Unavailable("HubSpot did not answer in time.") from None
        except httpx.HTTPError as error:
            raise Unavailable(f"The connection to HubSpot broke ({type(error).__name__}).") from None
        if not response.is_success:
            raise error_of(response)
        try:
            return response.json() if response.content else None
        except ValueError:
            raise Unavailable("HubSpot answered with something that is no JSON.") from None
