"""How old the records are, on what answers a question about them."""

from dataclasses import replace

from handlers.asking import Asked
from handlers.today import read_today
from messages.freshness import with_age
from messages.reply import Reply
from storage.database import reading
from storage.freshness import read_freshness


def say_age(asked: Asked, reply: Reply) -> Reply:
    """The same answer, each card of it with the age of its records. Raises `NothingPulled`."""
    day = read_today(asked.engine)
    with reading(asked.engine) as connection:
        freshness = read_freshness(connection, asked.company, as_of=day, now=asked.now)
    return replace(reply, cards=tuple(with_age(card, freshness) for card in reply.cards))
