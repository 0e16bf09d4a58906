"""What a rule would have done, made up for the messages of the rules lab."""

from dataclasses import replace
from datetime import date
from decimal import Decimal
from fractions import Fraction

from pipeline.findings import Audience, PersonName, Severity
from pipeline.rule_statistics import RuleBook, RuleStatistics
from pipeline.rule_trial import Course, LeftOut, PersonOfCourse, RuleTrial, WeekOfCourse

_DAYS = tuple(
    date.fromordinal(date(2026, 10, 6).toordinal() + 7 * week + day) for week in range(7) for day in (0, 2)
)

PROPOSED = Course(
    days=_DAYS,
    weeks=(
        WeekOfCourse(date(2026, 10, 5), 38, 38, 6, 6),
        WeekOfCourse(date(2026, 10, 12), 6, 37, 6, 6, 2),
        WeekOfCourse(date(2026, 10, 19), 9, 15, 8, 6, 1),
        WeekOfCourse(date(2026, 10, 26), 4, 9, 6, 5),
        WeekOfCourse(date(2026, 11, 2), 7, 12, 7, 6),
        WeekOfCourse(date(2026, 11, 9), 5, 9, 5, 4),
        WeekOfCourse(date(2026, 11, 16), 8, 14, 7, 6),
    ),
    people=(
        PersonOfCourse(PersonName("005A", "Ana Souza"), 11, 32, 18),
        PersonOfCourse(PersonName("005B", "Ben <Okafor> & Sons"), 9, 28, 16, 2),
        PersonOfCourse(PersonName("005D", "Dewi Lestari"), 8, 24, 14),
        PersonOfCourse(PersonName("005E", "Elif Yılmaz"), 7, 21, 12, 1),
        PersonOfCourse(PersonName("005F", "Fergus Abernethy"), 6, 19, 10),
        PersonOfCourse(PersonName("005G", "Grace Kamakau"), 4, 10, 7),
    ),
    standing=31,
    open_at_end=22,
    fixed_anyway=18,
    told_apart=52,
    problem_days=(),
)
CURRENT = replace(
    PROPOSED,
    weeks=tuple(
        replace(week, findings=week.findings // 2, asks=week.asks // 2, messages=week.messages // 2, held=0)
        for week in PROPOSED.weeks
    ),
    people=tuple(
        replace(one, messages=one.messages // 2, asks=one.asks // 2, findings=one.findings // 2, held=0)
        for one in PROPOSED.people[:4]
    ),
    standing=14,
    open_at_end=10,
    fixed_anyway=9,
    told_apart=20,
)


def changed_rule() -> RuleTrial:
    """Stricter than the rule as it is set."""
    return RuleTrial(
        rule="next_step_stale",
        audience=Audience.OWNER,
        weeks=8,
        wait_days=14,
        proposed=PROPOSED,
        current=CURRENT,
        is_same=False,
        nudges_now=True,
        left_out=LeftOut(date(2026, 10, 5), "the next step"),
        rebuilt_before=None,
        notices=(),
    )


def observing_rule() -> RuleTrial:
    """As it is set, but as if it nudged."""
    return replace(changed_rule(), rule="close_date_too_far", current=None, is_same=True, nudges_now=False)


def managers_rule() -> RuleTrial:
    """About history, for managers: no digest asks about it."""
    silent = replace(
        PROPOSED,
        weeks=tuple(replace(week, asks=0, messages=0, people=0, held=0) for week in PROPOSED.weeks),
        people=(
            PersonOfCourse(PersonName("005M", "Mei Tanaka-Reid"), 0, 0, 48),
            PersonOfCourse(PersonName("005N", "Noor Haddad"), 0, 0, 29),
        ),
    )
    return replace(
        observing_rule(), rule="close_date_pushed", audience=Audience.MANAGER, proposed=silent, left_out=None
    )


def unasked_rule() -> RuleTrial:
    """About a field that no pull has brought."""
    says = (
        "No pull has brought Plan__c yet, so the rule cannot be asked: with the rule in the configuration "
        "the next pull brings it."
    )
    return replace(
        changed_rule(), rule="plan_missing", proposed=None, current=None, left_out=None, notices=(says,)
    )


def rule_book() -> RuleBook:
    """A rule that people fix, one that nobody does any more, one that observes and one that cannot run."""
    reason = "the CRM has no table Task, or hides it from our account."
    return RuleBook(
        weeks=8,
        rules=(
            RuleStatistics(
                "next_step_missing",
                Severity.MEDIUM,
                True,
                31,
                40,
                42,
                3,
                Fraction(19, 2),
                disputed=4,
                waived=2,
                waiver_wishes=1,
            ),
            RuleStatistics("close_date_past", Severity.HIGH, True, 12, 38, 44, 35, Fraction(3)),
            RuleStatistics("close_date_too_far", Severity.LOW, False, 7, 0, 4, 4, Fraction(21)),
            RuleStatistics("overdue_task", Severity.LOW, False, 0, 0, 0, 0, None, reason),
        ),
        floor=Decimal("0.2"),
        enough=20,
    )
