"""Tokens: how we prove to Salesforce who we are, and what it means when it does not believe us."""

import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any

import httpx
import jwt
from pydantic import SecretStr

from crm.salesforce.definition import SalesforceDefinition, is_safe_address
from crm.salesforce.errors import SignInFailed, Unavailable

_SIGN_IN_PATH = "/services/oauth2/token"
_JWT_GRANT = "urn:ietf:params:oauth:grant-type:jwt-bearer"
_STATEMENT_SECONDS = 120
"""Salesforce takes statements that expire within a few minutes."""
_SKEW_SECONDS = 60

_ADVICE: Mapping[str, str] = {
    "invalid_client_id": "It knows no app with this client_id. Look at the consumer key; a new app takes up "
    "to ten minutes until it is known everywhere.",
    "invalid_client": "The client_secret does not belong to this client_id.",
    "unsupported_grant_type": "The app does not allow this way of signing in: enable it in the app's OAuth "
    "settings.",
    "inactive_user": "The user is deactivated.",
    "inactive_org": "The organisation is locked, or the sandbox has expired.",
    "invalid_app_access": "The user is not among those who may use the app: add the permission set.",
    "app_not_found": "The app was removed or blocked in this organisation.",
    "rate_limit_exceeded": "There were too many sign-ins within the hour.",
}
_GRANT_ADVICE: Mapping[str, str] = {
    "hasn't approved": "The user has not approved the app: pre-authorise it with the permission set.",
    "audience is invalid": "Set audience to https://test.salesforce.com for a sandbox, or to "
    "https://login.salesforce.com.",
    "no client credentials user": "Name the user to run as in the app's client credentials settings.",
    "expired access/refresh token": "The refresh token was revoked or has expired: sign in again and set the "
    "new one.",
    "invalid assertion": "The private_key does not belong to the certificate of the app.",
    "ip restricted": "The app or the profile allows other addresses only.",
}


@dataclass(frozen=True)
class AccessToken:
    """What opens the API for a while, and where that is."""

    value: SecretStr
    instance_url: str


class SignIn:
    """Tokens by user, remembered until Salesforce refuses them."""

    def __init__(
        self,
        definition: SalesforceDefinition,
        home: Path,
        client: httpx.Client,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._definition = definition
        self._home = home
        self._client = client
        self._clock = clock
        self._lock = threading.Lock()
        self._tokens: dict[str | None, AccessToken] = {}

    def token(self, username: str | None = None, *, instead_of: AccessToken | None = None) -> AccessToken:
        """The user's token, `None` being our own; a new one where `instead_of` is still the remembered one.

        Raises `SignInFailed` and `Unavailable`.
        """
        with self._lock:
            known = self._tokens.get(username)
            if known is None or known is instead_of:
                known = self._ask(username)
                self._tokens[username] = known
            return known

    def _ask(self, username: str | None) -> AccessToken:
        form = self._person_form(username) if username is not None else self._own_form()
        try:
            answer = self._client.post(f"{self._definition.host}{_SIGN_IN_PATH}", data=form)
        except httpx.HTTPError as error:
            raise Unavailable(
                f"{self._definition.host} cannot be reached ({type(error).__name__}). Look at host in "
                "[crm.salesforce] and at the network; an expired sandbox has no address any more."
            ) from None
        if answer.status_code >= 500:
            raise Unavailable(f"Salesforce cannot sign us in now (HTTP {answer.status_code}).")
        body = _object_of(answer)
        if answer.status_code != 200 or "access_token" not in body:
            raise SignInFailed(self._refusal(answer, body, username))
        return _token_of(body)

    def _own_form(self) -> Mapping[str, str]:
        definition = self._definition
        if missing := definition.missing():
            raise SignInFailed(f"[crm.salesforce] lacks {', '.join(missing)}.")
        match definition.sign_in:
            case "client_credentials":
                return {"grant_type": "client_credentials", **self._app()}
            case "refresh_token":
                return {
                    "grant_type": "refresh_token",
                    "refresh_token": _revealed(definition.refresh_token),
                    **self._app(),
                }
            case "jwt":
                return self._person_form(definition.username or "")

    def _app(self) -> Mapping[str, str]:
        secret = self._definition.client_secret
        return {
            "client_id": self._definition.client_id,
            **({} if secret is None else {"client_secret": secret.get_secret_value()}),
        }

    def _person_form(self, username: str) -> Mapping[str, str]:
        statement = {
            "iss": self._definition.client_id,
            "sub": username,
            "aud": self._definition.audience_url,
            "exp": int(self._clock()) + _STATEMENT_SECONDS,
        }
        path = self._home / (self._definition.private_key or "")
        try:
            signed = jwt.encode(statement, path.read_bytes(), algorithm="RS256")
        except OSError as error:
            raise SignInFailed(f"The private key {path} cannot be read: {error.strerror}.") from None
        except (jwt.PyJWTError, ValueError, TypeError):
            raise SignInFailed(
                f"{path} holds no private key that we can use: expected an RSA key in PEM form without a "
                "passphrase."
            ) from None
        return {"grant_type": _JWT_GRANT, "assertion": signed}

    def _refusal(self, answer: httpx.Response, body: Mapping[str, Any], username: str | None) -> str:
        code, described = str(body.get("error", "")), str(body.get("error_description", ""))
        advice = _ADVICE.get(code) or next(
            (text for part, text in _GRANT_ADVICE.items() if part in described.lower()), ""
        )
        whom = "" if username is None else f" as {username}"
        words = f"Salesforce does not sign us in{whom}: {described or code or f'HTTP {answer.status_code}'}."
        skew = self._skew_seconds(answer)
        if abs(skew) > _SKEW_SECONDS:
            side = "behind" if skew > 0 else "ahead of"
            advice = f"This machine's clock is {abs(skew)} seconds {side} Salesforce's: set it right."
        return f"{words} {advice}".rstrip()

    def _skew_seconds(self, answer: httpx.Response) -> int:
        try:
            return int(parsedate_to_datetime(answer.headers["Date"]).timestamp() - self._clock())
        except (KeyError, ValueError):
            return 0


def _token_of(body: Mapping[str, Any]) -> AccessToken:
    instance_url = str(body.get("instance_url", "")).rstrip("/")
    if not is_safe_address(instance_url):
        raise SignInFailed("Salesforce named no safe address for its API, so no token was sent to it.")
    return AccessToken(SecretStr(str(body["access_token"])), instance_url)


def _object_of(answer: httpx.Response) -> Mapping[str, Any]:
    try:
        body = answer.json()
    except ValueError:
        return {}
    return body if isinstance(body, Mapping) else {}


def _revealed(secret: SecretStr | None) -> str:
    return "" if secret is None else secret.get_secret_value()
