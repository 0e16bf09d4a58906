"""Old rows go, what is still needed stays, and the audit log is never shortened."""

from datetime import UTC, datetime, timedelta

from sqlalchemy import Engine, func, select, update

from messages.card import Card
from messages.card_text import card_to_text
from pipeline.person_links import ChatAccount, Sender, Stranger, WhyUnmatched
from storage.audit import AuditEntry, record_audit
from storage.chat_tables import audit, inbox, outbox
from storage.database import reading, writing
from storage.inbox import receive_event, settle_event
from storage.job_runs import claim_by_hand, finish_slot, read_runs, register_schedule
from storage.outbox import Letter, put_letter, to_channel
from storage.outbox_reading import read_shown
from storage.retention import OldRows, count_old_rows, remove_rows
from storage.strangers import put_stranger, read_strangers

LONG_AGO = datetime(2026, 1, 5, tzinfo=UTC)
LATELY = datetime(2026, 11, 2, tzinfo=UTC)
LIMIT = LATELY - timedelta(days=30)


def _fill(engine: Engine, moment: datetime, name: str) -> None:
    """An event done and one not, a message sent and one pending, a run and an entry of the audit log, and two
    chat users: one never matched, one unlinked."""
    card = card_to_text(Card("note", "Note", (), "A note"))
    with writing(engine) as connection:
        for event in (f"{name}-done", f"{name}-open"):
            receive_event(connection, event, "{}", moment)
        settle_event(connection, f"{name}-done", moment)
        for key in (f"{name}-sent", f"{name}-pending"):
            put_letter(connection, Letter(key=key, kind="t", audience=to_channel("#all"), card=card), moment)
        connection.execute(
            update(outbox)
            .where(outbox.c.key == f"{name}-sent")
            .values(state="sent", surface="preview", sent_at=int(moment.timestamp()))
        )
        register_schedule(connection, "pull", "every 15 minutes", moment)
        claim = claim_by_hand(connection, "pull", now=moment, by="me", lease=timedelta(minutes=2))
        finish_slot(connection, claim, "done", moment)
        record_audit(connection, AuditEntry(by="005A", surface="t", act="fix", object=name), moment)
        for why in (WhyUnmatched.NOBODY, WhyUnmatched.UNLINKED):
            sender = Sender(ChatAccount("slack", "T01", f"{name}-{why}"), "Bo", None)
            put_stranger(connection, Stranger(sender, why, moment))


def test_what_is_old_and_done_goes_and_a_second_time_there_is_nothing(database: Engine) -> None:
    _fill(database, LONG_AGO, "old")
    _fill(database, LATELY, "new")
    assert count_old_rows(database, LIMIT) == OldRows(events=1, cards=1, runs=1, strangers=1)
    assert remove_rows(database, LIMIT) == OldRows(events=1, cards=1, runs=1, strangers=1)
    assert remove_rows(database, LIMIT) == OldRows(events=0, cards=0, runs=0, strangers=0)
    with reading(database) as connection:
        events = connection.execute(select(inbox.c.event).order_by(inbox.c.event)).scalars().all()
        cards = {row.key: row.card != "" for row in connection.execute(select(outbox))}
        entries = connection.execute(select(func.count()).select_from(audit)).scalar_one()
        shown = [letter.key for letter in read_shown(connection, "preview")]
        runs = read_runs(connection, "pull")
        strangers = {one.sender.account.user_id for one in read_strangers(connection)}
    assert events == ["new-done", "new-open", "old-open"]
    assert cards == {"old-sent": False, "old-pending": True, "new-sent": True, "new-pending": True}
    assert strangers == {"old-unlinked", "new-nobody", "new-unlinked"}
    assert (shown, len(runs), entries) == (["new-sent"], 1, 2)


def test_a_message_without_its_card_is_still_never_said_again(database: Engine) -> None:
    _fill(database, LONG_AGO, "old")
    remove_rows(database, LIMIT)
    letter = Letter(key="old-sent", kind="t", audience=to_channel("#all"), card="{}")
    with writing(database) as connection:
        assert not put_letter(connection, letter, LATELY)
