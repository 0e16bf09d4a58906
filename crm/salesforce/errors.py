"""What Salesforce can answer instead of what was asked for, in words for people."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import httpx

from pipeline.errors import CouncilError

SESSION_EXPIRED = "INVALID_SESSION_ID"
_LIMIT = "REQUEST_LIMIT_EXCEEDED"
_LOCATOR = "INVALID_QUERY_LOCATOR"
_QUERY_CODES = frozenset({"INVALID_FIELD", "INVALID_TYPE", "MALFORMED_QUERY", "QUERY_TIMEOUT", _LOCATOR})
_LOCK_CODES = frozenset({"UNABLE_TO_LOCK_ROW", "ENTITY_IS_LOCKED"})
_ABSENT_CODES = frozenset({"NOT_FOUND", "ENTITY_IS_DELETED"})
_WRITING = frozenset({"PATCH", "PUT", "DELETE"})
_BUSY_STATUS = frozenset({429, 500, 502, 503, 504})
_NO_COLUMN = re.compile(r"No such column '([^']+)' on (?:entity|sobject of type) '?(\w+)'?")
_NO_RELATION = re.compile(r"Didn't understand relationship '([^']+)'")
_NO_OBJECT = re.compile(r"sObject type '([^']+)' is not supported")


@dataclass(frozen=True)
class Objection:
    """One entry of an error answer."""

    code: str
    says: str
    fields: tuple[str, ...] = ()


class SalesforceError(CouncilError):
    """Salesforce did not do what we asked."""


class SignInFailed(SalesforceError):
    """No token, or one that does not hold."""


class SessionEnded(SignInFailed):
    """The token does not hold any more, and a new one neither."""


class LimitReached(SalesforceError):
    """The day's API calls are used up, or so many that what is left belongs to people."""


class Unavailable(SalesforceError):
    """No answer, or one that says "later". Whether a write was done nobody knows."""

    def __init__(self, says: str, retry_after_seconds: int | None = None) -> None:
        super().__init__(says)
        self.retry_after_seconds = retry_after_seconds


class QueryRefused(SalesforceError):
    """A query that Salesforce does not understand, or that asks for what our user cannot see."""

    def __init__(self, says: str, *, field: str | None = None, object_name: str | None = None) -> None:
        super().__init__(says)
        self.field = field
        """API name of the field or relation that our user cannot see, where it is one."""
        self.object_name = object_name


class LocatorExpired(QueryRefused):
    """The next page of a query is not kept any more: the query has to start again."""


class RequestRefused(SalesforceError):
    """Everything else that was refused, by its codes."""

    def __init__(self, status: int, objections: tuple[Objection, ...]) -> None:
        super().__init__("Salesforce says: " + " ".join(one.says for one in objections))
        self.status = status
        self.objections = objections

    @property
    def codes(self) -> frozenset[str]:
        return frozenset(one.code for one in self.objections)


class NotThere(RequestRefused):
    """No such record or resource (any more), or none that our user can see."""


class RowLocked(RequestRefused):
    """The record is being saved by somebody else, or waits for an approval: nothing was written."""


def error_of(response: httpx.Response) -> SalesforceError:
    """The error of an answer that was read and is none of success.

    Codes are believed before the status: a locked row can come with any.
    """
    objections = objections_of(response)
    codes = {one.code for one in objections}
    says = " ".join(one.says for one in objections)
    if response.status_code == 401:
        return SessionEnded(f"Salesforce has ended our session, and a new one did not help: {says}")
    if _LIMIT in codes:
        if "concurrent" in says.lower():
            return Unavailable("Salesforce has too many requests at once.", _retry_after(response.headers))
        return LimitReached(
            "Salesforce is limiting us: all API calls of the last 24 hours are used up. "
            "Nothing can be read or saved until some are free again."
        )
    if _LOCATOR in codes:
        return LocatorExpired(f"Salesforce says: {says}")
    if codes & _LOCK_CODES:
        return RowLocked(response.status_code, objections)
    if response.status_code == 404 or codes & _ABSENT_CODES:
        return NotThere(response.status_code, objections)
    is_reading = response.request.method not in _WRITING
    if codes & _QUERY_CODES and response.status_code == 400 and is_reading:
        return _query_error(says)
    if response.status_code in _BUSY_STATUS:
        return Unavailable(
            f"Salesforce is not available now (HTTP {response.status_code}). Try again in a few minutes.",
            _retry_after(response.headers),
        )
    return RequestRefused(response.status_code, objections)


def objections_of(response: httpx.Response) -> tuple[Objection, ...]:
    """The entries of an error answer; one in our words where it holds none that we know."""
    try:
        body = response.json()
    except ValueError:
        body = None
    entries = [body] if isinstance(body, Mapping) else body
    found = tuple(_objections(entries)) if isinstance(entries, list) else ()
    return found or (Objection("", f"the answer was HTTP {response.status_code} and gave no reason."),)


def _objections(entries: list[Any]) -> list[Objection]:
    return [
        Objection(
            str(entry.get("errorCode") or entry.get("statusCode") or ""),
            str(entry["message"]),
            tuple(str(name) for name in entry.get("fields") or ()),
        )
        for entry in entries
        if isinstance(entry, Mapping) and "message" in entry
    ]


def _query_error(says: str) -> QueryRefused:
    words = f"Salesforce refused a query: {says}"
    if column := _NO_COLUMN.search(says):
        return QueryRefused(words, field=column[1], object_name=column[2])
    if relation := _NO_RELATION.search(says):
        return QueryRefused(words, field=relation[1])
    missing = _NO_OBJECT.search(says)
    return QueryRefused(words, object_name=missing[1] if missing else None)


def _retry_after(headers: httpx.Headers) -> int | None:
    written = headers.get("Retry-After", "")
    return int(written) if written.isdecimal() else None
