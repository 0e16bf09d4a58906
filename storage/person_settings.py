"""What people set for themselves."""

from collections.abc import Collection, Mapping
from datetime import datetime

from sqlalchemy import Connection, select

from storage.bulk import insert_new
from storage.setting_tables import person_setting

IDS_A_STEP = 500


def put_digest_at(connection: Connection, person_id: str, at: str, now: datetime) -> None:
    """The digest comes to a person at this local time (`08:30`) from now on."""
    said = {"digest_at": at, "changed_at": int(now.timestamp())}
    written = connection.execute(
        insert_new(connection, person_setting)
        .values(person=person_id, **said)
        .returning(person_setting.c.person)
    )
    if written.first() is None:
        connection.execute(person_setting.update().where(person_setting.c.person == person_id).values(**said))


def read_digest_at(connection: Connection, person_id: str) -> str | None:
    """`None`: as the configuration says."""
    return read_digest_times(connection, (person_id,)).get(person_id)


def read_digest_times(connection: Connection, person_ids: Collection[str]) -> Mapping[str, str]:
    """The local times that people have chosen, by person."""
    chosen: dict[str, str] = {}
    ids = sorted(person_ids)
    for start in range(0, len(ids), IDS_A_STEP):
        rows = connection.execute(
            select(person_setting.c.person, person_setting.c.digest_at).where(
                person_setting.c.person.in_(ids[start : start + IDS_A_STEP])
            )
        )
        chosen |= {row.person: row.digest_at for row in rows}
    return chosen
