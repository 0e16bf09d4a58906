"""Replaying rules over four pulls of two deals, counted by hand, on either database."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from fractions import Fraction

import pytest

from pipeline.schedule import Weekday
from storage.rule_statistics import read_rule_statistics
from storage.rule_trials import try_rules
from tests.journeys.test_field_versions import Story, deal, noon

PLAN_RULE = """
[[hygiene.custom]]
name = "plan_missing"
when = "Plan__c is None"
says = "Write the plan down"
"""


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory, template_url: str) -> Iterator[Story]:
    """Mondays and Wednesdays of November 2026; digests are on Tuesdays (3, 10) and Thursdays (5, 12).

    The tests only ask about it.
    """
    told = Story(tmp_path_factory.mktemp("story"), template_url, PLAN_RULE)
    told.pull(noon(2), deal("006A", "Call"), deal("006B", "Mail", plan="MEDDIC"))
    told.pull(noon(4), deal("006A", "Call", plan="BANT"), deal("006B", "Mail", plan="MEDDIC"))
    told.pull(noon(9), deal("006A", "Call", plan="BANT"), deal("006B", "Mail"))
    told.pull(noon(13), deal("006A", "Call", plan="BANT"), deal("006B", "Mail"))
    yield told
    told.exported.close()


def test_a_rule_is_asked_with_the_fields_as_they_were(story: Story) -> None:
    council = story.exported.council
    (trial,) = try_rules(council.engine, council.company, council.company.hygiene, ["plan_missing"], weeks=2)
    course = trial.proposed
    assert course is not None
    assert course.days == (date(2026, 11, 3), date(2026, 11, 5), date(2026, 11, 10), date(2026, 11, 12))
    # 006A lacked it on the 3rd and had it on the 5th; 006B lost it on the 9th and lacks it still.
    assert [(week.monday, week.findings) for week in course.weeks] == [
        (date(2026, 11, 2), 1),
        (date(2026, 11, 9), 1),
    ]
    assert (course.standing, course.open_at_end) == (1, 1)
    assert (course.fixed_anyway, course.told_apart) == (1, 1)
    assert course.messages == 0  # the exports name no owners, so there is nobody to ask


def test_days_before_a_field_was_known_are_left_out(story: Story) -> None:
    council = story.exported.council
    (trial,) = try_rules(council.engine, council.company, council.company.hygiene, ["plan_missing"], weeks=8)
    assert trial.left_out is not None
    assert trial.left_out.before == date(2026, 11, 2)
    assert trial.proposed is not None
    assert trial.proposed.days[0] == date(2026, 11, 3)


def test_the_statistics_count_lives_of_findings(story: Story) -> None:
    council = story.exported.council
    book = read_rule_statistics(council.engine, council.company)
    rule = next(one for one in book.rules if one.rule == "plan_missing")
    # 006A was fixed from the 2nd to the 4th; 006B is open, and nobody was asked about it.
    assert (rule.open, rule.asked, rule.counted, rule.fixed, rule.median_days) == (1, 0, 1, 1, Fraction(2))


def test_the_days_of_digests_are_those_of_the_configuration(story: Story) -> None:
    council = story.exported.council
    mondays = council.company.nudges.model_copy(update={"days": (Weekday.MONDAY,)})
    company = replace(council.company, nudges=mondays)
    (trial,) = try_rules(council.engine, company, company.hygiene, ["plan_missing"], weeks=2)
    assert trial.proposed is not None
    assert trial.proposed.days == (date(2026, 11, 2), date(2026, 11, 9))
