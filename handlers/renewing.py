"""An answer in which somebody did something: as it is afterwards, in its own place.

What the outbox sent is revised there. An answer to a question is no letter, so it comes along with the reply.
"""

from contextlib import suppress
from dataclasses import replace

from handlers import home, hygiene, person_hygiene
from handlers.asking import Asked, Clicked
from messages.card import Card
from messages.home import HOME
from messages.hygiene import person_of_key
from messages.reply import Reply
from pipeline.errors import CouncilError


def with_answer_renewed(asked: Asked, reply: Reply) -> Reply:
    """The reply with the answer that it was asked from; unchanged where that was none that changes."""
    key = asked.where.message_key
    if key is None or reply.form is not None:
        return reply
    return replace(reply, cards=(*_again(asked, key), *reply.cards))


def _again(asked: Asked, key: str) -> tuple[Card, ...]:
    """Nothing where the same question has no answer any more."""
    with suppress(CouncilError):
        if key == HOME:
            return home.answer_home(asked, ()).cards
        person = person_of_key(key)
        if person == asked.member.id:
            return _of_key(hygiene.answer_hygiene(asked, ()), key)
        if person is not None:
            return _of_key(person_hygiene.open_person(asked, Clicked(person_hygiene.OPEN, person)), key)
    return ()


def _of_key(reply: Reply, key: str) -> tuple[Card, ...]:
    return tuple(card for card in reply.cards if card.key == key)
