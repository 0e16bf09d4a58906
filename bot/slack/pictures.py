"""Pictures and files: put into the workspace first, then named in a message by their ids."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from hashlib import sha256
from typing import TypeVar

import aiohttp
import structlog

from bot.slack.api import ANSWER_WITHIN_SECONDS, BlocksRefused, SlackApi
from bot.slack.places import opaque
from bot.slack.rendering import Message, Rendering
from bot.surface import DeliveryFailed, OutcomeUnknown, TryLater
from messages.card import Block, Card, Folded, Image

logger = structlog.get_logger()

PICTURE_WAITS = (1.0, 2.0, 4.0)
"""Seconds after each refusal of a message with pictures; well within the time that delivery gives."""
MOST_KEPT = 200
_RAW = {"Content-Type": "application/octet-stream"}


T = TypeVar("T")


class Pictures:
    """Uploads pictures, the same one once in a run of the program."""

    def __init__(self, api: SlackApi) -> None:
        self._api = api
        self._ids: dict[str, str] = {}

    async def show(
        self, card: Card, key: str, rendering: Rendering, show: Callable[[Sequence[Message]], Awaitable[T]]
    ) -> T:
        """Show a card with its pictures: Slack takes a moment until a new one can be shown.

        Where it takes longer, the table stands in the picture's place: figures do not wait for their looks.
        `show` raises `BlocksRefused` where nothing stands yet, and is asked again.
        """
        pictures = await self.upload_those_of(card)
        if pictures:
            for seconds in PICTURE_WAITS:
                try:
                    return await show(rendering.parts(card, key, pictures))
                except BlocksRefused:
                    logger.info("picture_not_ready", key=opaque(key))
                    await asyncio.sleep(seconds)
        return await show(rendering.parts(card, key))

    async def upload_those_of(self, card: Card) -> Mapping[str, str]:
        """Slack's file ids by the pictures' names.

        A picture that cannot be uploaded is left out, so that its table stands in its place: figures matter
        more than how they look.
        """
        found: dict[str, str] = {}
        for image in _images(card.blocks):
            try:
                found[image.name] = await self._id_of(image)
            except (DeliveryFailed, OutcomeUnknown) as error:
                logger.warning("picture_not_uploaded", picture=image.name, reason=str(error))
        return found

    async def _id_of(self, image: Image) -> str:
        fingerprint = sha256(image.png).hexdigest()
        if fingerprint not in self._ids:
            self._ids[fingerprint] = await upload(self._api, image.name, image.png, alt=image.alt)
            while len(self._ids) > MOST_KEPT:
                self._ids.pop(next(iter(self._ids)))
        return self._ids[fingerprint]


async def upload(
    api: SlackApi, name: str, content: bytes, *, alt: str = "", to: str | None = None, comment: str = ""
) -> str:
    """Put a file into the workspace; its id. `to`: share it in that conversation, with a comment.

    Raises `DeliveryFailed`, `OutcomeUnknown`.
    """
    described = {"alt_txt": alt[:1000]} if alt else {}
    target = await api.ask("files.getUploadURLExternal", filename=name, length=len(content), **described)
    await _send(api.session, str(target["upload_url"]), content)
    where = {} if to is None else {"channel_id": to, "initial_comment": comment}
    file_id = str(target["file_id"])
    await api.call("files.completeUploadExternal", files=[{"id": file_id, "title": name}], **where)
    return file_id


async def _send(session: aiohttp.ClientSession, address: str, content: bytes) -> None:
    try:
        async with (
            asyncio.timeout(ANSWER_WITHIN_SECONDS),
            session.post(address, data=content, headers=_RAW) as answer,
        ):
            if answer.status != 200:
                raise TryLater(f"Slack did not take the file (status {answer.status}).")
    except (TimeoutError, OSError, aiohttp.ClientError) as error:
        raise TryLater("Slack could not be reached with the file.") from error


def _images(blocks: tuple[Block, ...]) -> Iterator[Image]:
    for block in blocks:
        if isinstance(block, Folded):
            yield from (inner for inner in block.blocks if isinstance(inner, Image))
        elif isinstance(block, Image):
            yield block
