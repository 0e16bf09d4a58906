"""Only what Slack has just signed comes in."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.slack.signature import (
    LONGEST_DELAY_SECONDS,
    SIGNATURE_HEADER,
    TIMESTAMP_HEADER,
    NotFromSlack,
    SecretMissing,
    Signature,
)

# The worked example of Slack's page "Verifying requests from Slack".
SECRET = "8f742231b10e8888abcd99yyyzzz85a5"
SENT_AT = "1531420618"
BODY = (
    b"token=xyzz0WbapA4vBCDEFasx0q6G&team_id=T1DC2JH3J&team_domain=testteamnow&channel_id=G8PSS9T3V"
    b"&channel_name=foobar&user_id=U2CERLKJA&user_name=roadrunner&command=%2Fwebhook-collect&text="
    b"&response_url=https%3A%2F%2Fhooks.slack.com%2Fcommands%2FT1DC2JH3J%2F397700885554%2F96rGlfmibIGlgcZRskXaIFfN"
    b"&trigger_id=398738663015.47445629121.803a0bc887a14d10d2c447fce8b6703c"
)
SIGNED = "v0=a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503"
NOW = float(SENT_AT)


def headers(sent_at: str = SENT_AT, signature: str = SIGNED) -> dict[str, str]:
    return {TIMESTAMP_HEADER: sent_at, SIGNATURE_HEADER: signature}


def test_the_example_of_slacks_own_documentation_passes() -> None:
    Signature(SECRET).check(headers(), BODY, NOW)


@pytest.mark.parametrize(
    ("sent", "body", "now"),
    [
        (headers(), BODY + b"&", NOW),
        (headers(signature=SIGNED[:-1] + "4"), BODY, NOW),
        (headers(signature=""), BODY, NOW),
        (headers(signature="v0=ä"), BODY, NOW),
        (headers(sent_at=""), BODY, NOW),
        (headers(sent_at="yesterday"), BODY, NOW),
        (headers(sent_at="-1531420618"), BODY, NOW),
        (headers(sent_at="٣٤٥"), BODY, NOW),
        (headers(sent_at="9" * 400), BODY, NOW),
        (headers(), BODY, NOW + LONGEST_DELAY_SECONDS + 1),
        (headers(), BODY, NOW - LONGEST_DELAY_SECONDS - 1),
        ({}, BODY, NOW),
    ],
)
def test_what_is_forged_replayed_or_malformed_does_not_pass(
    sent: dict[str, str], body: bytes, now: float
) -> None:
    with pytest.raises(NotFromSlack):
        Signature(SECRET).check(sent, body, now)


@given(st.text(max_size=40), st.text(max_size=80), st.binary(max_size=80))
def test_whatever_the_headers_hold_it_is_a_refusal(sent_at: str, signature: str, body: bytes) -> None:
    with pytest.raises(NotFromSlack):
        Signature(SECRET).check(headers(sent_at, signature), body, NOW)


@pytest.mark.parametrize("secret", ["", "  "])
def test_an_empty_secret_refuses_to_start_and_says_where_to_find_it(secret: str) -> None:
    with pytest.raises(SecretMissing, match=r"COUNCIL_SLACK__SIGNING_SECRET"):
        Signature(secret)
