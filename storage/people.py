"""Reading people: CRM users and who reports to whom."""

from sqlalchemy import Connection, Engine, select

from pipeline.people import People, User, UserRole, build_people
from storage.chat_tables import person_link
from storage.database import reading
from storage.people_tables import council_member
from storage.remembered_people import recall_people, remember_people, version_of_people
from storage.tables import person, role


def read_people(engine: Engine) -> People:
    """The same value as before, for as long as nobody has changed anything."""
    with reading(engine) as connection:
        version = version_of_people(connection)
        people = recall_people(engine, version) or _read_all(connection)
    remember_people(engine, version, people)
    return people


def people_of(connection: Connection) -> People:
    """As `read_people`, within a transaction that does more; it may yet be rolled back, and nothing that it
    reads is remembered."""
    return recall_people(connection.engine, version_of_people(connection)) or _read_all(connection)


def _read_all(connection: Connection) -> People:
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
