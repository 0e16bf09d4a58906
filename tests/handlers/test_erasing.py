"""A person is erased: names and links go and stay gone, figures stay, on both databases."""

import re
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from sqlalchemy import String, cast, select

from handlers.asking import Typed
from handlers.erasing import StillListed, erase, find_erasable
from handlers.links import Linker
from pipeline.errors import UnknownName
from pipeline.matrix import Dimension
from storage.apm import read_apm
from storage.audit import AuditEntry, record_audit
from storage.chat_places import ChatPlace, PlaceKind, put_place
from storage.database import reading, writing
from storage.outbox import Letter, put_letter, read_letter_card
from storage.people import read_people
from storage.schema import metadata
from tests.handlers.chat_company import CONFIGURATION, NOW, USERS, Scene, user
from tests.journeys.exported import Exported

BY = Linker("command-line", "the command line", "terminal")
NAMED = r"\b(?:Ana Lind|ana@example\.com|slack:T01:U1)\b"


@pytest.fixture
def scene(database_url: str, tmp_path: Path) -> Iterator[Scene]:
    scene = Scene(Exported(tmp_path, CONFIGURATION.format(url=database_url)))
    scene.pull(USERS)
    yield scene
    scene.council.engine.dispose()


def erase_by(scene: Scene, typed: str) -> None:
    council = scene.council
    erase(council.engine, find_erasable(council.engine, council.company, typed, "erased-1"), BY, NOW)


def everything_stored(scene: Scene) -> str:
    """Every value of every table, in one text."""
    with reading(scene.council.engine) as connection:
        return "\n".join(
            str(value)
            for table in metadata.sorted_tables
            for row in connection.execute(select(*(cast(column, String) for column in table.columns)))
            for value in row
        )


def fill(scene: Scene) -> None:
    """Ana has a link, letters, typed words, and stands in the audit and in letters of others."""
    scene.ask("U1", "ana@example.com")
    scene.ask("U2", "ana@example.com")
    scene.say(Typed("/pause until 2026-06-01"), "005A")
    entry = AuditEntry(
        by="005O",
        surface="slack",
        act="reassign",
        object="deal:006A",
        old="Ana Lind",
        new="Ben Osei",
        note="for Ana Lind",
    )
    with writing(scene.council.engine) as connection:
        record_audit(connection, entry, NOW)
        put_place(connection, "slack", "T01", ChatPlace(PlaceKind.PERSON, "U1", "D1", "Ana Lind"))
        put_letter(connection, Letter(key="d", kind="digest", audience="@005A", card="{}"), NOW)
        card = '{"title":"Ana Lind and Diana Linder"}'
        put_letter(connection, Letter(key="m", kind="manager_digest", audience="@005B", card=card), NOW)


def test_names_and_links_go_and_no_pull_brings_them_back(scene: Scene) -> None:
    fill(scene)
    found = re.findall(NAMED, everything_stored(scene), re.IGNORECASE)
    assert {name.casefold() for name in found} == {"ana lind", "ana@example.com", "slack:t01:u1"}
    erase_by(scene, "Ana@example.com")
    scene.pull(USERS)
    assert re.findall(NAMED, everything_stored(scene), re.IGNORECASE) == []
    assert scene.links() == {}
    with reading(scene.council.engine) as connection:
        assert read_letter_card(connection, "d") is None
        assert read_letter_card(connection, "m") == '{"title":"erased-1 and Diana Linder"}'
    ana = read_people(scene.council.engine).users["005A"]
    assert (ana.name, ana.email, ana.is_active) == ("erased-1", None, False)
    assert "No active CRM user has your e-mail" in scene.ask("U1", "ana@example.com")


def test_figures_and_the_audit_stay(scene: Scene) -> None:
    fill(scene)
    company, engine = scene.council.company, scene.council.engine
    before = read_apm(engine, company, as_of=date(2026, 5, 15), dimension=Dimension.REGION)
    erase_by(scene, "005A")
    assert read_apm(engine, company, as_of=date(2026, 5, 15), dimension=Dimension.REGION) == before
    told = scene.type("/audit deal:006A")
    assert "erased-1 → Ben Osei" in told
    assert "“for erased-1”" in told
    assert "erase" in scene.type("/audit person:005A")


def test_somebody_whom_only_the_configuration_lists_is_erased_when_it_lists_them_no_more(
    scene: Scene,
) -> None:
    scene.ask("U5", "kim@example.com")
    with pytest.raises(StillListed, match="The configuration lists kim"):
        erase_by(scene, "kim@example.com")
    people = scene.council.company.people.model_copy(update={"operations": ("olga@example.com",)})
    company = scene.council.company
    object.__setattr__(company, "people", people)
    erase_by(scene, "kim@example.com")
    assert "kim@example.com" not in everything_stored(scene)
    assert "link" in scene.type("/audit person:erased-1")


def test_whom_nobody_knows_or_several_are_is_said(scene: Scene) -> None:
    with pytest.raises(UnknownName, match="Nobody has the e-mail or CRM user id"):
        erase_by(scene, "who@else.com")
    with pytest.raises(UnknownName, match="005T or 005U"):
        erase_by(scene, "two@example.com")
    erase_by(scene, "005U")
    assert read_people(scene.council.engine).users["005T"].name == "Tim Two"


def test_nobody_else_with_a_similar_name_is_touched(scene: Scene) -> None:
    scene.pull([*USERS, user("005N", "Ana Lindgren", "ana@example.com.au")])
    erase_by(scene, "005A")
    found = read_people(scene.council.engine).users["005N"]
    assert (found.name, found.email) == ("Ana Lindgren", "ana@example.com.au")
