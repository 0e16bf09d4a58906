"""The local room as a surface: what the outbox sends stands in the room, under the key of its card."""

import heapq
from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime

from bot.preview.room import MessageMissing, Place, Room, Words
from bot.preview.said import Said
from bot.surface import UNHURRIED, Addressee, Pace, Posted, Unreachable
from messages.card import Card
from messages.card_text import card_from_text
from storage.outbox_reading import ShownLetter

NAME = "preview"
TENANT = "local"


class PreviewSurface:
    """Posts into a room. People are addressed by their CRM user id, so everybody is reachable."""

    def __init__(self, room: Room) -> None:
        self._room = room

    @property
    def name(self) -> str:
        return NAME

    @property
    def tenant(self) -> str:
        return TENANT

    @property
    def pace(self) -> Pace:
        return UNHURRIED

    @property
    def can_look_up(self) -> bool:
        return True

    async def post(self, to: Addressee, key: str, card: Card, thread: Posted | None) -> Posted:
        parent = self._room.find(*_place(thread)) if thread is not None else None
        self._room.post(replace(card, key=key), Place(to.audience, parent.number if parent else None))
        return _posted(to.audience, key)

    async def update(self, posted: Posted, key: str, card: Card) -> Posted:
        conversation, _ = _place(posted)
        try:
            self._room.update(conversation, key, replace(card, key=key))
        except MessageMissing as missing:
            raise Unreachable(str(missing)) from missing
        return posted

    async def find(self, to: Addressee, key: str) -> Posted | None:
        return _posted(to.audience, key) if self._room.find(to.audience, key) is not None else None


def restore_room(room: Room, letters: Iterable[ShownLetter], said: Iterable[Said] = ()) -> None:
    """Put back what stood in a room of an earlier start; a reply whose head is gone stands by itself."""
    both: tuple[Iterable[Said | ShownLetter], ...] = (said, letters)
    for one in heapq.merge(*both, key=_moment):  # of the same second, the words come first
        match one:
            case Said():
                place = _place_in(room, one.conversation, one.head)
                room.post(Words(one.words), place, author=one.author, posted_at=one.at)
            case ShownLetter():
                card = replace(card_from_text(one.card), key=one.key)
                room.post(card, _place_in(room, one.audience, one.thread_of), posted_at=one.sent_at)


def _moment(one: Said | ShownLetter) -> datetime:
    return one.at if isinstance(one, Said) else one.sent_at


def _place_in(room: Room, conversation: str, head_key: str | None) -> Place:
    head = room.find(conversation, head_key) if head_key is not None else None
    return Place(conversation, head.number if head is not None else None)


def _posted(conversation: str, key: str) -> Posted:
    return Posted(NAME, f"{conversation}\n{key}")


def _place(posted: Posted) -> tuple[str, str]:
    conversation, _, key = posted.message.partition("\n")
    return conversation, key
