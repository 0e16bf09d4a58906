"""Measuring hygiene: what the rules say of all deals at the end of a day, or of a single one.

`measure_hygiene` scans all deals once, for what applies and what is broken, and then words the findings
of the deals that break something, a few hundred at a time.
"""

from array import array
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import Any

from sqlalchemy import Connection, Select, select
from sqlalchemy.schema import DropTable
from sqlmodel import col

from pipeline.calendar import FiscalCalendar
from pipeline.crm_records import Capabilities
from pipeline.definitions import Definitions
from pipeline.findings import Finding, HygieneReport
from pipeline.hygiene.definition import HygieneDefinition
from pipeline.hygiene.holdings import Holdings
from pipeline.hygiene.judging import Subject, broken_rules, word_finding
from pipeline.hygiene.plan import ActiveRule, plan_rules
from pipeline.hygiene.process import process_problems
from pipeline.hygiene.rule import Meaning
from pipeline.hygiene.scores import Share, counts_in_score, score, sum_shares
from pipeline.matrix import UNASSIGNED
from pipeline.money import RateTable, to_decimal
from pipeline.records import Category, Stage
from storage.exemptions import Exemptions, read_exemptions
from storage.hygiene_columns import HygieneQuestion, twin_table
from storage.hygiene_findings import StoredFinding, first_seen_days
from storage.hygiene_limits import Limits, configured_limits, measure_limits
from storage.hygiene_people import Staff, read_staff
from storage.hygiene_scan import (
    DealReader,
    DealRow,
    applies_in,
    deals_that_break,
    is_broken_in,
    scan_deals,
)
from storage.hygiene_scores import converted, pipeline_shares, worth_in_corporate
from storage.hygiene_twins import DUPLICATES, find_twins
from storage.tables import Mirror, currency_table, opportunity_key, stage

UNTRUSTED_RULES = ("close_date_past", "next_step_stale", "no_recent_activity", "close_date_pushed")
"""The rules whose findings keep a deal out of the trusted figures (DOMAIN section 7)."""

DEALS_A_CHUNK = 500


def measure_hygiene(
    connection: Connection,
    *,
    as_of: date,
    generation: int,
    definition: HygieneDefinition,
    definitions: Definitions,
    calendar: FiscalCalendar,
    capabilities: Capabilities,
    rates: RateTable,
) -> HygieneReport:
    """Everything the rules say of all deals at the end of `as_of`, most severe and most valuable first.

    A finding keeps the day on which it was first seen as long as the previous generation had it. Raises
    `PeriodMissing` where the calendar does not hold `as_of`.
    """
    question = ask_hygiene(
        connection,
        as_of=as_of,
        generation=generation,
        definition=definition,
        definitions=definitions,
        calendar=calendar,
        capabilities=capabilities,
        rates=rates,
    )
    find_twins(connection, question)
    broken = _scan(connection, question)
    problems = process_problems(definition, broken.applicable, broken.counts)
    wording = _Wording(
        question,
        read_staff(connection),
        read_exemptions(connection, as_of),
        frozenset(problem.rule for problem in problems),
    )
    findings: list[Finding] = []
    unclean: list[Share] = []
    for deal, found in _findings_by_deal(connection, wording, broken):
        findings += found
        if deal.is_in_pipeline and any(counts_in_score(one) for one in found):
            unclean.append(wording.share(deal))
    connection.execute(DropTable(twin_table))
    hierarchy = wording.staff.hierarchy
    sums = sum_shares(pipeline_shares(connection, question, wording.staff), unclean, hierarchy)
    return HygieneReport(
        as_of=as_of,
        findings=tuple(sorted(findings, key=_worst_first)),
        scores=score(sums, hierarchy.names),
        notices=(*question.plan.notices, *problems),
        sums=sums,
    )


def untrusted_opportunities(
    connection: Connection,
    *,
    as_of: date,
    generation: int,
    definition: HygieneDefinition,
    definitions: Definitions,
    calendar: FiscalCalendar,
    capabilities: Capabilities,
    rates: RateTable,
) -> Select[Any]:
    """The numbers (`opportunity_version.opportunity`) of the deals that the trusted figures leave out.

    A statement to join with; it reads nothing of the connection beside the mirror's small tables now.
    """
    question = ask_hygiene(
        connection,
        as_of=as_of,
        generation=generation,
        definition=definition,
        definitions=definitions,
        calendar=calendar,
        capabilities=capabilities,
        rates=rates,
        measures_limits=False,
    )
    return deals_that_break(question, UNTRUSTED_RULES)


def judge_opportunity(
    connection: Connection,
    question: HygieneQuestion,
    opportunity_id: str,
    silenced: frozenset[str] = frozenset(),
) -> tuple[Finding, ...]:
    """What the rules say of one deal, decided in Python: the same as `measure_hygiene` finds for it.

    Whether a rule is a problem of the process shows only over all deals: those that are, are `silenced`.
    """
    number = connection.scalar(select(opportunity_key.c.no).where(opportunity_key.c.crm_id == opportunity_id))
    if number is None:
        return ()
    return judge_opportunities(connection, question, [number], silenced)[number]


def judge_opportunities(
    connection: Connection,
    question: HygieneQuestion,
    numbers: Sequence[int],
    silenced: frozenset[str] = frozenset(),
    staff: Staff | None = None,
) -> Mapping[int, tuple[Finding, ...]]:
    """The same of several deals by their numbers; twins are looked for once. `staff`: as read before."""
    find_twins(connection, question, only=numbers)
    exemptions = read_exemptions(connection, question.as_of)
    wording = _Wording(question, staff or read_staff(connection), exemptions, silenced)
    since = first_seen_days(connection, numbers, question.generation, question.today)
    found: dict[int, tuple[Finding, ...]] = dict.fromkeys(numbers, ())
    for deal in DealReader(question).read(connection, numbers):
        findings = wording.findings(deal, broken_rules(question.plan, deal.facts), since)
        found[deal.number] = tuple(sorted(findings, key=_worst_first))
    connection.execute(DropTable(twin_table))
    return found


def word_stored(
    connection: Connection, question: HygieneQuestion, stored: Mapping[int, Mapping[str, StoredFinding]]
) -> Iterator[Finding]:
    """The findings of some deals as a measuring stored them, by number and rule, in words.

    Reads those deals alone. A rule that is no longer asked is left out.
    """
    with_twins = [number for number, rules in stored.items() if DUPLICATES in rules]
    find_twins(connection, question, only=with_twins)
    wording = _Wording(
        question, read_staff(connection), read_exemptions(connection, question.as_of), frozenset()
    )
    numbers = list(stored)
    reader = DealReader(question)
    for start in range(0, len(numbers), DEALS_A_CHUNK):
        for deal in reader.read(connection, numbers[start : start + DEALS_A_CHUNK]):
            rules = stored[deal.number]
            since = {(deal.number, rule): one.first_seen for rule, one in rules.items()}
            active = [rule for rule in map(question.plan.named, rules) if rule is not None]
            for finding in wording.findings(deal, active, since):
                yield replace(finding, nudges=rules[finding.rule].nudges)
    connection.execute(DropTable(twin_table))


def ask_hygiene(
    connection: Connection,
    *,
    as_of: date,
    generation: int,
    definition: HygieneDefinition,
    definitions: Definitions,
    calendar: FiscalCalendar,
    capabilities: Capabilities,
    rates: RateTable,
    measures_limits: bool = True,
    limits: Limits | None = None,
) -> HygieneQuestion:
    """The rules of a day with everything they depend on. `measures_limits`: learn from the won deals how
    long is too long; without it only the configured days hold. `limits`: what was learnt of it before."""
    if limits is not None:
        measures_limits = False
    meaning = Meaning(definition, definitions)
    stages = _read_stages(connection)
    holdings = Holdings(capabilities.tables, capabilities.opportunity_fields)
    day = as_of.toordinal()
    first_pull = connection.scalar(select(col(Mirror.first_pull_day)))
    return HygieneQuestion(
        as_of=as_of,
        generation=generation,
        first_pull=day if first_pull is None else first_pull,
        meaning=meaning,
        plan=plan_rules(meaning, holdings, [one.name for one in stages], as_of),
        stages=stages,
        calendar=calendar,
        rates=rates,
        currencies={row.no: row.code for row in connection.execute(select(currency_table))},
        limits=measure_limits(
            connection, definition=definition, stages=stages, day=day, generation=generation
        )
        if measures_limits
        else limits or configured_limits(definition, stages),
        dialect=connection.dialect.name,
    )


def _read_stages(connection: Connection) -> tuple[Stage, ...]:
    rows = connection.execute(select(stage).order_by(stage.c.sort_order, stage.c.no))
    return tuple(
        Stage(row.no, row.name, row.sort_order, row.is_closed, row.is_won, Category(row.category))
        for row in rows
    )


@dataclass(frozen=True)
class _Broken:
    """Which deals break which rules, as narrow as a million of them have to be."""

    numbers: Sequence[int]
    masks: Sequence[int]
    counts: Mapping[str, int]
    """Deals by the rule that they break."""
    applicable: Mapping[str, int]
    """Deals by the rule that applies to them, broken or not."""


def _scan(connection: Connection, question: HygieneQuestion) -> _Broken:
    rules = question.plan.rules
    any_broken = sum(1 << 2 * place + 1 for place in range(len(rules)))
    numbers = array("q")
    masks: list[int] = []
    deals_by_mask: Counter[int] = Counter()
    for number, mask in scan_deals(connection, question):
        deals_by_mask[mask] += 1
        if mask & any_broken:
            numbers.append(number)
            masks.append(mask)
    counts, applicable = Counter[str](), Counter[str]()
    for mask, deals in deals_by_mask.items():
        for place, rule in enumerate(rules):
            counts[rule.name] += deals * is_broken_in(mask, place)
            applicable[rule.name] += deals * applies_in(mask, place)
    return _Broken(numbers, masks, counts, applicable)


def _rules_of(mask: int, question: HygieneQuestion) -> list[ActiveRule]:
    return [rule for place, rule in enumerate(question.plan.rules) if is_broken_in(mask, place)]


@dataclass(frozen=True)
class _Wording:
    """From broken rules to findings in words."""

    question: HygieneQuestion
    staff: Staff
    exemptions: Exemptions
    silenced: frozenset[str]
    """Rules that are a problem of the process."""

    def findings(
        self, deal: DealRow, rules: Iterable[ActiveRule], since: Mapping[tuple[int, str], int]
    ) -> list[Finding]:
        owner = self.staff.owner(deal.owner)
        subject = Subject(deal.crm_id, deal.name, owner, self._value(deal), deal.is_confidential)
        today = self.question.today
        return [
            word_finding(
                rule,
                subject,
                deal.facts,
                self.question.plan.vocabulary,
                since=date.fromordinal(min(since.get((deal.number, rule.name), today), today)),
                nudges=rule.nudges and rule.name not in self.silenced,
                waived=self.exemptions.is_waived(deal.number, rule.name),
            )
            for rule in rules
            if not self.exemptions.is_acknowledged(deal.number, rule.name, deal.facts)
        ]

    def share(self, deal: DealRow) -> Share:
        owner = self.staff.owner(deal.owner)
        worth = worth_in_corporate(self.question, deal.value, deal.currency, deal.close_day)
        return Share(None if owner is None else owner.id, deal.region or UNASSIGNED, 1, worth)

    def _value(self, deal: DealRow) -> Decimal | None:
        if deal.value is None:
            return None
        value = converted(self.question, deal.value, deal.currency, deal.close_day)
        return None if value is None else to_decimal(value)


def _findings_by_deal(
    connection: Connection, wording: _Wording, broken: _Broken
) -> Iterator[tuple[DealRow, list[Finding]]]:
    question = wording.question
    reader = DealReader(question)
    for start in range(0, len(broken.numbers), DEALS_A_CHUNK):
        numbers = broken.numbers[start : start + DEALS_A_CHUNK]
        masks = dict(zip(numbers, broken.masks[start : start + DEALS_A_CHUNK], strict=True))
        since = first_seen_days(connection, list(numbers), question.generation, question.today)
        for deal in reader.read(connection, numbers):
            yield deal, wording.findings(deal, _rules_of(masks[deal.number], question), since)


def _worst_first(finding: Finding) -> tuple[int, bool, Decimal, str, str]:
    value = finding.value
    return (
        -finding.severity.rank,
        value is None,
        -(value or Decimal(0)),
        finding.opportunity_id,
        finding.rule,
    )
