"""How a reply is shown in Teams: in the place of the message, in the personal chat, or to everybody.

Teams has no messages for one person's eyes in a channel. What is meant for the asker alone goes to the chat
between the two of us, and the channel is told so.
"""

from collections import OrderedDict
from collections.abc import Sequence

import structlog
from botbuilder.schema import Activity

from bot.surface import DeliveryFailed, OutcomeUnknown
from bot.teams.addresses import Addresses
from bot.teams.connector import Connector
from bot.teams.files import ask_to_take
from bot.teams.heard import Heard
from bot.teams.people import TeamsPerson
from bot.teams.places import Conversation
from bot.teams.rendering import Json, Rendering
from messages.card import Card
from messages.reply import Reply, Visibility

logger = structlog.get_logger()

IN_OUR_CHAT = "I have answered in our chat."
NO_CHAT = (
    "I cannot write to you yet. Open Apps in Teams, find me under “Built for your org”, press Add, and ask "
    "again."
)
_FAILED = (DeliveryFailed, OutcomeUnknown)
_MOST_REMEMBERED = 2_000


class Showing:
    """Shows replies in one organisation."""

    def __init__(self, connector: Connector, addresses: Addresses, rendering: Rendering) -> None:
        self._connector = connector
        self._addresses = addresses
        self._rendering = rendering
        self._remembered: OrderedDict[tuple[str, str], Card] = OrderedDict()

    async def show(self, heard: Heard, person: TeamsPerson, reply: Reply) -> str:
        """Everything of a reply but its form and what replaces the message that was used.

        Returns a few words for whoever asked: the reply's own, else where the answer stands.
        """
        quiet: list[Activity] = []
        for card in reply.cards:
            if self.replaces(heard, reply, card):
                continue
            activities = self._rendering.activities(card, card.key)
            if reply.visibility is Visibility.CHANNEL and not heard.origin.is_personal:
                await self._say_aloud(heard, card, activities)
            elif heard.origin.is_personal:
                await self._say_here(heard, card, activities)
            else:
                quiet.extend(activities)
        if reply.attachment is not None:
            quiet.append(ask_to_take(reply.attachment, heard.question))
        where = await self._say_in_chat(heard, person, quiet) if quiet else ""
        return " ".join(words for words in (reply.note, where) if words)

    def replaces(self, heard: Heard, reply: Reply, card: Card) -> bool:
        """Whether a card stands where the one stood whose control was used."""
        return (
            bool(heard.origin.message_key) and card is reply.cards[0] and card.key == heard.origin.message_key
        )

    async def replace(self, heard: Heard, card: Card) -> None:
        """In the place of the message that was used: what all see changes for all."""
        activities = self._rendering.activities(card, card.key)
        try:
            here = heard.origin.conversation
            await self._connector.change(here, heard.origin.message, activities[0])
            self._remember(here, heard.origin.message, card)
            for further in activities[1:]:
                await self._connector.post(here, further, heard.origin.thread or None)
        except _FAILED as error:
            logger.info("message_not_replaced", reason=str(error))

    def remembered(self, heard: Heard) -> Card | None:
        """The answer of ours that stands in the message that was used, if it is not long ago."""
        return self._remembered.get((heard.origin.conversation.id, heard.origin.message))

    async def mention(self, heard: Heard, words: str) -> None:
        """A few words where it was asked; they name no deal."""
        try:
            await self._connector.post(
                heard.origin.conversation, self._rendering.words(words), _thread_of(heard)
            )
        except _FAILED as error:
            logger.info("words_not_said", reason=str(error))

    async def show_form(self, heard: Heard, person: TeamsPerson, form: Json, title: str) -> str:
        """A form in a message of its own, for whoever asked with words; what is to be said besides."""
        return await self._say_in_chat(heard, person, [self._rendering.form_message(form, title)])

    async def say_to(self, heard: Heard, person: TeamsPerson, words: str) -> None:
        """A few words to whoever asked, a while after."""
        await self._say_in_chat(heard, person, [self._rendering.words(words)])

    # --- Ways -----------------------------------------------------------------------------------

    async def _say_here(self, heard: Heard, card: Card, activities: Sequence[Activity]) -> None:
        here = heard.origin.conversation
        for activity in activities:
            message = await self._connector.post(here, activity)
            self._remember(here, message, card)

    async def _say_aloud(self, heard: Heard, card: Card, activities: Sequence[Activity]) -> None:
        here = heard.origin.conversation
        for activity in activities:
            message = await self._connector.post(here, activity, _thread_of(heard))
            self._remember(here, message, card)

    async def _say_in_chat(self, heard: Heard, person: TeamsPerson, activities: Sequence[Activity]) -> str:
        try:
            chat = (
                heard.origin.conversation
                if heard.origin.is_personal
                else await self._addresses.chat_with(person.object_id)
            )
            for activity in activities:
                await self._connector.post(chat, activity)
        except _FAILED as error:
            logger.info("answer_not_in_chat", reason=str(error))
            return NO_CHAT
        return "" if heard.origin.is_personal else IN_OUR_CHAT

    def _remember(self, here: Conversation, message: str, card: Card) -> None:
        self._remembered[here.id, message] = card
        while len(self._remembered) > _MOST_REMEMBERED:
            self._remembered.popitem(last=False)


def _thread_of(heard: Heard) -> str | None:
    """An answer stands where it was asked for: in the thread, which what is said in a channel begins."""
    if not heard.origin.channel:
        return None
    return heard.origin.thread or heard.origin.message or None
