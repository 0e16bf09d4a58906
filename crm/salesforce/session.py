"""Calls of the API: signed in, counted, renewed once when the session has ended, and typed when refused."""

import time
import weakref
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from types import MappingProxyType
from typing import Any, TypeVar
from urllib.parse import urlsplit

import httpx

from crm.salesforce.definition import SalesforceDefinition
from crm.salesforce.errors import (
    LocatorExpired,
    SalesforceError,
    SessionEnded,
    SignInFailed,
    Unavailable,
    error_of,
)
from crm.salesforce.limits import HEADER, CallBudget, Lanes, Purpose, Usage
from crm.salesforce.sign_in import SignIn

_Got = TypeVar("_Got")

_NONE: Mapping[str, str] = MappingProxyType({})
_CONNECT_SECONDS = 10
_PAUSES: Mapping[Purpose, tuple[float, ...]] = {
    Purpose.PERSON: (0.5, 1.5),
    Purpose.FORM: (),
    Purpose.BACKGROUND: (1, 5, 20),
}
"""Seconds between attempts to read; a person waits for two of them at most."""
_LONGEST_PAUSE_SECONDS = 60
_FORM_SECONDS = 1.5
"""How long an answer is waited for that only makes a form better."""


@dataclass(frozen=True)
class Answer:
    """What a call brought."""

    body: Any
    """Parsed JSON; `None` for an answer without content."""
    headers: httpx.Headers


@dataclass(frozen=True)
class Streamed:
    """An answer that is read piece by piece, unpacked already."""

    headers: httpx.Headers
    chunks: Iterator[bytes]


@dataclass(frozen=True)
class _Line:
    """What all sessions of a process share."""

    client: httpx.Client
    sign_in: SignIn
    budget: CallBudget
    lanes: Lanes
    version: str
    sleep: Callable[[float], None]


@dataclass(frozen=True)
class Session:
    """The API as one user, for one purpose. Sessions of one line share tokens, limits and connections.

    Paths are relative to the version (`sobjects/Opportunity/describe`), or absolute as Salesforce
    names them itself (`/services/data/v64.0/query/01g-2000`). Reads are tried again where Salesforce is
    busy; writes never are. Everything raises `SalesforceError`.
    """

    _line: _Line
    purpose: Purpose = Purpose.PERSON
    username: str | None = None
    """As whom; `None`: our own user."""

    def in_background(self) -> "Session":
        """The same for work for which nobody waits: it stops before people do."""
        return replace(self, purpose=Purpose.BACKGROUND)

    def for_form(self) -> "Session":
        """The same with little patience, unless nobody waits: one attempt, and soon given up."""
        return self if self.purpose is Purpose.BACKGROUND else replace(self, purpose=Purpose.FORM)

    def acting_as(self, username: str) -> "Session":
        return replace(self, username=username)

    @property
    def usage(self) -> Usage | None:
        return self._line.budget.usage

    @property
    def version(self) -> str:
        """Of the API."""
        return self._line.version

    def close(self) -> None:
        """Ends the connections of the whole line."""
        self._line.client.close()

    def get(self, path: str, params: Mapping[str, str] = _NONE) -> Any:
        """The parsed JSON of a resource."""
        return self.read(path, params).body

    def read(
        self, path: str, params: Mapping[str, str] = _NONE, headers: Mapping[str, str] = _NONE
    ) -> Answer:
        """Like `get`, with the answer's headers."""
        return self._patiently(lambda: self._answer("GET", path, params, headers=headers))

    def query(self, soql: str, include_deleted: bool = False) -> Iterator[Mapping[str, Any]]:
        """The rows of all pages, each page fetched when it is needed.

        Raises `LocatorExpired` where the next one was asked for too late, or the session in which the query
        began has ended: then only a query for what comes after the last row goes on.
        """
        for page in self.pages(soql, include_deleted):
            yield from page["records"]

    def pages(self, soql: str, include_deleted: bool = False) -> Iterator[Any]:
        """The pages as they are: `records`, and `totalSize` of them all. Raises as `query` does."""
        yield from self.pages_from(self.get(self.query_path(include_deleted), {"q": soql}))

    @staticmethod
    def query_path(include_deleted: bool) -> str:
        """The resource that answers queries."""
        return "queryAll" if include_deleted else "query"

    def pages_from(self, page: Any) -> Iterator[Any]:
        """A first page, which is there already, and those that follow it."""
        while True:
            yield page
            if page.get("done", True) or "nextRecordsUrl" not in page:
                return
            page = self._next_page(page["nextRecordsUrl"])

    def pause(self, seconds: float) -> None:
        """Until something is tried again, or looked at again."""
        self._line.sleep(seconds)

    def _next_page(self, url: str) -> Any:
        try:
            return self.get(url)
        except SessionEnded:
            raise LocatorExpired(
                "Salesforce ended our session in the middle of a query, whose next page belongs to it."
            ) from None

    def patch(self, path: str, body: Mapping[str, Any], headers: Mapping[str, str] = _NONE) -> Answer:
        """One attempt: `Unavailable` leaves open whether it was done."""
        return self._answer("PATCH", path, body=body, headers=headers)

    def post(self, path: str, body: Mapping[str, Any]) -> Any:
        """One attempt: `Unavailable` leaves open whether it was done."""
        return self._answer("POST", path, body=body).body

    def ask(self, path: str, body: Mapping[str, Any]) -> Any:
        """A post that changes nothing, so it is tried again like any reading."""
        return self._patiently(lambda: self._answer("POST", path, body=body)).body

    def delete(self, path: str) -> None:
        self._answer("DELETE", path)

    @contextmanager
    def stream(
        self, path: str, params: Mapping[str, str] = _NONE, headers: Mapping[str, str] = _NONE
    ) -> Iterator[Streamed]:
        """A large answer. Reading on raises `Unavailable` where the connection breaks."""
        with self._line.lanes.taken(self.purpose):
            response = self._patiently(lambda: self._send("GET", path, params, headers=headers))
            try:
                yield Streamed(response.headers, _chunks(response))
            finally:
                response.close()

    def _answer(
        self,
        method: str,
        path: str,
        params: Mapping[str, str] = _NONE,
        *,
        body: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] = _NONE,
    ) -> Answer:
        with self._line.lanes.taken(self.purpose):
            response = self._send(method, path, params, body=body, headers=headers)
            try:
                content = response.read()
            except httpx.HTTPError as error:
                raise _broken(error) from None
            finally:
                response.close()
        return Answer(_json_of(response) if content else None, response.headers)

    def _send(
        self,
        method: str,
        path: str,
        params: Mapping[str, str],
        *,
        body: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] = _NONE,
    ) -> httpx.Response:
        """A successful answer whose content is not read yet. An ended session is renewed once."""
        self._line.budget.check(self.purpose)
        token = self._line.sign_in.token(self.username)
        for is_last in (False, True):
            request = self._line.client.build_request(
                method,
                self._url(token.instance_url, path),
                params=dict(params) or None,
                json=body,
                headers={"Authorization": f"Bearer {token.value.get_secret_value()}", **headers},
                timeout=_FORM_SECONDS if self.purpose is Purpose.FORM else httpx.USE_CLIENT_DEFAULT,
            )
            response = self._opened(request)
            if response.is_success:
                return response
            if response.status_code != 401 or is_last:
                raise error_of(response)
            token = self._line.sign_in.token(self.username, instead_of=token)
        raise AssertionError("unreachable")

    def _opened(self, request: httpx.Request) -> httpx.Response:
        try:
            response = self._line.client.send(request, stream=True)
            if not response.is_success:
                response.read()
                response.close()
        except httpx.HTTPError as error:
            raise _broken(error) from None
        self._line.budget.note(response.headers.get(HEADER))
        return response

    def _url(self, instance_url: str, path: str) -> str:
        """Always at the instance: whatever a body calls its next page, no token goes elsewhere."""
        if path.startswith("/"):
            return instance_url + path
        if urlsplit(path).scheme:
            raise SalesforceError("Salesforce named a page at another address; it was not followed.")
        return f"{instance_url}/services/data/v{self._line.version}/{path}"

    def _patiently(self, attempt: Callable[[], _Got]) -> _Got:
        pauses = _PAUSES[self.purpose]
        for pause in pauses:
            try:
                return attempt()
            except Unavailable as error:
                wanted = error.retry_after_seconds or 0
                if wanted > (_LONGEST_PAUSE_SECONDS if self.purpose is Purpose.BACKGROUND else pauses[-1]):
                    raise
                self._line.sleep(max(pause, wanted))
        return attempt()


def open_session(
    definition: SalesforceDefinition, home: Path, *, sleep: Callable[[float], None] = time.sleep
) -> Session:
    """A line of its own; nothing is asked yet. `home`: where a relative path of the key starts.

    The connections end with `close`, or else with the last session of the line.

    Raises `SignInFailed` where the configuration lacks what the sign-in needs.
    """
    if missing := definition.missing():
        raise SignInFailed(
            f"[crm.salesforce] lacks {', '.join(missing)}: expected with sign_in = {definition.sign_in}."
        )
    timeout = httpx.Timeout(definition.timeout_seconds, connect=_CONNECT_SECONDS)
    client = httpx.Client(timeout=timeout, headers={"Accept": "application/json"})
    line = _Line(
        client=client,
        sign_in=SignIn(definition, home, client),
        budget=CallBudget(definition.call_budget),
        lanes=Lanes(definition.concurrent_calls),
        version=definition.api_version,
        sleep=sleep,
    )
    weakref.finalize(line, client.close)
    return Session(line)


def _chunks(response: httpx.Response) -> Iterator[bytes]:
    try:
        yield from response.iter_bytes()
    except httpx.HTTPError as error:
        raise _broken(error) from None


def _json_of(response: httpx.Response) -> Any:
    try:
        return response.json()
    except ValueError:
        raise Unavailable("Salesforce answered with something that is no JSON.") from None


def _broken(error: httpx.HTTPError) -> Unavailable:
    if isinstance(error, httpx.TimeoutException):
        return Unavailable("Salesforce did not answer in time.")
    return Unavailable(f"The connection to Salesforce broke ({type(error).__name__}).")
