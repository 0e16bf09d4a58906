"""Slack's Web API: one call each, never repeated by the SDK, and what its refusals mean for a message.

Who repeats a call is delivery alone (`bot.delivery`), which knows what may be said twice and what may not.
"""

import asyncio
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import aiohttp
from slack_sdk.errors import SlackApiError, SlackClientError
from slack_sdk.web.async_client import AsyncWebClient

from bot.surface import AccessRefused, DeliveryFailed, OutcomeUnknown, TryLater, Unreachable, Waits

Json = Mapping[str, Any]

SLACK = AsyncWebClient.BASE_URL
HOOKS = "https://hooks.slack.com/"
ANSWER_WITHIN_SECONDS = 25
PATIENCE_UNSAID = timedelta(seconds=30)
"""When Slack asks for patience and does not say, or not legibly, how much."""
LONGEST_PATIENCE = timedelta(hours=1)

_SCOPES = "x-oauth-scopes"
_LATER = {"ratelimited", "rate_limited", "service_unavailable", "request_timeout", "team_added_to_org"}
_IN_DOUBT = {"fatal_error", "internal_error"}
"""Slack says of these that parts of a call may have had their effect."""
_LOCKED_OUT = {"account_inactive", "invalid_auth", "not_authed", "token_expired", "token_revoked"}

_REASONS = {
    "cannot_dm_bot": "Slack says that this person is an app.",
    "cant_update_message": "Slack does not let me change that message any more.",
    "channel_not_found": "Slack knows no such channel, or I was never invited. In the channel type "
    "/invite and my name.",
    "edit_window_closed": "Slack does not let me change that message any more.",
    "invalid_blocks": "Slack did not accept how the message is built. This is a fault of ours; please tell "
    "the administrators.",
    "is_archived": "The channel is archived. Restore it, or name another channel in the configuration.",
    "message_not_found": "The message is not there any more.",
    "messages_tab_disabled": "The app has no conversation with people yet. Switch on the Messages Tab under "
    "App Home in the app's settings.",
    "msg_too_long": "The message is too long for Slack. This is a fault of ours; please tell the "
    "administrators.",
    "not_in_channel": "I am not in that channel. In the channel type /invite and my name.",
    "restricted_action": "The workspace's settings do not let apps post there. Ask a workspace "
    "administrator.",
    "thread_not_found": "The message that heads the thread is not there any more.",
    "user_disabled": "The Slack account is deactivated.",
    "user_not_found": "Slack knows no such user.",
    "users_not_found": "Nobody in Slack has this e-mail address. If there is another one, sales operations "
    "can link the two with /link.",
}


INVALID_BLOCKS = "invalid_blocks"


class BlocksRefused(Unreachable):
    """Slack did not accept what a message is built of: also where a picture is not ready to be shown yet."""


class SlackApi:
    """The app's own client. `base_url` and `hooks` name another server than Slack's in tests alone."""

    def __init__(
        self, token: str, session: aiohttp.ClientSession, base_url: str = SLACK, hooks: str = HOOKS
    ) -> None:
        """`hooks`: how every address begins at which an interaction may be answered."""
        self.client = AsyncWebClient(
            token,
            base_url,
            session=session,
            retry_handlers=[],
            timeout=ANSWER_WITHIN_SECONDS,
        )
        self.session = session
        self._hooks = hooks

    def may_answer_at(self, address: str) -> bool:
        """Whether a response address is one of Slack's."""
        return address.startswith(self._hooks)

    async def call(self, method: str, **arguments: Any) -> Json:
        """The answer to one call of a method. Raises `DeliveryFailed` or `OutcomeUnknown`."""
        try:
            async with asyncio.timeout(ANSWER_WITHIN_SECONDS):
                answer = await self.client.api_call(method, json=arguments)
        except SlackApiError as error:
            raise read_refusal(error, method) from error
        except aiohttp.ClientConnectorError as error:
            raise TryLater("Slack could not be reached.") from error
        except (TimeoutError, OSError, aiohttp.ClientError, SlackClientError) as error:
            raise OutcomeUnknown(f"The connection to Slack broke ({type(error).__name__}).") from error
        data = answer.data
        return data if isinstance(data, dict) else {}

    async def scopes(self) -> frozenset[str]:
        """The rights that the token has, as Slack lists them. Raises `DeliveryFailed`, `OutcomeUnknown`."""
        try:
            answer = await self.client.api_call("auth.test")
        except SlackApiError as error:
            raise read_refusal(error, "auth.test") from error
        written = next((value for name, value in answer.headers.items() if name.lower() == _SCOPES), "")
        return frozenset(scope.strip() for scope in str(written).split(",") if scope.strip())

    async def open_connection(self, app_token: str) -> None:
        """Ask for a socket and leave it. Raises `DeliveryFailed`, `OutcomeUnknown`."""
        try:
            await self.client.apps_connections_open(app_token=app_token)
        except SlackApiError as error:
            raise read_refusal(error, "apps.connections.open") from error
        except (TimeoutError, OSError, aiohttp.ClientError) as error:
            raise TryLater("Slack could not be reached.") from error

    async def ask(self, method: str, **arguments: Any) -> Json:
        """The answer of a method that only tells: where the connection breaks, it can be asked again.

        Slack takes the arguments of these as a form only. Raises `DeliveryFailed`.
        """
        try:
            async with asyncio.timeout(ANSWER_WITHIN_SECONDS):
                answer = await self.client.api_call(method, params=_as_fields(arguments))
        except SlackApiError as error:
            refusal = read_refusal(error, method)
            raise (refusal if isinstance(refusal, DeliveryFailed) else TryLater(str(refusal))) from error
        except (TimeoutError, OSError, aiohttp.ClientError, SlackClientError) as error:
            raise TryLater("Slack could not be reached.") from error
        data = answer.data
        return data if isinstance(data, dict) else {}


def read_refusal(error: SlackApiError, method: str) -> DeliveryFailed | OutcomeUnknown:
    """What a refusal of Slack means: come back later, never like this, or nobody knows."""
    response = error.response
    status: int = getattr(response, "status_code", None) or getattr(response, "status", None) or 0
    data = getattr(response, "data", None)
    code = str(data.get("error") or "") if isinstance(data, dict) else ""
    headers = getattr(response, "headers", {}) or {}
    if status == 429 or code in _LATER:
        return TryLater("Slack asks for patience.", read_patience(headers), _who_waits(method))
    if code in _LOCKED_OUT:
        return AccessRefused(
            f"Slack does not accept the app's token ({code}). Install the app anew and set its bot token."
        )
    if status >= 500 or code in _IN_DOUBT or not code:
        return OutcomeUnknown(f"Slack had trouble of its own (status {status}).")
    if code == "missing_scope":
        needed = str(data.get("needed") or "") if isinstance(data, dict) else ""
        return Unreachable(
            f"The app lacks the right {needed or 'for ' + method}. Add it under OAuth & Permissions, and "
            "install the app again."
        )
    reason = _REASONS.get(code, f"Slack refused it ({code}).")
    return BlocksRefused(reason) if code == INVALID_BLOCKS else Unreachable(reason)


def read_patience(headers: Mapping[str, Any]) -> timedelta:
    """How long `Retry-After` asks to wait: whole seconds, as Slack sends it; anything else: half a minute."""
    written = next((str(value) for name, value in headers.items() if name.lower() == "retry-after"), "")
    if not (written.strip().isascii() and written.strip().isdigit()):
        return PATIENCE_UNSAID
    return min(timedelta(seconds=min(int(written), 1_000_000)), LONGEST_PATIENCE) or timedelta(seconds=1)


def _who_waits(method: str) -> Waits:
    """Slack counts posts by the channel, and everything else by the workspace."""
    return Waits.CONVERSATION if method == "chat.postMessage" else Waits.WORKSPACE


def _as_fields(arguments: Mapping[str, Any]) -> dict[str, Any]:
    return {
        name: str(value).lower() if isinstance(value, bool) else value for name, value in arguments.items()
    }
