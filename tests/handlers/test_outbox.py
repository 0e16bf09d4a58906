"""What sales operations decide about messages in trouble, and what people read of what was held back."""

from datetime import UTC, datetime

import pytest
from sqlalchemy import Engine, select

from crm.demo import DemoCrm
from handlers.asking import Asked, Clicked, Desk, Where
from handlers.outbox import answer_held, answer_outbox, give_letter_up, send_letter_again
from messages.card import Card, Paragraph, text
from messages.card_text import card_to_text
from messages.render.terminal import render_text
from pipeline.access import Member, Role
from pipeline.company import Company
from pipeline.definitions import CouncilDefinition, Definitions, PeopleDefinition
from pipeline.errors import AccessDenied, CouncilError
from pipeline.hygiene.definition import HygieneDefinition
from pipeline.letters import LetterState
from storage.chat_access import note_refusal
from storage.chat_tables import audit, outbox
from storage.database import reading, writing
from storage.outbox import Letter, put_letter

NOW = datetime(2026, 11, 24, 9, tzinfo=UTC)
COMPANY = Company(Definitions(), HygieneDefinition(), PeopleDefinition(), CouncilDefinition())
OPS = Member("005O", "Oz Ops", frozenset({Role.OPERATIONS}))
ANA = Member("005A", "Ana Lind", frozenset({Role.REP}))


def asked(engine: Engine, member: Member) -> Asked:
    return Asked(Desk(engine, COMPANY, DemoCrm(NOW.date(), 1)), member, Where(), NOW)


@pytest.fixture
def failed(database: Engine) -> Engine:
    put(database, "digest:1", LetterState.FAILED)
    return database


def put(engine: Engine, key: str, state: LetterState) -> None:
    card = card_to_text(Card(key, key, (Paragraph(text("Words.")),), key))
    with writing(engine) as connection:
        put_letter(connection, Letter(key=key, kind="digest", audience="@005A", card=card), NOW)
        connection.execute(outbox.update().where(outbox.c.key == key).values(state=state.value))


def state_of(engine: Engine, key: str) -> str:
    with reading(engine) as connection:
        state: str = connection.execute(select(outbox.c.state).where(outbox.c.key == key)).scalar_one()
        return state


def acts(engine: Engine) -> list[tuple[str, str, str]]:
    with reading(engine) as connection:
        return [(row.by, row.act, row.object) for row in connection.execute(select(audit))]


def test_operations_see_trouble_and_send_it_again_on_record(failed: Engine) -> None:
    assert answer_outbox(asked(failed, OPS), ()).cards[0].title == "1 message is in trouble"
    send_letter_again(asked(failed, OPS), Clicked("outbox_send", "digest:1"))
    assert state_of(failed, "digest:1") == "pending"
    assert acts(failed) == [("005O", "letter_send_again", "letter:digest:1")]
    assert answer_outbox(asked(failed, OPS), ()).cards[0].title == "Nothing is in trouble"


def test_what_was_decided_is_not_decided_twice(failed: Engine) -> None:
    give_letter_up(asked(failed, OPS), Clicked("outbox_drop", "digest:1"))
    with pytest.raises(CouncilError, match="somebody decided already"):
        send_letter_again(asked(failed, OPS), Clicked("outbox_send", "digest:1"))
    assert state_of(failed, "digest:1") == "dropped"
    assert len(acts(failed)) == 1


def test_nobody_else_sees_or_decides(failed: Engine) -> None:
    with pytest.raises(AccessDenied):
        answer_outbox(asked(failed, ANA), ())
    for decide in (send_letter_again, give_letter_up):
        with pytest.raises(AccessDenied):
            decide(asked(failed, ANA), Clicked("outbox_send", "digest:1"))
    assert state_of(failed, "digest:1") == "failed"


def test_people_read_what_was_held_back_from_them_alone(database: Engine) -> None:
    put(database, "digest:1", LetterState.HELD)
    titles = [card.title for card in answer_held(asked(database, ANA), ()).cards]
    assert titles == ["Held back to spare you", "digest:1"]
    assert answer_held(asked(database, OPS), ()).cards[0].title == "Nothing was held back"


def test_a_message_for_which_no_sender_comes_back_may_have_arrived(database: Engine) -> None:
    put(database, "digest:1", LetterState.SENDING)
    put(database, "digest:2", LetterState.SENDING)
    with writing(database) as connection:
        for key, seconds in (("digest:1", 0), ("digest:2", 1)):
            until = int(NOW.timestamp()) + seconds
            held = outbox.update().where(outbox.c.key == key)
            connection.execute(held.values(surface="teams", claimed_by="gone", claimed_until=until))
    shown = answer_outbox(asked(database, OPS), ()).cards[0]
    assert shown.title == "1 message is in trouble"
    assert "The program ended while the message was on its way." in shown.fallback
    send_letter_again(asked(database, OPS), Clicked("outbox_send", "digest:1"))
    assert state_of(database, "digest:1") == "pending"
    with pytest.raises(CouncilError, match="in trouble no more"):
        send_letter_again(asked(database, OPS), Clicked("outbox_send", "digest:2"))


def test_operations_see_first_that_a_platform_does_not_let_us_in(failed: Engine) -> None:
    with writing(failed) as connection:
        note_refusal(connection, "slack", "Slack does not accept the app's token.", NOW)
        put_letter(connection, Letter(key="digest:9", kind="digest", audience="@005A", card=""), NOW)
    shown = answer_outbox(asked(failed, OPS), ()).cards[0]
    assert shown.title == "Slack does not let me in"
    words = render_text(shown)
    assert "Slack does not accept the app's token." in words
    assert "1 message waits" in words
    assert "digest to 005A" in words
