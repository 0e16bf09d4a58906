"""Exemptions and cases as conditions."""

from collections.abc import Iterable, Sequence

from pipeline.expressions import And, Compare, Constant, Expression, Membership, Name, Not, Or
from pipeline.hygiene.holdings import RECORD_TYPE
from pipeline.hygiene.rule_settings import Exemptions, RuleCase


def all_of(conditions: Iterable[Expression | None]) -> Expression | None:
    """All that are given; `None` where none is."""
    given = tuple(condition for condition in conditions if condition is not None)
    if len(given) < 2:
        return given[0] if given else None
    return And(given)


def any_of(conditions: Iterable[Expression | None]) -> Expression | None:
    """At least one of those that are given; `None` where none is."""
    given = tuple(condition for condition in conditions if condition is not None)
    if len(given) < 2:
        return given[0] if given else None
    return Or(given)


def unless(condition: Expression | None) -> Expression | None:
    return None if condition is None else Not(condition)


def exempt_condition(exempt: Exemptions) -> Expression | None:
    """True of a deal that one of the exemptions names; `None` where nothing is exempt."""
    below = None if exempt.below_value is None else Compare("<", Name("value"), Constant(exempt.below_value))
    return any_of([*_memberships(exempt), below])


def case_condition(case: RuleCase) -> Expression | None:
    """True of a deal that fits every condition of the case; `None`: every deal does."""
    above = None if case.from_value is None else Compare(">=", Name("value"), Constant(case.from_value))
    return all_of([*_memberships(case), above])


def _memberships(scope: Exemptions | RuleCase) -> list[Expression | None]:
    return [
        _one_of("deal_type", scope.deal_types),
        _one_of("stage", scope.stages),
        _one_of("segment", scope.segments),
        _one_of(RECORD_TYPE, scope.record_types),
    ]


def _one_of(name: str, choices: Sequence[str]) -> Expression | None:
    return Membership(Name(name), tuple(Constant(choice) for choice in choices)) if choices else None
