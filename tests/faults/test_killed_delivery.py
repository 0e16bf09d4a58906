"""Whoever delivers may die at any step, and any number may deliver: nothing twice, nothing lost."""

import asyncio
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import Engine

from messages.card import Card, Paragraph, text
from messages.card_text import card_to_text
from pipeline.letters import LetterState
from storage.database import reading, writing
from storage.outbox import Letter, put_letter, revise_letter
from storage.outbox_claims import LEASE
from storage.outbox_reading import read_shown, read_troubled
from tests.faults.delivering import (
    FileSurface,
    Line,
    Step,
    deliver_all,
    deliver_and_die,
    deliver_beside_another,
    read_lines,
)
from tests.faults.processes import race, was_killed

MONDAY = datetime(2026, 11, 23, 9, tzinfo=UTC)
DEATHS = tuple(step for step in Step if step is not Step.NEVER)
DIGESTS = ("digest:1", "digest:2", "digest:3")
EITHER = pytest.mark.parametrize(
    "database_url", ["sqlite", pytest.param("postgresql", marks=pytest.mark.slow)], indirect=True
)


@dataclass(frozen=True)
class Scene:
    """A database, and the file that people would see."""

    url: str
    engine: Engine
    file: Path
    can_look_up: bool = True

    def put(self, *letters: Letter) -> None:
        with writing(self.engine) as connection:
            for letter in letters:
                put_letter(connection, letter, MONDAY)

    def revise(self, key: str, title: str) -> None:
        with writing(self.engine) as connection:
            revise_letter(connection, key, _card(key, title))

    def die(self, step: Step) -> None:
        assert was_killed(deliver_and_die, self.url, self.file, self.can_look_up, MONDAY, step)

    def deliver_from_two_processes(self) -> None:
        race(deliver_beside_another, self.url, self.file, self.can_look_up, MONDAY)

    def recover(self) -> None:
        """The next process, when the lease of the dead one has ended."""
        surface = FileSurface(self.file, self.can_look_up, lambda _: None)
        asyncio.run(deliver_all(self.engine, surface, MONDAY + LEASE))

    def posted(self, audience: str = "@005A") -> list[str]:
        return [line.key for line in self.lines() if (line.act, line.audience) == ("post", audience)]

    def lines(self) -> list[Line]:
        return read_lines(self.file)

    def recorded(self) -> set[str]:
        """What the outbox takes for sent."""
        with reading(self.engine) as connection:
            return {letter.key for letter in read_shown(connection, "file")}

    def troubles(self) -> list[tuple[str, LetterState]]:
        with reading(self.engine) as connection:
            return [(one.key, one.state) for one in read_troubled(connection, MONDAY)]


def _card(key: str, title: str) -> str:
    return card_to_text(Card(key, title, (Paragraph(text("Words.")),), title))


def _letter(key: str, audience: str = "@005A", thread_of: str | None = None) -> Letter:
    card = _card(key, key)
    return Letter(key=key, kind="digest", audience=audience, card=card, thread_of=thread_of)


@pytest.fixture
def scene(database: Engine, database_url: str, tmp_path: Path) -> Scene:
    return Scene(database_url, database, tmp_path / "said")


@pytest.fixture
def blind(scene: Scene) -> Scene:
    """Over a surface that cannot look up."""
    return Scene(scene.url, scene.engine, scene.file, can_look_up=False)


@EITHER
@pytest.mark.parametrize("step", DEATHS)
def test_killed_at_any_step_each_letter_is_posted_exactly_once(scene: Scene, step: Step) -> None:
    scene.put(*map(_letter, DIGESTS))
    scene.die(step)
    before = scene.posted()
    scene.recover()
    assert before == ([] if step in (Step.BEFORE_CLAIM, Step.CLAIMED) else ["digest:1"])
    assert sorted(scene.posted()) == sorted(DIGESTS)
    assert scene.recorded() == set(DIGESTS)
    assert scene.troubles() == []


@EITHER
@pytest.mark.parametrize("step", [Step.BEFORE_CLAIM, Step.RECORDED])
def test_killed_between_two_letters_there_is_no_doubt_even_where_nobody_can_look(
    blind: Scene, step: Step
) -> None:
    blind.put(*map(_letter, DIGESTS))
    blind.die(step)
    blind.recover()
    assert blind.posted() == list(DIGESTS)
    assert blind.recorded() == set(DIGESTS)
    assert blind.troubles() == []


@EITHER
@pytest.mark.parametrize(
    ("step", "arrived"), [(Step.CLAIMED, False), (Step.SHOWN, True), (Step.RECORDING, True)]
)
def test_killed_with_a_letter_in_hand_where_nobody_can_look_it_is_never_repeated_and_people_are_asked(
    blind: Scene, step: Step, arrived: bool
) -> None:
    blind.put(*map(_letter, DIGESTS))
    blind.die(step)
    blind.recover()
    assert blind.posted() == list(DIGESTS if arrived else DIGESTS[1:])
    assert blind.troubles() == [("digest:1", LetterState.UNKNOWN)]
    asked = blind.posted("@ops@example.com")
    assert asked == ["delivery_doubt:digest:1:@ops@example.com"]
    assert blind.recorded() == {"digest:2", "digest:3", *asked}


@EITHER
@pytest.mark.parametrize("step", [Step.BEFORE_CLAIM, Step.CLAIMED, Step.SHOWN, Step.RECORDING])
def test_killed_during_a_change_in_place_the_message_shows_the_change_in_the_end(
    scene: Scene, step: Step
) -> None:
    scene.put(*map(_letter, DIGESTS))
    scene.recover()
    scene.revise("digest:1", "Fixed")
    scene.die(step)
    scene.recover()
    changes = [line for line in scene.lines() if line.act == "update"]
    repeated = step in (Step.SHOWN, Step.RECORDING)
    assert [(line.key, line.title) for line in changes] == [("digest:1", "Fixed")] * (1 + repeated)
    assert scene.posted() == list(DIGESTS)
    assert scene.recorded() == set(DIGESTS)
    assert scene.troubles() == []


def test_two_processes_that_deliver_the_same_letters_post_each_of_them_once_and_in_order(
    scene: Scene,
) -> None:
    channels = ("#council", "#emea", "#amer")
    heads = [_letter(f"council{channel}", channel) for channel in channels]
    replies = [
        _letter(f"thread:{number:02}{channel}", channel, f"council{channel}")
        for number in range(15)
        for channel in channels
    ]
    digests = [_letter(f"digest:{number}", f"@005{number}") for number in range(12)]
    scene.put(*replies, *digests, *heads)
    scene.deliver_from_two_processes()
    assert len(scene.lines()) == 60
    for channel in channels:
        expected = [f"council{channel}", *(f"thread:{number:02}{channel}" for number in range(15))]
        assert scene.posted(channel) == expected
    assert all(line.thread == f"council{line.audience}" for line in scene.lines() if "thread:" in line.key)
    assert scene.recorded() == {letter.key for letter in (*heads, *replies, *digests)}
    assert {line.key for line in scene.lines()} == scene.recorded()
    assert scene.troubles() == []
