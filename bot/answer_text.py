"""An answer that waits to be shown, as text and back: what another process tells should this one die."""

import json
from collections.abc import Sequence

from bot.event_text import Happening
from handlers.asking import Submitted
from messages.card import Card
from messages.card_text import UnreadableCard, card_from_text, card_to_text
from messages.reply import Reply
from messages.resumed import compose_late_answer


def answer_to_text(event: str, happening: Happening, reply: Reply) -> str:
    """The cards by which the reply is told late."""
    return json.dumps([card_to_text(card) for card in late_answer(event, happening, reply)])


def answer_from_text(text: str) -> tuple[Card, ...]:
    """Raises `UnreadableCard` for a text that another version wrote in another way."""
    try:
        return tuple(card_from_text(card) for card in json.loads(text))
    except (ValueError, TypeError, AttributeError) as error:
        raise UnreadableCard(f"A stored answer cannot be read by this version: {error}") from error


def late_answer(event: str, happening: Happening, reply: Reply) -> Sequence[Card]:
    """The reply as messages of their own."""
    was_form = isinstance(happening.question, Submitted)
    return compose_late_answer(answer_key(event), reply, asked=happening.words, was_form=was_form)


def answer_key(event: str) -> str:
    """Of the first message that answers late; the outbox takes each key once."""
    return f"answer:{event}"
