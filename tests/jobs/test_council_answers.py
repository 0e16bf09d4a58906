"""`/council` between the jobs: a word before the post, nothing after it, the recap and its files."""

from datetime import date, datetime
from pathlib import Path

import pytest

from handlers.asking import Asked, Clicked, Desk, Submitted, Where
from handlers.capabilities import find_click, find_form, find_typed
from jobs.council import post_council
from jobs.council_prepare import prepare_council
from jobs.council_recap import post_recap
from messages.cell_buttons import DEALS_CSV, GIVE_CONTEXT
from messages.preparation import WORDS
from messages.recap import RECAP_FILE
from messages.render.terminal import render_text
from messages.reply import Reply
from pipeline.access import identify
from pipeline.cell_names import CellName
from pipeline.errors import AccessDenied, CouncilError
from pipeline.matrix import Dimension, Metric
from storage.actions import NewAction, open_action
from storage.database import Engine, writing
from storage.people import read_people
from tests.jobs.test_council_jobs import (
    FRIDAY,
    MONDAY,
    company,
    crm,
    engine,
    folder,
    letters,
    pull,
    run,
)
from tests.jobs.test_weekly_post import TARGETS

__all__ = ["engine", "folder"]

EMEA = CellName(Dimension.REGION, "EMEA", Metric.COVERAGE)
COUNCIL = MONDAY.date()


def asked(engine: Engine, folder: Path, who: str = "005A", now: datetime = FRIDAY) -> Asked:
    of = company()
    member = identify(read_people(engine), of.people, of.council, who)
    return Asked(Desk(engine, of, crm(folder)), member, Where(), now)


def typed(question: Asked, words: str) -> Reply:
    handler, rest = find_typed(words)
    return handler(question, rest)


def say(question: Asked, words: str) -> Reply:
    form = Submitted(GIVE_CONTEXT, EMEA.written(COUNCIL), {WORDS: words})
    return find_form(GIVE_CONTEXT)(question, form)


def test_a_word_stands_in_the_message_that_asked_and_in_the_thread(engine: Engine, folder: Path) -> None:
    prepare_council(run(engine, folder, FRIDAY))
    say(asked(engine, folder), "Two large deals moved to Q3")
    asking = next(words for kind, to, words in letters(engine) if (kind, to) == ("preparation", "@005A"))
    assert "You say: Two large deals moved to Q3" in asking
    post_council(run(engine, folder, MONDAY))
    (thread,) = [words for kind, _, words in letters(engine) if kind == "council_thread"]
    assert "Ana on coverage: Two large deals moved to Q3" in thread
    assert "No word" not in thread


def test_a_word_can_be_changed_until_the_post_and_after_it_in_its_thread(
    engine: Engine, folder: Path
) -> None:
    typed(asked(engine, folder), '/council context EMEA coverage "first"')
    typed(asked(engine, folder), '/council context EMEA coverage "second"')
    post_council(run(engine, folder, MONDAY))
    (thread,) = [words for kind, _, words in letters(engine) if kind == "council_thread"]
    assert "second" in thread
    assert "first" not in thread
    say(asked(engine, folder, now=MONDAY), "third")
    assert any(kind == "council_word" and "third" in words for kind, _, words in letters(engine))


@pytest.mark.parametrize(
    "written",
    [
        "EMEA coverage: two large deals moved",
        "EMEA coverage two large deals moved",
        "EMEA coverage - two large deals moved",
        "region emea Coverage: two large deals moved",
    ],
)
def test_a_word_needs_no_quotes(engine: Engine, folder: Path, written: str) -> None:
    (card,) = typed(asked(engine, folder), f"/council context {written}").cards
    assert "EMEA coverage" in render_text(card, 200)
    post_council(run(engine, folder, MONDAY))
    (thread,) = [words for kind, _, words in letters(engine) if kind == "council_thread"]
    assert "Ana on coverage: two large deals moved" in thread


def test_a_word_without_a_figure_is_told_how_to_write_it(engine: Engine, folder: Path) -> None:
    with pytest.raises(CouncilError, match=r"Name the cell with its figure.*/council context EMEA coverage"):
        typed(asked(engine, folder), "/council context EMEA two large deals moved")


def test_a_word_that_is_too_long_stays_in_the_form(engine: Engine, folder: Path) -> None:
    reply = say(asked(engine, folder), "x" * 3_000)
    assert reply.form is not None
    assert "3,000 characters" in str(reply.form)
    assert "x" * 3_000 in str(reply.form)


def test_a_word_on_a_row_that_is_not_there_is_refused(engine: Engine, folder: Path) -> None:
    with pytest.raises(CouncilError, match="EMAE"):
        typed(asked(engine, folder), '/council context EMAE coverage "x"')


def test_who_is_not_on_the_council_says_nothing(engine: Engine, folder: Path) -> None:
    (folder / "User.csv").write_text(
        "Id,Name,Email,IsActive\n005Z,Zoe,zoe@example.org,true\n", encoding="utf-8"
    )
    pull(engine, folder, FRIDAY.replace(hour=10))
    with pytest.raises(AccessDenied):
        say(asked(engine, folder, "005Z"), "x")


def test_the_latest_council_is_shown_as_it_was_posted(engine: Engine, folder: Path) -> None:
    with pytest.raises(CouncilError, match=r"There was no council yet\. The next is on Monday, 18 May"):
        typed(asked(engine, folder), "/council")
    post_council(run(engine, folder, MONDAY))
    (card,) = typed(asked(engine, folder, now=MONDAY), "/council").cards
    assert "Pipeline council · FY26 Q2, day 47 of 91" in render_text(card, 200)


def test_what_was_restated_since_is_said_of_the_day_and_in_the_next_post(
    engine: Engine, folder: Path
) -> None:
    """EMEA: 300 open over 900 - 100 that remain; with a target of 2,000 it is over 1,900."""
    pull(engine, folder, MONDAY.replace(hour=1))
    post_council(run(engine, folder, MONDAY))
    (folder / "targets.csv").write_text(TARGETS.replace(",900,", ",2000,"), encoding="utf-8")
    pull(engine, folder, MONDAY.replace(hour=10))
    (card,) = typed(asked(engine, folder, "005O", MONDAY), "/apm region on 2026-05-17").cards
    restated = "EMEA coverage 0.37× → 0.15×"
    assert "Restated since the council saw the figures of 17 May:" in render_text(card, 300)
    assert restated in render_text(card, 300)
    following = MONDAY.replace(day=25)
    pull(engine, folder, following.replace(hour=1))
    post_council(run(engine, folder, following))
    summary = [words for kind, _, words in letters(engine) if kind == "council"][-1]
    assert restated in summary
    assert "Red for two weeks without an action: EMEA." in summary


def test_the_recap_names_decisions_and_what_is_undecided(engine: Engine, folder: Path) -> None:
    post_council(run(engine, folder, MONDAY))
    with writing(engine) as connection:
        open_action(connection, _action("=2+5 on Data Cloud"), MONDAY)
    for _ in range(2):
        post_recap(run(engine, folder, MONDAY.replace(hour=17)))
    (recap,) = [words for kind, _, words in letters(engine) if kind == "recap"]
    assert "1 new action for 1 person." in recap
    assert "22 May 2026" in recap
    monday = asked(engine, folder, now=MONDAY)
    sheet = find_click(RECAP_FILE)(monday, Clicked(RECAP_FILE, "2026-05-18/csv")).attachment
    assert sheet is not None
    assert b"'=2+5 on Data Cloud,spiff,Ana,2026-05-22" in sheet.content
    page = find_click(RECAP_FILE)(monday, Clicked(RECAP_FILE, "2026-05-18/md")).attachment
    assert page is not None
    assert "| EMEA coverage | =2\\+5 on Data Cloud | Ana | 22 May 2026 |" in page.content.decode()


def _action(title: str) -> NewAction:
    return NewAction(
        form="form-1",
        kind="spiff",
        cell=EMEA,
        title=title,
        owner_id="005A",
        assigner_id="005B",
        due=date(2026, 5, 22),
        cost=None,
        currency="USD",
        expected="",
        opened_on=COUNCIL,
    )


def test_deals_are_given_as_a_file_to_operations_and_to_nobody_else(engine: Engine, folder: Path) -> None:
    click = Clicked(DEALS_CSV, EMEA.written(date(2026, 5, 15)))
    file = find_click(DEALS_CSV)(asked(engine, folder, "005O"), click).attachment
    assert file is not None
    assert file.name == "emea-coverage-2026-05-15.csv"
    assert b"Globex" in file.content
    with pytest.raises(AccessDenied):
        find_click(DEALS_CSV)(asked(engine, folder), click)
