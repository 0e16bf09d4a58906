"""How a reply is shown in Slack: in the place of the message, to the asker alone, or to everybody."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

import aiohttp
import structlog

from bot.slack.addresses import Addresses
from bot.slack.api import INVALID_BLOCKS, BlocksRefused, SlackApi
from bot.slack.heard import ASK_AGAIN, Heard
from bot.slack.pictures import Pictures, upload
from bot.slack.rendering import Message, Rendering
from bot.surface import DeliveryFailed, OutcomeUnknown, Unreachable
from handlers.asking import Typed
from messages.card import Button, Buttons, Card, Paragraph, text
from messages.reply import Attachment, Reply, Visibility

logger = structlog.get_logger()

MAX_HOME_BLOCKS = 100
_RESPOND_WITHIN = aiohttp.ClientTimeout(total=20)


class Showing:
    """Shows replies in one workspace."""

    def __init__(self, api: SlackApi, addresses: Addresses, rendering: Rendering) -> None:
        self._rendering = rendering
        self._api = api
        self._addresses = addresses
        self._pictures = Pictures(api)

    async def show(self, heard: Heard, reply: Reply) -> None:
        """Everything of a reply but its form."""
        for position, card in enumerate(reply.cards):
            is_replacement = position == 0 and card.key == heard.origin.message_key

            async def show_all(messages: Sequence[Message], takes_place: bool = is_replacement) -> None:
                if takes_place and len(messages) == 1:
                    await self._replace(heard, messages[0])
                else:
                    await self._say(heard, messages, reply.visibility)

            await self._pictures.show(card, card.key, self._rendering, show_all)
        if reply.note:
            await self._mention(heard, reply.note)
        if reply.attachment is not None:
            await self._hand_over(heard, reply.attachment)

    async def show_home(self, user: str, cards: Sequence[Card]) -> None:
        """A person's own page. What Slack has no room for is said, and where it is."""
        blocks: list[Mapping[str, Any]] = []
        for card in cards:
            (message, *further) = self._rendering.parts(card, card.key)
            for part in (message, *further):
                blocks += part["blocks"]
        if len(blocks) > MAX_HOME_BLOCKS:
            blocks = [
                *blocks[: MAX_HOME_BLOCKS - 1],
                _note(self._rendering.words("There is more: type /hygiene or /actions.")),
            ]
        view = {"type": "home", "blocks": [_without_id(block) for block in blocks]}
        await self._api.call("views.publish", user_id=user, view=view)

    async def offer_form_again(self, heard: Heard, title: str) -> None:
        """Slack lets a form open for three seconds only: where they were over, one press more does it."""
        words = "Slack had closed the door before the form was there."
        typed = heard.question.text if isinstance(heard.question, Typed) else ""
        if not typed:
            await self._mention(heard, f"{words} Please press the button once more.")
            return
        again = Buttons((Button(f"Open “{title[:50]}”", ASK_AGAIN, typed[:1500]),))
        card = Card(
            "form_again", "One more press", (Paragraph(text(words)), again), f"{words} Press once more."
        )
        await self._say(heard, self._rendering.parts(card, card.key), Visibility.ASKER)

    # --- Ways -----------------------------------------------------------------------------------

    async def _replace(self, heard: Heard, message: Message) -> None:
        """In the place of the message that was used: what all see changes for all."""
        if await self._respond(heard, {**message, "replace_original": True}):
            return
        try:
            place = {"channel": heard.origin.channel, "ts": heard.origin.message}
            await self._api.call("chat.update", **place, **message)
        except BlocksRefused:
            raise
        except (DeliveryFailed, OutcomeUnknown) as error:
            logger.info("message_not_replaced", reason=str(error))
            await self._say_quietly(heard, message)

    async def _say(self, heard: Heard, messages: Sequence[Message], visibility: Visibility) -> None:
        """All parts of a card. What stands already is not said again where a further part is refused."""
        say = self._say_aloud if visibility is Visibility.CHANNEL else self._say_quietly
        first, *further = messages
        await say(heard, first)
        for message in further:
            try:
                await say(heard, message)
            except BlocksRefused as refused:
                raise Unreachable(f"A further part was refused: {refused}") from refused

    async def _say_aloud(self, heard: Heard, message: Message) -> None:
        try:
            await self._post(heard.origin.channel, _thread_of(heard), message)
        except BlocksRefused:
            raise
        except (DeliveryFailed, OutcomeUnknown) as error:
            logger.info("answer_not_posted", reason=str(error))
            if not await self._respond(heard, {**message, "response_type": "in_channel"}):
                await self._say_quietly(heard, message)

    async def _say_quietly(self, heard: Heard, message: Message) -> None:
        """To the asker alone; between the two of us it simply stands there."""
        if heard.origin.channel.startswith("D") or not heard.origin.channel:
            await self._write_to(heard.user, heard, message)
            return
        quiet = {**message, "response_type": "ephemeral", "replace_original": False}
        if not await self._respond(heard, quiet) and not await self._whisper(heard, message):
            await self._write_to(heard.user, heard, message)

    async def _mention(self, heard: Heard, note: str) -> None:
        """A few words that pass, and leave no message behind where Slack can do that."""
        words = self._rendering.words(note)
        quiet = {"text": words, "response_type": "ephemeral", "replace_original": False}
        if await self._respond(heard, quiet):
            return
        if not heard.origin.channel or not await self._whisper(heard, {"text": words}):
            await self._write_to(heard.user, heard, {"text": words})

    async def _whisper(self, heard: Heard, message: Message) -> bool:
        thread = heard.origin.thread  # never one to be begun: Slack shows a whisper in it to nobody
        try:
            await self._api.call(
                "chat.postEphemeral",
                channel=heard.origin.channel,
                user=heard.user,
                **message,
                **({"thread_ts": thread} if thread else {}),
            )
        except BlocksRefused:
            raise
        except (DeliveryFailed, OutcomeUnknown) as error:  # we are not in that channel, say
            logger.info("answer_not_whispered", reason=str(error))
            return False
        return True

    async def _write_to(self, user: str, heard: Heard, message: Message) -> None:
        """In the conversation with this person, whatever a form says of where it was opened."""
        channel = await self._addresses.direct_with(user)
        thread = heard.origin.thread if channel == heard.origin.channel else ""
        await self._post(channel, thread, message)

    async def _post(self, channel: str, thread: str, message: Message) -> None:
        await self._api.call(
            "chat.postMessage",
            channel=channel,
            **message,
            unfurl_links=False,
            unfurl_media=False,
            **({"thread_ts": thread} if thread else {}),
        )

    async def _respond(self, heard: Heard, payload: Message) -> bool:
        """False where there is no address to answer at (any more): Slack takes five answers in half an hour.

        Raises `BlocksRefused`.
        """
        address = heard.origin.response_url
        if not self._api.may_answer_at(address):  # it comes back with a form, where anybody could put another
            return False
        thread = heard.origin.thread  # else an answer in a thread would stand beside it
        shown = {**payload, "thread_ts": thread} if thread else payload
        try:
            async with self._api.session.post(address, json=shown, timeout=_RESPOND_WITHIN) as answer:
                refusal = _refusal(answer.status, await answer.text())
        except (TimeoutError, OSError, aiohttp.ClientError) as error:
            refusal = type(error).__name__
        if refusal == INVALID_BLOCKS:
            raise BlocksRefused("Slack did not accept how the answer is built.")
        if refusal:
            logger.info("response_not_taken", reason=refusal)
        return not refusal

    async def _hand_over(self, heard: Heard, attachment: Attachment) -> None:
        """A file goes to the asker alone, into the conversation with us."""
        try:
            channel = await self._addresses.direct_with(heard.user)
            await upload(
                self._api, attachment.name, attachment.content, to=channel, comment="Here is the file."
            )
        except (DeliveryFailed, OutcomeUnknown) as error:
            logger.warning("file_not_handed_over", reason=str(error))
            await self._mention(heard, "Slack did not take the file. Please ask once more.")
            return
        if heard.origin.channel != channel:
            await self._mention(heard, "The file is in our conversation, under Messages.")


def _refusal(status: int, body: str) -> str:
    """Why an answer was not taken, empty where it was. Slack says `ok`, as a word or in JSON; `used_url`,
    `expired_url` and the like as a word, or as the `error` of JSON that comes with any status."""
    try:
        said = json.loads(body)
    except ValueError:
        said = None
    if not isinstance(said, dict):
        return "" if status == 200 and body.strip() == "ok" else body.strip()[:40] or f"status {status}"
    if status == 200 and said.get("ok") is True:
        return ""
    return str(said.get("error") or f"status {status}")


def _thread_of(heard: Heard) -> str:
    """An answer stands where it was asked for: in the thread, which what is said aloud begins."""
    return heard.origin.thread or (heard.origin.message if heard.is_aloud else "")


def _note(words: str) -> Mapping[str, Any]:
    return {"type": "context", "elements": [{"type": "plain_text", "text": words}]}


def _without_id(block: Mapping[str, Any]) -> Mapping[str, Any]:
    """The parts of a card have one id between them, and a page wants each once."""
    return {name: value for name, value in block.items() if name != "block_id" or block["type"] == "input"}
