"""Reading people: CRM users and who reports to whom."""

from sqlalchemy import Connection, Engine, select

from pipeline.people import People, User, UserRole, build_people
from storage.chat_tables import person_link
from storage.database import reading
from storage.tables import person, role


def read_people(engine: Engine) -> People:
    with reading(engine) as connection:
        users = [
            User(
                id=row.crm_id,
                name=row.name,
                email=row.email,
                is_active=row.is_active,
                role_id=row.role_id,
                manager_id=row.manager_id,
                timezone=row.timezone,
                is_integration=row.is_integration,
            )
            for row in connection.execute(select(person))
        ]
        roles = [UserRole(row.crm_id, row.name, row.parent_id) for row in connection.execute(select(role))]
    return build_people(users, roles)


def read_person_of_mention(connection: Connection, surface: str, user_id: str) -> str | None:
    """The person behind a chat user's id, where exactly one is linked to it."""
    columns = person_link.c
    wanted = select(columns.person).where(columns.surface == surface, columns.user_id == user_id)
    people: list[str] = list(connection.execute(wanted).scalars())
    return people[0] if len(people) == 1 else None
