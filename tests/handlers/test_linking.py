"""Sales operations link chat users to people: by a command, a button and a form, on both databases."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from handlers.asking import Clicked, Submitted
from messages.card import TextInput
from messages.reply import Reply
from storage.audit_reading import AuditFilter, read_audit
from storage.chat_tables import outbox
from storage.database import reading, writing
from storage.outbox import Letter, put_letter
from tests.handlers.chat_company import CONFIGURATION, NOW, USERS, Scene, user, words
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


def inputs(reply: Reply) -> dict[str, tuple[str, str]]:
    """The values and problems of the form, by key."""
    assert reply.form is not None
    return {each.key: (each.value, each.problem) for each in reply.form.blocks if isinstance(each, TextInput)}


def audited(scene: Scene, object: str) -> list[tuple[str, str, str | None, str | None]]:
    with reading(scene.council.engine) as connection:
        records = read_audit(connection, AuditFilter(object=object)).records
    return [(each.by.id, each.act, each.old, each.new) for each in records]


def cards_of(scene: Scene, kind: str) -> list[str]:
    with reading(scene.council.engine) as connection:
        return [row.card for row in connection.execute(outbox.select().where(outbox.c.kind == kind))]


def test_a_command_links_whoever_wrote_and_releases_what_waited(scene: Scene) -> None:
    scene.ask("U9", "two@example.com")
    with writing(scene.council.engine) as connection:
        put_letter(connection, Letter(key="d", kind="digest", audience="@005T", card="{}"), NOW)
        connection.execute(outbox.update().where(outbox.c.key == "d").values(state="failed"))
    assert "Chat U9 is Tim Two now" in scene.type("/link U9 005T")
    assert scene.links() == {"slack:T01:U9": "005T"}
    assert audited(scene, "person:005T") == [("005O", "link", None, "slack:T01:U9")]
    with reading(scene.council.engine) as connection:
        assert connection.execute(outbox.select().where(outbox.c.key == "d")).one().state == "pending"
    assert all("Chat U9 is Tim Two" in card for card in cards_of(scene, "stranger"))
    assert "What you can type" in scene.ask("U9", "two@example.com")


def test_a_mention_links_somebody_who_never_wrote(scene: Scene) -> None:
    scene.type("/link <@U7|ben> ben@example.com")
    assert scene.links() == {"slack:T01:U7": "005B"}
    assert scene.type("/link <@U8> Kim@Example.com").startswith("U8 is kim@example.com now")


def test_the_local_room_links_only_whom_it_knows_or_is_told_in_full(scene: Scene) -> None:
    assert "Nobody with the chat user id “U7”" in scene.type("/link U7 ben@example.com", surface="preview")
    scene.type("/link teams:3f2a:29:1abc ben@example.com", surface="preview")
    assert scene.links() == {"teams:3f2a:29:1abc": "005B"}


def test_the_same_user_id_of_two_tenants_has_to_be_written_in_full(scene: Scene) -> None:
    scene.ask("U9", "who@else.com", tenant="T01")
    scene.ask("U9", "who@other.com", tenant="T02")
    assert "“U9” could be slack:T01:U9 or slack:T02:U9" in scene.type("/link U9 ben@example.com")
    scene.type("/link slack:T02:U9 ben@example.com")
    assert scene.links() == {"slack:T02:U9": "005B"}


def test_a_link_is_never_moved_without_undoing_it(scene: Scene) -> None:
    scene.ask("U1", "ana@example.com")
    scene.ask("U2", "ben@example.com")
    assert "slack:T01:U1 is Ana Lind. Undo that first: /unlink" in scene.type("/link U1 ben@example.com")
    assert "Ben Osei speaks as slack:T01:U2 there already" in scene.type("/link U3 ben@example.com")
    assert "slack:T01:U1 is Ana Lind already" in scene.type("/link U1 ana@example.com")
    assert scene.links() == {"slack:T01:U1": "005A", "slack:T01:U2": "005B"}


def test_an_unlinked_chat_user_stays_a_stranger_until_operations_link_them(scene: Scene) -> None:
    scene.ask("U1", "ana@example.com")
    assert "Chat U1 is no longer Ana Lind" in scene.type("/unlink ana@example.com")
    assert "have undone the link" in scene.ask("U1", "ana@example.com")
    assert scene.links() == {}
    scene.type("/link U1 ben@example.com")
    assert scene.links() == {"slack:T01:U1": "005B"}
    assert audited(scene, "person:005A")[0] == ("005O", "unlink", "slack:T01:U1", None)


def test_unlinking_what_is_not_linked_says_so(scene: Scene) -> None:
    assert "There is no link of “U1”" in scene.type("/unlink U1")
    assert "Name the chat user or the person" in scene.type("/unlink")
    assert "linked to nobody" in words(scene.say(Clicked("unlink", "slack:T01:U1")))


def test_the_list_shows_who_is_unmatched_and_whom_no_message_reaches(scene: Scene) -> None:
    assert "Everybody who wrote to me is linked" in scene.type("/link")
    scene.pull([*USERS, user("005N", "Nia New", "")])
    scene.ask("U9", "who@else.com")
    shown = scene.type("/link")
    assert "1 chat user is nobody yet, 1 person cannot be reached" in shown
    assert "slack:T01:U9" in shown
    assert "No active CRM user has their e-mail" in shown
    assert "Nia New" in shown
    assert "Dale Gone" not in shown


def test_a_form_asks_for_what_is_missing_and_keeps_what_was_typed(scene: Scene) -> None:
    assert scene.type("/link U9") == "Link a chat user"
    scene.ask("U9", "who@else.com")
    opened = scene.say(Clicked("link_form", "slack:T01:U9"))
    assert inputs(opened) == {"account": ("slack:T01:U9", ""), "person": ("", "")}
    again = scene.say(Submitted("link_save", "", {"account": "U9 U8", "person": "Dale Gone"}))
    account, person = inputs(again)["account"], inputs(again)["person"]
    assert account[0] == "U9 U8"
    assert "Nobody with the chat user id" in account[1]
    assert person[0] == "Dale Gone"
    assert "There is nobody called “Dale Gone”" in person[1]
    both = scene.say(Submitted("link_save", "", {"account": "U9", "person": "two@example.com"}))
    assert "could be Tim Two" in inputs(both)["person"][1]
    gone = scene.say(Submitted("link_save", "", {"account": "U9", "person": "dale@example.com"}))
    assert "The CRM user of Dale Gone is not active" in inputs(gone)["person"][1]
    saved = scene.say(Submitted("link_save", "", {"account": "U9", "person": "Ben"}))
    assert "Chat U9 is Ben Osei now" in words(saved)
    taken = scene.say(Submitted("link_save", "", {"account": "U10", "person": "Ben"}))
    assert taken.form is not None
    assert "one person has one chat user" in taken.form.problem


@pytest.mark.parametrize("who", ["005A", "kim@else.com"])
def test_nobody_else_links_or_looks_whatever_they_send(scene: Scene, who: str) -> None:
    scene.ask("U9", "who@else.com")
    scene.ask("U1", "ana@example.com")
    asked: list[Clicked | Submitted] = [
        Clicked("link_form", "slack:T01:U9"),
        Clicked("link_to", "005A slack:T01:U9"),
        Clicked("unlink", "slack:T01:U1"),
        Submitted("link_save", "", {"account": "U9", "person": "Ana Lind"}),
    ]
    told = [words(scene.say(question, who)) for question in asked]
    told += [scene.type(typed, who) for typed in ("/link", "/link U9 ana@example.com", "/unlink U1")]
    assert all("Sales operations look after" in one or "Olga Ops" in one for one in told)
    assert not any("who@else.com" in one for one in told)
    assert scene.links() == {"slack:T01:U1": "005A"}


def test_a_button_of_a_letter_is_checked_like_typed_words(scene: Scene) -> None:
    scene.ask("U9", "two@example.com")
    assert "older message" in words(scene.say(Clicked("link_to", "005T")))
    assert "There is nobody called" in words(scene.say(Clicked("link_to", "005NONE slack:T01:U9")))
    assert "Chat U9 is Tim Two now" in words(scene.say(Clicked("link_to", "005T slack:T01:U9")))
