"""What the room keeps, and who sees it."""

from datetime import UTC, datetime

import pytest

from bot.preview.room import (
    MAX_MESSAGES,
    Guest,
    MessageMissing,
    Place,
    Room,
    Words,
    direct_message,
    may_enter,
)
from messages.card import Card, Paragraph, text
from messages.reply import Attachment

COUNCIL = "#pipeline-council"
NINE = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)

ANA = Guest("005A", "Ana Souza", "Reps", "Rep, EMEA")
PRIYA = Guest("005P", "Priya Raman", "Council", "Council, sales", frozenset({COUNCIL}))
SAM = Guest("005S", "Sam Okafor", "Sales operations", "Sales operations", frozenset({COUNCIL}))


def card(key: str, words: str = "Words") -> Card:
    return Card(key, words, (Paragraph(text(words)),), words)


@pytest.fixture
def room() -> Room:
    return Room(lambda: NINE)


def titles(room: Room, guest: Guest, after_change: int = 0) -> list[str]:
    return [
        message.content.text if isinstance(message.content, Words) else message.content.title
        for message in room.messages_for(guest, after_change)
    ]


class TestWhoSeesWhat:
    def test_a_channel_is_open_to_its_members_alone(self, room: Room) -> None:
        room.post(card("summary", "Summary"), Place(COUNCIL))
        assert titles(room, PRIYA) == ["Summary"]
        assert titles(room, ANA) == []

    def test_a_direct_message_is_open_to_its_guest_alone(self, room: Room) -> None:
        room.post(card("digest", "Digest"), Place(direct_message(ANA.id)))
        assert titles(room, ANA) == ["Digest"]
        assert titles(room, SAM) == []
        assert not may_enter(SAM, direct_message(ANA.id))

    def test_an_audience_holds_for_the_thread_too(self, room: Room) -> None:
        head = room.post(card("s", "For Priya"), Place(COUNCIL), audience=frozenset({PRIYA.id}))
        room.post(card("r", "A reply"), Place(COUNCIL, head.number))
        assert titles(room, PRIYA) == ["For Priya", "A reply"]
        assert titles(room, SAM) == []

    def test_an_audience_narrows_a_channel(self, room: Room) -> None:
        room.post(card("answer", "For Priya"), Place(COUNCIL), audience=frozenset({PRIYA.id}))
        assert titles(room, PRIYA) == ["For Priya"]
        assert titles(room, SAM) == []

    def test_being_in_the_audience_does_not_let_one_into_the_channel(self, room: Room) -> None:
        room.post(card("answer"), Place(COUNCIL), audience=frozenset({ANA.id}))
        assert titles(room, ANA) == []

    def test_a_reply_is_never_seen_by_somebody_who_does_not_see_its_parent(self, room: Room) -> None:
        parent = room.post(card("p", "Parent"), Place(COUNCIL), audience=frozenset({PRIYA.id}))
        room.post(card("r", "Reply"), Place(COUNCIL, parent.number))
        assert titles(room, PRIYA) == ["Parent", "Reply"]
        assert titles(room, SAM) == []

    def test_a_reply_with_an_audience_of_its_own_stays_within_its_parent_s(self, room: Room) -> None:
        parent = room.post(card("p", "Parent"), Place(COUNCIL), audience=frozenset({PRIYA.id}))
        reply = room.post(card("r"), Place(COUNCIL, parent.number), audience=frozenset({PRIYA.id, SAM.id}))
        assert reply.audience == frozenset({PRIYA.id})

    def test_what_was_shown_to_one_can_be_shown_to_all(self, room: Room) -> None:
        asked = room.post(Words("/apm"), Place(COUNCIL), author=PRIYA.id, audience=frozenset({PRIYA.id}))
        seen_before = asked.change
        room.show_to_all(asked.number)
        assert titles(room, SAM, seen_before) == ["/apm"]

    def test_showing_to_all_stays_within_the_thread_it_is_in(self, room: Room) -> None:
        parent = room.post(card("p", "Parent"), Place(COUNCIL), audience=frozenset({PRIYA.id}))
        asked = room.post(Words("/apm"), Place(COUNCIL, parent.number), author=PRIYA.id)
        room.show_to_all(asked.number)
        assert titles(room, SAM) == []

    def test_a_message_of_others_is_as_missing_as_one_that_never_was(self, room: Room) -> None:
        hidden = room.post(card("digest"), Place(direct_message(ANA.id)))
        with pytest.raises(MessageMissing) as for_sam:
            room.message_for(SAM, hidden.number)
        with pytest.raises(MessageMissing) as for_nobody:
            room.message_for(SAM, 999)
        assert str(for_sam.value) == str(for_nobody.value)
        assert room.message_for(ANA, hidden.number) == hidden


class TestPosting:
    def test_only_what_changed_since_is_told(self, room: Room) -> None:
        first = room.post(card("1", "First"), Place(COUNCIL))
        room.post(card("2", "Second"), Place(COUNCIL))
        assert titles(room, PRIYA, first.change) == ["Second"]

    def test_an_update_replaces_the_latest_card_of_its_key_in_place(self, room: Room) -> None:
        room.post(card("k", "Old, earlier"), Place(COUNCIL))
        posted = room.post(card("k", "Old"), Place(COUNCIL))
        changed = room.update(COUNCIL, "k", card("k", "New"))
        assert changed.number == posted.number
        assert changed.is_edited
        assert titles(room, PRIYA) == ["Old, earlier", "New"]

    def test_a_message_is_known_by_the_key_of_its_letter_before_its_card_s(self, room: Room) -> None:
        posted = room.post(card("council", "Old"), Place(COUNCIL), key="council@pipeline-council")
        room.post(card("council", "Another"), Place(COUNCIL))
        assert room.find(COUNCIL, "council@pipeline-council") == posted
        assert room.find(direct_message(ANA.id), "council@pipeline-council") is None
        room.update(COUNCIL, "council@pipeline-council", card("council", "New"))
        assert titles(room, PRIYA) == ["Another", "New"]

    def test_an_update_of_a_message_that_is_not_there_says_which(self, room: Room) -> None:
        with pytest.raises(MessageMissing, match="'k' is in #pipeline-council"):
            room.update(COUNCIL, "k", card("k"))

    def test_a_thread_hangs_on_a_message_of_its_conversation(self, room: Room) -> None:
        parent = room.post(card("p"), Place(COUNCIL))
        reply = room.post(card("r"), Place(COUNCIL, parent.number))
        assert reply.thread == parent.number
        for place in (
            Place(direct_message(ANA.id), parent.number),
            Place(COUNCIL, 999),
            Place(COUNCIL, reply.number),
        ):
            with pytest.raises(MessageMissing, match="thread"):
                room.post(card("r"), place)

    def test_a_file_stays_with_its_message(self, room: Room) -> None:
        file = Attachment("deals.csv", b"a\n")
        posted = room.post(card("c"), Place(COUNCIL), attachment=file)
        assert room.message_for(PRIYA, posted.number).attachment == file

    def test_listeners_hear_of_each_change_until_they_stop(self, room: Room) -> None:
        heard: list[str] = []
        stop = room.on_change(lambda: heard.append("change"))
        room.post(card("k"), Place(COUNCIL))
        room.update(COUNCIL, "k", card("k"))
        stop()
        room.post(card("k"), Place(COUNCIL))
        assert heard == ["change", "change"]

    def test_the_oldest_messages_leave_with_their_threads(self, room: Room) -> None:
        oldest = room.post(card("0", "Oldest"), Place(COUNCIL))
        room.post(card("r", "Reply to the oldest"), Place(COUNCIL, oldest.number))
        for number in range(MAX_MESSAGES - 1):
            room.post(card(str(number)), Place(COUNCIL))
        kept = titles(room, PRIYA)
        assert len(kept) == MAX_MESSAGES - 1
        assert "Oldest" not in kept
        assert "Reply to the oldest" not in kept
