"""Who is of the council because a group of the chat platform says so, as it was looked up last."""

from collections.abc import Collection

from sqlalchemy import Connection, select

from storage.people_tables import council_member

_columns = council_member.c


def replace_council_members(
    connection: Connection, surface: str, tenant: str, emails: Collection[str]
) -> bool:
    """These and no others, of that tenant. False where nothing has changed."""
    wanted = {email.strip().casefold() for email in emails if email.strip()}
    here = (_columns.surface == surface, _columns.tenant == tenant)
    known = set(connection.execute(select(_columns.email).where(*here)).scalars())
    if wanted == known:
        return False
    for email in sorted(known - wanted):
        connection.execute(council_member.delete().where(*here, _columns.email == email))
    for email in sorted(wanted - known):
        connection.execute(council_member.insert().values(surface=surface, tenant=tenant, email=email))
    return True
