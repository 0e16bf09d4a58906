"""Changes that were on their way to the CRM when a process died: found, finished or closed, and told."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from sqlalchemy import select

from jobs.job import JobRun
from jobs.recover import recover_writes
from pipeline.crm_records import FieldValue
from pipeline.deal_fields import value_of
from storage.chat_tables import audit, inbox, outbox
from storage.database import reading, writing
from storage.fix_tables import write_intent
from storage.inbox import receive_event
from storage.write_intents import WriteIntent, open_intent
from tests.journeys.fixed_demo import PULLED, TODAY, FixedDemo

ASKED = PULLED + timedelta(minutes=5)
LATER = ASKED + timedelta(minutes=3)


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FixedDemo]:
    folder = tmp_path_factory.mktemp("demo")
    demo = FixedDemo(folder, f"sqlite:///{folder / 'council.db'}")
    yield demo
    demo.council.engine.dispose()


def run(demo: FixedDemo, now: datetime = LATER) -> JobRun:
    return JobRun(demo.council.engine, demo.council.company, demo.crm, now, TODAY)


def intend(demo: FixedDemo, deal_id: str, event: str | None = None, **changes: FieldValue) -> int:
    """What a handler writes down before it asks the CRM."""
    record = demo.record(deal_id)
    pairs = {name: (value_of(record, name), new) for name, new in changes.items()}
    intent = WriteIntent(
        opportunity_id=deal_id, by="005A", surface="preview", act="fix", event=event, changes=pairs, kinds={}
    )
    with writing(demo.council.engine) as connection:
        if event is not None:
            receive_event(connection, event, "{}", ASKED)
        return open_intent(connection, intent, ASKED)


def outcome(demo: FixedDemo, number: int) -> object:
    with reading(demo.council.engine) as connection:
        return connection.scalar(select(write_intent.c.outcome).where(write_intent.c.no == number))


def letter(demo: FixedDemo, number: int) -> str | None:
    with reading(demo.council.engine) as connection:
        return connection.scalar(select(outbox.c.card).where(outbox.c.key == f"recovered:{number}"))


def audited(demo: FixedDemo, deal_id: str) -> list[tuple[object, ...]]:
    with reading(demo.council.engine) as connection:
        rows = connection.execute(
            select(audit.c.field, audit.c.new).where(audit.c.object == f"deal:{deal_id}")
        )
        return [tuple(row) for row in rows]


def test_a_change_that_had_arrived_is_finished_once(demo: FixedDemo) -> None:
    deal = demo.open[10]
    number = intend(demo, deal.id, event="click-1", NextStep="It arrived")
    assert demo.write(deal.id, ASKED, NextStep="It arrived")
    assert demo.mirrored_next_step(deal.id) == deal.next_step
    says = recover_writes(run(demo)).says
    assert says == "Of 1 interrupted changes 1 had arrived, 0 had not"
    assert (outcome(demo, number), demo.mirrored_next_step(deal.id)) == ("saved", "It arrived")
    assert audited(demo, deal.id) == [("NextStep", "It arrived")]
    assert "It did arrive" in (letter(demo, number) or "")
    with reading(demo.council.engine) as connection:
        assert connection.scalar(select(inbox.c.done_at).where(inbox.c.event == "click-1")) is not None
    assert recover_writes(run(demo)).says == "No change was interrupted"
    assert audited(demo, deal.id) == [("NextStep", "It arrived")]


def test_a_change_that_never_arrived_is_closed_and_its_person_told(demo: FixedDemo) -> None:
    deal = demo.open[11]
    number = intend(demo, deal.id, NextStep="It never arrived")
    recover_writes(run(demo))
    assert outcome(demo, number) == "not_written"
    assert "Nothing was changed" in (letter(demo, number) or "")
    assert demo.mirrored_next_step(deal.id) == deal.next_step
    assert audited(demo, deal.id) == []


def test_a_change_whose_event_comes_again_by_itself_is_closed_without_a_word(demo: FixedDemo) -> None:
    number = intend(demo, demo.open[12].id, event="click-2", NextStep="It comes again")
    recover_writes(run(demo))
    assert (outcome(demo, number), letter(demo, number)) == ("not_written", None)


def test_a_change_of_a_deal_that_is_gone_says_so(demo: FixedDemo) -> None:
    intent = WriteIntent(
        opportunity_id="006nothing",
        by="005A",
        surface="preview",
        act="fix",
        event=None,
        changes={"NextStep": (None, "x")},
        kinds={},
    )
    with writing(demo.council.engine) as connection:
        number = open_intent(connection, intent, ASKED)
    recover_writes(run(demo))
    assert outcome(demo, number) == "gone"
    assert "deleted" in (letter(demo, number) or "")


def test_a_change_that_may_still_be_in_hand_and_a_dry_run_are_left_alone(demo: FixedDemo) -> None:
    number = intend(demo, demo.open[13].id, NextStep="Still under way")
    recover_writes(run(demo, ASKED + timedelta(minutes=1)))
    assert outcome(demo, number) is None
    says = recover_writes(replace(run(demo), dry_run=True)).says
    assert says == "It would look after 1 interrupted changes"
    assert outcome(demo, number) is None


def test_the_tables_are_right_after_a_finished_change(demo: FixedDemo) -> None:
    deal = demo.countable()
    intend(demo, deal.id, StageName="Closed Lost", Loss_Reason__c="Price")
    assert demo.write(deal.id, ASKED, StageName="Closed Lost", Loss_Reason__c="Price")
    recover_writes(run(demo))
    assert demo.stored_tables() == demo.measured_tables()
    assert demo.stored_findings() == demo.measured_findings()
