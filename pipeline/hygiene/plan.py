"""Which rules are looked at on a day, with every threshold in its place, and why the others are not."""

import calendar
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from functools import cached_property, partial

from pipeline.errors import ExpressionError
from pipeline.expressions import Expression, Kind, Vocabulary, bind, check, parse
from pipeline.findings import Audience, RuleNotice, Severity
from pipeline.hygiene.catalogue import RULES
from pipeline.hygiene.definition import CustomRule, HygieneDefinition
from pipeline.hygiene.facts import RULE_FACTS, DealFacts
from pipeline.hygiene.holdings import RECORD_TYPE, Holdings, custom_field_kinds, unknown_field, wanted_fields
from pipeline.hygiene.rule import Meaning, Rule
from pipeline.hygiene.rule_settings import (
    CloseDateTooFar,
    QualificationIncomplete,
    RuleSettings,
)
from pipeline.hygiene.scope import all_of, any_of, case_condition, exempt_condition, unless
from pipeline.nearest import did_you_mean

_FOUR_DECIMALS = Decimal("0.0001")


@dataclass(frozen=True)
class Variant:
    """A rule as it is set for some deals: the first variant whose scope holds is the deal's."""

    scope: Expression | None
    """`None`: every deal."""
    applies: Expression | None
    broken: Expression
    severity: Severity | None
    """As configured; `None`: as the rule says."""


@dataclass(frozen=True)
class ActiveRule:
    """A rule that is looked at, ready for both uses: SQL over all deals, Python on one."""

    name: str
    audience: Audience
    nudges: bool
    severity: Severity
    high_when: Expression | None
    fixes: tuple[str, ...]
    says: Callable[[DealFacts], str]
    seen: Callable[[DealFacts], str | None]
    deals: Expression | None
    """The deals that the rule looks at; `None`: all. Often shared between rules."""
    exempt: Expression | None
    """Those of them that it leaves alone; `None`: none. Often shared between rules."""
    variants: tuple[Variant, ...]

    @cached_property
    def broken(self) -> Expression:
        """Whether a deal breaks the rule, as one condition."""
        earlier: list[Expression | None] = []
        cases: list[Expression | None] = []
        for variant in self.variants:
            cases.append(all_of([*earlier, variant.scope, variant.applies, variant.broken]))
            earlier.append(unless(variant.scope))
        either = all_of([self.deals, unless(self.exempt), any_of(cases)])
        if either is None:
            raise ValueError(f"the rule {self.name} has no condition")
        return either


@dataclass(frozen=True)
class RulePlan:
    """The rules of one day."""

    as_of: date
    rules: tuple[ActiveRule, ...]
    notices: tuple[RuleNotice, ...]
    vocabulary: Vocabulary
    field_kinds: Mapping[str, Kind]
    """The CRM's further fields that conditions name."""
    qualification_fields: tuple[str, ...]
    """Those of the configured ones that the CRM has."""

    def named(self, rule: str) -> ActiveRule | None:
        """`None` where it is not looked at."""
        return next((active for active in self.rules if active.name == rule), None)


def plan_rules(meaning: Meaning, holdings: Holdings, stages: Sequence[str], as_of: date) -> RulePlan:
    """The plan of a day. `stages`: names of the CRM's stages in its order.

    What cannot be asked here (a field or table that is not there, a stage that the CRM does not know)
    becomes a notice and never an error, so one rule cannot stop the others.
    """
    return _Planner(meaning, holdings, tuple(stages), as_of).plan()


class _Refused(Exception):
    """A rule that is not looked at; the text says why."""


class _Planner:
    def __init__(self, meaning: Meaning, holdings: Holdings, stages: tuple[str, ...], as_of: date) -> None:
        self._meaning = meaning
        self._hygiene: HygieneDefinition = meaning.hygiene
        self._holdings = holdings
        self._stages = stages
        self._as_of = as_of
        self._qualification = tuple(
            name for name in self._hygiene.qualification_fields if name in holdings.fields
        )
        wanted = wanted_fields(self._hygiene)
        self._kinds = {name: kind for name, kind in wanted.items() if name in holdings.fields}
        self._custom = Vocabulary.of({**self._kinds, RECORD_TYPE: Kind.TEXT}, stages)
        facts = {name: fact.kind for name, fact in RULE_FACTS.items()}
        self._built_in = self._custom.with_names(facts)
        meant = (self._proposal, self._negotiation)
        self._lenient = replace(self._built_in, stages=tuple(dict.fromkeys((*stages, *meant))))

    def plan(self) -> RulePlan:
        rules: list[ActiveRule] = []
        notices: list[RuleNotice] = []
        for name, build in self._candidates():
            try:
                rules.append(build())
            except (_Refused, ExpressionError) as reason:
                because = _sentence(str(reason))
                notices.append(RuleNotice(name, f"Not looked at: {because}", because))
        return RulePlan(
            self._as_of, tuple(rules), tuple(notices), self._built_in, self._kinds, self._qualification
        )

    def _candidates(self) -> Iterator[tuple[str, Callable[[], ActiveRule]]]:
        """Every rule that is switched on, and how it is made ready."""
        for name, rule in RULES.items():
            if self._hygiene.rules.of(name).enabled:
                yield name, partial(self._built_in_rule, rule)
        for custom in self._hygiene.custom:
            if custom.enabled:
                yield custom.name, partial(self._custom_rule, custom)

    def _built_in_rule(self, rule: Rule) -> ActiveRule:
        self._check_needs(rule)
        self._check_stage(rule)
        settings = self._hygiene.rules.of(rule.name)
        variants = [
            self._variant(rule, settings.in_case(case), self._checked(case_condition(case)))
            for case in settings.cases
        ]
        return ActiveRule(
            name=rule.name,
            audience=rule.audience,
            nudges=settings.nudge,
            severity=rule.severity,
            high_when=self._bound(rule.high_when, settings) if rule.high_when else None,
            fixes=rule.fixes(self._meaning),
            says=rule.says,
            seen=rule.seen,
            deals=self._bound(rule.deals, settings),
            exempt=self._checked(exempt_condition(settings.exempt)),
            variants=(*variants, self._variant(rule, settings, None)),
        )

    def _check_needs(self, rule: Rule) -> None:
        for need in rule.needs(self._meaning):
            missing = self._holdings.lacks(need)
            if missing is not None:
                raise _Refused(missing)

    def _check_stage(self, rule: Rule) -> None:
        """A rule that is about a stage needs that stage."""
        if rule.needs_stage is None:
            return
        stage = {"proposal": self._proposal, "negotiation": self._negotiation}[rule.needs_stage]
        if stage not in self._stages:
            suggestion = did_you_mean(stage, self._stages) or "."
            raise _Refused(
                f"the CRM has no stage {stage}{suggestion} "
                f"Bind one as `{rule.needs_stage}` under [hygiene.stages]"
            )

    @property
    def _proposal(self) -> str:
        """Where only Negotiation is known, a deal that came so far is past Proposal too."""
        proposal = self._hygiene.stages.proposal
        is_known = proposal in self._stages or self._negotiation not in self._stages
        return proposal if is_known else self._negotiation

    @property
    def _negotiation(self) -> str:
        return self._hygiene.stages.negotiation

    def _variant(self, rule: Rule, settings: RuleSettings, scope: Expression | None) -> Variant:
        return Variant(
            scope=scope,
            applies=self._bound(rule.applies, settings) if rule.applies else None,
            broken=self._bound(rule.broken, settings),
            severity=settings.severity,
        )

    def _custom_rule(self, rule: CustomRule) -> ActiveRule:
        kinds = custom_field_kinds(rule)
        for name, kind in kinds.items():
            if name not in self._holdings.fields:
                raise _Refused(unknown_field(name, self._holdings))
            if kind is not None and self._kinds[name] is not kind:
                raise _Refused(
                    f"{name} is used as a {kind} here and as a {self._kinds[name]} by another rule"
                )
        when = check(parse(rule.when), self._custom)
        shown = next((name for name in rule.fixes if name in kinds), None)
        return ActiveRule(
            name=rule.name,
            audience=rule.audience,
            nudges=rule.nudge,
            severity=rule.severity,
            high_when=None,
            fixes=rule.fixes,
            says=lambda _: rule.says,
            seen=lambda deal: None if shown is None else deal.shown(shown),
            deals=None if _is_about_closed_deals(when) else self._checked(_IS_OPEN),
            exempt=self._checked(exempt_condition(rule.exempt)),
            variants=(Variant(None, None, when, None),),
        )

    def _checked(self, condition: Expression | None) -> Expression | None:
        return None if condition is None else check(condition, self._built_in)

    def _bound(self, text: str, settings: RuleSettings) -> Expression:
        """A condition of a built-in rule with thresholds and the company's words in their places.

        A stage that the CRM lacks may stand in it: no deal is at or before it.
        """
        values = {**self._words, **_numbers(settings), **self._worked_out(settings)}
        return check(bind(parse(text), values), self._lenient)

    @cached_property
    def _words(self) -> Mapping[str, str | Decimal | date | tuple[str, ...]]:
        """What the conditions name beside facts and the thresholds of their own rule."""
        segments = self._hygiene.segments
        return {
            "today": self._as_of,
            "proposal": self._proposal,
            "negotiation": self._negotiation,
            "small": segments.small,
            "mid": segments.mid,
            "enterprise": segments.enterprise,
        }

    def _worked_out(self, settings: RuleSettings) -> Mapping[str, Decimal | date]:
        """Thresholds that the language cannot work out itself: months ahead, shares of a number of fields."""
        match settings:
            case CloseDateTooFar(after_months=months, enterprise_after_months=enterprise_months):
                return {
                    "far_day": months_after(self._as_of, months),
                    "enterprise_far_day": months_after(self._as_of, enterprise_months),
                }
            case QualificationIncomplete(proposal_share=proposal, negotiation_share=negotiation):
                fields = len(self._qualification)
                return {
                    "proposal_fields": _storable(proposal * fields),
                    "negotiation_fields": _storable(negotiation * fields),
                }
            case _:
                return {}


_IS_OPEN = parse("is_open")


def _sentence(text: str) -> str:
    return text if text.endswith(("?", ".")) else f"{text}."


def _is_about_closed_deals(condition: Expression) -> bool:
    return not condition.names().isdisjoint({"is_won", "is_lost"})


def _numbers(settings: RuleSettings) -> Mapping[str, Decimal]:
    """The thresholds that a condition can name: whole numbers and decimals."""
    return {
        name: _storable(Decimal(value))
        for name, value in settings.thresholds().items()
        if isinstance(value, int | Decimal)
    }


def _storable(number: Decimal) -> Decimal:
    """To four decimals, which is what amounts and counts are kept with."""
    return number.quantize(_FOUR_DECIMALS, ROUND_HALF_UP)


def months_after(day: date, months: int) -> date:
    """The same day of the month so many months later, or the last one where the month is shorter.

    Beyond the last year that a date can have it is the last day of all: nothing lies after it.
    """
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    if year > date.max.year:
        return date.max
    return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))
