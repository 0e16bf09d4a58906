"""Links between people and chat users: a link once made stays until operations change it."""

from collections.abc import Collection
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, select

from pipeline.person_links import ChatAccount, LinkedBy, PersonLink
from storage.bulk import insert_new
from storage.chat_tables import person_link

_columns = person_link.c


def read_link(connection: Connection, account: ChatAccount) -> PersonLink | None:
    """The link of a chat user of one platform and tenant."""
    row = connection.execute(select(person_link).where(*_is(account))).one_or_none()
    return _link(row) if row is not None else None


def read_links_of_person(connection: Connection, names: Collection[str]) -> tuple[PersonLink, ...]:
    """As whom a person speaks, by platform and tenant. `names`: CRM user id and, where they were listed by it
    before the CRM knew them, e-mail."""
    ordered = select(person_link).order_by(_columns.surface, _columns.tenant, _columns.user_id)
    return tuple(_link(row) for row in connection.execute(ordered.where(_columns.person.in_(names))))


def read_links(connection: Connection) -> tuple[PersonLink, ...]:
    """Every link, by platform, tenant and chat user."""
    ordered = select(person_link).order_by(_columns.surface, _columns.tenant, _columns.user_id)
    return tuple(_link(row) for row in connection.execute(ordered))


def read_linked_people(connection: Connection, surface: str, tenant: str) -> frozenset[str]:
    """Who speaks as some chat user there already."""
    wanted = select(_columns.person).where(_columns.surface == surface, _columns.tenant == tenant)
    return frozenset(connection.execute(wanted).scalars())


def put_link(connection: Connection, link: PersonLink) -> bool:
    """Make a link. False where the chat user, or the person on that platform and tenant, has one already."""
    made = connection.execute(
        insert_new(connection, person_link)
        .values(
            surface=link.account.surface,
            tenant=link.account.tenant,
            user_id=link.account.user_id,
            person=link.person,
            how=link.how.value,
            linked_at=int(link.linked_at.timestamp()),
            name=link.name,
            email=link.email,
            timezone=link.timezone,
        )
        .returning(_columns.person)
    )
    return made.first() is not None


def remove_link(connection: Connection, account: ChatAccount) -> PersonLink | None:
    """Undo a link; the one that there was."""
    link = read_link(connection, account)
    if link is not None:
        connection.execute(person_link.delete().where(*_is(account)))
    return link


def keep_timezone(connection: Connection, account: ChatAccount, timezone: str) -> None:
    """The linked chat user is in another time zone by now."""
    connection.execute(person_link.update().where(*_is(account)).values(timezone=timezone))


def _is(account: ChatAccount) -> tuple[ColumnElement[bool], ...]:
    return (
        _columns.surface == account.surface,
        _columns.tenant == account.tenant,
        _columns.user_id == account.user_id,
    )


def _link(row: Row[Any]) -> PersonLink:
    return PersonLink(
        account=ChatAccount(row.surface, row.tenant, row.user_id),
        person=row.person,
        how=LinkedBy(row.how),
        linked_at=datetime.fromtimestamp(row.linked_at, UTC),
        name=row.name,
        email=row.email,
        timezone=row.timezone,
    )
