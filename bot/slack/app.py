"""The Bolt application: which happening goes which way. Both ways in, HTTP and Socket Mode, end here.

Bolt acknowledges within its call of `async_dispatch`, for `process_before_response` spares the ten
milliseconds of polling by which it would wait for a listener's acknowledgement; what takes longer is a turn
that `Talk` lets go on by itself (docs/decisions/0014-slack-edge.md).
"""

import logging
import re
from collections.abc import Callable
from typing import Any

import structlog
from slack_bolt.app.async_app import AsyncApp
from slack_bolt.authorization import AuthorizeResult
from slack_bolt.context.ack.async_ack import AsyncAck

from bot.slack.api import Json, SlackApi
from bot.slack.commands import CommandNames
from bot.slack.heard import (
    Heard,
    NotOurs,
    read_click,
    read_command,
    read_home,
    read_links,
    read_message_menu,
    read_submission,
    read_words,
)
from bot.slack.manifest import ASSIGN_SHORTCUT
from bot.slack.talk import Talk
from bot.slack.unfurling import Unfurling
from bot.turns import Turns
from messages.render.blockkit_text import MAX_LABEL, plain_text

logger = structlog.get_logger()

ANYTHING = re.compile(".*", re.DOTALL)
_quiet = logging.getLogger("bot.slack.bolt")
"""Bolt's own log, in which whole bodies stand: it is given no handler but for what is wrong."""
_quiet.setLevel(logging.ERROR)


def build_app(
    api: SlackApi,
    identity: Json,
    talk: Talk,
    unfurling: Unfurling,
    names: CommandNames,
    turns: Turns,
) -> AsyncApp:
    """`identity`: the answer of `auth.test`. `names`: what the workspace calls our commands."""
    app = AsyncApp(
        client=api.client,
        authorize=_authorize(identity, api.client.token or ""),
        process_before_response=True,
        request_verification_enabled=False,  # done on the raw bytes, before Bolt parses them (`door`)
        logger=_quiet,
    )
    listeners = Listeners(talk, unfurling, names, turns)
    app.command(ANYTHING)(listeners.on_command)
    app.action(ANYTHING)(listeners.on_click)
    app.view(ANYTHING)(listeners.on_submission)
    app.shortcut(ASSIGN_SHORTCUT)(listeners.on_message_menu)
    app.options(ANYTHING)(listeners.on_suggestion)
    app.event("app_mention")(listeners.on_words)
    app.event("message")(listeners.on_message)
    app.event("app_home_opened")(listeners.on_home)
    app.event("link_shared")(listeners.on_links)
    return app


def _authorize(identity: Json, token: str) -> Callable[..., Any]:
    """Who we are was asked once, at the start: no acknowledgement waits for Slack to say it again."""

    async def authorize(**_: Any) -> AuthorizeResult:
        return AuthorizeResult(
            enterprise_id=None,
            team_id=identity.get("team_id"),
            bot_user_id=identity.get("user_id"),
            bot_id=identity.get("bot_id"),
            bot_token=token,
        )

    return authorize


class Listeners:
    """Read, begin a turn, acknowledge once it cannot be lost. Each is over before Slack grows impatient."""

    def __init__(self, talk: Talk, unfurling: Unfurling, names: CommandNames, turns: Turns) -> None:
        self._talk = talk
        self._unfurling = unfurling
        self._names = names
        self._turns = turns

    async def on_command(self, ack: AsyncAck, body: dict[str, Any]) -> None:
        await self._take(lambda: read_command(body, self._names))
        await ack()

    async def on_click(self, ack: AsyncAck, body: dict[str, Any]) -> None:
        await self._take(lambda: read_click(body))
        await ack()

    async def on_message_menu(self, ack: AsyncAck, body: dict[str, Any]) -> None:
        await self._take(lambda: read_message_menu(body, ASSIGN_SHORTCUT))
        await ack()

    async def on_words(self, ack: AsyncAck, body: dict[str, Any]) -> None:
        await self._take(lambda: read_words(body))
        await ack()

    async def on_message(self, ack: AsyncAck, body: dict[str, Any]) -> None:
        """Only what is said between the two of us; a mention comes as an event of its own."""
        if body.get("event", {}).get("channel_type") == "im":
            await self._take(lambda: read_words(body))
        await ack()

    async def on_submission(self, ack: AsyncAck, body: dict[str, Any]) -> None:
        answer = await self._talk.submit(read_submission(body))
        await ack(**answer)

    async def on_suggestion(self, ack: AsyncAck, body: dict[str, Any]) -> None:
        """Somebody types into a menu that is searched."""
        user, typed = body.get("user", {}), str(body.get("value") or "")
        command = str(body.get("action_id") or "").partition("#")[0]
        found = await self._talk.suggest(
            str(user.get("id", "")), str(user.get("team_id") or ""), command, typed
        )
        await ack(options=[{"text": plain_text(one.label, MAX_LABEL), "value": one.value} for one in found])

    async def on_home(self, ack: AsyncAck, body: dict[str, Any]) -> None:
        """Nothing is lost with it: who opens the page again is shown it again."""
        await ack()
        try:
            self._turns.begin(self._talk.show_home(read_home(body)))
        except NotOurs:
            return

    async def on_links(self, ack: AsyncAck, body: dict[str, Any]) -> None:
        """Nobody asked for anything: an address that stays bare is as it was."""
        await ack()
        try:
            heard, links = read_links(body)
        except NotOurs:
            return
        self._turns.begin(self._unfurling.unfurl(heard, links))

    async def _take(self, read: Callable[[], Heard]) -> None:
        try:
            heard = read()
        except NotOurs:
            return
        except KeyError as missing:
            logger.warning("slack_payload_not_understood", lacks=str(missing))
            return
        await self._turns.receive(lambda taken_in: self._talk.take(heard, taken_in))
