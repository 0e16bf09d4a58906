"""Chat users who wrote to us and could not be matched with a person."""

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, select

from pipeline.person_links import ChatAccount, Sender, Stranger, WhyUnmatched
from storage.bulk import insert_new
from storage.people_tables import stranger

_columns = stranger.c


def put_stranger(connection: Connection, unknown: Stranger) -> None:
    """Write down who asked, or that they asked again."""
    sender = unknown.sender
    said = {
        "name": sender.name,
        "email": sender.email,
        "timezone": sender.timezone,
        "why": unknown.why.value,
        "asked_at": int(unknown.asked_at.timestamp()),
    }
    account = sender.account
    written = connection.execute(
        insert_new(connection, stranger)
        .values(surface=account.surface, tenant=account.tenant, user_id=account.user_id, **said)
        .returning(_columns.user_id)
    )
    if written.first() is None:
        connection.execute(stranger.update().where(*_is(account)).values(**said))


def read_stranger(connection: Connection, account: ChatAccount) -> Stranger | None:
    row = connection.execute(select(stranger).where(*_is(account))).one_or_none()
    return _stranger(row) if row is not None else None


def read_strangers(connection: Connection) -> tuple[Stranger, ...]:
    """Everybody who could not be matched, who asked last first."""
    ordered = select(stranger).order_by(_columns.asked_at.desc(), _columns.user_id)
    return tuple(_stranger(row) for row in connection.execute(ordered))


def remove_stranger(connection: Connection, account: ChatAccount) -> None:
    connection.execute(stranger.delete().where(*_is(account)))


def _is(account: ChatAccount) -> tuple[ColumnElement[bool], ...]:
    return (
        _columns.surface == account.surface,
        _columns.tenant == account.tenant,
        _columns.user_id == account.user_id,
    )


def _stranger(row: Row[Any]) -> Stranger:
    account = ChatAccount(row.surface, row.tenant, row.user_id)
    return Stranger(
        Sender(account, row.name, row.email, row.timezone),
        WhyUnmatched(row.why),
        datetime.fromtimestamp(row.asked_at, UTC),
    )
