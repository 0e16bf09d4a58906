"""The local room as a surface: what the outbox sends stands in the room, under the key of its card."""

from collections.abc import Iterable
from dataclasses import replace

from bot.preview.room import MessageMissing, Place, Room
from bot.surface import UNHURRIED, Addressee, Pace, Posted, Unreachable
from messages.card import Card
from messages.card_text import card_from_text
from storage.outbox_reading import ShownLetter

NAME = "preview"


class PreviewSurface:
    """Posts into a room. People are addressed by their CRM user id, so everybody is reachable."""

    def __init__(self, room: Room) -> None:
        self._room = room

    @property
    def name(self) -> str:
        return NAME

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

    async def update(self, posted: Posted, key: str, card: Card) -> None:
        conversation, _ = _place(posted)
        try:
            self._room.update(conversation, key, replace(card, key=key))
        except MessageMissing as missing:
            raise Unreachable(str(missing)) from missing

    async def find(self, to: Addressee, key: str) -> Posted | None:
        return _posted(to.audience, key) if self._room.find(to.audience, key) is not None else None


def restore_room(room: Room, letters: Iterable[ShownLetter]) -> None:
    """Put back what stood in a room of an earlier start; a reply whose head is gone stands by itself."""
    for letter in letters:
        head = room.find(letter.audience, letter.thread_of) if letter.thread_of is not None else None
        place = Place(letter.audience, head.number if head is not None else None)
        card = replace(card_from_text(letter.card), key=letter.key)
        room.post(card, place, posted_at=letter.sent_at)


def _posted(conversation: str, key: str) -> Posted:
    return Posted(NAME, f"{conversation}\n{key}")


def _place(posted: Posted) -> tuple[str, str]:
    conversation, _, key = posted.message.partition("\n")
    return conversation, key
