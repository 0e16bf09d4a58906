"""The app's own tokens, over real HTTP: by secret, certificate and managed identity."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import aiohttp
import pytest
from cryptography import x509
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    KeySerializationEncryption,
    NoEncryption,
    PrivateFormat,
)

from bot.teams.credentials import (
    CertificateUnusable,
    ClientSecret,
    Credential,
    ManagedIdentity,
    find_managed_identity,
    read_certificate,
)
from bot.teams.tokens import ConnectorTokens, SignInRefused, SignInUnreachable
from tests.bot.teams.test_teams_keys import HASTE, Clock
from tests.teams.issuer import (
    APP_ID,
    IDENTITY_SECRET,
    SECRET,
    TENANT,
    Failure,
    Issuer,
    make_key,
    serve_issuer,
)


@dataclass(frozen=True)
class Here:
    """An issuer, and who asks it."""

    issuer: Issuer
    session: aiohttp.ClientSession
    clock: Clock

    def tokens(self, credential: Credential, tenant: str = TENANT, app_id: str = APP_ID) -> ConnectorTokens:
        return ConnectorTokens(
            self.session,
            app_id,
            tenant,
            credential,
            login=self.issuer.url,
            answer_within=HASTE,
            clock=self.clock,
        )


@pytest.fixture
async def here() -> AsyncIterator[Here]:
    async with serve_issuer() as issuer, aiohttp.ClientSession() as session:
        yield Here(issuer, session, Clock())


def certify(name: str) -> x509.Certificate:
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "pipeline-council")])
    begin = datetime(2026, 1, 1, tzinfo=UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(make_key(name).public_key())
        .serial_number(7)
        .not_valid_before(begin)
        .not_valid_after(begin + timedelta(days=730))
        .sign(make_key(name), SHA256())
    )


def write_pem(
    path: Path,
    key: str,
    certificate: x509.Certificate | None,
    encryption: KeySerializationEncryption | None = None,
) -> Path:
    private = make_key(key).private_bytes(Encoding.PEM, PrivateFormat.PKCS8, encryption or NoEncryption())
    path.write_bytes(private + (certificate.public_bytes(Encoding.PEM) if certificate else b""))
    return path


async def test_a_token_is_kept_until_five_minutes_before_its_end(here: Here) -> None:
    tokens = here.tokens(ClientSecret(SECRET))
    assert [await tokens.token(), await tokens.token()] == ["token-1", "token-1"]
    here.clock.pass_by(timedelta(minutes=55, seconds=-1))
    assert await tokens.token() == "token-1"
    here.clock.pass_by(timedelta(seconds=1))
    assert await tokens.token() == "token-2"
    assert here.issuer.asked["token"] == 2


async def test_many_who_ask_at_once_share_one_request(here: Here) -> None:
    tokens = here.tokens(ClientSecret(SECRET))
    assert set(await asyncio.gather(*(tokens.token() for _ in range(50)))) == {"token-1"}
    assert here.issuer.asked["token"] == 1


async def test_a_token_that_was_not_accepted_is_asked_for_anew(here: Here) -> None:
    tokens = here.tokens(ClientSecret(SECRET))
    await tokens.token()
    tokens.forget()
    assert await tokens.token() == "token-2"


async def test_a_certificate_from_a_file_signs_the_app_in(here: Here, tmp_path: Path) -> None:
    here.issuer.certificate = certify("certified")
    path = write_pem(tmp_path / "app.pem", "certified", here.issuer.certificate)
    assert await here.tokens(read_certificate(path)).token() == "token-1"


async def test_another_certificate_is_refused_with_what_to_do(here: Here, tmp_path: Path) -> None:
    here.issuer.certificate = certify("certified")
    other = read_certificate(write_pem(tmp_path / "app.pem", "first", certify("first")))
    with pytest.raises(SignInRefused, match=r"AADSTS700027.*Upload it"):
        await here.tokens(other).token()


@pytest.mark.parametrize("secret", [None, IDENTITY_SECRET])
async def test_the_machine_or_service_we_run_on_signs_the_app_in(here: Here, secret: str | None) -> None:
    tokens = here.tokens(ManagedIdentity(f"{here.issuer.url}/identity", secret))
    assert [await tokens.token(), await tokens.token()] == ["token-1", "token-1"]
    here.clock.pass_by(timedelta(minutes=55, seconds=1))
    assert await tokens.token() == "token-2"


def test_a_service_is_told_where_its_identity_is_and_a_machine_knows_the_usual_address() -> None:
    told = {"IDENTITY_ENDPOINT": "http://127.0.0.1:41000/msi/token", "IDENTITY_HEADER": IDENTITY_SECRET}
    assert find_managed_identity(told) == ManagedIdentity(told["IDENTITY_ENDPOINT"], IDENTITY_SECRET)
    assert find_managed_identity({"IDENTITY_ENDPOINT": "http://127.0.0.1:41000"}) == ManagedIdentity()
    assert ManagedIdentity().address == "http://169.254.169.254/metadata/identity/oauth2/token"


async def test_a_wrong_secret_is_told_plainly_and_never_repeated(
    here: Here, capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    with pytest.raises(SignInRefused) as refused:
        await here.tokens(ClientSecret("a-mistyped-secret")).token()
    assert refused.value.code == "AADSTS7000215"
    assert "Copy its value (not its ID)" in refused.value.reason
    said = capsys.readouterr()
    assert "AADSTS7000215" in said.out + said.err
    everything = said.out + said.err + caplog.text + refused.value.reason + repr(refused.value)
    assert "a-mistyped-secret" not in everything


@pytest.mark.parametrize(
    ("tenant", "app_id", "code"), [("contoso", APP_ID, "AADSTS90002"), (TENANT, "another", "AADSTS700016")]
)
async def test_a_wrong_tenant_or_app_is_refused_with_its_code(
    here: Here, tenant: str, app_id: str, code: str
) -> None:
    with pytest.raises(SignInRefused, match=code):
        await here.tokens(ClientSecret(SECRET), tenant, app_id).token()


async def test_a_code_nobody_foresaw_is_told_all_the_same(here: Here) -> None:
    here.issuer.refusal = "AADSTS999999: Something new."
    with pytest.raises(SignInRefused, match=r"\(AADSTS999999\)"):
        await here.tokens(ClientSecret(SECRET)).token()
    here.issuer.refusal = "No code at all."
    with pytest.raises(SignInRefused, match=r"\(HTTP 401\)"):
        await here.tokens(ClientSecret(SECRET)).token()


@pytest.mark.parametrize("failure", Failure)
async def test_a_sign_in_that_does_not_answer_ends_in_time_and_is_tried_again(
    here: Here, failure: Failure
) -> None:
    tokens = here.tokens(ClientSecret(SECRET))
    here.issuer.failure = failure
    asked = [asyncio.create_task(tokens.token()) for _ in range(3)]
    assert all(
        isinstance(one, SignInUnreachable) for one in await asyncio.gather(*asked, return_exceptions=True)
    )
    assert here.issuer.asked["token"] == 1
    here.issuer.failure = None
    assert await tokens.token() == "token-2"


def test_secrets_do_not_show_when_credentials_are_printed(tmp_path: Path) -> None:
    certificate = read_certificate(write_pem(tmp_path / "app.pem", "first", certify("first")))
    assert SECRET not in repr(ClientSecret(SECRET))
    assert IDENTITY_SECRET not in repr(ManagedIdentity(secret=IDENTITY_SECRET))
    assert "RSAPrivateKey" not in repr(certificate)


def test_a_certificate_file_that_cannot_serve_is_refused_at_the_start(tmp_path: Path) -> None:
    with pytest.raises(CertificateUnusable, match="cannot be read"):
        read_certificate(tmp_path / "nowhere.pem")
    with pytest.raises(CertificateUnusable, match="the certificate that was uploaded"):
        read_certificate(write_pem(tmp_path / "key.pem", "first", None))
    locked = BestAvailableEncryption(b"passphrase")
    with pytest.raises(CertificateUnusable, match="without a passphrase"):
        read_certificate(write_pem(tmp_path / "locked.pem", "first", certify("first"), locked))
    with pytest.raises(CertificateUnusable, match="not the RSA key of the certificate"):
        read_certificate(write_pem(tmp_path / "mixed.pem", "first", certify("certified")))
