"""What people said is there again in the next start."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from bot.preview.room import Place, Room, Words, direct_message
from bot.preview.said import Said, SaidFile
from bot.preview.surface import restore_room
from messages.card import Card
from messages.card_text import card_to_text
from storage.outbox_reading import ShownLetter

COUNCIL = "#pipeline-council"
NINE = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
HEAD = Card("council", "Council", (), "Council")


@pytest.fixture
def file(tmp_path: Path) -> SaidFile:
    return SaidFile(tmp_path / "said.jsonl")


@pytest.fixture
def room(file: SaidFile) -> Room:
    room = Room(lambda: NINE)
    room.keep_words(file.note)
    return room


def test_words_come_back_in_the_thread_in_which_they_were_said(room: Room, file: SaidFile) -> None:
    head = room.post(HEAD, Place(COUNCIL))
    room.post(Words("A dinner?"), Place(COUNCIL, head.number), author="005A")
    again = Room(lambda: NINE)
    letter = ShownLetter("council", COUNCIL, card_to_text(HEAD), None, NINE.replace(hour=8))
    restore_room(again, [letter], file.read())
    words = again.find(COUNCIL, "council")
    assert words is not None
    reply = again.update_message(words.number + 1, HEAD)
    assert (reply.thread, reply.author, reply.posted_at) == (words.number, "005A", NINE)


def test_only_what_everybody_in_a_channel_reads_is_kept(room: Room, file: SaidFile) -> None:
    room.post(Words("/hygiene"), Place(COUNCIL), author="005A", audience=frozenset({"005A"}))
    room.post(Words("Hello"), Place(direct_message("005A")), author="005A")
    room.post(HEAD, Place(COUNCIL))
    assert list(file.read()) == []


def test_a_line_that_was_cut_off_is_left_out(file: SaidFile, tmp_path: Path) -> None:
    said = Said(conversation=COUNCIL, head=None, author="005A", words="Hello", at=NINE)
    file.note(said)
    with (tmp_path / "said.jsonl").open("a", encoding="utf-8") as lines:
        lines.write('{"conversation": "#pipe')
    assert list(file.read()) == [said]
