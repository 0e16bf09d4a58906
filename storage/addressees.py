"""Whom a message is for, as far as the mirror and the links between people know."""

from sqlalchemy import Connection, select

from pipeline.audiences import Addressee, person_of
from storage.chat_tables import person_link
from storage.tables import person


def read_addressee(connection: Connection, audience: str, surface: str, tenant: str) -> Addressee:
    """As a surface finds them in one of its tenants. A channel is known by its name alone; a listed e-mail
    is its own address, and a link that was made under it stays good when the CRM knows the person too."""
    person_id = person_of(audience)
    if person_id is None:
        return Addressee(audience, name=audience)
    user = connection.execute(
        select(person.c.name, person.c.email).where(person.c.crm_id == person_id)
    ).one_or_none()
    listed = person_id if "@" in person_id else None
    names = {person_id, *([user.email.casefold()] if user is not None and user.email else [])}
    link = connection.execute(
        select(person_link.c.user_id, person_link.c.address)
        .where(
            person_link.c.person.in_(names),
            person_link.c.surface == surface,
            person_link.c.tenant == tenant,
        )
        .order_by(person_link.c.linked_at.desc())
    ).first()
    return Addressee(
        audience,
        email=user.email if user is not None else listed,
        name=user.name if user is not None else person_id,
        user_id=link.user_id if link is not None else None,
        address=link.address if link is not None else None,
    )
