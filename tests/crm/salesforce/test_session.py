"""Signing in and calling the API, over real HTTP."""

import threading
import traceback
import weakref
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import parse_qs

import httpx
import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from pydantic import SecretStr, ValidationError

from crm.salesforce.definition import SalesforceDefinition
from crm.salesforce.errors import (
    LimitReached,
    LocatorExpired,
    NotThere,
    QueryRefused,
    RequestRefused,
    RowLocked,
    SessionEnded,
    SignInFailed,
    Unavailable,
    error_of,
)
from crm.salesforce.limits import Lanes, Purpose
from crm.salesforce.organisation import organisation_of
from crm.salesforce.session import Session, open_session
from tests.crm.salesforce.scripted import Reply, Scripted, definition_of, scripted

DATA = "/services/data/v64.0"
EXPIRED = Reply(401, [{"errorCode": "INVALID_SESSION_ID", "message": "Session expired or invalid"}])
TOKEN = "/services/oauth2/token"


@pytest.fixture
def server() -> Iterator[Scripted]:
    with scripted() as script:
        yield script


@pytest.fixture
def pauses() -> list[float]:
    return []


@pytest.fixture
def session(server: Scripted, pauses: list[float]) -> Iterator[Session]:
    opened = open_session(definition_of(server.address), Path(), sleep=pauses.append)
    yield opened
    opened.close()


def test_one_token_serves_many_calls_at_the_instance_that_the_sign_in_names(
    server: Scripted, session: Session
) -> None:
    with scripted() as instance:
        server.answers(TOKEN, Reply(body={"access_token": "t", "instance_url": instance.address}))
        instance.answers(f"{DATA}/limits", Reply(body={"a": 1}))
        assert session.get("limits") == session.get("limits") == {"a": 1}
        assert [call.path for call in server.calls] == [TOKEN]
        assert instance.calls[0].headers["Authorization"] == "Bearer t"


def test_a_session_that_ends_between_two_pages_is_renewed_once_and_no_row_is_lost(
    server: Scripted, session: Session
) -> None:
    page = f"{DATA}/query/01g-2000"
    server.answers(
        f"{DATA}/query", Reply(body={"records": [{"Id": "1"}], "done": False, "nextRecordsUrl": page})
    )
    server.answers(page, EXPIRED, Reply(body={"records": [{"Id": "2"}], "done": True}))
    assert [row["Id"] for row in session.query("SELECT Id FROM Opportunity")] == ["1", "2"]
    assert [call.headers["Authorization"] for call in server.called(page)] == [
        "Bearer secret-1",
        "Bearer secret-2",
    ]


def test_a_session_that_ends_again_at_once_is_said_and_not_tried_for_ever(
    server: Scripted, session: Session
) -> None:
    server.answers(f"{DATA}/limits", EXPIRED)
    with pytest.raises(SignInFailed, match="a new one did not help"):
        session.get("limits")
    assert len(server.called(f"{DATA}/limits")) == 2


@pytest.mark.parametrize(
    ("body", "says"),
    [
        ({"error": "invalid_client_id", "error_description": "client identifier invalid"}, "no app"),
        ({"error": "invalid_client", "error_description": "invalid client credentials"}, "client_secret"),
        (
            {"error": "invalid_grant", "error_description": "user hasn't approved this consumer"},
            "pre-authorise",
        ),
        ({"error": "inactive_org", "error_description": "organization locked"}, "sandbox has expired"),
    ],
)
def test_a_refused_sign_in_says_what_to_do_and_holds_no_secret(
    server: Scripted, session: Session, body: dict[str, str], says: str
) -> None:
    server.answers(TOKEN, Reply(400, body))
    with pytest.raises(SignInFailed, match=says) as caught:
        session.get("limits")
    told = "".join(traceback.format_exception(caught.value)) + repr(session)
    assert body["error_description"] in told
    assert "hush-hush" not in told


def test_a_statement_is_signed_for_the_person_and_a_wrong_clock_is_named(
    server: Scripted, tmp_path: Path
) -> None:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    form = (serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    (tmp_path / "key.pem").write_bytes(key.private_bytes(*form))
    definition = definition_of(server.address, sign_in="jwt", username="bot@acme.com", private_key="key.pem")
    session = open_session(definition, tmp_path)
    server.answers(f"{DATA}/limits", Reply(body={}))
    session.get("limits")
    session.acting_as("ana@acme.com").get("limits")
    sent = [parse_qs(call.content)["assertion"][0] for call in server.called(TOKEN)]
    claims = [
        jwt.decode(one, key.public_key(), algorithms=["RS256"], audience="https://login.salesforce.com")
        for one in sent
    ]
    assert [(claim["iss"], claim["sub"]) for claim in claims] == [
        ("app", "bot@acme.com"),
        ("app", "ana@acme.com"),
    ]
    session.close()


def test_a_key_that_is_none_is_named(server: Scripted, tmp_path: Path) -> None:
    (tmp_path / "key.pem").write_text("not a key")
    for name, says in (("key.pem", "expected an RSA key"), ("other.pem", "cannot be read")):
        definition = definition_of(server.address, sign_in="jwt", username="a@b.c", private_key=name)
        session = open_session(definition, tmp_path)
        with pytest.raises(SignInFailed, match=says):
            session.get("limits")
        session.close()


def test_pulls_stop_at_the_budget_and_people_go_on(server: Scripted, session: Session) -> None:
    used = {"Sforce-Limit-Info": "api-usage=4000/5000"}
    server.answers(f"{DATA}/limits", Reply(body={}, headers=used))
    background = session.in_background()
    background.get("limits")
    with pytest.raises(LimitReached, match=r"4,000 of 5,000 API calls.*80%"):
        background.get("limits")
    session.get("limits")
    assert len(server.called(f"{DATA}/limits")) == 2


def test_a_busy_salesforce_is_asked_again_a_little_later(
    server: Scripted, session: Session, pauses: list[float]
) -> None:
    server.answers(f"{DATA}/limits", Reply(503), Reply(503, headers={"Retry-After": "1"}), Reply(body={}))
    session.get("limits")
    assert pauses == [0.5, 1.5]
    server.answers(f"{DATA}/limits", Reply(503))
    with pytest.raises(Unavailable, match="HTTP 503"):
        session.get("limits")


def test_a_write_is_sent_once_whatever_comes_back(
    server: Scripted, session: Session, pauses: list[float]
) -> None:
    server.answers(f"{DATA}/sobjects/Opportunity/006", Reply(503), Reply(204))
    with pytest.raises(Unavailable):
        session.patch("sobjects/Opportunity/006", {"NextStep": "x"})
    assert len(server.called(f"{DATA}/sobjects/Opportunity/006")) == 1
    assert not pauses


@pytest.mark.parametrize(
    ("status", "code", "message", "expected"),
    [
        (403, "REQUEST_LIMIT_EXCEEDED", "TotalRequests Limit exceeded.", LimitReached),
        (400, "INVALID_QUERY_LOCATOR", "invalid query locator", LocatorExpired),
        (400, "MALFORMED_QUERY", "unexpected token: FORM", QueryRefused),
        (400, "FIELD_CUSTOM_VALIDATION_EXCEPTION", "Amount is needed", RequestRefused),
        (404, "NOT_FOUND", "The requested resource does not exist", NotThere),
        (
            403,
            "REQUEST_LIMIT_EXCEEDED",
            "ConcurrentRequests (Concurrent API Requests) Limit exceeded.",
            Unavailable,
        ),
    ],
)
def test_refusals_are_typed(
    server: Scripted, session: Session, status: int, code: str, message: str, expected: type[Exception]
) -> None:
    server.answers(f"{DATA}/query", Reply(status, [{"errorCode": code, "message": message}]))
    with pytest.raises(expected):
        list(session.query("SELECT"))


@pytest.mark.parametrize(
    ("method", "status", "code", "expected"),
    [
        ("PATCH", 400, "INVALID_FIELD", RequestRefused),
        ("GET", 400, "INVALID_FIELD", QueryRefused),
        ("POST", 400, "INVALID_FIELD", QueryRefused),  # a job of the Bulk API
        ("PATCH", 500, "UNABLE_TO_LOCK_ROW", RowLocked),
        ("PATCH", 503, "ENTITY_IS_LOCKED", RowLocked),
        ("PATCH", 500, "UNKNOWN_EXCEPTION", Unavailable),
        ("PATCH", 404, "ENTITY_IS_DELETED", NotThere),
        ("PATCH", 400, "ENTITY_IS_DELETED", NotThere),
    ],
)
def test_a_code_says_more_than_the_status_and_a_write_is_no_query(
    method: str, status: int, code: str, expected: type[Exception]
) -> None:
    request = httpx.Request(
        method, "https://acme.my.salesforce.com/services/data/v64.0/sobjects/Opportunity/006"
    )
    answer = httpx.Response(status, json=[{"errorCode": code, "message": "…"}], request=request)
    assert type(error_of(answer)) is expected


def test_a_locator_of_an_ended_session_is_expired_and_not_a_failed_sign_in(
    server: Scripted, session: Session
) -> None:
    page = f"{DATA}/query/01g-2000"
    server.answers(
        f"{DATA}/query", Reply(body={"records": [{"Id": "1"}], "done": False, "nextRecordsUrl": page})
    )
    server.answers(page, EXPIRED)
    rows = session.query("SELECT Id FROM Opportunity")
    assert next(rows) == {"Id": "1"}
    with pytest.raises(LocatorExpired, match="in the middle of a query"):
        next(rows)


def test_a_refresh_token_is_traded_for_a_session(server: Scripted, tmp_path: Path) -> None:
    definition = definition_of(server.address, sign_in="refresh_token", refresh_token=SecretStr("r-1"))
    session = open_session(definition, tmp_path)
    server.answers(f"{DATA}/limits", Reply(body={}))
    session.get("limits")
    form = parse_qs(server.called(TOKEN)[0].content)
    assert (form["grant_type"], form["refresh_token"]) == (["refresh_token"], ["r-1"])
    server.answers(f"{DATA}/limits", EXPIRED)
    revoked = {"error": "invalid_grant", "error_description": "expired access/refresh token"}
    server.answers(TOKEN, Reply(400, revoked))
    with pytest.raises(SignInFailed, match="sign in again and set the new one") as caught:
        session.get("limits")
    assert "r-1" not in str(caught.value)
    assert not isinstance(caught.value, SessionEnded)
    session.close()


@pytest.mark.parametrize(
    ("date", "says"),
    [
        ("Mon, 01 Jan 2035 00:00:00 GMT", "seconds behind"),
        ("Mon, 01 Jan 2001 00:00:00 GMT", "seconds ahead of"),
    ],
)
def test_a_refusal_with_a_wrong_clock_names_the_clock(
    server: Scripted, session: Session, date: str, says: str
) -> None:
    refusal = {"error": "invalid_grant", "error_description": "invalid assertion"}
    server.answers(TOKEN, Reply(400, refusal, {"Date": date}))
    with pytest.raises(SignInFailed, match=f"This machine's clock is .*{says} Salesforce's: set it right"):
        session.get("limits")


def test_a_form_waits_a_moment_and_no_longer(
    server: Scripted, session: Session, pauses: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    server.answers(f"{DATA}/limits", Reply(503))
    with pytest.raises(Unavailable):
        session.for_form().get("limits")
    assert not pauses
    monkeypatch.setattr("crm.salesforce.session._FORM_SECONDS", 0.05)
    with server.holding_back(f"{DATA}/query"), pytest.raises(Unavailable, match="did not answer in time"):
        session.for_form().get("query")
    background = session.in_background()
    assert background.for_form() is background


def test_two_lanes_are_left_to_people() -> None:
    """Of three, work in the background takes one: a second one waits until the first is done."""
    lanes, order = Lanes(3), list[str]()

    def work(name: str) -> None:
        with lanes.taken(Purpose.BACKGROUND):
            order.append(name)

    with lanes.taken(Purpose.BACKGROUND):
        waiting = threading.Thread(target=work, args=("pull",))
        waiting.start()
        with lanes.taken(Purpose.PERSON), lanes.taken(Purpose.PERSON):
            order.append("person")
    waiting.join()
    assert order == ["person", "pull"]


def test_who_asks_for_an_organisation_again_gets_the_same_session(server: Scripted, tmp_path: Path) -> None:
    server.answers(f"{DATA}/limits", Reply(body={}))
    for _ in range(2):
        organisation_of(definition_of(server.address), tmp_path).session.get("limits")
    assert len(server.called(TOKEN)) == 1
    other = organisation_of(definition_of(server.address, concurrent_calls=3), tmp_path)
    assert other is not organisation_of(definition_of(server.address), tmp_path)


def test_the_connections_end_with_the_last_session(server: Scripted) -> None:
    server.answers(f"{DATA}/limits", Reply(body={}))
    session = open_session(definition_of(server.address), Path())
    session.get("limits")
    ended = weakref.ref(session._line)
    client = session._line.client
    session = session.in_background()
    assert not client.is_closed
    del session
    assert ended() is None
    assert client.is_closed


def test_a_field_that_our_user_cannot_see_is_named(server: Scripted, session: Session) -> None:
    says = "\nSELECT ACV__c FROM\nERROR at Row:1:Column:8\nNo such column 'ACV__c' on entity 'Opportunity'."
    server.answers(f"{DATA}/query", Reply(400, [{"errorCode": "INVALID_FIELD", "message": says}]))
    with pytest.raises(QueryRefused) as caught:
        list(session.query("SELECT ACV__c FROM Opportunity"))
    assert (caught.value.field, caught.value.object_name) == ("ACV__c", "Opportunity")


def test_a_token_goes_to_no_unsafe_address(server: Scripted, session: Session) -> None:
    server.answers(TOKEN, Reply(body={"access_token": "t", "instance_url": "http://evil.example"}))
    with pytest.raises(SignInFailed, match="no safe address"):
        session.get("limits")


@pytest.mark.parametrize(
    ("host", "written"),
    [
        ("acme.my.salesforce.com", "https://acme.my.salesforce.com"),
        ("https://acme--uat.sandbox.my.salesforce.com/", "https://acme--uat.sandbox.my.salesforce.com"),
    ],
)
def test_a_host_is_taken_with_and_without_its_scheme(host: str, written: str) -> None:
    assert SalesforceDefinition(host=host).host == written


def test_a_sandbox_is_another_audience() -> None:
    sandbox = SalesforceDefinition(host="acme--uat.sandbox.my.salesforce.com")
    assert sandbox.audience_url == "https://test.salesforce.com"


@pytest.mark.parametrize(
    ("host", "says"),
    [
        ("http://acme.my.salesforce.com", "the host alone"),
        ("acme.lightning.force.com", "the address of the pages"),
        ("login.salesforce.com", "your own host"),
    ],
)
def test_a_host_that_cannot_work_is_refused(host: str, says: str) -> None:
    with pytest.raises(ValidationError, match=says):
        SalesforceDefinition(host=host)
