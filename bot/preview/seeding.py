"""What stands in the room when it opens: posts that the bot would have made before."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from bot.preview.room import Place, Room
from messages.card import Card


@dataclass(frozen=True)
class SeededPost:
    """Cards in one conversation, at one time; `replies` stand in the thread of the last card."""

    conversation: str
    cards: tuple[Card, ...]
    posted_at: datetime
    audience: frozenset[str] | None = None
    """Guest ids; `None` is everybody in the conversation."""
    replies: tuple[Card, ...] = ()

    def __post_init__(self) -> None:
        if not self.cards:
            raise ValueError(f"a post to {self.conversation} needs a card")


def seed_room(room: Room, posts: Iterable[SeededPost]) -> None:
    """Post them all, the earliest first."""
    for post in sorted(posts, key=lambda post: post.posted_at):
        place = Place(post.conversation)
        posted = [
            room.post(card, place, audience=post.audience, posted_at=post.posted_at) for card in post.cards
        ]
        thread = Place(post.conversation, posted[-1].number)
        for reply in post.replies:
            room.post(reply, thread, audience=post.audience, posted_at=post.posted_at)
