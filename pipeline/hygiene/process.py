"""Rules that so many deals break that the process is the problem, not the people (DOMAIN section 8)."""

from collections.abc import Mapping
from fractions import Fraction

from pipeline.findings import RuleNotice
from pipeline.hygiene.definition import HygieneDefinition


def process_problems(
    definition: HygieneDefinition, applicable: Mapping[str, int], broken: Mapping[str, int]
) -> tuple[RuleNotice, ...]:
    """A notice per rule that is broken by more than the configured share of the deals it applies to.

    `applicable`, `broken`: deals by rule. Such a rule nudges nobody.
    """
    return tuple(
        RuleNotice(rule, _says(broken[rule], deals))
        for rule, deals in applicable.items()
        if _is_process_problem(definition, deals, broken.get(rule, 0))
    )


def _is_process_problem(definition: HygieneDefinition, deals: int, broken: int) -> bool:
    if deals < definition.process_problem_deals:
        return False
    return Fraction(broken, deals) > Fraction(definition.process_problem_share)


def _says(broken: int, deals: int) -> str:
    percent = round(Fraction(100 * broken, deals))
    return f"Broken by {broken:,} of the {deals:,} deals it applies to ({percent}%), so it nudges nobody."
