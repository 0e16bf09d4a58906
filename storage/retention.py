"""Removing old rows, a few at a time, so that nobody waits for the write lock."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, Engine, Table, func, select

from pipeline.person_links import WhyUnmatched
from storage.chat_tables import inbox, outbox
from storage.database import reading, writing
from storage.job_tables import job_run
from storage.nudge_tables import letter_deal
from storage.people_tables import stranger

ROWS_A_WRITE = 2_000

_ENDED = ("sent", "dropped")
"""States of a message to which nothing more happens."""


@dataclass(frozen=True)
class OldRows:
    """How many rows of each kind are older than what is kept."""

    events: int
    cards: int
    runs: int
    strangers: int
    """Chat users who wrote and were never matched; they are noted again when they write again."""


def count_old_rows(engine: Engine, before: datetime) -> OldRows:
    """What `remove_rows` would remove."""
    moment = int(before.timestamp())
    with reading(engine) as connection:
        return OldRows(
            _count(connection, inbox, _old_events(moment)),
            _count(connection, outbox, _old_cards(moment)),
            _count(connection, job_run, _old_runs(moment)),
            _count(connection, stranger, _old_strangers(moment)),
        )


def remove_rows(engine: Engine, before: datetime) -> OldRows:
    """Remove events that were done, cards of messages that were sent, runs that ended and strangers who wrote
    last before a moment.

    A message itself stays, without its card: its key says that it was said, and never again.
    """
    moment = int(before.timestamp())
    events = runs = cards = strangers = 0
    while removed := _delete_some(engine, inbox, _old_events(moment)):
        events += removed
    while cleared := _clear_some_cards(engine, moment):
        cards += cleared
    while _delete_some(engine, letter_deal, letter_deal.c.at < moment):
        pass
    while removed := _delete_some(engine, job_run, _old_runs(moment)):
        runs += removed
    while removed := _delete_some(engine, stranger, _old_strangers(moment)):
        strangers += removed
    return OldRows(events, cards, runs, strangers)


def _old_events(moment: int) -> ColumnElement[bool]:
    return inbox.c.answered_at < moment


def _old_cards(moment: int) -> ColumnElement[bool]:
    return (outbox.c.created_at < moment) & outbox.c.state.in_(_ENDED) & (outbox.c.card != "")


def _old_runs(moment: int) -> ColumnElement[bool]:
    return job_run.c.ended_at < moment


def _old_strangers(moment: int) -> ColumnElement[bool]:
    """Whom operations unlinked stays unlinked, however long ago."""
    return (stranger.c.asked_at < moment) & (stranger.c.why != WhyUnmatched.UNLINKED)


def _count(connection: Connection, table: Table, old: ColumnElement[bool]) -> int:
    return int(connection.execute(select(func.count()).select_from(table).where(old)).scalar_one())


def _delete_some(engine: Engine, table: Table, old: ColumnElement[bool]) -> int:
    key = list(table.primary_key.columns)
    with writing(engine) as connection:
        rows = connection.execute(select(*key).where(old).limit(ROWS_A_WRITE)).all()
        for row in rows:
            matches = [column == value for column, value in zip(key, row, strict=True)]
            connection.execute(table.delete().where(*matches))
    return len(rows)


def _clear_some_cards(engine: Engine, moment: int) -> int:
    with writing(engine) as connection:
        numbers = connection.execute(
            select(outbox.c.no).where(_old_cards(moment)).limit(ROWS_A_WRITE)
        ).scalars()
        cleared = connection.execute(outbox.update().where(outbox.c.no.in_(numbers.all())).values(card=""))
    return cleared.rowcount
