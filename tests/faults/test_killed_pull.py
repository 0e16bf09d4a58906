"""A pull that is killed leaves the last complete state, or the next one; nothing in between."""

import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

import pytest
from sqlalchemy import Engine, select

from bench.generate import Size, write_exports
from bot.app import build_company
from bot.settings import load_settings
from jobs.pulling import Progress
from pipeline.errors import PullRefused
from pipeline.findings import Finding
from pipeline.matrix import Dimension, Matrix
from storage.apm import read_apm
from storage.database import open_database, reading
from storage.hygiene_reading import read_hygiene
from storage.mirror import read_mirror
from storage.tables import opportunity, opportunity_key, opportunity_version, slice_table
from tests.faults.interrupted_pull import pull, pull_and_die, pull_and_wait
from tests.faults.processes import FORKS, SECONDS, was_killed

TODAY = date(2026, 9, 15)
FIRST = datetime(2026, 9, 15, 17, tzinfo=UTC)
SECOND = FIRST + timedelta(hours=3)
OPPORTUNITIES = 2_200
"""More than a chunk of a merge."""


@dataclass(frozen=True)
class Answers:
    """What people are told."""

    generation: int
    tables: tuple[Matrix, ...]
    findings: tuple[Finding, ...]


@dataclass(frozen=True)
class Scene:
    """A database after its first pull, the exports of the second, and what each pull leads to."""

    exports: Path
    database: Path
    before: Answers
    after: Answers
    rows_after: Sequence[Any]
    steps: tuple[str, ...]
    """The step of each report of progress of the second pull."""


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Scene:
    folder = tmp_path_factory.mktemp("scene")
    earlier, later = folder / "earlier", folder / "later"
    write_exports(earlier, Size(OPPORTUNITIES, 3, with_products=True, today=TODAY, seed=5))
    config = (earlier / "council.toml").read_text()
    (earlier / "council.toml").write_text(config.replace("[crm.files]", "[crm.files]\ncomplete = true"))
    shutil.copytree(earlier, later)
    _change_opportunities(earlier / "Opportunity.csv", later / "Opportunity.csv")
    database, never_killed = folder / "council.db", folder / "never_killed.db"
    pull(earlier, database, FIRST, _ignore)
    shutil.copy(database, never_killed)
    reports: list[Progress] = []
    pull(later, never_killed, SECOND, reports.append)
    return Scene(
        later,
        database,
        _answers(later, database),
        _answers(later, never_killed),
        _rows(never_killed),
        tuple(report.step for report in reports),
    )


def _change_opportunities(old: Path, new: Path) -> None:
    """The first ten are gone, and every seventh is worth something else."""
    header, *rows = old.read_text().splitlines()
    value = header.split(",").index("ACV__c")
    for place in range(0, len(rows), 7):
        cells = rows[place].split(",")
        rows[place] = ",".join([*cells[:value], "777.0", *cells[value + 1 :]])
    new.write_text("\n".join([header, *rows[10:]]) + "\n")


def _ignore(_: Progress) -> None:
    pass


def _answers(folder: Path, database: Path) -> Answers:
    company = build_company(load_settings(folder / "council.toml", {}))
    engine = open_database(f"sqlite:///{database}")
    dimensions = (Dimension.REGION, Dimension.SEGMENT, Dimension.SOURCE, Dimension.PRODUCT)
    answers = Answers(
        read_mirror(engine).generation,
        tuple(read_apm(engine, company, as_of=TODAY, dimension=one) for one in dimensions),
        read_hygiene(engine, company, as_of=TODAY).findings,
    )
    engine.dispose()
    return answers


def _rows(database: Path) -> Sequence[Any]:
    """Every record and version that readers see, whatever the generations in which they were written."""
    engine = open_database(f"sqlite:///{database}")
    rows = [*_visible(engine, opportunity, opportunity.c.no), *_visible_versions(engine)]
    engine.dispose()
    return rows


def _visible(engine: Engine, table: Any, number: Any, *more: Any) -> list[Any]:
    generation = read_mirror(engine).generation
    own = [column for column in table.c if column.name not in ("gen_from", "gen_to", "slice")]
    statement = (
        select(opportunity_key.c.crm_id, *own, *more)
        .join_from(table, opportunity_key, opportunity_key.c.no == number)
        .where(table.c.gen_from <= generation, table.c.gen_to > generation)
        .order_by(*table.primary_key.columns)
    )
    if more:
        statement = statement.join(slice_table, slice_table.c.no == table.c.slice)
    with reading(engine) as connection:
        return list(map(tuple, connection.execute(statement)))


def _visible_versions(engine: Engine) -> list[Any]:
    places = [column for column in slice_table.c if column.name != "no"]
    return _visible(engine, opportunity_version, opportunity_version.c.opportunity, *places)


def _kill_at(report: int, scene: Scene, database: Path) -> None:
    """Run the second pull and kill it when it reports its progress for the so-manieth time."""
    assert was_killed(pull_and_die, report, scene.exports, database, SECOND)


def _check_after_death(scene: Scene, database: Path, *, expected: Answers) -> None:
    assert _answers(scene.exports, database) == expected
    pull(scene.exports, database, SECOND, _ignore)
    answers = _answers(scene.exports, database)
    assert (answers.tables, answers.findings) == (scene.after.tables, scene.after.findings)
    assert _rows(database) == scene.rows_after


@pytest.fixture
def database(scene: Scene, tmp_path: Path) -> Path:
    copied = tmp_path / "council.db"
    shutil.copy(scene.database, copied)
    return copied


def test_the_two_pulls_of_the_scene_differ(scene: Scene) -> None:
    assert scene.before.generation + 1 == scene.after.generation
    assert scene.before.tables != scene.after.tables
    assert scene.steps.count("Merging") > 1


@pytest.mark.parametrize("seed", range(3))
def test_killed_while_staging_or_merging_it_answers_as_before(
    scene: Scene, database: Path, seed: int
) -> None:
    report = Random(seed).randint(1, scene.steps.index("Measuring"))
    _kill_at(report, scene, database)
    _check_after_death(scene, database, expected=scene.before)


def test_killed_amid_the_merge_it_answers_as_before(scene: Scene, database: Path) -> None:
    _kill_at(scene.steps.index("Merging") + 1, scene, database)
    _check_after_death(scene, database, expected=scene.before)


def test_killed_right_before_the_switch_it_answers_as_before(scene: Scene, database: Path) -> None:
    _kill_at(scene.steps.index("Measuring"), scene, database)
    _check_after_death(scene, database, expected=scene.before)


def test_killed_right_after_the_switch_it_answers_as_after(scene: Scene, database: Path) -> None:
    _kill_at(scene.steps.index("Measuring") + 1, scene, database)
    _check_after_death(scene, database, expected=scene.after)


def test_killed_twice_it_still_comes_to_the_same_end(scene: Scene, database: Path) -> None:
    _kill_at(scene.steps.index("Measuring"), scene, database)
    _kill_at(scene.steps.index("Merging") + 1, scene, database)
    _check_after_death(scene, database, expected=scene.before)


def test_a_second_pull_at_the_same_time_is_refused_in_words(scene: Scene, database: Path) -> None:
    merging, together = scene.steps.index("Merging") + 1, FORKS.Barrier(2, timeout=SECONDS)
    arguments = (merging, scene.exports, database, SECOND, together)
    first = FORKS.Process(target=pull_and_wait, args=arguments)
    first.start()
    together.wait()
    with pytest.raises(PullRefused, match="Another pull is running on this database"):
        pull(scene.exports, database, SECOND, _ignore)
    assert _answers(scene.exports, database) == scene.before
    together.wait()
    first.join(SECONDS)
    assert first.exitcode == 0
    assert _answers(scene.exports, database) == scene.after
