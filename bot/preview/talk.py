"""One turn of talk: a guest asks, the bot answers, and both stand in the room."""

import asyncio
import secrets
from dataclasses import dataclass, replace

import structlog

from bot.preview.asking import Answer
from bot.preview.room import BOT_NAME, Guest, Message, MessageMissing, Place, Room, Words, direct_message
from bot.preview.surface import NAME, TENANT
from handlers.asking import Question, Quote, Typed, Where
from messages.card import Card
from messages.problem import compose_failure
from messages.reply import Reply, Visibility

logger = structlog.get_logger()

MENTIONS = (f"@{BOT_NAME.lower()}", "@bot")


@dataclass(frozen=True)
class Talk:
    """Who answers in which room."""

    room: Room
    answer: Answer

    async def say(self, guest: Guest, place: Place, words: str, event: str) -> Reply:
        """Post what the guest typed and, where it is meant for the bot, what the bot answers.

        A command stays between the guest and the bot until the answer turns out to be for everybody.
        """
        question = _question_to_bot(guest, place, words)
        if question is None:
            self.room.post(Words(words), place, author=guest.id)
            return Reply()
        alone = frozenset({guest.id}) if words.startswith("/") else None
        asked = self.room.post(Words(words), place, author=guest.id, audience=alone)
        where = self._where(guest, place)
        reply = await self._reply(guest, question, where, event)
        if reply.visibility is Visibility.CHANNEL and asked.audience is not None:
            self.room.show_to_all(asked.number)
        self._post(guest, place, reply, None)
        return reply

    async def ask(
        self, guest: Guest, place: Place, question: Question, event: str, standing_in: int | None = None
    ) -> Reply:
        """Answer a control or a filled-in form of the message of that number."""
        message = None if standing_in is None else self._message(guest, place, standing_in)
        where = replace(self._where(guest, place), message_key=message.key if message else None)
        reply = await self._reply(guest, question, where, event)
        self._post(guest, place, reply, message)
        return reply

    async def ask_of(
        self, guest: Guest, place: Place, question: Question, event: str, number: int, quote: Quote
    ) -> Reply:
        """Answer an entry of a message's own menu; a message in no thread counts as the head of one."""
        message = self._message(guest, place, number)
        where = replace(
            self._where(guest, Place(place.conversation, message.thread or message.number)),
            message_key=message.key,
            quoted=quote,
        )
        reply = await self._reply(guest, question, where, event)
        self._post(guest, place, reply, None)
        return reply

    def _message(self, guest: Guest, place: Place, number: int) -> Message:
        message = self.room.message_for(guest, number)
        if message.conversation != place.conversation:
            raise MessageMissing("This message is not in this conversation.")
        return message

    def _where(self, guest: Guest, place: Place) -> Where:
        head = None if place.thread is None else self.room.message_for(guest, place.thread)
        return Where(NAME, place.conversation, thread_key=head.key if head else None, tenant=TENANT)

    async def _reply(self, guest: Guest, question: Question, where: Where, event: str) -> Reply:
        try:
            return await asyncio.to_thread(self.answer, guest.id, question, where, event)
        except Exception:
            reference = secrets.token_hex(4)
            logger.exception("room_answer_failed", asker=guest.id, reference=reference)
            return Reply((compose_failure(reference),))

    def _post(self, guest: Guest, place: Place, reply: Reply, control: Message | None) -> None:
        audience = None if reply.visibility is Visibility.CHANNEL else frozenset({guest.id})
        last = len(reply.cards) - 1
        for position, card in enumerate(reply.cards):
            attachment = reply.attachment if position == last else None
            if control is not None and _takes_the_place(card, control, place, audience):
                self.room.update_message(control.number, card)
            else:
                self.room.post(card, place, audience=audience, attachment=attachment)


def _takes_the_place(card: Card, control: Message, place: Place, audience: frozenset[str] | None) -> bool:
    """Whether the answer is the message itself as it stands now; what all see is never made private."""
    is_seen_by_the_same = control.audience == audience or not place.conversation.startswith("#")
    return card.key == control.key and is_seen_by_the_same


def _question_to_bot(guest: Guest, place: Place, words: str) -> Typed | None:
    """In a channel people also talk to each other: only commands and mentions are for the bot."""
    for mention in MENTIONS:
        if words.lower().startswith(mention):
            return Typed(words[len(mention) :].lstrip(" ,:"))
    if words.startswith("/") or place.conversation == direct_message(guest.id):
        return Typed(words)
    return None
