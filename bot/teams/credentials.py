"""How the app proves to Microsoft that it is the app: a secret, a certificate, or the machine it runs on."""

import time
import uuid
from base64 import urlsafe_b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import jwt
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from bot.teams.authorities import IDENTITY_ADDRESS
from pipeline.errors import CouncilError

_ASSERTION_SECONDS = 300


class CertificateUnusable(CouncilError):
    """The file of the certificate cannot be read, or lacks a part."""


@dataclass(frozen=True)
class ClientSecret:
    """A secret of the app registration."""

    value: str = field(repr=False)


@dataclass(frozen=True)
class Certificate:
    """A certificate of the app registration, with its private key."""

    key: RSAPrivateKey = field(repr=False)
    thumbprint: str
    """SHA-256 of the certificate, base64url, by which Microsoft finds it."""

    def assert_identity(self, app_id: str, audience: str) -> str:
        """A token of our own that says who we are, for `audience` alone and for five minutes."""
        now = int(time.time())
        claims = {
            "aud": audience,
            "iss": app_id,
            "sub": app_id,
            "jti": str(uuid.uuid4()),
            "iat": now,
            "nbf": now,
            "exp": now + _ASSERTION_SECONDS,
        }
        headers = {"x5t#S256": self.thumbprint}
        return jwt.encode(claims, self.key, algorithm="PS256", headers=headers)


@dataclass(frozen=True)
class ManagedIdentity:
    """The identity that Azure gives to the machine or the service we run on."""

    address: str = IDENTITY_ADDRESS
    secret: str | None = field(default=None, repr=False)
    """What App Service and Container Apps put into `IDENTITY_HEADER`, beside the address in
    `IDENTITY_ENDPOINT`; `None` on a virtual machine."""


Credential = ClientSecret | Certificate | ManagedIdentity


def find_managed_identity(environment: Mapping[str, str]) -> ManagedIdentity:
    """Where this machine asks for its tokens: a service in Azure is told so by its environment."""
    address, secret = environment.get("IDENTITY_ENDPOINT"), environment.get("IDENTITY_HEADER")
    return ManagedIdentity(address, secret) if address and secret else ManagedIdentity()


def read_certificate(path: Path) -> Certificate:
    """The certificate and key of a PEM file. Blocks: for the start. Raises `CertificateUnusable`."""
    try:
        pem = path.read_bytes()
    except OSError as error:
        raise CertificateUnusable(f"The certificate {path} cannot be read: {error.strerror}.") from error
    try:
        key = load_pem_private_key(pem, password=None)
        certificate = x509.load_pem_x509_certificate(pem)
    except (ValueError, TypeError) as error:
        raise CertificateUnusable(
            f"{path} is not what is needed: one PEM file with the private key (RSA, without a passphrase) "
            "and the certificate that was uploaded to the app registration."
        ) from error
    if not isinstance(key, RSAPrivateKey) or certificate.public_key() != key.public_key():
        raise CertificateUnusable(f"The private key in {path} is not the RSA key of the certificate there.")
    thumbprint = urlsafe_b64encode(certificate.fingerprint(SHA256())).decode().rstrip("=")
    return Certificate(key, thumbprint)
