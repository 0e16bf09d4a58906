"""The demo company as a visitor meets it: opened once a day, its room furnished, each role answered."""

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from bot.app import Council, open_desk
from bot.delivery import Delivery
from bot.demo import open_demo, past_is_told, telling_past
from bot.demo_past import past_runs
from bot.demo_room import DemoRoom, furnish_demo
from bot.dispatch import Dispatch
from bot.output.hygiene_json import hygiene_json
from bot.output.matrix_json import matrix_json
from bot.preview.room import Words
from bot.preview.surface import PreviewSurface
from bot.room import list_guests
from crm.demo import demo_cast
from handlers.asking import Clicked, Submitted, Typed
from handlers.today import read_today
from messages.card import Card
from messages.render.terminal import render_text
from messages.reply import Reply
from pipeline.action_outcomes import ledger
from pipeline.freshness import Freshness
from pipeline.matrix import Dimension
from pipeline.past_scores import NO_PAST
from storage.actions import read_actions
from storage.apm import read_apm
from storage.database import reading
from storage.hygiene_reading import read_hygiene
from storage.rule_statistics import read_rule_statistics
from tests.opened_demo import open_copied_demo

NOW = datetime(2026, 5, 15, 18, tzinfo=UTC)
CAST = {member.role: member for member in demo_cast()}
SCHEMAS = Path(__file__).parents[2] / "docs" / "schema"


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Council]:
    council = open_copied_demo(tmp_path_factory.mktemp("demo"), NOW)
    yield council
    council.engine.dispose()


@pytest.fixture
def dispatch(demo: Council) -> Dispatch:
    return Dispatch(open_desk(demo, NOW))


def words(reply: Reply) -> str:
    return " ".join(render_text(card, 300) for card in reply.cards)


def test_opened_again_on_the_same_day_it_is_not_pulled_again(demo: Council) -> None:
    steps: list[str] = []
    again = open_demo(demo.settings.home, NOW, lambda progress: steps.append(progress.step))
    again.engine.dispose()
    assert steps == []
    assert read_today(again.engine) == read_today(demo.engine)
    again.engine.dispose()


def test_three_councils_and_a_fresh_morning_are_told_whatever_the_weekday(demo: Council) -> None:
    for days in range(7):
        until = NOW + timedelta(days=days)
        runs = list(past_runs(demo, until))
        assert [run.at for run in runs] == sorted(run.at for run in runs)
        assert runs[-1].at <= until
        mondays = {run.at.date() for run in runs if run.job == "council" and run.at.weekday() == 0}
        assert len(mondays) == 3


def test_what_was_half_told_is_told_anew_and_what_was_told_is_kept(tmp_path: Path) -> None:
    council = open_copied_demo(tmp_path, NOW)
    with telling_past(council):
        assert not past_is_told(council)
    assert past_is_told(council)
    council.engine.dispose()
    kept = open_demo(tmp_path, NOW, lambda _: None)
    assert past_is_told(kept)
    with suppress(KeyboardInterrupt), telling_past(kept):
        raise KeyboardInterrupt
    kept.engine.dispose()
    steps: list[str] = []
    again = open_demo(tmp_path, NOW, lambda progress: steps.append(progress.step))
    again.engine.dispose()
    assert steps
    assert not past_is_told(again)


def test_another_day_draws_another_company_and_forgets_the_old_one(tmp_path: Path) -> None:
    (tmp_path / "council-2026-05-14.db").touch()
    open_demo(tmp_path, NOW, lambda _: None).engine.dispose()
    assert [path.name for path in tmp_path.glob("*.db")] == ["council-2026-05-15.db"]


def test_the_cast_stands_first_under_each_heading_and_only_the_council_is_in_its_channel(
    demo: Council,
) -> None:
    guests = list_guests(demo, {member.user_id: member.introduction for member in CAST.values()})
    headings = list(dict.fromkeys(guest.role for guest in guests))
    assert headings == ["Sales operations", "Council", "Administrators", "Managers", "Reps"]
    for role, heading in (("rep", "Reps"), ("manager", "Managers"), ("council", "Council")):
        first = next(guest for guest in guests if guest.role == heading)
        assert (first.id, first.says) == (CAST[role].user_id, CAST[role].introduction)
    in_channel = {guest.role for guest in guests if "#pipeline-council" in guest.channels}
    assert in_channel == {"Sales operations", "Council"}


@pytest.mark.slow
def test_its_schedule_fills_the_room_and_a_second_start_finds_it_as_it_was(tmp_path: Path) -> None:
    council = open_copied_demo(tmp_path, NOW)
    first = furnish_demo(council, NOW, lambda _: None, lambda: NOW)
    council.engine.dispose()
    again = open_demo(tmp_path, NOW, lambda _: None)
    second = furnish_demo(again, NOW, lambda _: None, lambda: NOW)
    delivery = Delivery(again.engine, PreviewSurface(second.room), lambda: NOW, again.company)
    assert asyncio.run(delivery.deliver_due()) == 0
    again.engine.dispose()
    for role in CAST:
        assert said_to(second, role) == said_to(first, role)
    posted = [(place, key) for place, key, _, _ in said_to(first, "council") if key is not None]
    assert len(posted) == len(set(posted))
    assert sum(1 for conversation, _, _, _ in said_to(first, "council") if conversation.startswith("#")) > 6
    its_past_has_figures(second)
    for role in ("rep", "manager"):
        assert {conversation for conversation, _, _, _ in said_to(first, role)} == {f"@{CAST[role].user_id}"}


def its_past_has_figures(demo: DemoRoom) -> None:
    """What a visitor looks at first is not empty: rules, trends, and what moved after actions."""
    book = read_rule_statistics(demo.council.engine, demo.council.company)
    rated = [rule for rule in book.rules if rule.asked and rule.fixed]
    assert all(rule.median_days is not None for rule in rated)
    assert len(rated) >= 2
    assert any(book.deserves_muting(rule) for rule in book.rules)
    with reading(demo.council.engine) as connection:
        lines = ledger(read_actions(connection))
    assert [line.median_movement is not None for line in lines] == [True, False, False]
    desk = Dispatch(open_desk(demo.council, NOW), lambda: NOW)
    scores = words(desk.answer(CAST["operations"].user_id, Typed("/hygiene scores")))
    assert "since last week" in scores
    assert "in four weeks" in scores
    digests = [key for _, key, _, _ in said_to(demo, "rep") if key is not None and key.startswith("digest")]
    assert len(digests) in (1, 2)


def said_to(demo: DemoRoom, role: str) -> list[tuple[str, str | None, datetime, Card | Words]]:
    """What somebody of the cast sees of what was said, in the order of saying."""
    guest = next(guest for guest in demo.guests if guest.id == CAST[role].user_id)
    messages = sorted(demo.room.messages_for(guest), key=lambda one: (one.posted_at, one.number))
    return [(one.conversation, one.key, one.posted_at, one.content) for one in messages]


@pytest.mark.parametrize(
    "typed",
    [
        "/apm region",
        "/apm region EMEA",
        "/apm product",
        "/apm segment",
        "/apm source",
        "/apm lever",
        "/apm region by product",
        "/apm why EMEA coverage",
        "/hygiene company",
        "/help",
    ],
)
def test_the_council_and_operations_are_answered_whatever_they_ask(dispatch: Dispatch, typed: str) -> None:
    for role in ("council", "operations"):
        reply = dispatch.answer(CAST[role].user_id, Typed(typed))
        assert {card.key for card in reply.cards} != {"problem"}, words(reply)


def test_a_manager_sees_the_own_region_and_a_rep_the_own_deals(dispatch: Dispatch) -> None:
    manager, rep = CAST["manager"], CAST["rep"]
    shown = words(dispatch.answer(manager.user_id, Typed("/apm region")))
    assert "APAC" in shown
    assert "EMEA" not in shown
    assert rep.name in words(dispatch.answer(manager.user_id, Typed("/hygiene team")))
    assert rep.name in words(dispatch.answer(rep.user_id, Typed("/hygiene")))
    assert "not for you" in words(dispatch.answer(rep.user_id, Typed("/apm region")))


def test_clicks_and_forms_pass_the_same_door(dispatch: Dispatch) -> None:
    rep = CAST["rep"].user_id
    clicked = dispatch.answer(rep, Clicked("why", "region/EMEA/coverage"))
    sent = dispatch.answer(rep, Submitted("fix", "006", {}))
    assert "not for you" in words(clicked)
    assert "older message" in words(sent)


@pytest.mark.parametrize("dimension", Dimension)
def test_every_table_of_the_demo_fits_the_schema(demo: Council, dimension: Dimension) -> None:
    schema = json.loads((SCHEMAS / "apm.json").read_text(encoding="utf-8"))
    day = read_today(demo.engine)
    matrix = read_apm(demo.engine, demo.company, as_of=day, dimension=dimension, by=None)
    Draft202012Validator(schema).validate(json.loads(json.dumps(matrix_json(matrix), allow_nan=False)))


def test_the_findings_of_the_demo_fit_the_schema(demo: Council) -> None:
    schema = json.loads((SCHEMAS / "hygiene.json").read_text(encoding="utf-8"))
    report = read_hygiene(demo.engine, demo.company, as_of=read_today(demo.engine))
    Draft202012Validator(schema).validate(
        json.loads(json.dumps(hygiene_json(report, NO_PAST, Freshness(None)), allow_nan=False))
    )
    assert report.findings


@pytest.mark.slow
def test_the_demo_opens_a_room_says_its_address_and_closes_when_asked(tmp_path: Path) -> None:
    environment = {**os.environ, "XDG_CACHE_HOME": str(tmp_path)}
    room = subprocess.Popen(
        [sys.executable, "-m", "bot", "demo", "--no-browser"],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        bufsize=1,
    )
    with room:
        assert room.stdout is not None
        assert room.stderr is not None
        said = room.stdout.readline()
        room.terminate()
        rest, complaints = room.stdout.read(), room.stderr.read()
    assert said.startswith("The local room is open: http://127.0.0.1:")
    assert "apm region" in rest
    assert (room.returncode, complaints) == (0, "")
