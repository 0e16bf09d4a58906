"""The one statement that asks every rule of every deal, and the facts of single deals.

A deal's row holds a mask with two bits a rule: bit 2i says that rule i of the plan applies to the deal,
bit 2i + 1 that it is broken. Rules that look at the same deals stand under one CASE, so that a deal that
none of them looks at costs one comparison.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Select,
    and_,
    bindparam,
    case,
    func,
    literal_column,
    or_,
    select,
)

from pipeline.expressions import Expression, FactValue, Kind, Name
from pipeline.hygiene.facts import ALL_FACTS, DealFacts
from pipeline.hygiene.plan import ActiveRule, RulePlan, Variant
from pipeline.hygiene.scores import SCORED
from pipeline.money import SCALE
from pipeline.records import Category
from storage.exemptions import counts_against
from storage.expressions import ExpressionCompiler
from storage.hygiene_columns import DealColumns, HygieneQuestion
from storage.tables import opportunity_version

RULES_A_WORD = 30
"""Two bits each: what a signed 64-bit integer holds with room to spare."""
ROWS_A_FETCH = 5_000

_ALWAYS_SHOWN = frozenset(
    {
        *("today", "stage", "category", "close_date", "started", "stage_since", "category_since"),
        *("next_step", "next_step_since", "last_activity", "active_on", "oldest_task", "pushes"),
        *("commit_close_date", "stage_limit_day", "age_limit_day", "amount", "contact_count"),
        *("filled_fields", "qualification_fields", "closed_on", "owner_name", "twin_name"),
    }
)
"""The facts that the rules' sentences show."""


@dataclass(frozen=True)
class DealRow:
    """One deal of the day with its facts."""

    number: int
    crm_id: str
    name: str
    owner: int | None
    region: str | None
    value: int | None
    """In its own currency, scaled."""
    currency: int
    close_day: int | None
    is_in_pipeline: bool
    """Open, qualified and not Omitted: it counts in the scores (renewals do not)."""
    is_confidential: bool
    """Named only to its owner's management chain."""
    facts: DealFacts


def scan_deals(connection: Connection, question: HygieneQuestion) -> Iterator[tuple[int, int]]:
    """Number and mask of every deal that the rules look at, streamed."""
    if not question.plan.rules:
        return
    rows = connection.execute(scan_statement(question), execution_options={"yield_per": ROWS_A_FETCH})
    for number, *words in rows:
        yield number, mask_of(words)


def mask_of(words: Sequence[int]) -> int:
    """The mask of a deal, from the words in which a statement yields it."""
    return sum(word << (place * 2 * RULES_A_WORD) for place, word in enumerate(words))


def applies_in(mask: int, place: int) -> bool:
    """Whether the rule at that place of the plan applies to the deal of the mask."""
    return bool(mask >> 2 * place & 1)


def is_broken_in(mask: int, place: int) -> bool:
    """Whether the deal of the mask breaks the rule at that place of the plan."""
    return bool(mask >> 2 * place + 1 & 1)


def scan_statement(question: HygieneQuestion, also: Sequence[str] = ()) -> Select[Any]:
    """A row per deal: its number, further columns of its version, and its mask, in words."""
    columns = DealColumns(question)
    compiler = ExpressionCompiler(columns.column_of, question.stage_numbers)
    rules = question.plan.rules
    words = [
        _mask(rules[start : start + RULES_A_WORD], compiler).label(f"word_{start // RULES_A_WORD}")
        for start in range(0, len(rules), RULES_A_WORD)
    ]
    return (
        select(columns.version.c.opportunity, *(columns.version.c[name] for name in also), *words)
        .select_from(columns.source())
        .where(columns.is_looked_at())
    )


def asking_statement(question: HygieneQuestion) -> Select[Any]:
    """As `scan_statement`: a deal's number, owner, forecast category, since which day it is its owner's, and
    its mask. The day is looked up for deals that break a rule alone; NULL: always, as far as we know."""
    scanned = scan_statement(question, also=("owner", "category")).subquery("scanned")
    number, owner, category, *words = scanned.c
    rules = len(question.plan.rules)
    is_broken = or_(
        *(
            word.bitwise_and(literal_column(str(_broken_bits(rules - place * RULES_A_WORD)))) != 0
            for place, word in enumerate(words)
        )
    )
    before = opportunity_version.alias("before")
    owner_since = (
        select(func.max(before.c.valid_to))
        .where(
            before.c.opportunity == number,
            before.c.part == 0,
            before.c.gen_from <= question.generation,
            before.c.gen_to > question.generation,
            before.c.valid_to <= question.today,
            before.c.owner.is_distinct_from(owner),
        )
        .scalar_subquery()
    )
    return select(number, owner, category, case((is_broken, owner_since)).label("owner_since"), *words)


def _broken_bits(rules: int) -> int:
    """The bits of a word that say that one of its rules is broken."""
    return sum(1 << 2 * place + 1 for place in range(min(rules, RULES_A_WORD)))


def _mask(rules: Sequence[ActiveRule], compiler: ExpressionCompiler) -> ColumnElement[int]:
    """The sum of the rules' bits: by exemption first, below that by the deals they look at."""
    nested: dict[Expression | None, dict[Expression | None, ColumnElement[int]]] = {}
    for place, rule in enumerate(rules):
        bits = _bits(rule, 1 << 2 * place, compiler)
        by_deals = nested.setdefault(rule.exempt, {})
        by_deals[rule.deals] = by_deals[rule.deals] + bits if rule.deals in by_deals else bits
    total = _ZERO
    for exempt, by_deals in nested.items():
        below = _ZERO
        for deals, bits in by_deals.items():
            below = below + (bits if deals is None else case((compiler.compile(deals), bits), else_=_ZERO))
        total = total + (below if exempt is None else case((compiler.compile(exempt), _ZERO), else_=below))
    return total


def _bits(rule: ActiveRule, first: int, compiler: ExpressionCompiler) -> ColumnElement[int]:
    """The two bits of a rule for a deal that it looks at; the first variant whose scope holds decides."""
    base = _variant_bits(rule.variants[-1], first, compiler)
    cases = [
        (compiler.compile(variant.scope), _variant_bits(variant, first, compiler))
        for variant in rule.variants[:-1]
        if variant.scope is not None
    ]
    return case(*cases, else_=base) if cases else base


def _variant_bits(variant: Variant, first: int, compiler: ExpressionCompiler) -> ColumnElement[int]:
    both: ColumnElement[int] = literal_column(str(3 * first))
    applies_only: ColumnElement[int] = literal_column(str(first))
    bits = case((compiler.compile(variant.broken), both), else_=applies_only)
    if variant.applies is None:
        return bits
    return case((compiler.compile(variant.applies), bits), else_=_ZERO)


_ZERO: ColumnElement[int] = literal_column("0")


def deals_that_break(question: HygieneQuestion, rules: Iterable[str]) -> Select[Any]:
    """The numbers of the deals that break at least one of the named rules and are not exempt from it, as a
    statement to join with."""
    columns = DealColumns(question)
    compiler = ExpressionCompiler(columns.column_of, question.stage_numbers)
    active = [rule for rule in map(question.plan.named, rules) if rule is not None]
    broken = [
        and_(compiler.compile(rule.broken), counts_against(columns.version, rule.name, question.today))
        for rule in active
    ]
    any_broken = or_(*broken) if broken else literal_column("1 = 0")
    return (
        select(columns.version.c.opportunity)
        .select_from(columns.source())
        .where(columns.is_looked_at(), any_broken)
    )


class _StoredFacts(Mapping[str, FactValue]):
    """The facts of one row, read when somebody asks: a finding shows few of the many."""

    def __init__(
        self, row: Sequence[Any], readers: Mapping[str, tuple[int, Callable[[Any], FactValue]]]
    ) -> None:
        self._row = row
        self._readers = readers

    def __getitem__(self, name: str) -> FactValue:
        place, read = self._readers[name]
        value = self._row[place]
        return None if value is None else read(value)

    def __iter__(self) -> Iterator[str]:
        return iter(self._readers)

    def __len__(self) -> int:
        return len(self._readers)


class DealReader:
    """Reads the facts of deals that the rules look at; `find_twins` has run before."""

    def __init__(self, question: HygieneQuestion) -> None:
        columns = DealColumns(question)
        state = columns.version.c
        in_pipeline = ExpressionCompiler(columns.column_of, question.stage_numbers).compile(SCORED)
        names = sorted(_facts_needed(question.plan))
        about = [
            state.opportunity,
            columns.record.c.crm_id,
            columns.record.c.name,
            state.owner,
            columns.region().label("region"),
            state.deal_value,
            state.currency,
            state.close_day,
            in_pipeline.label("is_in_pipeline"),
            columns.record.c.confidential,
        ]
        facts = [columns.column_of(Name(name)) for name in names]
        self._readers = {
            name: (place, _reader(_kind(name, question.plan), question))
            for place, name in enumerate(names, start=len(about))
        }
        self._statement = (
            select(*about, *facts)
            .select_from(columns.source())
            .where(columns.is_looked_at(), state.opportunity.in_(bindparam("numbers", expanding=True)))
            .order_by(state.opportunity)
        )

    def read(self, connection: Connection, numbers: Sequence[int]) -> Iterator[DealRow]:
        """The deals of these numbers, in their order; those that no rule looks at are left out."""
        for row in connection.execute(self._statement, {"numbers": list(numbers)}):
            yield DealRow(
                number=row.opportunity,
                crm_id=row.crm_id,
                name=row.name,
                owner=row.owner,
                region=row.region,
                value=row.deal_value,
                currency=row.currency,
                close_day=row.close_day,
                is_in_pipeline=bool(row.is_in_pipeline),
                is_confidential=bool(row.confidential),
                facts=DealFacts(_StoredFacts(row, self._readers)),
            )


def _facts_needed(plan: RulePlan) -> frozenset[str]:
    conditions: list[Expression | None] = []
    for rule in plan.rules:
        conditions += [rule.broken, rule.high_when]
    named = frozenset[str]().union(*(one.names() for one in conditions if one is not None))
    return _ALWAYS_SHOWN | named


def _kind(name: str, plan: RulePlan) -> Kind:
    fact = ALL_FACTS.get(name)
    return fact.kind if fact is not None else plan.field_kinds.get(name, Kind.TEXT)


def _reader(kind: Kind, question: HygieneQuestion) -> Callable[[Any], FactValue]:
    """From what the database holds to what a condition compares."""
    stage_names = {stage.number: stage.name for stage in question.stages}
    readers: dict[Kind, Callable[[Any], FactValue]] = {
        Kind.TEXT: str,
        Kind.NUMBER: lambda scaled: Fraction(int(scaled), SCALE),
        Kind.DAY: lambda day: date.fromordinal(int(day)),
        Kind.FLAG: bool,
        Kind.STAGE: stage_names.get,
        Kind.CATEGORY: lambda rank: Category(int(rank)),
    }
    return readers[kind]
