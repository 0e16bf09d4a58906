"""Where a chat platform lets us speak first: people who have the app, and teams that it was added to."""

from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum

from sqlalchemy import ColumnElement, Connection, select

from pipeline.person_links import ChatAccount
from storage.bulk import insert_new
from storage.people_tables import chat_place

_columns = chat_place.c


class PlaceKind(StrEnum):
    PERSON = "person"
    """The conversation with a chat user alone; the id is the user's."""
    TEAM = "team"


@dataclass(frozen=True)
class ChatPlace:
    """One place, as the platform told us of it."""

    kind: PlaceKind
    id: str
    """The platform's own, of the chat user or the team."""
    address: str
    """What the surface needs to speak there, in its own words."""
    name: str = ""


def put_place(connection: Connection, surface: str, tenant: str, place: ChatPlace) -> None:
    """Keep it, or what is new of it; platforms tell of the same place many times."""
    said = {"address": place.address, "name": place.name}
    made = connection.execute(
        insert_new(connection, chat_place)
        .values(surface=surface, tenant=tenant, kind=place.kind.value, id=place.id, **said)
        .returning(_columns.id)
    )
    if made.first() is None:
        here = _is(surface, tenant, place.kind, place.id)
        connection.execute(chat_place.update().where(*here).values(**said))


def remove_place(connection: Connection, surface: str, tenant: str, kind: PlaceKind, place_id: str) -> None:
    """The app was taken away there."""
    connection.execute(chat_place.delete().where(*_is(surface, tenant, kind, place_id)))


def remove_chats_with(connection: Connection, accounts: Collection[ChatAccount]) -> None:
    """The conversations with these chat users are known no more."""
    for account in accounts:
        remove_place(connection, account.surface, account.tenant, PlaceKind.PERSON, account.user_id)


def read_place(
    connection: Connection, surface: str, tenant: str, kind: PlaceKind, place_id: str
) -> ChatPlace | None:
    row = connection.execute(
        select(_columns.address, _columns.name).where(*_is(surface, tenant, kind, place_id))
    ).one_or_none()
    return ChatPlace(kind, place_id, row.address, row.name) if row is not None else None


def read_places(connection: Connection, surface: str, tenant: str, kind: PlaceKind) -> tuple[ChatPlace, ...]:
    """All of one kind in a tenant, by name and id."""
    rows = connection.execute(
        select(_columns.id, _columns.address, _columns.name)
        .where(_columns.surface == surface, _columns.tenant == tenant, _columns.kind == kind.value)
        .order_by(_columns.name, _columns.id)
    )
    return tuple(ChatPlace(kind, row.id, row.address, row.name) for row in rows)


def _is(surface: str, tenant: str, kind: PlaceKind, place_id: str) -> tuple[ColumnElement[bool], ...]:
    return (
        _columns.surface == surface,
        _columns.tenant == tenant,
        _columns.kind == kind.value,
        _columns.id == place_id,
    )
