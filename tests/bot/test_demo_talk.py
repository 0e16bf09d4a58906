"""Whatever people of the demo company say to the bot is understood as it is meant, on any day."""

from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from bot.app import build_company
from bot.demo_talk import MENTION, Line, lines_after_council
from bot.settings import load_settings
from crm.demo import demo_configuration
from crm.demo.company import APAC, QUARTERLY_PLAN
from crm.demo.people import CHIEF, PRODUCT_HEAD, USER_IDS, VICE_PRESIDENTS, user_records
from handlers.action_draft import CheckedDraft, Office, check_draft
from handlers.action_grammar import read_action_words
from handlers.words import split_command
from pipeline.access import Action, OneCell, identify, may
from pipeline.calendar import build_calendar
from pipeline.cell_names import CellName
from pipeline.company import Company
from pipeline.matrix import Dimension, Metric
from pipeline.people import User, build_people

COVERAGE = CellName(Dimension.REGION, APAC, Metric.COVERAGE)
USERS = tuple(User(one.id, one.name, one.email, is_active=one.is_active) for one in user_records())
DAYS = [date(2026, 1, 1) + timedelta(days=days) for days in range(0, 760, 5)]


@pytest.fixture(scope="module")
def company(tmp_path_factory: pytest.TempPathFactory) -> Company:
    file: Path = tmp_path_factory.mktemp("demo") / "council.toml"
    file.write_text(demo_configuration(), encoding="utf-8")
    return build_company(load_settings(file, {}))


def office(company: Company, day: date) -> Office:
    return Office(
        company=company,
        today=day,
        calendar=build_calendar(company.definitions.calendar),
        values={Dimension.REGION: tuple(QUARTERLY_PLAN)},
        users=USERS,
        currencies=frozenset({"EUR"}),
    )


def commands(council: int, day: date) -> list[Line]:
    return [line for line in lines_after_council(council, day) if line.words.startswith(MENTION)]


def understood(company: Company, line: Line, day: date) -> object:
    name, words = split_command(line.words, ("assign", "apm", "action"))
    assert name == "assign"
    at_work = office(company, day)
    return check_draft(read_action_words(words, at_work.vocabulary()), at_work)


def assigned(kind: str, title: str, owner: str, due: date, cost: Decimal | None) -> CheckedDraft:
    return CheckedDraft(
        kind=kind,
        cell=COVERAGE,
        title=title,
        owner_id=USER_IDS[owner],
        owner_name=owner,
        due=due,
        cost=cost,
        currency="USD",
        expected="",
        quoted="",
    )


def test_the_first_councils_line_assigns_enablement_to_the_head_of_product(company: Company) -> None:
    for day in DAYS:
        (line,) = commands(1, day)
        due = day + timedelta(days=4)
        title = "Reference calls for the ten largest deals"
        assert understood(company, line, day) == assigned("enablement", title, PRODUCT_HEAD, due, None)


def test_the_second_councils_line_assigns_a_dinner_with_its_cost(company: Company) -> None:
    for day in DAYS:
        (line,) = commands(2, day)
        due = day + timedelta(days=11)
        title, owner = "Prospect dinner in Sydney", VICE_PRESIDENTS[APAC]
        assert understood(company, line, day) == assigned("dinner", title, owner, due, Decimal(18_000))


def test_whoever_says_a_command_may_assign_and_is_in_the_thread_of_its_row(company: Company) -> None:
    people = build_people(USERS)
    spoken = [line for council in range(1, 6) for line in commands(council, DAYS[0])]
    apac, chief = USER_IDS[VICE_PRESIDENTS[APAC]], USER_IDS[CHIEF]
    assert [line.speaker for line in spoken] == [apac, chief, chief]
    for line in spoken:
        member = identify(people, company.people, company.council, line.speaker)
        assert may(member, Action.ASSIGN_ACTION, OneCell(frozenset())).allowed
        assert line.about == APAC
