"""`/pause until 4 Dec`, `/pause off`: leave, in which nobody is asked anything."""

from datetime import date

from handlers.asking import Asked
from handlers.capability import Capability, Words
from handlers.deal_choice import today_of
from messages.nudge_choices import compose_pause
from messages.reply import Reply
from pipeline.errors import CouncilError
from pipeline.natural_dates import read_due_day
from storage.audit import AuditEntry, record_audit
from storage.database import Connection, reading
from storage.nudge_choices import end_pause, put_pause, read_pause
from storage.scales import read_scales

_OFF = frozenset({"off", "end", "over"})
LONGEST_LEAVE_DAYS = 366


def answer_pause(asked: Asked, words: Words) -> Reply:
    """Nothing: whether somebody is on leave. Raises `CouncilError` for what is no day."""
    if not words:
        with reading(asked.engine) as connection:
            return Reply((compose_pause(read_pause(connection, asked.member.id, today_of(asked))),))
    if words[0].casefold() in _OFF:
        return _end(asked)
    typed = " ".join(words[1:] if words[0].casefold() == "until" else words)
    today = today_of(asked)
    with reading(asked.engine) as connection:
        calendar = read_scales(connection, asked.company.definitions).calendar
    until = read_due_day(typed, today, calendar)
    if (until - today).days > LONGEST_LEAVE_DAYS:
        raise CouncilError("A pause lasts a year at most. Choose an earlier day.")
    with asked.acting() as connection:
        put_pause(connection, asked.member.id, since=today, until=until)
        _record(connection, asked, None, until)
    return Reply((compose_pause(until),))


def _end(asked: Asked) -> Reply:
    with asked.acting() as connection:
        until = read_pause(connection, asked.member.id, today_of(asked))
        was_away = end_pause(connection, asked.member.id)
        _record(connection, asked, until, None)
    return Reply(note="Welcome back." if was_away else "You were not on leave here.")


def _record(connection: Connection, asked: Asked, old: date | None, new: date | None) -> None:
    """Until when somebody was, and is, on leave."""
    entry = AuditEntry(
        by=asked.member.id,
        surface=asked.where.surface,
        act="pause",
        object=f"person:{asked.member.id}",
        old=None if old is None else old.isoformat(),
        new=None if new is None else new.isoformat(),
    )
    record_audit(connection, entry, asked.now)


CAPABILITY = Capability(typed={"pause": answer_pause})
