"""Changes on their way to the CRM: written down before the call, closed with what came of it.

A process that dies in between leaves an open intent, and the CRM alone knows whether the change arrived.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import Connection, select

from pipeline.crm_records import FieldKind, FieldValue
from storage.fix_tables import write_intent

Changes = Mapping[str, tuple[FieldValue, FieldValue]]
"""Field -> (value that the person saw, new value)."""


@dataclass(frozen=True, kw_only=True)
class WriteIntent:
    """A change that a person wants."""

    opportunity_id: str
    by: str
    surface: str
    act: str
    event: str | None
    changes: Changes
    kinds: Mapping[str, FieldKind]


@dataclass(frozen=True)
class OpenIntent:
    """A change of which nobody knows yet whether it arrived."""

    number: int
    intent: WriteIntent
    opened_at: datetime


def open_intent(connection: Connection, intent: WriteIntent, now: datetime) -> int:
    """Write the intent down; its number."""
    written = connection.execute(
        write_intent.insert().values(
            opportunity_id=intent.opportunity_id,
            by=intent.by,
            surface=intent.surface,
            act=intent.act,
            event=intent.event,
            changes=json.dumps({name: list(pair) for name, pair in intent.changes.items()}),
            kinds=json.dumps({name: kind.value for name, kind in intent.kinds.items()}),
            opened_at=int(now.timestamp()),
        )
    )
    (number,) = written.inserted_primary_key or (0,)
    return int(number)


def close_intent(connection: Connection, number: int, outcome: str, now: datetime) -> bool:
    """With `saved`, `conflict`, `rejected`, `gone`, `busy` or `not_written`. False: it is closed already."""
    closed = connection.execute(
        write_intent.update()
        .where(write_intent.c.no == number, write_intent.c.closed_at.is_(None))
        .values(closed_at=int(now.timestamp()), outcome=outcome)
    )
    return closed.rowcount > 0


def close_saved(connection: Connection, number: int, now: datetime) -> bool:
    """For whom the CRM has told so, also where somebody took it for lost. False: it has counted already."""
    closed = connection.execute(
        write_intent.update()
        .where(write_intent.c.no == number, write_intent.c.outcome.is_distinct_from("saved"))
        .values(closed_at=int(now.timestamp()), outcome="saved")
    )
    return closed.rowcount > 0


def read_saved_deal(connection: Connection, event: str) -> str | None:
    """The id of the deal whose change by an event the CRM has saved."""
    saved = select(write_intent.c.opportunity_id).where(
        write_intent.c.event == event, write_intent.c.outcome == "saved"
    )
    found: str | None = connection.execute(saved).scalar()
    return found


def read_open_intents(connection: Connection, opened_before: datetime) -> tuple[OpenIntent, ...]:
    """What a process may have left behind, the oldest first."""
    rows = connection.execute(
        select(write_intent)
        .where(write_intent.c.closed_at.is_(None), write_intent.c.opened_at <= int(opened_before.timestamp()))
        .order_by(write_intent.c.no)
    )
    return tuple(
        OpenIntent(
            row.no,
            WriteIntent(
                opportunity_id=row.opportunity_id,
                by=row.by,
                surface=row.surface,
                act=row.act,
                event=row.event,
                changes={name: (seen, new) for name, (seen, new) in json.loads(row.changes).items()},
                kinds={name: FieldKind(kind) for name, kind in json.loads(row.kinds).items()},
            ),
            datetime.fromtimestamp(row.opened_at, UTC),
        )
        for row in rows
    )
