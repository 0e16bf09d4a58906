"""What a rule is: which deals it looks at, when one breaks it, and what is then said."""

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from pipeline.definitions import Definitions
from pipeline.findings import Audience, Severity
from pipeline.hygiene.definition import HygieneDefinition
from pipeline.hygiene.facts import DealFacts
from pipeline.hygiene.rule_settings import BuiltInRules

StageName = Literal["proposal", "negotiation"]
"""A stage as the rules call it; `[hygiene.stages]` says which one of this CRM it is."""


@dataclass(frozen=True)
class Meaning:
    """What the company has configured, for rules that depend on it."""

    hygiene: HygieneDefinition
    definitions: Definitions


@dataclass(frozen=True)
class Need:
    """Something without which a rule cannot be asked; one of several is enough."""

    what: str
    """`table`, `field` or `setting`."""
    any_of: tuple[str, ...]
    """API names; of a setting none, and `says` tells what is missing."""
    says: str = ""


def tables(*any_of: str) -> Need:
    return Need("table", any_of)


def fields(*any_of: str) -> Need:
    return Need("field", any_of)


@dataclass(frozen=True)
class RuleParameter:
    """A threshold of a rule, for its documentation."""

    name: str
    default: object
    description: str


def _nothing(_: Meaning) -> tuple[Need, ...]:
    return ()


def edits(*names: str) -> Callable[[Meaning], tuple[str, ...]]:
    """The fields that fix a finding, whatever is configured."""
    return lambda _: names


def needs(*all_of: Need) -> Callable[[Meaning], tuple[Need, ...]]:
    """What a rule needs, whatever is configured."""
    return lambda _: all_of


@dataclass(frozen=True, kw_only=True)
class Rule:
    """A built-in rule. The conditions are written in the language of `when`, over the facts and the
    rule's own thresholds by name."""

    name: str
    summary: str
    severity: Severity
    broken: str
    """True of a deal that breaks the rule."""
    says: Callable[[DealFacts], str]
    seen: Callable[[DealFacts], str | None]
    fixes: Callable[[Meaning], tuple[str, ...]]
    deals: str = "is_open"
    """Which deals the rule looks at; names no threshold."""
    applies: str | None = None
    """What more must hold for the rule to apply; may name thresholds."""
    high_when: str | None = None
    """Where this holds, the severity is high."""
    audience: Audience = Audience.OWNER
    needs: Callable[[Meaning], tuple[Need, ...]] = _nothing
    needs_stage: StageName | None = None
    """The stage without which nothing is left of the rule; where a rule names another one that the CRM
    lacks, it runs as if no deal had come so far."""

    @property
    def parameters(self) -> tuple[RuleParameter, ...]:
        """The rule's own thresholds, with their defaults and units in words."""
        settings = BuiltInRules().of(self.name)
        return tuple(
            RuleParameter(name, _shown(getattr(settings, name)), str(described.description))
            for name, described in type(settings).model_fields.items()
            if name in settings.threshold_names()
        )

    @property
    def nudges_by_default(self) -> bool:
        return BuiltInRules().of(self.name).nudge


def _shown(value: object) -> object:
    return format(value.normalize(), "f") if isinstance(value, Decimal) else value
