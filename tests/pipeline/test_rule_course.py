"""How often a rule would have asked whom, worked out by hand. The days are Tuesdays and Thursdays."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from pipeline.calendar import Period
from pipeline.findings import Severity
from pipeline.nudges_definition import NudgesDefinition
from pipeline.nudging import Morning
from pipeline.put_offs import NOTHING_PUT_OFF, PutOffs, Snoozed, Waived
from pipeline.records import Category
from pipeline.rule_course import CourseOfRule, DayOfCourse, FoundDeal, Reader, Verdict
from pipeline.rule_statistics import RuleBook, RuleStatistics
from pipeline.rule_trial import Course
from pipeline.working_days import WorkingDays

DAYS = tuple(
    date(2026, month, day)
    for month, day in ((11, 3), (11, 5), (11, 10), (11, 12), (11, 17), (11, 19), (11, 24), (11, 26))
)
QUARTER = Period("FY26 Q4", date(2026, 10, 1), date(2026, 12, 31))
NUDGES = NudgesDefinition()
ACME = FoundDeal(10, "ana", Category.PIPELINE, None)
BOLT = FoundDeal(11, "ana", Category.PIPELINE, None)
CORE = FoundDeal(12, "ben", Category.PIPELINE, None)
NEW = replace(CORE, owner_since=date(2026, 11, 3))

Seen = Mapping[int, Verdict]


def reader(day: date, nudges: NudgesDefinition = NUDGES) -> Reader:
    return Reader(Morning(day, nudges, WorkingDays(), QUARTER))


@dataclass(frozen=True)
class Around:
    """What else there was."""

    seen: Mapping[date, Seen] = field(default_factory=dict)
    """By day, deals that do not break the rule any more."""
    readers: Mapping[tuple[str, date], Reader | None] = field(default_factory=dict)
    """Where they are not as usual."""
    put_offs: PutOffs = NOTHING_PUT_OFF
    problem: date | None = None
    is_about_close_dates: bool = False
    first: int = 0
    """Which of the days is the first."""

    def day(self, day: date) -> DayOfCourse:
        return DayOfCourse(
            day, self.is_about_close_dates, lambda person: self.readers.get((person, day), reader(day))
        )


USUAL = Around()


def follow(*days: tuple[FoundDeal, ...], around: Around = USUAL) -> Course:
    """What breaks the rule on each day."""
    course = CourseOfRule(14, put_offs=around.put_offs)
    for day, deals in zip(DAYS[around.first :], days, strict=False):
        course.begin(around.day(day))
        for deal in deals:
            course.find(deal)
        for number, verdict in around.seen.get(day, {}).items():
            course.see(number, verdict)
        course.end(asks=True, is_process_problem=day == around.problem)
    return course.course(str)


def messages_on(*days: tuple[FoundDeal, ...], around: Around = USUAL) -> list[int]:
    """Messages of each day."""
    counts = [follow(*days[:length], around=around).messages for length in range(1, len(days) + 1)]
    return [after - before for before, after in zip([0, *counts], counts, strict=False)]


def test_each_finding_is_asked_twice_with_three_working_days_between_in_one_digest_a_person() -> None:
    course = follow(*[(ACME, BOLT, CORE)] * 8)
    # Tuesday the 3rd, not Thursday (two working days later), Tuesday the 10th, and never again.
    assert messages_on(*[(ACME, BOLT, CORE)] * 8) == [2, 0, 2, 0, 0, 0, 0, 0]
    assert (course.findings, course.asks, course.messages) == (3, 6, 4)
    assert [(one.person.id, one.messages, one.asks) for one in course.people] == [
        ("ana", 2, 4),
        ("ben", 2, 2),
    ]


def test_a_finding_that_comes_back_is_a_new_one_and_asked_afresh() -> None:
    seen = {DAYS[4]: {10: Verdict.KEPT}}
    days = [(ACME,), (ACME,), (ACME,), (ACME,), (), (ACME,)]
    assert messages_on(*days, around=Around(seen=seen)) == [1, 0, 1, 0, 0, 1]


def test_a_new_owner_is_not_asked_for_ten_working_days() -> None:
    # Owner since Tuesday the 3rd: Tuesday the 17th is the tenth working day after it.
    assert messages_on(*[(NEW,)] * 6) == [0, 0, 0, 0, 1, 0]


def test_a_deal_that_changes_hands_is_asked_of_its_new_owner() -> None:
    handed_over = replace(ACME, person="ben")
    course = follow((ACME,), (ACME,), (handed_over,))
    assert [(one.person.id, one.messages) for one in course.people] == [("ana", 1), ("ben", 1)]


def test_a_snooze_rests_from_the_morning_after_it_and_is_one_question_more_when_it_ends() -> None:
    snoozed = PutOffs(snoozes={10: [Snoozed(date(2026, 11, 10), date(2026, 11, 19))]})
    assert messages_on(*[(ACME,)] * 8, around=Around(put_offs=snoozed)) == [1, 0, 1, 0, 0, 1, 0, 0]


def test_a_waived_deal_is_left_alone_until_the_waiver_ends_by_itself() -> None:
    waived = PutOffs(waivers={10: [Waived(date(2026, 11, 4), date(2026, 11, 12))]})
    course = follow(*[(ACME,)] * 6, around=Around(put_offs=waived))
    assert messages_on(*[(ACME,)] * 6, around=Around(put_offs=waived)) == [1, 0, 0, 0, 1, 0]
    assert (course.findings, course.fixed_anyway, course.told_apart) == (2, 0, 0)


def test_nobody_is_asked_on_a_day_on_which_no_digest_reaches_them() -> None:
    away = {("ana", DAYS[0]): None, ("ana", DAYS[1]): None}
    assert messages_on(*[(ACME, CORE)] * 3, around=Around(readers=away)) == [1, 0, 2]


def test_in_the_first_days_of_a_quarter_only_close_dates_are_asked_about() -> None:
    october = Period("FY26 Q4", date(2026, 11, 1), date(2027, 1, 31))  # the fifth working day is the 6th
    early = {("ana", day): Reader(Morning(day, NUDGES, WorkingDays(), october)) for day in DAYS}
    assert messages_on(*[(ACME,)] * 3, around=Around(readers=early)) == [0, 0, 1]
    assert messages_on(*[(ACME,)] * 3, around=Around(readers=early, is_about_close_dates=True)) == [1, 0, 1]


def test_in_the_last_days_of_a_quarter_only_commit_deals_are_asked_about() -> None:
    november = Period("FY26 Q4", date(2026, 9, 1), date(2026, 11, 30))
    late = {("ana", day): Reader(Morning(day, NUDGES, WorkingDays(), november)) for day in DAYS}
    # From Tuesday the 24th to Monday the 30th there are five working days.
    assert messages_on((ACME,), around=Around(readers=late, first=6)) == [0]
    assert messages_on((replace(ACME, category=Category.COMMIT),), around=Around(readers=late, first=6)) == [
        1
    ]


def test_the_weekly_budget_holds_a_digest_back_and_what_it_asked_counts_as_asked() -> None:
    full = {("ana", DAYS[0]): replace(reader(DAYS[0]), other_letters=3)}
    course = follow(*[(ACME,)] * 6, around=Around(readers=full))
    assert (course.messages, course.asks, course.held) == (1, 1, 1)
    assert [(week.messages, week.held) for week in course.weeks] == [(0, 1), (1, 0), (0, 0)]


def test_a_digest_that_the_person_got_anyway_is_no_message_more_in_the_budget() -> None:
    one_a_week = NudgesDefinition(messages_per_week=1)
    tuesday, thursday = reader(DAYS[0], one_a_week), reader(DAYS[1], one_a_week)
    # Tuesday's digest was sent by the rule itself, and is the one that the person did get.
    both = {
        ("ana", DAYS[0]): tuesday,
        ("ana", DAYS[1]): replace(thursday, digest_days=frozenset({DAYS[0]})),
    }
    assert follow((ACME,), (ACME, BOLT), around=Around(readers=both)).held == 1
    two_a_week = NudgesDefinition(messages_per_week=2)
    both = {
        ("ana", DAYS[0]): reader(DAYS[0], two_a_week),
        ("ana", DAYS[1]): replace(reader(DAYS[1], two_a_week), digest_days=frozenset({DAYS[0]})),
    }
    assert follow((ACME,), (ACME, BOLT), around=Around(readers=both)).held == 0


@given(
    cap=st.integers(1, 3),
    others=st.lists(st.integers(0, 4), min_size=8, max_size=8),
    deals=st.lists(st.sets(st.integers(1, 6)), min_size=8, max_size=8),
)
def test_nobody_gets_more_than_the_cap_in_any_week(
    cap: int, others: list[int], deals: list[set[int]]
) -> None:
    nudges = NudgesDefinition(messages_per_week=cap, again_after_working_days=1, asks_per_finding=10)
    readers: dict[tuple[str, date], Reader | None] = {
        ("ana", day): replace(reader(day, nudges), other_letters=had)
        for day, had in zip(DAYS, others, strict=True)
    }
    days = [tuple(replace(ACME, number=number) for number in sorted(numbers)) for numbers in deals]
    course = follow(*days, around=Around(readers=readers))
    assert all(week.messages <= cap for week in course.weeks)
    digests = sum(bool(numbers) for numbers in deals)
    assert course.messages + course.held <= digests


def test_what_is_kept_was_fixed_and_what_is_left_alone_or_gone_tells_nothing() -> None:
    seen = {DAYS[1]: {10: Verdict.KEPT, 11: Verdict.LEFT_ALONE}}
    course = follow((ACME, BOLT, CORE), (), around=Around(seen=seen))
    assert (course.fixed_anyway, course.told_apart, course.open_at_end) == (1, 1, 0)


def test_on_a_day_on_which_the_process_is_the_problem_nobody_is_asked() -> None:
    course = follow((ACME,), (ACME,), around=Around(problem=DAYS[0]))
    assert (course.messages, course.problem_days) == (1, (DAYS[0],))


def test_a_rule_below_the_floor_is_muted_only_with_enough_findings() -> None:
    def book(counted: int, fixed: int) -> bool:
        rule = RuleStatistics("amount_missing", Severity.HIGH, True, 1, 1, counted, fixed, Fraction(1))
        return RuleBook(8, (rule,), Decimal("0.2"), 20).deserves_muting(rule)

    assert book(20, 3)
    assert not book(20, 4)
    assert not book(19, 0)
