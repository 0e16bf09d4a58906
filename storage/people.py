"""Reading people: CRM users and who reports to whom."""

from sqlalchemy import Connection, Engine, select

from pipeline.people import People, User, UserRole, build_people
from storage.chat_tables import person_link
from storage.database import reading
from storage.people_tables import council_member
from storage.tables import person, role


def read_people(engine: Engine) -> People:
    with reading(engine) as connection:
        return people_of(connection)


def people_of(connection: Connection) -> People:
    """As `read_people`, within a transaction that reads more."""
    zones = _zones_of_links(connection)
    users = [
        User(
            id=row.crm_id,
            name=row.name,
            email=row.email,
            is_active=row.is_active,
            role_id=row.role_id,
            manager_id=row.manager_id,
            timezone=row.timezone or zones.get(row.crm_id),
            is_integration=row.is_integration,
            fields=row.fields,
        )
        for row in connection.execute(select(person))
    ]
    roles = [UserRole(row.crm_id, row.name, row.parent_id) for row in connection.execute(select(role))]
    council = connection.execute(select(council_member.c.email)).scalars()
    return build_people(users, roles, council)


def _zones_of_links(connection: Connection) -> dict[str, str]:
    """Where their chat saw people last, for those of whom the CRM does not say it."""
    wanted = select(person_link.c.person, person_link.c.timezone).where(person_link.c.timezone.is_not(None))
    return {row.person: row.timezone for row in connection.execute(wanted)}
