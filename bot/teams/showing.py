"""How a reply is shown in Teams: in the place of the message, in the personal chat, or to everybody.

Teams has no messages for one person's eyes in a channel. What is meant for the asker alone goes to the chat
between the two of us, and the channel is told so.
"""

from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass

import structlog
from botbuilder.schema import Activity

from bot.surface import DeliveryFailed, OutcomeUnknown
from bot.teams.addresses import Addresses
from bot.teams.connector import Connector
from bot.teams.files import ask_to_take
from bot.teams.heard import Heard
from bot.teams.people import TeamsPerson
from bot.teams.places import Conversation, MessagePlace, Thread
from bot.teams.posting import Posting
from bot.teams.rendering import Json, Rendering
from messages.card import Card
from messages.reply import Reply, Visibility

logger = structlog.get_logger()

IN_OUR_CHAT = "I have answered in our chat."
IN_CHANNEL = "It stands in the channel now, for everybody there."
NOT_IN_CHANNEL = "Nothing was shared: {reason}"
NO_CHAT = (
    "I cannot write to you yet. Open Apps in Teams, find me under “Built for your org”, press Add, and ask "
    "again."
)
_FAILED = (DeliveryFailed, OutcomeUnknown)
_MOST_REMEMBERED = 2_000


@dataclass(frozen=True)
class Standing:
    """An answer of ours in Teams."""

    card: Card
    place: MessagePlace
    asked_in: str = ""
    """The thread of a channel in which was asked what stands in our chat."""


class Showing:
    """Shows replies in one organisation."""

    def __init__(self, connector: Connector, addresses: Addresses, rendering: Rendering) -> None:
        self._connector = connector
        self._posting = Posting(connector)
        self._addresses = addresses
        self._rendering = rendering
        self._remembered: OrderedDict[tuple[str, str], Standing] = OrderedDict()

    async def show(self, heard: Heard, person: TeamsPerson, reply: Reply, aloud: Thread | None) -> str:
        """Everything of a reply but its form and what replaces the message that was used.

        `aloud`: where all see what is meant for all; `None` where the two of us are alone. Returns a few
        words for whoever asked: the reply's own, else where the answer stands.
        """
        quiet: list[Card] = []
        said = [reply.note]
        for card in reply.cards:
            if self.replaces(heard, reply, card):
                continue
            if reply.visibility is Visibility.CHANNEL and aloud is not None:
                said.append(await self._share(heard, card, aloud))
            elif heard.origin.is_personal:
                await self._say(card, Thread(heard.origin.conversation))
            else:
                quiet.append(card)
        file = None if reply.attachment is None else ask_to_take(reply.attachment, heard.question)
        said.append(await self._say_in_chat(heard, person, quiet, [file] if file is not None else []))
        return " ".join(words for words in said if words)

    def replaces(self, heard: Heard, reply: Reply, card: Card) -> bool:
        """Whether a card stands where the one stood whose control was used, or the form that was sent."""
        origin = heard.origin
        is_same = bool(origin.message_key) and card.key == origin.message_key
        return card is reply.cards[0] and (is_same or origin.is_form_alone)

    async def replace(self, heard: Heard, card: Card) -> None:
        """In the place of the message that was used: what all see changes for all."""
        known = self.remembered(heard)
        activities = self._rendering.activities(card, card.key, known.asked_in if known else "")
        try:
            if known is not None:
                self._remember(card, await self._posting.change(known.place, activities), known.asked_in)
                return
            origin = heard.origin
            if origin.is_form_alone:
                form = MessagePlace(origin.conversation, (origin.message,))
                self._remember(card, await self._posting.change(form, activities), "")
                return
            # a letter, whose other parts delivery changes; or it is long ago
            if origin.part < len(activities):
                await self._connector.change(origin.conversation, origin.message, activities[origin.part])
        except _FAILED as error:
            logger.info("message_not_replaced", reason=str(error))

    async def replace_by_form(self, heard: Heard, form: Json, title: str) -> None:
        """In the place of a form that stands alone: another one that does."""
        try:
            shown = self._rendering.form_message(form, title)
            await self._connector.change(heard.origin.conversation, heard.origin.message, shown)
        except _FAILED as error:
            logger.info("form_not_replaced", reason=str(error))

    def remembered(self, heard: Heard) -> Standing | None:
        """The answer of ours that stands in the message that was used, if it is not long ago."""
        return self._remembered.get((heard.origin.conversation.id, heard.origin.message))

    async def mention(self, heard: Heard, words: str) -> None:
        """A few words where it was asked; they name no deal."""
        here = heard.origin.here
        try:
            await self._connector.post(here.conversation, self._rendering.words(words), here.head)
        except _FAILED as error:
            logger.info("words_not_said", reason=str(error))

    async def show_form(self, heard: Heard, person: TeamsPerson, form: Json, title: str) -> str:
        """A form in a message of its own, for whoever asked with words; what is to be said besides."""
        return await self._say_in_chat(heard, person, [], [self._rendering.form_message(form, title)])

    async def say_to(self, heard: Heard, person: TeamsPerson, words: str) -> None:
        """A few words to whoever asked, a while after."""
        await self._say_in_chat(heard, person, [], [self._rendering.words(words)])

    # --- Ways -----------------------------------------------------------------------------------

    async def _share(self, heard: Heard, card: Card, aloud: Thread) -> str:
        """For all. Where it was asked from our chat, a few words there of what came of it."""
        try:
            await self._say(card, aloud)
        except _FAILED as error:
            logger.info("not_shared", reason=str(error))
            return NOT_IN_CHANNEL.format(reason=error)
        return IN_CHANNEL if heard.origin.is_personal else ""

    async def _say(self, card: Card, where: Thread, asked_in: str = "") -> None:
        activities = self._rendering.activities(card, card.key, asked_in)
        self._remember(card, await self._posting.post(where.conversation, activities, where.head), asked_in)

    async def _say_in_chat(
        self, heard: Heard, person: TeamsPerson, cards: Sequence[Card], others: Sequence[Activity]
    ) -> str:
        """Between the two of us, wherever it was asked. Returns what is to be said where it was."""
        if not cards and not others:
            return ""
        origin = heard.origin
        try:
            chat = await self._chat_with(heard, person)
            for card in cards:
                await self._say(card, Thread(chat), origin.here.as_text() if origin.channel else "")
            for activity in others:
                await self._connector.post(chat, activity)
        except _FAILED as error:
            logger.info("answer_not_in_chat", reason=str(error))
            return NO_CHAT
        return "" if origin.is_personal else IN_OUR_CHAT

    async def _chat_with(self, heard: Heard, person: TeamsPerson) -> Conversation:
        if heard.origin.is_personal:
            return heard.origin.conversation
        return await self._addresses.chat_with(person.object_id)

    def _remember(self, card: Card, place: MessagePlace, asked_in: str) -> None:
        for message in place.parts:
            self._remembered[place.conversation.id, message] = Standing(card, place, asked_in)
        while len(self._remembered) > _MOST_REMEMBERED:
            self._remembered.popitem(last=False)
