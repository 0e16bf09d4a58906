"""Editions as they are kept: frozen tables, and the cells that the council's messages are about."""

import json
from collections import Counter
from datetime import UTC, date, datetime
from typing import Any

from sqlalchemy import Connection, Engine, select

from pipeline.company import Company
from pipeline.editions import Edition, RuleCount, ThreadCell
from pipeline.findings import HygieneReport
from pipeline.matrix import Dimension, Metric
from storage.apm import definitions_hash, measure_tables
from storage.bulk import insert_new, insert_rows
from storage.edition_tables import edition, edition_matrix, thread_cell
from storage.hygiene_reading import read_hygiene
from storage.matrix_text import matrix_from_text, matrix_to_text
from storage.mirror import pulled_state


def measure_edition(engine: Engine, company: Company, *, day: date, as_of: date, now: datetime) -> Edition:
    """The edition of a council's day as it would be frozen now; nothing is written.

    Raises `NothingPulled` before the first pull and `PeriodMissing` outside the calendar.
    """
    tables = measure_tables(engine, company, as_of)
    return Edition(
        day=day,
        as_of=as_of,
        frozen_at=now.astimezone(UTC).replace(microsecond=0),
        definitions_hash=definitions_hash(company),
        tables={table.dimension: table for table in tables},
        findings=_counted(read_hygiene(engine, company, as_of=as_of)),
    )


def _counted(report: HygieneReport) -> tuple[RuleCount, ...]:
    counts = Counter(finding.rule for finding in report.findings if not finding.waived)
    return tuple(RuleCount(rule, deals) for rule, deals in counts.most_common())


def freeze_edition(connection: Connection, frozen: Edition) -> bool:
    """Keep an edition for good. False where its day has one already: then nothing changes."""
    number = frozen.day.toordinal()
    inserted = connection.execute(
        insert_new(connection, edition)
        .values(
            day=number,
            as_of=frozen.as_of.toordinal(),
            generation=pulled_state(connection).generation,
            definitions_hash=frozen.definitions_hash,
            frozen_at=int(frozen.frozen_at.timestamp()),
            findings=json.dumps({count.rule: count.deals for count in frozen.findings}),
        )
        .returning(edition.c.day)
    )
    if inserted.first() is None:
        return False
    rows = [(number, dimension.value, matrix_to_text(table)) for dimension, table in frozen.tables.items()]
    insert_rows(connection, edition_matrix, rows)
    return True


def is_frozen(connection: Connection, day: date) -> bool:
    """Whether the council of that day has its edition."""
    found = connection.execute(select(edition.c.day).where(edition.c.day == day.toordinal()))
    return found.first() is not None


def read_edition(connection: Connection, day: date) -> Edition | None:
    """The edition of a council's day."""
    return _read(connection, connection.execute(select(edition).where(edition.c.day == day.toordinal())))


def read_edition_of(connection: Connection, as_of: date) -> Edition | None:
    """The edition whose figures are those of a day."""
    found = select(edition).where(edition.c.as_of == as_of.toordinal()).order_by(edition.c.day.desc())
    return _read(connection, connection.execute(found.limit(1)))


def read_last_edition(connection: Connection, until: date) -> Edition | None:
    """The latest edition on or before a day."""
    found = select(edition).where(edition.c.day <= until.toordinal()).order_by(edition.c.day.desc())
    return _read(connection, connection.execute(found.limit(1)))


def _read(connection: Connection, found: Any) -> Edition | None:
    row = found.one_or_none()
    if row is None:
        return None
    tables = connection.execute(select(edition_matrix.c.matrix).where(edition_matrix.c.edition == row.day))
    measured = [matrix_from_text(text) for text in tables.scalars()]
    return Edition(
        day=date.fromordinal(row.day),
        as_of=date.fromordinal(row.as_of),
        frozen_at=datetime.fromtimestamp(row.frozen_at, UTC),
        definitions_hash=row.definitions_hash,
        tables={table.dimension: table for table in measured},
        findings=tuple(RuleCount(rule, deals) for rule, deals in json.loads(row.findings).items()),
    )


# --- Messages and their cells ---------------------------------------------------------------------


def record_thread_cell(connection: Connection, key: str, about: ThreadCell) -> None:
    """Remember what a message is about; saying it again changes nothing."""
    if find_thread_cell(connection, key) is not None:
        return
    connection.execute(
        thread_cell.insert().values(
            key=key,
            edition=about.edition.toordinal(),
            dimension=about.dimension.value,
            value=about.value,
            metric=about.metric.value,
            red_again=about.is_red_again,
        )
    )


def find_thread_cell(connection: Connection, key: str) -> ThreadCell | None:
    """The cell that the message of that key is about; `None` for a message that is about none."""
    row = connection.execute(select(thread_cell).where(thread_cell.c.key == key)).one_or_none()
    if row is None:
        return None
    return ThreadCell(
        edition=date.fromordinal(row.edition),
        dimension=Dimension(row.dimension),
        value=row.value,
        metric=Metric(row.metric),
        is_red_again=row.red_again,
    )
