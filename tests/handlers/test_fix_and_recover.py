"""A change that is slow to be saved, and a `recover` that is at work meanwhile: it counts exactly once."""

from collections.abc import Callable, Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import ParamSpec, TypeVar

import pytest
from sqlalchemy import select

from bot.dispatch import Dispatch
from crm.records import Fix
from handlers import fixing
from handlers.asking import Clicked, Desk, Where
from jobs.job import JobRun
from jobs.recover import recover_writes
from messages.card_text import card_from_text
from pipeline.crm_fields import WriteResult
from storage.chat_tables import audit, outbox
from storage.database import reading
from storage.fix_tables import write_intent
from storage.refreshing import count_at_once
from tests.journeys.fixed_demo import PULLED, TODAY, FixedDemo

P = ParamSpec("P")
R = TypeVar("R")
ASKED = PULLED + timedelta(minutes=5)
NEW_DAY = date(2026, 10, 20)


@pytest.fixture
def demo(tmp_path: Path) -> Iterator[FixedDemo]:
    demo = FixedDemo(tmp_path, f"sqlite:///{tmp_path / 'council.db'}")
    yield demo
    demo.council.engine.dispose()


def recover(demo: FixedDemo) -> None:
    now = ASKED + timedelta(minutes=3)
    recover_writes(JobRun(demo.council.engine, demo.council.company, demo.crm, now, TODAY))


def pick_date(demo: FixedDemo, event: str | None) -> str:
    """What the owner is told who picks a date."""
    desk = Desk(demo.council.engine, demo.council.company, demo.crm)
    deal = demo.countable()
    assert deal.owner_id is not None
    click = Clicked("fix_date", deal.id, NEW_DAY.isoformat())
    reply = Dispatch(desk, lambda: ASKED).answer(deal.owner_id, click, Where("preview"), event)
    return reply.note


def first_then(first: Callable[[], None], then: Callable[P, R]) -> Callable[P, R]:
    def both(*args: P.args, **named: P.kwargs) -> R:
        first()
        return then(*args, **named)

    return both


def audited(demo: FixedDemo) -> list[str]:
    with reading(demo.council.engine) as connection:
        return list(connection.execute(select(audit.c.new).where(audit.c.act == "fix_date")).scalars())


def letters(demo: FixedDemo) -> list[str]:
    with reading(demo.council.engine) as connection:
        cards = connection.execute(select(outbox.c.card).where(outbox.c.kind == "recovered")).scalars()
        return [card_from_text(card).title for card in cards]


def outcomes(demo: FixedDemo) -> list[str]:
    with reading(demo.council.engine) as connection:
        return list(connection.execute(select(write_intent.c.outcome)).scalars())


@pytest.mark.parametrize("event", [None, "click-1"])
def test_a_recover_between_the_crms_yes_and_ours_leaves_nothing_to_be_counted_twice(
    demo: FixedDemo, monkeypatch: pytest.MonkeyPatch, event: str | None
) -> None:
    monkeypatch.setattr(fixing, "count_at_once", first_then(lambda: recover(demo), count_at_once))
    assert "→ 20 Oct" in pick_date(demo, event)
    assert audited(demo) == [NEW_DAY.isoformat()]
    assert (letters(demo), outcomes(demo)) == (["Saved after all"], ["saved"])
    assert demo.stored_tables() == demo.measured_tables()


@pytest.mark.parametrize(("event", "told"), [(None, ["Saved after all"]), ("click-1", [])])
def test_a_call_that_was_taken_for_dead_and_arrives_still_counts(
    demo: FixedDemo, monkeypatch: pytest.MonkeyPatch, event: str | None, told: list[str]
) -> None:
    write: Callable[[Fix], WriteResult] = demo.crm.write
    monkeypatch.setattr(demo.crm, "write", first_then(lambda: recover(demo), write))
    assert "→ 20 Oct" in pick_date(demo, event)
    assert audited(demo) == [NEW_DAY.isoformat()]
    assert (letters(demo), outcomes(demo)) == (told, ["saved"])
    assert demo.stored_tables() == demo.measured_tables()
