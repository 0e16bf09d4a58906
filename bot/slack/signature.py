"""Whether a request is Slack's: the signature over its raw bytes, checked before anything is parsed.

Slack signs `v0:TIMESTAMP:BODY` with the app's signing secret (HMAC-SHA256) and sends the result beside the
timestamp. Bolt would check it too, but it parses the body first and logs what it refuses.
"""

import hashlib
import hmac
from collections.abc import Mapping

from pipeline.errors import CouncilError

TIMESTAMP_HEADER = "X-Slack-Request-Timestamp"
SIGNATURE_HEADER = "X-Slack-Signature"
LONGEST_DELAY_SECONDS = 300
"""An older request is a replay (Slack's own recommendation)."""
_LONGEST_TIMESTAMP = 12


class SecretMissing(CouncilError):
    """Without a signing secret anybody could speak for anybody."""


class NotFromSlack(Exception):
    """A request that Slack did not sign, or not just now. `str` says why without repeating what was sent."""


class Signature:
    """Checks requests against one signing secret. Raises `SecretMissing` for an empty one."""

    def __init__(self, secret: str) -> None:
        if not secret.strip():
            raise SecretMissing(
                "slack.signing_secret is empty, so requests could not be told from forged ones. Copy the "
                "Signing Secret of the app's Basic Information into COUNCIL_SLACK__SIGNING_SECRET."
            )
        self._secret = secret.strip().encode()

    def check(self, headers: Mapping[str, str], body: bytes, now: float) -> None:
        """Raises `NotFromSlack`. `now`: seconds since 1970-01-01 UTC."""
        sent_at, signature = headers.get(TIMESTAMP_HEADER, ""), headers.get(SIGNATURE_HEADER, "")
        if not (sent_at.isascii() and sent_at.isdigit() and len(sent_at) <= _LONGEST_TIMESTAMP):
            raise NotFromSlack("the timestamp header is missing or malformed")
        if abs(now - int(sent_at)) > LONGEST_DELAY_SECONDS:
            raise NotFromSlack("the request is too old or from the future")
        if not signature.isascii() or not hmac.compare_digest(self.sign(sent_at, body), signature):
            raise NotFromSlack("the signature does not match")

    def sign(self, sent_at: str, body: bytes) -> str:
        """What Slack would send as the signature of a body."""
        signed = b"v0:" + sent_at.encode() + b":" + body
        return "v0=" + hmac.new(self._secret, signed, hashlib.sha256).hexdigest()
