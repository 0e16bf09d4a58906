"""Small numbers for things that recur in every version: stages, currencies, people, slices.

A registry only grows, so its rows may be written while a pull is merged: readers of the current
generation never meet a number they do not know.
"""

from collections.abc import Mapping
from typing import Any, NamedTuple

from sqlalchemy import Connection, Table, func, insert, select, text

from pipeline.crm_records import StageRecord, UserRecord
from pipeline.dimensions import Place
from pipeline.records import Category, Stage
from storage.people_tables import erased_person
from storage.tables import currency_table, person, slice_table, stage

_NUMBERING_LOCK = 7_231_905_418
"""Key of the PostgreSQL advisory lock under which numbers are given out."""


class SliceKey(NamedTuple):
    place: Place
    product: str


class SliceRegistry:
    """Number of each combination of dimension values that occurs."""

    def __init__(self, connection: Connection) -> None:
        self._numbers: dict[SliceKey, int] = {}
        for row in connection.execute(select(slice_table)):
            place = Place(row.region, row.segment, row.source, row.lever, row.deal_type)
            self._numbers[SliceKey(place, row.product)] = row.no
        self._new: list[dict[str, Any]] = []

    def number(self, place: Place, product: str) -> int:
        key = SliceKey(place, product)
        known = self._numbers.get(key)
        if known is not None:
            return known
        number = len(self._numbers) + 1
        self._numbers[key] = number
        self._new.append({"no": number, "product": product, **place._asdict()})
        return number

    def write(self, connection: Connection) -> None:
        if self._new:
            connection.execute(insert(slice_table), self._new)
            self._new = []


class CurrencyRegistry:
    """Number of each currency; 0 is the corporate one."""

    def __init__(self, connection: Connection, corporate: str) -> None:
        rows = connection.execute(select(currency_table)).all()
        self._numbers: dict[str, int] = {row.code: row.no for row in rows}
        self._new: list[dict[str, Any]] = []
        self.corporate = corporate
        if not rows:
            self._add(corporate, 0)

    def number(self, code: str | None) -> int:
        if code is None:
            return self._numbers.get(self.corporate, 0)
        known = self._numbers.get(code)
        return known if known is not None else self._add(code, len(self._numbers))

    def write(self, connection: Connection) -> None:
        if self._new:
            connection.execute(insert(currency_table), self._new)
            self._new = []

    def _add(self, code: str, number: int) -> int:
        self._numbers[code] = number
        self._new.append({"no": number, "code": code})
        return number


class PersonRegistry:
    """Number of each CRM user who owns or owned a deal, also of those the CRM no longer shows."""

    def __init__(self, connection: Connection) -> None:
        self._numbers: dict[str, int] = {
            row.crm_id: row.no for row in connection.execute(select(person.c.crm_id, person.c.no))
        }
        self._new: list[dict[str, Any]] = []

    def number(self, crm_id: str | None) -> int | None:
        if crm_id is None:
            return None
        known = self._numbers.get(crm_id)
        if known is not None:
            return known
        number = len(self._numbers) + 1
        self._numbers[crm_id] = number
        self._new.append(
            {
                "no": number,
                "crm_id": crm_id,
                "name": crm_id,
                "is_active": True,
                "is_integration": False,
                "fields": {},
            }
        )
        return number

    def write(self, connection: Connection) -> None:
        if self._new:
            connection.execute(insert(person), self._new)
            self._new = []


def lock_numbering(connection: Connection) -> None:
    """Keep others from giving out numbers until the transaction ends; on SQLite every writer does."""
    if connection.dialect.name == "postgresql":
        connection.execute(text(f"SELECT pg_advisory_xact_lock({_NUMBERING_LOCK})"))


def count_numbered(connection: Connection) -> tuple[int, ...]:
    """How many slices, currencies and people have a number: none ever loses it."""
    tables = (slice_table, currency_table, person)
    return tuple(connection.execute(select(func.count()).select_from(table)).scalar_one() for table in tables)


def stage_numbers(connection: Connection, records: list[StageRecord]) -> dict[str, Stage]:
    """The stages of this pull by name, each with its lasting number; new ones are written down."""
    known: Mapping[str, int] = {
        row.name: row.no for row in connection.execute(select(stage.c.name, stage.c.no))
    }
    stages: dict[str, Stage] = {}
    following = _next_number(connection, stage)
    for record in records:
        number = known.get(record.name)
        if number is None:
            number, following = following, following + 1
            connection.execute(insert(stage).values(_stage_values(number, record)))
        stages[record.name] = Stage(
            number=number,
            name=record.name,
            order=record.order,
            is_closed=record.is_closed,
            is_won=record.is_won,
            category=Category(record.category),
        )
    return stages


def replace_stages(connection: Connection, records: list[StageRecord]) -> None:
    """Bring the stages' order and meaning up to date; part of the switch to a new generation."""
    for record in records:
        values = _stage_values(None, record)
        connection.execute(stage.update().where(stage.c.name == record.name).values(values))


def replace_people(connection: Connection, records: list[UserRecord]) -> None:
    """Bring people up to date; part of the switch, so only those are written of whom anything is different.
    People the CRM no longer shows stay as they were, and those who were erased here stay erased."""
    columns = [column for column in person.c if column is not person.c.no]
    known = {row["crm_id"]: row for row in connection.execute(select(*columns)).mappings()}
    erased = frozenset(connection.execute(select(erased_person.c.person)).scalars())
    following = _next_number(connection, person)
    new: list[dict[str, Any]] = []
    for record in records:
        if record.id in erased:
            continue
        values = _person_values(record)
        if record.id not in known:
            new.append({"no": following, **values})
            following += 1
        elif known[record.id] != values:
            connection.execute(person.update().where(person.c.crm_id == record.id).values(values))
    if new:
        connection.execute(insert(person), new)


def _next_number(connection: Connection, table: Table) -> int:
    largest = connection.execute(select(func.max(table.c.no))).scalar()
    return 1 if largest is None else largest + 1


def _stage_values(number: int | None, record: StageRecord) -> dict[str, Any]:
    values: dict[str, Any] = {
        "name": record.name,
        "sort_order": record.order,
        "is_closed": record.is_closed,
        "is_won": record.is_won,
        "category": int(record.category),
    }
    return values if number is None else {"no": number, **values}


def _person_values(record: UserRecord) -> dict[str, Any]:
    return {
        "crm_id": record.id,
        "name": record.name,
        "email": record.email,
        "is_active": record.is_active,
        "role_id": record.role_id,
        "manager_id": record.manager_id,
        "timezone": record.timezone,
        "is_integration": record.is_integration,
        "fields": dict(record.fields),
    }
