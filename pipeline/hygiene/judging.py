"""Asking the rules of one deal in plain Python: after a fix, and to word what the scan has found."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from pipeline.expressions import Expression, Vocabulary, evaluate
from pipeline.findings import Finding, PersonName, Severity
from pipeline.hygiene.facts import DealFacts
from pipeline.hygiene.plan import ActiveRule, RulePlan, Variant


@dataclass(frozen=True)
class Subject:
    """The deal of a finding, beside the facts that its rules read."""

    opportunity_id: str
    opportunity_name: str
    owner: PersonName | None
    value: Decimal | None
    """In the corporate currency; `None` where it is unknown or has no rate."""
    confidential: bool = False


def applies(rule: ActiveRule, deal: DealFacts, vocabulary: Vocabulary) -> bool:
    """Whether the rule has anything to say of the deal, broken or not."""
    if not _holds(rule.deals, deal, vocabulary):
        return False
    if rule.exempt is not None and evaluate(rule.exempt, deal.values, vocabulary):
        return False
    return _holds(_variant_of(rule, deal, vocabulary).applies, deal, vocabulary)


def is_broken(rule: ActiveRule, deal: DealFacts, vocabulary: Vocabulary) -> bool:
    """Whether the deal breaks the rule; the same as the rule's SQL says."""
    if not applies(rule, deal, vocabulary):
        return False
    return evaluate(_variant_of(rule, deal, vocabulary).broken, deal.values, vocabulary)


def broken_rules(plan: RulePlan, deal: DealFacts) -> Iterator[ActiveRule]:
    """The rules that the deal breaks, in the order of the plan."""
    return (rule for rule in plan.rules if is_broken(rule, deal, plan.vocabulary))


def severity_of(rule: ActiveRule, deal: DealFacts, vocabulary: Vocabulary) -> Severity:
    """How bad it is that this deal breaks the rule."""
    variant = _variant_of(rule, deal, vocabulary)
    if variant.severity is not None:
        return variant.severity
    is_high = rule.high_when is not None and evaluate(rule.high_when, deal.values, vocabulary)
    return Severity.HIGH if is_high else rule.severity


def word_finding(
    rule: ActiveRule,
    subject: Subject,
    deal: DealFacts,
    vocabulary: Vocabulary,
    *,
    since: date,
    nudges: bool,
    waived: bool = False,
) -> Finding:
    """The finding of a deal that breaks the rule."""
    return Finding(
        opportunity_id=subject.opportunity_id,
        opportunity_name=subject.opportunity_name,
        owner=subject.owner,
        rule=rule.name,
        severity=severity_of(rule, deal, vocabulary),
        audience=rule.audience,
        seen=rule.seen(deal),
        says=rule.says(deal),
        fixes=rule.fixes,
        since=since,
        value=subject.value,
        nudges=nudges,
        waived=waived,
        confidential=subject.confidential,
    )


def _variant_of(rule: ActiveRule, deal: DealFacts, vocabulary: Vocabulary) -> Variant:
    """The first whose scope holds; the last one's always does."""
    return next(one for one in rule.variants if _holds(one.scope, deal, vocabulary))


def _holds(condition: Expression | None, deal: DealFacts, vocabulary: Vocabulary) -> bool:
    return condition is None or evaluate(condition, deal.values, vocabulary)
