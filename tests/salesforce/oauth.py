"""The token endpoint: connected apps, three ways to sign in, and the sessions that come of them."""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from tests.salesforce.org import Org

AUDIENCES = frozenset({"https://login.salesforce.com", "https://test.salesforce.com"})
_JWT_GRANT = "urn:ietf:params:oauth:grant-type:jwt-bearer"


@dataclass(frozen=True)
class SignInRefused(Exception):
    """An error body of the token endpoint."""

    error: str
    description: str


@cache
def private_key() -> str:
    """The PEM key whose certificate the default app holds."""
    return _pem(rsa.generate_private_key(65537, 2048))


@cache
def another_private_key() -> str:
    """One that no app knows."""
    return _pem(rsa.generate_private_key(65537, 2048))


def _pem(key: rsa.RSAPrivateKey) -> str:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


def _public(private: str) -> bytes:
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    key = load_pem_private_key(private.encode(), None)
    return key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)


@dataclass
class App:
    """A connected app. Tests change it as an administrator would."""

    client_id: str = "council-app"
    client_secret: str = "council-secret"
    runs_as: str | None = None
    """Username of the client credentials' user; `None`: none is set."""
    approved: set[str] = field(default_factory=set)
    """Usernames that may use it."""
    refresh_tokens: dict[str, str] = field(default_factory=dict)
    """Refresh token -> username."""


class TokenEndpoint:
    """Hands out sessions, and knows whose each is."""

    def __init__(self, org: Org, app: App) -> None:
        self._org = org
        self.app = app
        self.sessions: dict[str, str] = {}
        """Token -> user id."""

    def end_sessions(self) -> None:
        self.sessions.clear()

    def sign_in(self, form: Mapping[str, str], address: str) -> str:
        """A token. Raises `SignInRefused`."""
        match form.get("grant_type"):
            case "client_credentials":
                self._check_app(form)
                username = self.app.runs_as
                if username is None:
                    raise SignInRefused("invalid_grant", "no client credentials user enabled")
            case "refresh_token":
                self._check_app(form)
                found = self.app.refresh_tokens.get(form.get("refresh_token", ""))
                if found is None:
                    raise SignInRefused("invalid_grant", "expired access/refresh token")
                username = found
            case grant if grant == _JWT_GRANT:
                username = self._stated_user(form.get("assertion", ""), address)
            case _:
                raise SignInRefused("unsupported_grant_type", "grant type not supported")
        token = f"00D5f!{secrets.token_hex(16)}"
        self.sessions[token] = self._user(username)
        return token

    def _check_app(self, form: Mapping[str, str]) -> None:
        if form.get("client_id") != self.app.client_id:
            raise SignInRefused("invalid_client_id", "client identifier invalid")
        if form.get("client_secret") != self.app.client_secret:
            raise SignInRefused("invalid_client", "invalid client credentials")

    def _stated_user(self, assertion: str, address: str) -> str:
        try:
            unchecked = jwt.decode(assertion, options={"verify_signature": False})
        except jwt.PyJWTError:
            raise SignInRefused("invalid_grant", "invalid assertion") from None
        if unchecked.get("iss") != self.app.client_id:
            raise SignInRefused("invalid_client_id", "client identifier invalid")
        try:
            stated = jwt.decode(
                assertion,
                _public(private_key()),
                algorithms=["RS256"],
                options={"verify_aud": False, "verify_exp": False, "require": ["iss", "sub", "aud", "exp"]},
            )
        except jwt.PyJWTError:
            raise SignInRefused("invalid_grant", "invalid assertion") from None
        if stated["aud"] not in AUDIENCES | {address}:
            raise SignInRefused("invalid_grant", "audience is invalid")
        if not 0 < stated["exp"] - self._org.clock() <= 300:
            raise SignInRefused("invalid_grant", "invalid assertion")
        if stated["sub"] not in self.app.approved:
            raise SignInRefused("invalid_grant", "user hasn't approved this consumer")
        return str(stated["sub"])

    def _user(self, username: str) -> str:
        for row in self._org.rows("User"):
            if row["Username"] == username:
                if not row["IsActive"]:
                    raise SignInRefused("inactive_user", "user is inactive")
                return str(row["Id"])
        raise SignInRefused("invalid_grant", "user does not exist or password is invalid")
