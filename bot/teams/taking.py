"""Somebody takes a file that they were offered: it is made anew, for them, and put into their drive."""

from collections.abc import Mapping
from dataclasses import replace

import aiohttp
import structlog

from bot.surface import DeliveryFailed, OutcomeUnknown
from bot.teams.connector import Connector
from bot.teams.files import DRIVES, put_file, question_in, read_upload, show_file
from bot.teams.heard import Json, NotOurs, read_place
from bot.teams.places import Conversation
from bot.teams.rendering import Rendering
from bot.teams.talk import Talk

logger = structlog.get_logger()

NOT_TAKEN = "Your drive did not take the file. Please ask for it once more."


class Taking:
    """Hands files over in one organisation."""

    def __init__(
        self,
        session: aiohttp.ClientSession,
        connector: Connector,
        talk: Talk,
        rendering: Rendering,
        drives: tuple[str, ...] = DRIVES,
    ) -> None:
        """`drives`: how the hosts end that a file may be sent to."""
        self._session = session
        self._connector = connector
        self._talk = talk
        self._rendering = rendering
        self._drives = drives

    async def hand_over(self, activity: Json) -> None:
        """A `fileConsent/invoke`. A file that is not wanted is forgotten: nothing was kept of it."""
        value = activity.get("value")
        if not isinstance(value, Mapping) or (upload := read_upload(value)) is None:
            return
        context = value.get("context")
        question = question_in(context) if isinstance(context, Mapping) else None
        try:
            heard = read_place(activity)
        except NotOurs:
            return
        if question is None:
            return
        reply = await self._talk.look_up(replace(heard, question=question))
        here = heard.origin.conversation
        try:
            if reply.attachment is None:  # what they may see has changed in between, say
                words = " ".join(card.fallback for card in reply.cards) or reply.note or NOT_TAKEN
                await self._say(here, words)
                return
            await put_file(self._session, upload, reply.attachment.content, self._drives)
            await self._connector.post(here, show_file(upload))
        except (DeliveryFailed, OutcomeUnknown) as error:
            logger.warning("file_not_handed_over", reason=str(error))
            await self._say(here, NOT_TAKEN)

    async def _say(self, here: Conversation, words: str) -> None:
        try:
            await self._connector.post(here, self._rendering.words(words))
        except (DeliveryFailed, OutcomeUnknown) as error:
            logger.info("words_not_said", reason=str(error))
