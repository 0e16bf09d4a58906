"""`council hygiene rules` and `council hygiene --preview` as JSON and CSV."""

from collections.abc import Iterator, Sequence

from messages.csv_sheet import Value, csv_sheet
from messages.numbers import ratio
from pipeline.rule_statistics import RuleBook, RuleStatistics
from pipeline.rule_trial import Course, PersonOfCourse, RuleTrial, WeekOfCourse

Json = dict[str, object]

_RULE_COLUMNS = (
    "rule",
    "severity",
    "nudges",
    "open",
    "asked",
    "counted",
    "fixed",
    "fix_rate",
    "median_days",
    "mute",
    "disputed",
    "waived",
    "waiver_wishes",
    "silent_because",
)
_TRIAL_COLUMNS = (
    "rule",
    "version",
    "messages",
    "held",
    "asks",
    "findings",
    "standing",
    "open_at_end",
    "fixed_anyway",
)


def rules_json(book: RuleBook) -> Json:
    """Every rule that is switched on, and what its fix rate is measured by."""
    return {
        "weeks": book.weeks,
        "floor": float(book.floor),
        "enough": book.enough,
        "rules": [_rule(book, rule) for rule in book.rules],
    }


def rules_csv(book: RuleBook) -> str:
    """A line per rule."""
    lines: Iterator[list[Value]] = (
        [
            rule.rule,
            rule.severity.value,
            rule.nudges,
            rule.open,
            rule.asked,
            rule.counted,
            rule.fixed,
            ratio(rule.fix_rate),
            ratio(rule.median_days),
            book.deserves_muting(rule),
            rule.disputed,
            rule.waived,
            rule.waiver_wishes,
            rule.silent_because,
        ]
        for rule in book.rules
    )
    return csv_sheet(_RULE_COLUMNS, lines)


def trials_json(trials: Sequence[RuleTrial]) -> Json:
    """Each proposed rule; `current` is null where nothing stands beside it."""
    return {"rules": [_trial(trial) for trial in trials]}


def trials_csv(trials: Sequence[RuleTrial]) -> str:
    """A line per rule and version of it."""
    lines: Iterator[list[Value]] = (
        [
            trial.rule,
            version,
            course.messages,
            course.held,
            course.asks,
            course.findings,
            course.standing,
            course.open_at_end,
            course.fixed_anyway,
        ]
        for trial in trials
        for version, course in (("proposed", trial.proposed), ("current", trial.current))
        if course is not None
    )
    return csv_sheet(_TRIAL_COLUMNS, lines)


def _rule(book: RuleBook, rule: RuleStatistics) -> Json:
    return {
        "rule": rule.rule,
        "severity": rule.severity.value,
        "nudges": rule.nudges,
        "open": rule.open,
        "asked": rule.asked,
        "counted": rule.counted,
        "fixed": rule.fixed,
        "fix_rate": ratio(rule.fix_rate),
        "median_days": ratio(rule.median_days),
        "mute": book.deserves_muting(rule),
        "disputed": rule.disputed,
        "waived": rule.waived,
        "waiver_wishes": rule.waiver_wishes,
        "silent_because": rule.silent_because,
    }


def _trial(trial: RuleTrial) -> Json:
    left_out, rebuilt = trial.left_out, trial.rebuilt_before
    return {
        "rule": trial.rule,
        "audience": trial.audience.value,
        "weeks": trial.weeks,
        "wait_days": trial.wait_days,
        "is_same": trial.is_same,
        "nudges_now": trial.nudges_now,
        "proposed": None if trial.proposed is None else _course(trial.proposed),
        "current": None if trial.current is None else _course(trial.current),
        "left_out_before": None if left_out is None else left_out.before.isoformat(),
        "rebuilt_before": None if rebuilt is None else rebuilt.isoformat(),
        "notices": list(trial.notices),
    }


def _course(course: Course) -> Json:
    return {
        "days": [day.isoformat() for day in course.days],
        "messages": course.messages,
        "held": course.held,
        "asks": course.asks,
        "findings": course.findings,
        "standing": course.standing,
        "open_at_end": course.open_at_end,
        "fixed_anyway": course.fixed_anyway,
        "told_apart": course.told_apart,
        "problem_days": [day.isoformat() for day in course.problem_days],
        "weeks": [_week(week) for week in course.weeks],
        "people": [_person(one) for one in course.people],
    }


def _week(week: WeekOfCourse) -> Json:
    return {
        "monday": week.monday.isoformat(),
        "findings": week.findings,
        "asks": week.asks,
        "messages": week.messages,
        "held": week.held,
        "people": week.people,
    }


def _person(one: PersonOfCourse) -> Json:
    return {
        "id": one.person.id,
        "name": one.person.name,
        "messages": one.messages,
        "held": one.held,
        "asks": one.asks,
        "findings": one.findings,
    }
