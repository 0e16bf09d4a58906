"""Where names of people stand in what was written, and taking one person's out, a few rows at a time."""

import json
from collections.abc import Iterator, Sequence
from typing import Any

from sqlalchemy import (
    JSON,
    Column,
    ColumnElement,
    Connection,
    Engine,
    Row,
    Table,
    Text,
    cast,
    false,
    or_,
    select,
)

from pipeline.erasure import ErasedPerson
from storage.action_tables import action_comment, council_action
from storage.chat_tables import audit, delivery_pace, inbox, outbox
from storage.database import reading, writing
from storage.edition_tables import cell_context, cell_request, thread_cell
from storage.fix_tables import write_intent
from storage.job_tables import job_run
from storage.nudge_tables import (
    acknowledgement,
    deal_done,
    digest,
    digest_item,
    inspection,
    letter_deal,
    pause,
    snooze,
    waiver,
)
from storage.setting_tables import person_setting

ROWS_A_WRITE = 200

TABLES = (
    acknowledgement,
    action_comment,
    audit,
    cell_context,
    cell_request,
    council_action,
    deal_done,
    delivery_pace,
    digest,
    digest_item,
    inbox,
    inspection,
    job_run,
    letter_deal,
    outbox,
    pause,
    person_setting,
    snooze,
    thread_cell,
    waiver,
    write_intent,
)
"""Tables with texts of ours or of people; the CRM's own records are not among them."""

_Key = tuple[Any, ...]


def count_rows_with_names(connection: Connection, erased: ErasedPerson) -> int:
    """How many rows seem to name the person: a name that is part of a longer word counts too."""
    return sum(len(_keys(connection, table, erased)) for table in TABLES)


def take_names_out(engine: Engine, erased: ErasedPerson) -> int:
    """Put the token in the place of the names, in short transactions; how many rows were changed.

    Harmless to repeat, so whoever is interrupted begins again.
    """
    changed = 0
    for table in TABLES:
        with reading(engine) as connection:
            keys = _keys(connection, table, erased)
        for start in range(0, len(keys), ROWS_A_WRITE):
            with writing(engine) as connection:
                changed += sum(
                    _rewrite(connection, table, key, erased) for key in keys[start : start + ROWS_A_WRITE]
                )
    return changed


def _keys(connection: Connection, table: Table, erased: ErasedPerson) -> Sequence[_Key]:
    mentions = [
        cast(column, Text).icontains(spelling, autoescape=True)
        for column in _texts(table)
        for spelling in sorted(erased.spellings)
    ]
    statement = select(*table.primary_key.columns).where(or_(false(), *mentions))
    return [tuple(row) for row in connection.execute(statement)]


def _rewrite(connection: Connection, table: Table, key: _Key, erased: ErasedPerson) -> bool:
    """Whether the row named the person in words of their own."""
    matches = _matches(table, key)
    row = connection.execute(select(*_texts(table)).where(*matches)).one_or_none()
    values = dict(_changes(table, row, erased)) if row is not None else {}
    if values:
        connection.execute(table.update().where(*matches).values(values))
    return bool(values)


def _changes(table: Table, row: Row[Any], erased: ErasedPerson) -> Iterator[tuple[str, Any]]:
    for column in _texts(table):
        old = row._mapping[column]
        new = _without(column, old, erased)
        if new != old:
            yield column.name, new


def _without(column: Column[Any], value: Any, erased: ErasedPerson) -> Any:
    if value is None:
        return None
    if isinstance(column.type, JSON):
        return json.loads(erased.taken_out_of(json.dumps(value, ensure_ascii=False)))
    return erased.taken_out_of(value)


def _texts(table: Table) -> Sequence[Column[Any]]:
    return [column for column in table.columns if isinstance(column.type, Text | JSON)]


def _matches(table: Table, key: _Key) -> list[ColumnElement[bool]]:
    return [column == value for column, value in zip(table.primary_key.columns, key, strict=True)]
