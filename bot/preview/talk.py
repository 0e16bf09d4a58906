"""One turn of talk: a guest asks, the bot answers, and both stand in the room."""

import asyncio
import secrets

import structlog

from bot.preview.asking import Answer
from bot.preview.room import BOT_NAME, Guest, Place, Room, Words, direct_message
from handlers.asking import Question, Typed, Where
from messages.card import Card, Form
from messages.problem import compose_failure
from messages.reply import Reply, Visibility

logger = structlog.get_logger()

MENTIONS = (f"@{BOT_NAME.lower()}", "@bot")


async def say(room: Room, answer: Answer, guest: Guest, place: Place, words: str) -> Form | None:
    """Post what the guest typed and, where it is meant for the bot, what the bot answers.

    A command stays between the guest and the bot until the answer turns out to be for everybody.
    """
    question = _question_to_bot(guest, place, words)
    if question is None:
        room.post(Words(words), place, author=guest.id)
        return None
    alone = frozenset({guest.id}) if words.startswith("/") else None
    asked = room.post(Words(words), place, author=guest.id, audience=alone)
    reply = await _reply(answer, guest, question, _where(room, guest, place))
    if reply.visibility is Visibility.CHANNEL and asked.audience is not None:
        room.show_to_all(asked.number)
    return _post_reply(room, guest, place, reply)


async def ask(room: Room, answer: Answer, guest: Guest, place: Place, question: Question) -> Form | None:
    """Answer a click or a filled-in form; a form comes back where there is something (more) to fill in."""
    where = _where(room, guest, place)
    return _post_reply(room, guest, place, await _reply(answer, guest, question, where))


def _question_to_bot(guest: Guest, place: Place, words: str) -> Typed | None:
    """In a channel people also talk to each other: only commands and mentions are for the bot."""
    for mention in MENTIONS:
        if words.lower().startswith(mention):
            return Typed(words[len(mention) :].lstrip(" ,:"))
    if words.startswith("/") or place.conversation == direct_message(guest.id):
        return Typed(words)
    return None


def _where(room: Room, guest: Guest, place: Place) -> Where:
    head = room.message_for(guest, place.thread).content if place.thread is not None else None
    return Where("preview", place.conversation, thread_key=head.key if isinstance(head, Card) else None)


async def _reply(answer: Answer, guest: Guest, question: Question, where: Where) -> Reply:
    try:
        return await asyncio.to_thread(answer, guest.id, question, where)
    except Exception:
        reference = secrets.token_hex(4)
        logger.exception("room_answer_failed", asker=guest.id, reference=reference)
        return Reply((compose_failure(reference),))


def _post_reply(room: Room, guest: Guest, place: Place, reply: Reply) -> Form | None:
    audience = None if reply.visibility is Visibility.CHANNEL else frozenset({guest.id})
    last = len(reply.cards) - 1
    for position, card in enumerate(reply.cards):
        attachment = reply.attachment if position == last else None
        room.post(card, place, audience=audience, attachment=attachment)
    return reply.form
