"""What the fields of opportunities were on earlier days, from the first pull that brought them on."""

import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

from sqlalchemy import (
    BigInteger,
    Column,
    Connection,
    Integer,
    MetaData,
    Table,
    Text,
    and_,
    cast,
    func,
    insert,
    select,
)
from sqlalchemy.schema import CreateTable, DropTable

from storage.bulk import read_rows
from storage.field_version_tables import field_version, recorded_field
from storage.tables import FOREVER, opportunity

RECORD_COLUMNS = (
    "name",
    "account_id",
    "amount",
    "custom_value",
    "next_step",
    "next_step_day",
    "close_edited",
    "last_activity_day",
    "contact_count",
    "buyer_count",
    "line_count",
    "next_activity_day",
    "overdue_task_day",
)
"""The columns of the current record that rules ask about."""

_OLD = (opportunity.c.no, *(opportunity.c[name] for name in RECORD_COLUMNS), cast(opportunity.c.fields, Text))
_PLACES = {column.name: place for place, column in enumerate(opportunity.columns)}
_Value = str | int | None


past_field_table = Table(
    "hygiene_past_field",
    MetaData(),
    Column("opportunity", Integer, primary_key=True, autoincrement=False),
    Column("field", Text, primary_key=True),
    Column("text", Text),
    Column("number", BigInteger),
    prefixes=["TEMPORARY"],
)
"""Lives as long as the connection: what fields held at the end of one day that they do not hold now."""


def recorded_name(column: str) -> str:
    """The name under which a column of the record is followed; no field of a CRM can be called so."""
    return f":{column}"


def fields_known_since(connection: Connection) -> Mapping[str, int]:
    """Since which day each followed field is known."""
    return {row.field: row.since for row in connection.execute(select(recorded_field))}


def find_past_fields(connection: Connection, day: int, fields: Collection[str]) -> frozenset[str]:
    """Fill the connection's `hygiene_past_field` with what these fields held at the end of a day.

    Gives back the fields that any deal held otherwise than now. One pass over the changes since.
    """
    connection.execute(DropTable(past_field_table, if_exists=True))
    connection.execute(CreateTable(past_field_table))
    changed = (
        select(field_version.c.opportunity, field_version.c.field, func.min(field_version.c.day).label("day"))
        .where(field_version.c.day > day, field_version.c.field.in_(fields))
        .group_by(field_version.c.opportunity, field_version.c.field)
        .subquery()
    )
    first_after = and_(
        field_version.c.opportunity == changed.c.opportunity,
        field_version.c.field == changed.c.field,
        field_version.c.day == changed.c.day,
    )
    held = select(
        field_version.c.opportunity, field_version.c.field, field_version.c.text, field_version.c.number
    ).join(changed, first_after)
    names = [column.name for column in past_field_table.c]
    connection.execute(insert(past_field_table).from_select(names, held))
    return frozenset(connection.scalars(select(past_field_table.c.field).distinct()))


def forget_past_fields(connection: Connection) -> None:
    """Drop what `find_past_fields` made."""
    connection.execute(DropTable(past_field_table, if_exists=True))


def follow_fields(connection: Connection, further: Collection[str], today: int) -> None:
    """With a completed pull: follow these further fields and the record's own from today on.

    A field that is not configured any more is forgotten; when it comes back, it is known from then on.
    """
    followed = {*further, *map(recorded_name, RECORD_COLUMNS)}
    known = fields_known_since(connection)
    gone = sorted(known.keys() - followed)
    if gone:
        connection.execute(recorded_field.delete().where(recorded_field.c.field.in_(gone)))
    new = sorted(followed - known.keys())
    if new:
        connection.execute(recorded_field.insert(), [{"field": name, "since": today} for name in new])


class FieldHistory:
    """Keeps what changed fields were, for one merge or the refresh of one deal."""

    def __init__(self, connection: Connection) -> None:
        self._since = fields_known_since(connection)

    def remember(self, connection: Connection, records: Sequence[tuple[Any, ...]], today: int) -> None:
        """Keep what the live records hold that these new ones (rows of `opportunity`) change.

        Belongs into the transaction that ends the live records, before it does. The first change of a
        day counts: it holds what was there at the end of the day before.
        """
        if not records:
            return
        new = {record[0]: record for record in records}
        live = select(*_OLD).where(opportunity.c.no.in_(new), opportunity.c.gen_to == FOREVER)
        changes = [
            (number, field, today, *_typed(value))
            for number, *old in read_rows(connection, live)
            for field, value in self._changes(old, new[number], today)
        ]
        if changes:
            connection.exec_driver_sql(_KEEP[connection.dialect.name], changes)

    def _changes(self, old: Sequence[Any], new: tuple[Any, ...], today: int) -> Iterator[tuple[str, _Value]]:
        *columns, fields = old
        for name, value in zip(RECORD_COLUMNS, columns, strict=True):
            if value != new[_PLACES[name]] and self._is_known_before(recorded_name(name), today):
                yield recorded_name(name), value
        following = new[_PLACES["fields"]]
        if fields != following:
            yield from self._further_changes(json.loads(fields), json.loads(following), today)

    def _further_changes(
        self, old: Mapping[str, _Value], new: Mapping[str, _Value], today: int
    ) -> Iterator[tuple[str, _Value]]:
        for name in sorted(old.keys() | new.keys()):
            if old.get(name) != new.get(name) and self._is_known_before(name, today):
                yield name, old.get(name)

    def _is_known_before(self, field: str, today: int) -> bool:
        return self._since.get(field, today) < today


def _typed(value: _Value) -> tuple[str | None, int | None]:
    """As the columns `text` and `number`."""
    if isinstance(value, str):
        return value, None
    return None, None if value is None else int(value)


_INTO = f"INTO {field_version.name} (opportunity, field, day, text, number)"
_KEEP = {
    "sqlite": f"INSERT OR IGNORE {_INTO} VALUES (?, ?, ?, ?, ?)",
    "postgresql": f"INSERT {_INTO} VALUES (%s, %s, %s, %s, %s) ON CONFLICT DO NOTHING",
}
