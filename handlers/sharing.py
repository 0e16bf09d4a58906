"""“Share in channel”: figures that somebody asked for alone, shown to all in a channel of the council."""

from collections.abc import Callable
from dataclasses import replace

from handlers.asking import Asked, Clicked
from handlers.capability import Words
from handlers.words import split_words
from messages.card import Button, Card, Paragraph, Person, Tone, text
from messages.reply import Reply, Visibility
from pipeline.access import WholeCompany, figures_scope
from pipeline.errors import CouncilError

LONGEST = 1_000


def offer_to_share(asked: Asked, command: str, words: Words, reply: Reply) -> Reply:
    """The reply with a button that shares it, where its figures are the company's and the channel is the
    council's: elsewhere somebody could be there who does not see them."""
    written = " ".join(f'"{word}"' for word in words)
    if not _may_share(asked) or len(written) > LONGEST or any('"' in word for word in words):
        return reply
    button = Button("Share in channel", command, written)
    return replace(reply, cards=tuple(replace(card, actions=(*card.actions, button)) for card in reply.cards))


def share(asked: Asked, clicked: Clicked, answer: Callable[[Asked, Words], Reply]) -> Reply:
    """Asks once more, as the person who shares: access and figures are those of this moment."""
    if not _may_share(asked):
        channels = ", ".join(asked.company.council.channels)
        raise CouncilError(f"The company's figures are shared in the council's channel only: {channels}.")
    reply = answer(asked, split_words(clicked.argument))
    shared = tuple(_signed(card, asked) for card in reply.cards)
    return replace(reply, cards=shared, visibility=Visibility.CHANNEL)


def _may_share(asked: Asked) -> bool:
    is_of_council = asked.where.conversation in asked.company.council.channels
    return is_of_council and isinstance(figures_scope(asked.member), WholeCompany)


def _signed(card: Card, asked: Asked) -> Card:
    """Another message than the one that was asked for, which stays as it is."""
    by = Paragraph(text("Shared by ", Person(asked.member.id, asked.member.name)), Tone.NOTE)
    return replace(card, key=f"{card.key}:shared", blocks=(*card.blocks, by))
