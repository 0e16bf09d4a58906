"""Owners are reminded of their actions before, on and after the day, and no more once it is done."""

from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import select

from bot.app import Council, build_crm
from handlers.asking import Where
from jobs.job import JobRun
from jobs.remind import remind_owners
from messages.card_text import card_from_text
from messages.render.terminal import render_text
from pipeline.person_links import ChatAccount, LinkedBy, PersonLink
from storage.chat_tables import outbox
from storage.database import reading, writing
from storage.nudge_choices import put_pause
from storage.person_links import put_link
from tests.handlers.test_actions import ANA, KAI, LINE, NOW, ask, click, council, fill

__all__ = ["council"]

LATE_LINE = LINE.replace("tomorrow", "2026-05-28")  # a Thursday


def run_at(council: Council, day: date, *, dry_run: bool = False) -> JobRun:
    now = NOW + (day - NOW.date())
    return JobRun(council.engine, council.company, build_crm(council.settings, now), now, day, dry_run)


def remind_until(council: Council, last: date) -> None:
    """The job of every day, twice."""
    for days in range((last - NOW.date()).days + 1):
        for _ in range(2):
            remind_owners(run_at(council, NOW.date() + timedelta(days=days)))


def reminders(council: Council) -> dict[str, str]:
    """What each says, by its key."""
    with reading(council.engine) as connection:
        rows = connection.execute(
            select(outbox).where(outbox.c.kind == "reminder").order_by(outbox.c.no)
        ).all()
    assert all(row.counts for row in rows)
    return {row.key: render_text(card_from_text(row.card), 300) for row in rows}


def test_an_owner_hears_twice_until_the_day_and_twice_after_it_and_then_nothing(council: Council) -> None:
    ask(council, KAI, LATE_LINE)
    remind_until(council, date(2026, 8, 1))
    said = reminders(council)
    assert list(said) == [
        "reminder:1:2026-05-26@005A",
        "reminder:1:2026-05-28@005A",
        "reminder:1:2026-05-29@005A",
        "reminder:1:2026-06-04@005A",
    ]
    before, on_the_day, after, last = said.values()
    assert "Due on 28 May 2026: 2x on Data Cloud, for EMEA coverage." in before
    assert "Due today" in on_the_day
    assert "Due since 28 May 2026" in after
    assert "I do not ask again" not in after
    assert "Is it done, or does it need another date? I do not ask again; the council sees it" in last


def test_what_is_done_is_not_asked_about_and_its_reminders_say_so(council: Council) -> None:
    ask(council, KAI, LATE_LINE)
    remind_until(council, date(2026, 5, 26))
    where = Where(message_key="reminder:1:2026-05-26@005A")
    reply = click(council, ANA, "action_done", "1", where)
    assert (reply.note, reply.cards) == ("Action 1 is done now.", ())
    remind_until(council, date(2026, 8, 1))
    (says,) = reminders(council).values()
    assert "Done on 15 May: 2x on Data Cloud." in says
    assert "Due" not in says


def test_a_new_owner_is_reminded_and_the_former_ones_reminder_says_whose_it_is(council: Council) -> None:
    ask(council, KAI, LATE_LINE)
    remind_until(council, date(2026, 5, 26))
    form = click(council, KAI, "action_reassign", "1").form
    assert form is not None
    fill(council, KAI, form, owner="ben")
    remind_until(council, date(2026, 5, 28))
    anas, bens, bens_second = reminders(council).items()
    assert anas == ("reminder:1:2026-05-26@005A", anas[1])
    assert "This is Ben Osei's now: 2x on Data Cloud." in anas[1]
    assert [bens[0], bens_second[0]] == ["reminder:1:2026-05-26@005B", "reminder:1:2026-05-28@005B"]


def test_nobody_is_asked_while_on_leave(council: Council) -> None:
    ask(council, KAI, LATE_LINE)
    with writing(council.engine) as connection:
        put_pause(connection, "005A", since=date(2026, 5, 20), until=date(2026, 5, 28))
    remind_until(council, date(2026, 5, 29))
    assert list(reminders(council)) == ["reminder:1:2026-05-29@005A"]


def test_a_reminder_of_the_evening_waits_until_the_owners_morning(council: Council) -> None:
    ask(council, KAI, LATE_LINE)
    evening = datetime(2026, 5, 28, 21, tzinfo=UTC)
    crm = build_crm(council.settings, evening)
    remind_owners(JobRun(council.engine, council.company, crm, evening, evening.date()))
    with reading(council.engine) as connection:
        (row,) = connection.execute(select(outbox).where(outbox.c.kind == "reminder"))
    assert datetime.fromtimestamp(row.not_before, UTC) == datetime(2026, 5, 29, 8, tzinfo=UTC)
    assert row.key == "reminder:1:2026-05-29@005A", "by then it was due yesterday, and it says so"


@pytest.mark.parametrize(
    ("zone", "now"),
    [
        ("Asia/Tokyo", datetime(2026, 5, 27, 21, tzinfo=UTC)),
        ("Pacific/Honolulu", datetime(2026, 5, 29, 1, tzinfo=UTC)),
    ],
)
def test_today_is_the_owners_own_day(council: Council, zone: str, now: datetime) -> None:
    """The 28th has begun in Tokyo, or is not over in Honolulu, while the organisation has another day."""
    ask(council, KAI, LATE_LINE)
    account = ChatAccount("slack", "T01", "U1")
    with writing(council.engine) as connection:
        link = PersonLink(
            account=account, person="005A", how=LinkedBy.EMAIL, linked_at=NOW, name="Ana", timezone=zone
        )
        put_link(connection, link)
    crm = build_crm(council.settings, now)
    remind_owners(JobRun(council.engine, council.company, crm, now, now.date()))
    ((key, says),) = reminders(council).items()
    assert key == "reminder:1:2026-05-28@005A"
    assert "Due today" in says


def test_a_rehearsal_composes_and_writes_nothing(council: Council) -> None:
    ask(council, KAI, LATE_LINE)
    outcome = remind_owners(run_at(council, date(2026, 5, 28), dry_run=True))
    assert (outcome.says, len(outcome.cards)) == ("1 reminder", 1)
    assert reminders(council) == {}
