"""Reading people: nothing is read again while nobody changes anything, and no change is ever missed."""

from collections.abc import Iterator, Sequence
from contextlib import suppress
from datetime import UTC, datetime

import pytest
from sqlalchemy import Engine, event, select
from sqlalchemy.sql.dml import UpdateBase

from pipeline.crm_records import UserRecord
from pipeline.people import People
from pipeline.person_links import ChatAccount, LinkedBy, PersonLink
from storage.chat_tables import person_link
from storage.database import open_database, reading, writing
from storage.people import people_of, read_people
from storage.people_tables import council_member, people_version
from storage.person_links import keep_timezone, put_link
from storage.registries import replace_people
from storage.tables import currency_table, person, role

ACCOUNT = ChatAccount("slack", "T01", "U1")
LINK = PersonLink(
    account=ACCOUNT,
    person="005A",
    how=LinkedBy.EMAIL,
    linked_at=datetime(2026, 11, 2, tzinfo=UTC),
    timezone="Europe/Oslo",
)

CHANGES: Sequence[UpdateBase] = (
    person.insert().values(
        no=4, crm_id="005D", name="Di", is_active=True, is_integration=False, fields={"Division": "North"}
    ),
    person.update().where(person.c.crm_id == "005B").values(name="Bea"),
    person.update().where(person.c.crm_id == "005B").values(manager_id="005A"),
    person.update().where(person.c.crm_id == "005B").values(fields={"Division": "South"}),
    person.delete().where(person.c.crm_id == "005B"),
    role.insert().values(crm_id="00EC", name="Rep", parent_id="00EB"),
    role.update().where(role.c.crm_id == "00EB").values(parent_id=None),
    role.delete().where(role.c.crm_id == "00EB"),
    council_member.insert().values(surface="slack", tenant="T01", email="bo@example.com"),
    council_member.update().values(email="ada.new@example.com"),
    council_member.delete(),
    person_link.insert().values(
        surface="teams",
        tenant="T01",
        user_id="U2",
        person="005B",
        how="email",
        linked_at=1,
        timezone="Asia/Tokyo",
    ),
    person_link.update().values(timezone="Europe/Rome"),
    person_link.update().values(person="005B"),
    person_link.delete(),
)
"""Each of them makes other people of what `company` holds."""


@pytest.fixture
def company(database: Engine) -> Engine:
    """Ada, whose role is above Bo's, is of the council and was seen in Oslo; Cy's role is not known."""
    people = (("005A", "Ada", "00EA"), ("005B", "Bo", "00EB"), ("005C", "Cy", "00EC"))
    with writing(database) as connection:
        connection.execute(role.insert().values(crm_id="00EA", name="CRO"))
        connection.execute(role.insert().values(crm_id="00EB", name="Rep", parent_id="00EA"))
        for number, (crm_id, name, role_id) in enumerate(people, 1):
            values = {"no": number, "crm_id": crm_id, "name": name, "role_id": role_id}
            connection.execute(
                person.insert().values(is_active=True, is_integration=False, fields={}, **values)
            )
        connection.execute(
            council_member.insert().values(surface="slack", tenant="T01", email="ada@example.com")
        )
        put_link(connection, LINK)
    return database


@pytest.fixture
def other(company: Engine, database_url: str) -> Iterator[Engine]:
    """Another process on the same database, which remembers for itself."""
    other = open_database(database_url)
    yield other
    other.dispose()


def read_anew(database_url: str) -> People:
    engine = open_database(database_url)
    people = read_people(engine)
    engine.dispose()
    return people


def take(engine: Engine, users: list[UserRecord]) -> None:
    with writing(engine) as connection:
        replace_people(connection, users)


def change(engine: Engine, statement: UpdateBase) -> None:
    with writing(engine) as connection:
        connection.execute(statement)


def change_and_give_up(engine: Engine, statement: UpdateBase) -> People:
    """The people whom the transaction itself saw."""
    with suppress(InterruptedError), writing(engine) as connection:
        connection.execute(statement)
        seen = people_of(connection)
        raise InterruptedError
    return seen


def test_the_same_people_are_given_while_nothing_changes(company: Engine) -> None:
    people = read_people(company)
    assert read_people(company) is people
    with reading(company) as connection:
        assert people_of(connection) is people


def test_only_the_version_is_read_while_nothing_changes(company: Engine) -> None:
    read_people(company)
    statements: list[str] = []
    event.listen(company, "before_cursor_execute", lambda *call: statements.append(call[2]))
    read_people(company)
    assert [one for one in statements if not one.startswith("BEGIN")] == [str(select(people_version))]


def test_writes_that_do_not_concern_people_leave_them(company: Engine) -> None:
    people = read_people(company)
    change(company, currency_table.insert().values(no=1, code="NOK"))
    assert read_people(company) is people


@pytest.mark.parametrize("number", range(len(CHANGES)))
def test_every_change_of_every_table_is_seen_at_once_wherever_it_is_made(
    company: Engine, other: Engine, database_url: str, number: int
) -> None:
    before = read_people(company)
    change(other, CHANGES[number])
    now = read_people(company)
    assert now != before
    assert now == read_people(other) == read_anew(database_url)


@pytest.mark.parametrize("number", range(len(CHANGES)))
def test_a_change_that_is_rolled_back_is_never_remembered(
    company: Engine, other: Engine, database_url: str, number: int
) -> None:
    before = read_people(company)
    assert change_and_give_up(company, CHANGES[number]) != before
    assert read_people(company) is before
    another = next(
        one for one in CHANGES if one.table is CHANGES[number].table and one is not CHANGES[number]
    )
    change(other, another)
    assert read_people(company) == read_people(other) == read_anew(database_url)


def test_what_is_not_committed_yet_is_seen_by_its_own_transaction_alone(company: Engine) -> None:
    before = read_people(company)
    with writing(company) as connection:
        connection.execute(CHANGES[1])
        connection.execute(CHANGES[2])
        assert people_of(connection).users["005B"].name == "Bea"
        assert read_people(company) is before
    assert read_people(company).users["005B"].manager_id == "005A"


def test_a_reader_sees_the_people_of_its_own_moment(company: Engine, other: Engine) -> None:
    with reading(company) as connection:
        before = people_of(connection)
        change(other, CHANGES[1])
        assert read_people(company).users["005B"].name == "Bea"
        assert people_of(connection) == before


def test_a_pull_that_finds_nobody_different_leaves_people_as_they_are(company: Engine) -> None:
    found = [
        UserRecord("005A", "Ada", "ada@example.com", True, "00EA", None, "Europe/Oslo", False, {"Level": 3}),
        UserRecord("005B", "Bo", None, False, "00EB", "005A", None, True, {"Team": "North", "Left": None}),
    ]
    take(company, found)
    people = read_people(company)
    take(company, found)
    assert read_people(company) is people
    take(company, [found[0], found[1]._replace(fields={"Team": "South", "Left": None})])
    assert read_people(company).users["005B"].fields == {"Team": "South", "Left": None}


def test_the_zone_of_a_link_follows_its_chat_user(company: Engine, other: Engine) -> None:
    assert read_people(company).users["005A"].timezone == "Europe/Oslo"
    with writing(other) as connection:
        keep_timezone(connection, ACCOUNT, "America/Lima")
    assert read_people(company).users["005A"].timezone == "America/Lima"
