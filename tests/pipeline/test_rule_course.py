"""How often a rule would have asked whom, worked out by hand."""

from datetime import date
from decimal import Decimal
from fractions import Fraction

from pipeline.findings import Severity
from pipeline.rule_course import Asking, CourseOfRule, Verdict
from pipeline.rule_statistics import RuleBook, RuleStatistics

DAYS = (date(2026, 11, 3), date(2026, 11, 5), date(2026, 11, 10), date(2026, 11, 12))
OWNERS = {1: "ana", 2: "ben"}


def follow(*days: dict[int, tuple[int, Verdict]], problem: int | None = None) -> CourseOfRule:
    """Each day's deals with their owner and what the rule says of them."""
    course = CourseOfRule(Asking(asks_a_finding=2, wait_days=14))
    for place, (day, deals) in enumerate(zip(DAYS, days, strict=False)):
        course.begin(day, lambda owner: OWNERS.get(owner or 0))
        for deal, (owner, verdict) in deals.items():
            course.see(deal, owner, verdict)
        course.end(asks=True, is_process_problem=place == problem)
    return course


def test_each_finding_is_asked_twice_and_a_digest_holds_all_of_a_person() -> None:
    broken = {10: (1, Verdict.BROKEN), 11: (1, Verdict.BROKEN), 12: (2, Verdict.BROKEN)}
    course = follow(broken, broken, broken, broken).course(str)
    assert (course.findings, course.asks, course.messages) == (3, 6, 4)  # two people on two days
    assert [(one.person.id, one.messages, one.asks) for one in course.people] == [
        ("ana", 2, 4),
        ("ben", 2, 2),
    ]


def test_what_is_kept_was_fixed_and_what_is_left_alone_or_gone_tells_nothing() -> None:
    first = {10: (1, Verdict.BROKEN), 11: (1, Verdict.BROKEN), 12: (2, Verdict.BROKEN)}
    course = follow(first, {10: (1, Verdict.KEPT), 11: (1, Verdict.LEFT_ALONE)}).course(str)
    assert (course.fixed_anyway, course.told_apart, course.open_at_end) == (1, 1, 0)


def test_on_a_day_on_which_the_process_is_the_problem_nobody_is_asked() -> None:
    broken = {10: (1, Verdict.BROKEN)}
    course = follow(broken, broken, problem=0).course(str)
    assert (course.messages, course.problem_days) == (1, (DAYS[0],))


def test_a_rule_below_the_floor_is_muted_only_with_enough_findings() -> None:
    def book(counted: int, fixed: int) -> bool:
        rule = RuleStatistics("amount_missing", Severity.HIGH, True, 1, 1, counted, fixed, Fraction(1))
        return RuleBook(8, (rule,), Decimal("0.2"), 20).deserves_muting(rule)

    assert book(20, 3)
    assert not book(20, 4)
    assert not book(19, 0)
