"""What HubSpot can answer instead of what was asked for, in words for people."""

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

import httpx

from pipeline.crm_fields import Refusal
from pipeline.errors import CouncilError

_BUSY_STATUS = frozenset({423, 500, 502, 503, 504, 524})
_RESULTS = re.compile(r"Property values were not valid: (\[.*\])", re.DOTALL)


class HubspotError(CouncilError):
    """HubSpot did not do what we asked."""


class SignInFailed(HubspotError):
    """The token of the private app does not hold."""


class ScopeMissing(HubspotError):
    """The private app lacks a right."""


class LimitReached(HubspotError):
    """The day's requests are used up."""


class Unavailable(HubspotError):
    """No answer, or one that says "later". Whether a write was done nobody knows."""


class Paused(Unavailable):
    """Too many requests: nothing was done, and after a while it may work."""

    def __init__(self, says: str, retry_after_seconds: float) -> None:
        super().__init__(says)
        self.retry_after_seconds = retry_after_seconds


class NotFound(HubspotError):
    """There is no such record (any more)."""


class RequestRefused(HubspotError):
    """Everything else that was refused: nothing was done."""

    def __init__(self, status: int, refusals: tuple[Refusal, ...]) -> None:
        super().__init__("HubSpot says: " + " ".join(one.says for one in refusals))
        self.status = status
        self.refusals = refusals


def error_of(response: httpx.Response) -> HubspotError:
    """The error of an answer that was read and is none of success."""
    body = _body(response)
    says = str(body.get("message") or f"the answer was HTTP {response.status_code} and gave no reason.")
    match response.status_code:
        case 401:
            return SignInFailed(
                f"HubSpot does not take our access token: {says} Look into Settings, Integrations, Private "
                "Apps and set COUNCIL_CRM__HUBSPOT__ACCESS_TOKEN to the app's token."
            )
        case 403:
            return ScopeMissing(
                f"HubSpot: the private app lacks {_missing_scopes(body) or f'a right: {says}'}"
            )
        case 404:
            return NotFound(f"HubSpot says: {says}")
        case 429:
            return _limit(response.headers, body)
        case status if status in _BUSY_STATUS:
            return Unavailable(f"HubSpot is not available now (HTTP {status}). Try again in a few minutes.")
        case status:
            return RequestRefused(status, tuple(_refusals(says)) or (Refusal(says),))


def _limit(headers: httpx.Headers, body: Mapping[str, Any]) -> HubspotError:
    if body.get("policyName") == "DAILY":
        return LimitReached(
            "HubSpot is limiting us: all requests of this day are used up. Nothing can be read or saved "
            "until midnight in the account's time zone."
        )
    interval = _number(headers.get("X-HubSpot-RateLimit-Interval-Milliseconds"))
    seconds = _number(headers.get("Retry-After")) or (interval or 1000) / 1000
    return Paused("HubSpot is limiting us: too many requests at once. Try again in a moment.", seconds)


def _number(text: str | None) -> float | None:
    return float(text) if text and text.isdecimal() else None


def _body(response: httpx.Response) -> Mapping[str, Any]:
    try:
        body = response.json()
    except ValueError:
        return {}
    return body if isinstance(body, Mapping) else {}


def _missing_scopes(body: Mapping[str, Any]) -> str:
    """`the scope a or b`, where the answer names them."""
    names: list[str] = []
    for error in body.get("errors") or ():
        if isinstance(error, Mapping) and isinstance(context := error.get("context"), Mapping):
            names += [str(name) for scopes in context.values() if isinstance(scopes, list) for name in scopes]
    return f"the scope {' or '.join(names)}." if names else ""


def _refusals(says: str) -> Iterator[Refusal]:
    """The objections to single properties, which stand as JSON inside the message."""
    found = _RESULTS.search(says)
    try:
        entries = json.loads(found[1]) if found else []
    except ValueError:
        return
    for entry in entries:
        if isinstance(entry, Mapping) and entry.get("name"):
            yield Refusal(
                str(entry.get("localizedErrorMessage") or entry.get("message") or entry.get("error")),
                (str(entry["name"]),),
            )
