"""Counting what came of each hygiene rule over the last weeks, from the lives of its findings."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from fractions import Fraction

from sqlalchemy import ColumnElement, Connection, Engine, and_, func, or_, select

from pipeline.company import Company
from pipeline.findings import Severity
from pipeline.hygiene.catalogue import RULES
from pipeline.hygiene.definition import HygieneDefinition
from pipeline.hygiene.rule_settings import BuiltInRules
from pipeline.rule_statistics import RuleBook, RuleStatistics
from storage.chat_tables import audit
from storage.database import reading
from storage.exemptions import waiver_holds
from storage.finding_lives import HowClosed
from storage.hygiene import ask_hygiene
from storage.mirror import pulled_state
from storage.nudge_tables import asked_finding, finding_life, waiver
from storage.scales import read_scales

WEEKS = 8
TIME_TO_FIX_DAYS = 14
"""An open finding counts against its rule once its owner has had so long since the first question: a rule
that asked for the first time this morning is not one that nobody reacts to."""
_FIXED = (HowClosed.FIXED_IN_CHAT.value, HowClosed.FIXED_IN_CRM.value, HowClosed.ACKNOWLEDGED.value)


def read_rule_statistics(engine: Engine, company: Company) -> RuleBook:
    """Every rule that is switched on, those with most open findings first.

    One pass over the findings of the last weeks, and one each over disputes and waivers.

    Raises `NothingPulled` before the first pull.
    """
    with reading(engine) as connection:
        state = pulled_state(connection)
        scales = read_scales(connection, company.definitions)
        today = date.fromordinal(state.measured_day or 1)
        question = ask_hygiene(
            connection,
            as_of=today,
            generation=state.generation,
            definition=company.hygiene,
            definitions=company.definitions,
            calendar=scales.calendar,
            capabilities=state.capabilities,
            rates=scales.rates,
            measures_limits=False,
        )
        silent = {notice.rule: notice.unasked_because or notice.says for notice in question.plan.notices}
        counts = _count(connection, today.toordinal())
        began = datetime.combine(today - timedelta(weeks=WEEKS), time.max, company.definitions.calendar.zone)
        objections = _Objections(
            disputed=_count_by_rule(
                connection, audit.c.field, and_(audit.c.act == "wrong_rule", audit.c.at > began.timestamp())
            ),
            waived=_count_by_rule(connection, waiver.c.rule, waiver_holds(today.toordinal())),
            wishes=_count_by_rule(connection, waiver.c.rule, waiver.c.state == "asked"),
        )
    rules = [
        _statistics(rule, counts[rule.name], silent, objections) for rule in _switched_on(company.hygiene)
    ]
    return RuleBook(
        weeks=WEEKS,
        rules=tuple(sorted(rules, key=lambda one: (one.silent_because is not None, -one.open, one.rule))),
        floor=company.hygiene.fix_rate_floor,
        enough=company.hygiene.fix_rate_findings,
    )


@dataclass(frozen=True)
class _AsSet:
    name: str
    severity: Severity
    nudges: bool


@dataclass
class _Counts:
    open: Counter[Severity] = field(default_factory=Counter)
    asked: int = 0
    counted: int = 0
    days: Counter[int] = field(default_factory=Counter)
    """Fixed findings by the days that it took."""


@dataclass(frozen=True)
class _Objections:
    """By rule."""

    disputed: Mapping[str, int]
    waived: Mapping[str, int]
    wishes: Mapping[str, int]


def _count_by_rule(
    connection: Connection, rule: ColumnElement[str], which: ColumnElement[bool]
) -> Mapping[str, int]:
    rows = connection.execute(
        select(rule.label("rule"), func.count().label("times")).where(which).group_by(rule)
    )
    return {row.rule: row.times for row in rows}


def _switched_on(hygiene: HygieneDefinition) -> Iterator[_AsSet]:
    for name in BuiltInRules.model_fields:
        settings = hygiene.rules.of(name)
        if settings.enabled:
            yield _AsSet(name, settings.severity or RULES[name].severity, settings.nudge)
    for rule in hygiene.custom:
        if rule.enabled:
            yield _AsSet(rule.name, rule.severity, rule.nudge)


def _count(connection: Connection, today: int) -> Mapping[str, _Counts]:
    """By rule, from as many rows as there are rules, ways to close and numbers of days."""
    life, asked = finding_life.c, asked_finding.c
    since = today - 7 * WEEKS
    is_asked = and_(asked.last_day.is_not(None), asked.last_day > since)
    had_time = and_(is_asked, asked.first_day <= today - TIME_TO_FIX_DAYS)
    days = life.closed_day - life.opened_day
    same = and_(
        asked.opportunity == life.opportunity, asked.rule == life.rule, asked.opened_day == life.opened_day
    )
    groups = (life.rule, life.severity, life.how, is_asked, had_time, days)
    rows = connection.execute(
        select(
            life.rule,
            life.severity,
            life.how,
            is_asked.label("is_asked"),
            had_time.label("had_time"),
            days.label("days"),
            func.count().label("findings"),
        )
        .select_from(finding_life.outerjoin(asked_finding, same))
        .where(or_(life.closed_day.is_(None), life.closed_day > since))
        .group_by(*groups)
    )
    counts: defaultdict[str, _Counts] = defaultdict(_Counts)
    for row in rows:
        of_rule, findings = counts[row.rule], int(row.findings)
        is_open = row.days is None
        if is_open:
            of_rule.open[Severity(row.severity)] += findings
        of_rule.asked += findings if row.is_asked else 0
        if row.how == HowClosed.RULE_CHANGED.value or (is_open and not row.had_time):
            continue
        of_rule.counted += findings
        if row.how in _FIXED:
            of_rule.days[int(row.days)] += findings
    return counts


def _statistics(
    rule: _AsSet, counts: _Counts, silent: Mapping[str, str], objections: _Objections
) -> RuleStatistics:
    return RuleStatistics(
        rule=rule.name,
        severity=max(counts.open, key=lambda one: one.rank, default=rule.severity),
        nudges=rule.nudges,
        open=counts.open.total(),
        asked=counts.asked,
        counted=counts.counted,
        fixed=counts.days.total(),
        median_days=_median(counts.days),
        silent_because=silent.get(rule.name),
        disputed=objections.disputed.get(rule.name, 0),
        waived=objections.waived.get(rule.name, 0),
        waiver_wishes=objections.wishes.get(rule.name, 0),
    )


def _median(days: Counter[int]) -> Fraction | None:
    """Of days with how often each occurs."""
    ordered = sorted(days.elements())
    if not ordered:
        return None
    middle = len(ordered) // 2
    if len(ordered) % 2:
        return Fraction(ordered[middle])
    return Fraction(ordered[middle - 1] + ordered[middle], 2)
