"""What the council is promised of its weeks: whom is asked, what is said first, what is marked afterwards.

As of 17 May, day 47 of 91: won 930 of 4,000 (EMEA 100 of 900, APAC 0 of 2,000, AMER 330 of 700, LATAM 500 of
400), and 540 open for the 3,070 that remain: 0.17 times.
"""

from dataclasses import replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from sqlalchemy import select

from handlers.asking import Clicked
from handlers.capabilities import find_click
from jobs.council import post_council
from jobs.council_freeze import freeze_week
from jobs.council_prepare import prepare_council
from jobs.council_recap import post_recap
from messages.card import Button, Buttons, Folded
from messages.card_text import card_from_text
from messages.render.terminal import render_text
from pipeline.actions import ActionStatus
from pipeline.company import Company
from pipeline.definitions import CellOwnerDefinition, CouncilDefinition
from pipeline.matrix import Metric
from pipeline.working_days import WorkingDays
from storage.actions import NewAction, open_action, set_status
from storage.chat_tables import outbox
from storage.database import Engine, reading, writing
from storage.edition_tables import edition, edition_matrix
from storage.nudge_choices import put_pause
from tests.jobs.test_council_answers import EMEA, asked, typed
from tests.jobs.test_council_jobs import (
    DEALS,
    FRIDAY,
    MONDAY,
    OWNER,
    PEOPLE,
    company,
    engine,
    folder,
    letters,
    pull,
    run,
    write,
)
from tests.jobs.test_weekly_post import TARGETS

__all__ = ["engine", "folder"]

FOUR_REGIONS = f"""{DEALS}\
006C,Initech,Qualification,10,2026-06-20,2026-04-02T10:00:00.000Z,APAC
006D,Umbrella,Qualification,230,2026-06-12,2026-04-02T10:00:00.000Z,AMER
006E,Wayne,Closed Won,330,2026-04-12,2026-04-02T10:00:00.000Z,AMER
006F,Hooli,Closed Won,500,2026-05-12,2026-04-02T10:00:00.000Z,LATAM
"""
FOUR_TARGETS = f"""{TARGETS}\
FY26 Q2,region,APAC,closed_won,2000,USD
FY26 Q2,region,AMER,closed_won,700,USD
FY26 Q2,region,LATAM,closed_won,400,USD
"""
DAY = timedelta(days=1)
WEDNESDAY = MONDAY + 2 * DAY


@pytest.fixture(autouse=True)
def four_regions(engine: Engine, folder: Path) -> None:
    write(folder, FOUR_REGIONS)
    (folder / "targets.csv").write_text(FOUR_TARGETS, encoding="utf-8")
    pull(engine, folder, FRIDAY + timedelta(minutes=1))


def on(day: datetime, hour: int) -> datetime:
    return day.replace(hour=hour)


def said(engine: Engine, kind: str, audience: str | None = None) -> list[str]:
    return [words for of, to, words in letters(engine) if of == kind and audience in (None, to)]


def in_order(words: str, *parts: str) -> list[str]:
    """The parts as they come in the words."""
    for part in parts:
        assert part in words, part
    return sorted(parts, key=words.index)


# --- Asked before ---------------------------------------------------------------------------------


def test_three_cells_are_asked_about_the_worst_of_each_row_first(engine: Engine, folder: Path) -> None:
    """APAC has four red cells and AMER three; nobody is named for either, so operations are asked."""
    prepare_council(run(engine, folder, FRIDAY))
    (asking,) = said(engine, "preparation", "@005O")
    assert asking.count("[What should the council know?: write a line]") == 3
    order = ("APAC open pipeline\n", "AMER open pipeline\n", "APAC coverage\n", "4 more cells of yours")
    assert in_order(asking, *order) == list(order)


@pytest.mark.parametrize(
    ("away", "asked_person", "opening"),
    [
        ((), "@005A", "The figures are provisional, as of 15 May"),
        (("005A",), "@005B", "You are asked because Ana cannot be reached."),
        (("005A", "005B"), "@005O", "You are asked because Ana cannot be reached."),
    ],
)
def test_the_owner_is_asked_or_the_deputy_or_operations(
    engine: Engine, folder: Path, away: tuple[str, ...], asked_person: str, opening: str
) -> None:
    with writing(engine) as connection:
        for person in away:
            put_pause(connection, person, since=FRIDAY.date(), until=FRIDAY.date())
    prepare_council(run(engine, folder, FRIDAY, _of_every_region()))
    (told,) = [(to, words) for kind, to, words in letters(engine) if kind == "preparation"]
    assert told[0] == asked_person
    assert opening in told[1]


def _of_every_region() -> Company:
    """Ana answers for every region."""
    everything = OWNER.model_copy(update={"value": None})
    return replace(company(), council=CouncilDefinition(owners=(everything,)))


@pytest.mark.parametrize("idle", ["sales", "product", "marketing", "operations"])
def test_operations_are_warned_of_each_function_that_owns_no_cell(
    engine: Engine, folder: Path, idle: str
) -> None:
    columns = {
        "sales": Metric.FORECAST,
        "product": Metric.OPEN_PIPELINE,
        "marketing": Metric.PIPE_GEN,
        "operations": Metric.COVERAGE,
    }
    owners = tuple(
        CellOwnerDefinition.model_validate({"function": function, "metric": metric, "person": "005A"})
        for function, metric in columns.items()
    )
    all_own = replace(company(), council=CouncilDefinition(owners=owners))
    prepare_council(run(engine, folder, FRIDAY, all_own))
    assert said(engine, "cell_owners") == []
    others = tuple(owner for owner in owners if owner.function != idle)
    prepare_council(run(engine, folder, FRIDAY, replace(company(), council=CouncilDefinition(owners=others))))
    (warning,) = said(engine, "cell_owners", "@005O")
    assert f"{idle.capitalize()} owns no cell of the council." in warning


def test_operations_whom_only_the_configuration_knows_are_warned_too(engine: Engine, folder: Path) -> None:
    people = PEOPLE.model_copy(update={"operations": ("ops@example.org",), "functions": PEOPLE.functions})
    prepare_council(run(engine, folder, FRIDAY, replace(company(), people=people)))
    assert {to for kind, to, _ in letters(engine) if kind == "cell_owners"} == {"@005O", "@ops@example.org"}


# --- Days -----------------------------------------------------------------------------------------


def test_two_holidays_in_a_row_move_everything_to_the_day_after_them(engine: Engine, folder: Path) -> None:
    """Monday and Tuesday are free: prepared on Friday, frozen and posted on Wednesday, as of Tuesday."""
    closed = company(working_days=WorkingDays(further=frozenset({MONDAY.date(), (MONDAY + DAY).date()})))
    for passed in range(-4, 4):
        day = MONDAY + passed * DAY
        if day > FRIDAY:
            pull(engine, folder, on(day, 8))
        for job in (prepare_council, freeze_week, post_council):
            job(run(engine, folder, day, closed))
    assert _days(engine, "preparation") == {FRIDAY.date()}
    assert _days(engine, "council") == {WEDNESDAY.date()}
    with reading(engine) as connection:
        (frozen,) = connection.execute(select(edition.c.day, edition.c.as_of)).all()
    assert [date.fromordinal(day) for day in frozen] == [date(2026, 5, 20), date(2026, 5, 19)]


def _days(engine: Engine, kind: str) -> set[date]:
    with reading(engine) as connection:
        written = connection.execute(select(outbox.c.created_at).where(outbox.c.kind == kind)).scalars()
        return {datetime.fromtimestamp(at, MONDAY.tzinfo).date() for at in written}


# --- The post -------------------------------------------------------------------------------------


def test_the_post_says_first_what_was_done_then_the_quarter_then_the_colours(
    engine: Engine, folder: Path
) -> None:
    _assign(engine, "2x on Data Cloud", date(2026, 5, 15))
    pull(engine, folder, on(MONDAY, 8))
    post_council(run(engine, folder, MONDAY))
    (summary,) = said(engine, "council")
    order = (
        "Pipeline council · FY26 Q2, day 47 of 91",
        "Last week's actions",
        "Reached: 23% of $4K, 36% expected by today ■ Red",
        "Forecast: $930, $1.91K short of green ■ Red",
        "Coverage: 0.17× ■ Red",
        "│ APAC ",
        "What changed colour since last week",
        "LATAM closed won: ■ Red → ● Green",
        "How far to trust it",
        "Every figure leads to its deals: /apm why APAC coverage.",
    )
    assert in_order(summary, *order) == list(order)
    assert "■ Red APAC, EMEA, AMER: each has a message of its own below." in summary
    assert "● Green LATAM: on track." in summary


def test_what_is_overdue_and_what_is_red_twice_without_an_action_is_seen(
    engine: Engine, folder: Path
) -> None:
    """EMEA has an action, due on Friday; APAC and AMER were red a week ago too, and have none."""
    _assign(engine, "2x on Data Cloud", date(2026, 5, 15))
    pull(engine, folder, on(MONDAY, 8))
    post_council(run(engine, folder, MONDAY))
    (summary,) = said(engine, "council")
    assert "2x on Data Cloud · Ana, due 15 May, open, overdue" in summary
    assert "Red for two weeks without an action: APAC, AMER." in summary
    idle = "Red for the second week, and nobody has an action for it yet."
    heads = {words.split(" · ")[0]: words for words in said(engine, "council_thread")}
    assert {row: idle in words for row, words in heads.items()} == {"APAC": True, "EMEA": False, "AMER": True}
    assert "2x on Data Cloud · Ana, due 15 May, open, overdue" in heads["EMEA"]


def _assign(engine: Engine, title: str, due: date, opened: date = date(2026, 5, 11)) -> None:
    new = NewAction(
        form=f"form of {title}",
        kind="spiff",
        cell=EMEA,
        title=title,
        owner_id="005A",
        assigner_id="005B",
        due=due,
        cost=Decimal(5000),
        currency="USD",
        expected="",
        opened_on=opened,
    )
    with writing(engine) as connection:
        open_action(connection, new, FRIDAY)


def test_every_button_of_the_post_leads_somewhere_for_operations(engine: Engine, folder: Path) -> None:
    pull(engine, folder, on(MONDAY, 8))
    post_council(run(engine, folder, MONDAY))
    question = asked(engine, folder, "005O", MONDAY)
    buttons = _buttons(engine)
    assert {button.command for button in buttons} == {"why", "assign", "deals_csv"}
    for button in buttons:
        reply = find_click(button.command)(question, Clicked(button.command, button.argument))
        assert reply.cards or reply.form, button
        if button.command == "deals_csv":
            assert reply.attachment is not None
    (shown,) = typed(question, "/apm why EMEA coverage").cards
    assert "Globex" in render_text(shown, 300)


def _buttons(engine: Engine) -> list[Button]:
    with reading(engine) as connection:
        cards = [card_from_text(text) for text in connection.execute(select(outbox.c.card)).scalars()]
    blocks = [block for card in cards for block in card.blocks]
    blocks += [inner for block in blocks if isinstance(block, Folded) for inner in block.blocks]
    return [button for block in blocks if isinstance(block, Buttons) for button in block.buttons]


# --- Afterwards -----------------------------------------------------------------------------------


def test_a_pull_that_rewrites_the_past_changes_nothing_of_an_edition(engine: Engine, folder: Path) -> None:
    pull(engine, folder, on(MONDAY, 1))
    freeze_week(run(engine, folder, on(MONDAY, 1)))
    before = _stored(engine)
    rewritten = FOUR_REGIONS.replace("100,2026-05-12", "50,2026-04-12").replace(
        "Hooli,Closed Won", "Hooli,Lost"
    )
    write(folder, rewritten)
    (folder / "targets.csv").write_text(TARGETS, encoding="utf-8")
    pull(engine, folder, on(MONDAY, 8))
    freeze_week(run(engine, folder, on(MONDAY, 8)))
    post_council(run(engine, folder, MONDAY))
    assert _stored(engine) == before
    (summary,) = said(engine, "council")
    assert "Reached: 23% of $4K" in summary


def _stored(engine: Engine) -> list[tuple[object, ...]]:
    with reading(engine) as connection:
        tables = (edition, edition_matrix)
        return [tuple(row) for table in tables for row in connection.execute(select(table)).all()]


def test_a_restated_figure_is_marked_where_the_council_looks_up_its_post(
    engine: Engine, folder: Path
) -> None:
    """EMEA: 300 open over 900 - 100 that remain; with a target of 2,000 it is over 1,900."""
    pull(engine, folder, on(MONDAY, 1))
    post_council(run(engine, folder, MONDAY))
    question = asked(engine, folder, now=on(MONDAY, 12))
    assert "Restated" not in render_text(typed(question, "/council").cards[0], 300)
    _raise_the_target(engine, folder)
    (card,) = typed(question, "/council").cards
    words = render_text(card, 300)
    order = (
        "Restated since the council saw the figures of 17 May:",
        "EMEA coverage 0.37× → 0.15×",
        "Reached: 23% of $4K",
    )
    assert in_order(words, *order) == list(order)


def _raise_the_target(engine: Engine, folder: Path) -> None:
    (folder / "targets.csv").write_text(FOUR_TARGETS.replace(",900,", ",2000,"), encoding="utf-8")
    pull(engine, folder, on(MONDAY, 10))


def test_the_post_after_a_week_without_a_council_marks_what_the_last_one_saw(
    engine: Engine, folder: Path
) -> None:
    """From 25 to 29 May nobody works: the next council is on Monday, 1 June."""
    pull(engine, folder, on(MONDAY, 1))
    post_council(run(engine, folder, MONDAY))
    _raise_the_target(engine, folder)
    week = frozenset(date(2026, 5, day) for day in range(25, 30))
    june = datetime(2026, 6, 1, 9, tzinfo=MONDAY.tzinfo)
    pull(engine, folder, on(june, 8))
    post_council(run(engine, folder, june, company(working_days=WorkingDays(further=week))))
    summary = said(engine, "council")[-1]
    assert "Restated since the council saw the figures of 17 May:" in summary
    assert "EMEA coverage 0.37× → 0.15×" in summary


def test_the_recap_of_a_moved_council_ends_the_day_before_the_next(engine: Engine, folder: Path) -> None:
    """The council of Monday is held on Wednesday, the 20th; the next one is on Monday, the 25th."""
    closed = company(working_days=WorkingDays(further=frozenset({MONDAY.date(), (MONDAY + DAY).date()})))
    pull(engine, folder, on(WEDNESDAY, 8))
    post_council(run(engine, folder, WEDNESDAY, closed))
    for number, day in enumerate((20, 24, 25)):
        _assign(engine, f"No. {number}", date(2026, 5, 29), date(2026, 5, day))
    question = asked(engine, folder, now=WEDNESDAY)
    desk = replace(question.desk, company=closed)
    (card,) = typed(replace(question, desk=desk), "/council recap").cards
    words = render_text(card, 300)
    assert "2 new actions for 1 person." in words
    assert ["No. 0" in words, "No. 1" in words, "No. 2" in words] == [True, True, False]


def test_what_was_finished_since_a_council_two_weeks_ago_is_reported_to_the_next(
    engine: Engine, folder: Path
) -> None:
    """From 25 to 29 May nobody works; what was done on the 19th, a day after the council, is told in June."""
    pull(engine, folder, on(MONDAY, 8))
    post_council(run(engine, folder, MONDAY))
    _assign(engine, "2x on Data Cloud", date(2026, 5, 29), date(2026, 5, 18))
    with writing(engine) as connection:
        set_status(connection, 1, ActionStatus.DONE, date(2026, 5, 19))
    week = frozenset(date(2026, 5, day) for day in range(25, 30))
    june = datetime(2026, 6, 1, 9, tzinfo=MONDAY.tzinfo)
    pull(engine, folder, on(june, 8))
    post_council(run(engine, folder, june, company(working_days=WorkingDays(further=week))))
    assert "2x on Data Cloud · Ana, due 29 May, done" in said(engine, "council")[-1]


def test_there_is_no_recap_of_a_council_that_is_not_posted_yet(engine: Engine, folder: Path) -> None:
    pull(engine, folder, on(MONDAY, 8))
    freeze_week(run(engine, folder, on(MONDAY, 8)))
    evening = run(engine, folder, on(MONDAY, 17))
    assert post_recap(evening).says == "The council of 18 May is not posted yet"
    post_council(evening)
    assert post_recap(evening).says == "Recap of 0 new actions"
    assert len(said(engine, "recap")) == 1
