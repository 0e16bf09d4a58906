"""What was interrupted is taken up once, and whoever asked is told what became of it."""

import asyncio
import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select
from structlog.testing import capture_logs

from bot.app import Council, open_desk, open_read_only_desk
from bot.dispatch import Dispatch
from bot.event_text import Happening, event_to_text
from bot.resuming import Resuming
from handlers.asking import Clicked, Question, Submitted, Typed, Where
from messages.card import Card
from messages.card_text import card_from_text
from messages.render.terminal import render_text
from pipeline.crm_records import FieldKind
from storage.chat_tables import audit, inbox, outbox
from storage.database import reading, writing
from storage.inbox import Received, claim_unfinished, finish_event, receive_event
from storage.write_intents import WriteIntent, close_intent, open_intent
from tests.bot.small_company import open_pulled_company

NOW = datetime(2026, 5, 15, 12, tzinfo=UTC)
LATER = NOW + timedelta(minutes=6)
ANA, EVENT = "005A", "click-1"


@pytest.fixture
def council(tmp_path: Path) -> Iterator[Council]:
    council = open_pulled_company(tmp_path, NOW)
    yield council
    council.engine.dispose()


def leave_behind(council: Council, question: Question | str, who: str = ANA, event: str = EVENT) -> None:
    """An event whose process died right after it was taken in; words are its text itself."""
    content = question if isinstance(question, str) else event_to_text(Happening(who, question, Where()))
    with writing(council.engine) as connection:
        receive_event(connection, event, content, NOW)


def resume(council: Council, now: datetime = LATER) -> bool:
    return Resuming(Dispatch(open_desk(council, now), lambda: now)).resume_next()


def letters(council: Council) -> dict[str, tuple[str, Card]]:
    """To whom each answer goes, and what it is."""
    with reading(council.engine) as connection:
        rows = connection.execute(select(outbox).where(outbox.c.kind == "answer")).all()
    return {row.key: (row.audience, card_from_text(row.card)) for row in rows}


def told(council: Council) -> str:
    """The only letter, which is Ana's."""
    ((key, (audience, card)),) = letters(council).items()
    assert (key, audience, card.key) == (f"answer:{EVENT}", "@005A", f"answer:{EVENT}")
    return render_text(card, 400)


def is_settled(council: Council) -> bool:
    with reading(council.engine) as connection:
        return connection.scalar(select(inbox.c.answered_at)) is not None


def test_a_question_is_answered_late_in_the_askers_own_conversation(council: Council) -> None:
    leave_behind(council, Typed("/hygiene"))
    assert resume(council)
    assert "the answer comes late" in told(council)
    assert is_settled(council)
    assert not resume(council, LATER + timedelta(days=1))


def test_a_note_becomes_a_message(council: Council) -> None:
    leave_behind(council, Typed("/pause off"))
    resume(council)
    assert "You asked: /pause off" in told(council)
    assert "You were not on leave here." in told(council)


def test_a_form_cannot_be_opened_by_a_message_so_it_says_to_open_it_again(council: Council) -> None:
    leave_behind(council, Clicked("next_step", "006B"))
    resume(council)
    assert "“Fix this deal” waits for your answers in a form. Please open it again." in told(council)


def test_a_form_that_was_not_accepted_says_why_and_that_nothing_was_saved(council: Council) -> None:
    ticket = json.dumps(["006B", "fix", {"CloseDate": datetime(2026, 6, 10).toordinal()}])
    leave_behind(council, Submitted("fix_save", ticket, {"CloseDate": "soon"}))
    resume(council)
    assert "“Fix this deal” was not saved." in told(council)
    assert "Please open it again." in told(council)


def test_what_had_its_effect_is_not_done_again_but_answered(council: Council) -> None:
    leave_behind(council, Typed("/pause until 2026-06-01"))
    with writing(council.engine) as connection:
        finish_event(connection, EVENT, NOW)
    resume(council)
    assert "What you asked for was done." in told(council)
    with reading(council.engine) as connection:
        assert connection.execute(select(audit)).all() == []


def test_a_change_that_the_crm_has_saved_is_named_by_its_deal(council: Council) -> None:
    leave_behind(council, Clicked("push", "006B"))
    number = intend(council)
    with writing(council.engine) as connection:
        close_intent(connection, number, "saved", NOW)
        finish_event(connection, EVENT, NOW)
    resume(council)
    assert "Your change to =Globex was saved." in told(council)


def test_an_event_whose_change_may_be_on_its_way_waits_for_what_the_crm_says(council: Council) -> None:
    """Two weeks more, done twice, would be four."""
    leave_behind(council, Clicked("push", "006B"))
    number = intend(council)
    assert not resume(council)
    with writing(council.engine) as connection:
        assert receive_event(connection, EVENT, "{}", LATER) is Received.IN_HAND
        close_intent(connection, number, "not_written", LATER)
    assert resume(council)


def intend(council: Council) -> int:
    intent = WriteIntent(
        opportunity_id="006B",
        by=ANA,
        surface="preview",
        act="push",
        event=EVENT,
        changes={"CloseDate": (739777, 739791)},
        kinds={"CloseDate": FieldKind.DAY},
    )
    with writing(council.engine) as connection:
        return open_intent(connection, intent, NOW)


@pytest.mark.parametrize(
    "content",
    [
        '{"who": "005A"}',
        '{"who": "005A", "kind": "Shouted", "question": {}, "where": {"quoted": null}}',
        '{"who": "005A", "kind": "Typed", "question": {"text": "x"}, "where": "there"}',
        '{"who": "005A", "kind": "Typed", "question": {"text": "x", "tone": 1}, "where": {"quoted": null}}',
    ],
)
def test_an_event_of_an_older_deploy_is_settled_logged_and_told(council: Council, content: str) -> None:
    leave_behind(council, content)
    with capture_logs() as logs:
        assert resume(council)
    assert "nothing was changed. Please do it again." in told(council)
    assert is_settled(council)
    assert [one["event_id"] for one in logs if one["event"] == "event_unreadable"] == [EVENT]


@pytest.mark.parametrize("content", ["", "not json", "[]", "5", "null", '{"who": 5}', '{"who": "005?"}'])
def test_garbage_is_settled_and_told_to_nobody(council: Council, content: str) -> None:
    leave_behind(council, content)
    assert resume(council)
    assert is_settled(council)
    assert letters(council) == {}


def test_somebody_who_left_meanwhile_is_not_answered(council: Council) -> None:
    leave_behind(council, Typed("/hygiene"), who="005X")
    assert resume(council)
    assert (is_settled(council), letters(council)) == (True, {})


def test_what_is_older_than_a_day_is_not_done_behind_the_askers_back(council: Council) -> None:
    leave_behind(council, Typed("/pause until Friday"))
    resume(council, NOW + timedelta(days=1, seconds=1))
    assert "nothing was changed" in told(council)
    with reading(council.engine) as connection:
        assert connection.execute(select(audit)).all() == []


def test_an_event_that_ends_whoever_takes_it_up_is_given_up(council: Council) -> None:
    leave_behind(council, Typed("/pause until 2026-06-01"))
    now = NOW
    for _ in range(3):
        now += timedelta(minutes=6)
        with writing(council.engine) as connection:
            assert claim_unfinished(connection, now) is not None
    resume(council, now + timedelta(minutes=6))
    assert "This could not be finished" in told(council)


def test_an_answer_of_several_messages_has_a_key_for_each(council: Council) -> None:
    leave_behind(council, Typed("/help"))
    dispatch = Dispatch(open_desk(council, LATER), lambda: LATER)
    answered = dispatch.reply(Happening(ANA, Typed("/help"), Where()), None)
    two = replace(answered, cards=answered.cards * 2)
    object.__setattr__(dispatch, "reply", lambda *_: two)
    Resuming(dispatch).resume_next()
    assert list(letters(council)) == [f"answer:{EVENT}", f"answer:{EVENT}:2"]


def test_two_processes_do_not_take_up_the_same(council: Council) -> None:
    leave_behind(council, Typed("/hygiene"))
    with writing(council.engine) as connection:
        assert claim_unfinished(connection, LATER) is not None
        assert claim_unfinished(connection, LATER) is None


def test_running_takes_up_at_once_and_stops_when_asked_to(council: Council) -> None:
    leave_behind(council, Typed("/hygiene"))

    async def run(dispatch: Dispatch) -> None:
        stop = asyncio.Event()
        running = asyncio.create_task(Resuming(dispatch).run(stop))
        while not is_settled(council):
            await asyncio.sleep(0)
        stop.set()
        await asyncio.wait_for(running, 10)

    asyncio.run(run(Dispatch(open_desk(council, LATER), lambda: LATER)))
    assert letters(council)


def test_where_nothing_may_be_changed_nothing_is_taken_up(council: Council) -> None:
    leave_behind(council, Typed("/hygiene"))
    dispatch = Dispatch(open_read_only_desk(council, LATER), lambda: LATER)
    asyncio.run(asyncio.wait_for(Resuming(dispatch).run(asyncio.Event()), 10))
    assert not is_settled(council)
