"""Somebody writes from a chat for the first time, and again: who they are, on SQLite and on PostgreSQL."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from storage.addressees import read_addressee
from storage.audit_reading import AuditFilter, read_audit
from storage.chat_tables import outbox
from storage.database import Connection, reading, writing
from storage.outbox import Letter, put_letter
from storage.people import read_people
from storage.person_links import read_linked_people
from storage.strangers import read_strangers
from tests.handlers.chat_company import CONFIGURATION, NOW, USERS, Scene, user
from tests.journeys.exported import Exported


@pytest.fixture(scope="module")
def pulled(template_url: str, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The database of the company, which nobody has open."""
    scene = Scene(Exported(tmp_path_factory.mktemp("pulled"), CONFIGURATION.format(url=template_url)))
    scene.pull(USERS)
    scene.council.engine.dispose()
    return template_url


@pytest.fixture
def scene(pulled: str, copy_database: Callable[[str], str], tmp_path: Path) -> Iterator[Scene]:
    scene = Scene(Exported(tmp_path, CONFIGURATION.format(url=copy_database(pulled))))
    yield scene
    scene.council.engine.dispose()


def test_a_first_message_links_by_email_and_the_link_is_on_record(scene: Scene) -> None:
    assert "What you can type" in scene.ask("U1", "Ana@Example.com")
    assert scene.links() == {"slack:T01:U1": "005A"}
    with reading(scene.council.engine) as connection:
        (record,) = read_audit(connection, AuditFilter(object="person:005A")).records
    assert (record.act, record.new, record.by.id, record.surface) == ("link", "slack:T01:U1", "005A", "slack")
    assert scene.letters() == []


def test_the_same_user_id_is_somebody_else_on_another_platform_and_tenant(scene: Scene) -> None:
    scene.ask("U1", "ana@example.com")
    scene.ask("U1", "ben@example.com", tenant="T02")
    scene.ask("U1", "olga@example.com", surface="teams")
    assert scene.links() == {"slack:T01:U1": "005A", "slack:T02:U1": "005B", "teams:T01:U1": "005O"}
    with reading(scene.council.engine) as connection:
        assert read_addressee(connection, "@005A", "slack", "T01").user_id == "U1"
        assert read_addressee(connection, "@005A", "slack", "T02").user_id is None
        assert read_addressee(connection, "@005A", "teams", "T01").user_id is None


def test_letters_that_waited_for_the_link_go_out(scene: Scene) -> None:
    with writing(scene.council.engine) as connection:
        put_letter(connection, Letter(key="d", kind="digest", audience="@005A", card="{}"), NOW)
        put_letter(connection, Letter(key="e", kind="digest", audience="@005B", card="{}"), NOW)
        connection.execute(outbox.update().values(state="failed", reason="no address"))
    scene.ask("U1", "ana@example.com")
    with reading(scene.council.engine) as connection:
        states = {row.key: row.state for row in connection.execute(outbox.select())}
    assert states == {"d": "pending", "e": "failed"}


@pytest.mark.parametrize(
    ("email", "says"),
    [
        ("who@else.com", "No active CRM user has your e-mail address, who@else.com"),
        ("two@example.com", "Several CRM users have your e-mail address"),
        ("dale@example.com", "is not active"),
        (None, "Slack does not show me your e-mail address"),
    ],
)
def test_a_stranger_is_told_whom_to_ask_and_operations_once(
    scene: Scene, email: str | None, says: str
) -> None:
    for _ in range(2):
        told = scene.ask("U9", email)
        assert says in told
        assert "Ask Olga Ops (olga@example.com) or kim@example.com in sales operations to link you" in told
        assert "What you can type" not in told
    assert scene.letters() == ["@005O stranger", "@kim@example.com stranger"]
    assert scene.links() == {}
    with reading(scene.council.engine) as connection:
        assert [str(one.sender.account) for one in read_strangers(connection)] == ["slack:T01:U9"]


def test_a_stranger_whom_the_crm_knows_later_is_linked_and_operations_see_it(scene: Scene) -> None:
    scene.ask("U9", "new@example.com")
    scene.pull([*USERS, user("005N", "Nia New", "new@example.com")])
    assert "What you can type" in scene.ask("U9", "new@example.com")
    with reading(scene.council.engine) as connection:
        assert read_strangers(connection) == ()
        cards = connection.execute(outbox.select()).all()
    assert all("Chat U9 is Nia New" in row.card for row in cards)
    assert len(cards) == 2


def test_a_second_chat_user_with_the_same_email_gets_nothing(scene: Scene) -> None:
    scene.ask("U1", "ana@example.com")
    assert "already speaks with me" in scene.ask("U2", "ana@example.com")
    assert scene.links() == {"slack:T01:U1": "005A"}


def test_a_changed_email_moves_nothing_and_operations_are_told_once(scene: Scene) -> None:
    scene.ask("U1", "ana@example.com")
    for _ in range(2):
        assert "What you can type" in scene.ask("U1", "ben@example.com")
    assert scene.links() == {"slack:T01:U1": "005A"}
    assert scene.letters() == ["@005O email_moved", "@kim@example.com email_moved"]


def test_a_changed_email_in_the_crm_moves_nothing_either(scene: Scene) -> None:
    scene.ask("U1", "ana@example.com")
    changed = [user("005A", "Ana Lind", "lind@example.com"), *USERS[1:]]
    scene.pull(changed)
    scene.ask("U1", "ana@example.com")
    assert scene.links() == {"slack:T01:U1": "005A"}
    assert scene.letters() == []


def test_who_left_keeps_the_link_and_is_told_whom_to_ask(scene: Scene) -> None:
    scene.ask("U1", "ana@example.com")
    scene.pull([user("005A", "Ana Lind", "ana@example.com", False), *USERS[1:]])
    told = scene.ask("U1", "ana@example.com")
    assert "The CRM account of Ana Lind is not active. Ask Olga Ops (olga@example.com)" in told
    assert scene.links() == {"slack:T01:U1": "005A"}


def test_a_listed_person_keeps_the_link_when_the_crm_knows_them_too(scene: Scene) -> None:
    scene.ask("U5", "kim@example.com")
    assert scene.links() == {"slack:T01:U5": "kim@example.com"}
    scene.pull([*USERS, user("005K", "Kim Lee", "Kim@example.com")])
    assert "What you can type" in scene.ask("U5", "kim@example.com")
    with reading(scene.council.engine) as connection:
        assert read_addressee(connection, "@005K", "slack", "T01").user_id == "U5"


def test_a_chat_user_who_asks_several_times_at_once_is_linked_once(scene: Scene) -> None:
    with ThreadPoolExecutor(4) as at_once:
        told = list(at_once.map(lambda _: scene.ask("U1", "ana@example.com"), range(8)))
    assert all("What you can type" in one for one in told)
    assert scene.links() == {"slack:T01:U1": "005A"}


def test_whoever_was_linked_while_their_message_was_read_is_nobody_elses_double(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another first message of the same chat user is answered between the two looks into the database."""
    asked: list[str] = []

    def after_another_message(connection: Connection, surface: str, tenant: str) -> frozenset[str]:
        if not asked:
            asked.append("meanwhile")
            scene.ask("U1", "ana@example.com")
        return read_linked_people(connection, surface, tenant)

    monkeypatch.setattr("handlers.recognising.read_linked_people", after_another_message)
    assert "What you can type" in scene.ask("U1", "ana@example.com")
    assert asked == ["meanwhile"]
    assert scene.links() == {"slack:T01:U1": "005A"}


def test_where_the_crm_has_no_time_zone_the_chats_counts(scene: Scene) -> None:
    scene.ask("U1", "ana@example.com")
    zones = {one.id: one.timezone for one in read_people(scene.council.engine).users.values()}
    assert zones["005A"] == "Europe/Berlin"
    assert zones["005B"] is None
