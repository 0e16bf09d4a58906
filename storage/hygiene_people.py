"""Owners and their managers, as findings and scores name them."""

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import Connection, select

from pipeline.findings import PersonName
from pipeline.hygiene.scores import Hierarchy
from storage.tables import person


@dataclass(frozen=True)
class Staff:
    """The CRM's users."""

    by_number: Mapping[int, PersonName]
    hierarchy: Hierarchy

    def owner(self, number: int | None) -> PersonName | None:
        return None if number is None else self.by_number.get(number)


def read_staff(connection: Connection) -> Staff:
    rows = connection.execute(select(person.c.no, person.c.crm_id, person.c.name, person.c.manager_id)).all()
    return Staff(
        {row.no: PersonName(row.crm_id, row.name) for row in rows},
        Hierarchy(
            names={row.crm_id: row.name for row in rows},
            managers={row.crm_id: row.manager_id for row in rows if row.manager_id},
        ),
    )
