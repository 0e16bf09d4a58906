"""The section `[hygiene]` of the configuration: the rules' settings and the customer's own rules."""

from typing import Self

from pydantic import Field, field_validator, model_validator

from pipeline.definitions import Number
from pipeline.errors import ExpressionError
from pipeline.expressions import parse
from pipeline.findings import Audience, Severity
from pipeline.hygiene.rule_settings import BuiltInRules, Exemptions
from pipeline.hygiene.section import FieldPath, HygieneSection


class StageBindings(HygieneSection):
    """Which stages of this CRM the rules mean."""

    proposal: str = Field("Proposal", description="The stage that the rules call Proposal.")
    negotiation: str = Field("Negotiation", description="The stage that the rules call Negotiation.")


class SegmentBindings(HygieneSection):
    """Which segments of this company the rules mean."""

    small: tuple[str, ...] = Field((), description="Segments that are small business.")
    mid: tuple[str, ...] = Field((), description="Segments that are mid-market.")
    enterprise: tuple[str, ...] = Field((), description="Segments that are enterprise.")

    @model_validator(mode="after")
    def _each_once(self) -> Self:
        bound: dict[str, str] = {}
        for size, names in (("small", self.small), ("mid", self.mid), ("enterprise", self.enterprise)):
            for name in names:
                other = bound.setdefault(name, size)
                if other != size:
                    raise ValueError(f"segment {name} is bound twice, as {other} and as {size}")
        return self


class CustomRule(HygieneSection):
    """A rule of the customer's own."""

    name: str = Field(
        pattern=r"^[a-z][a-z0-9_]*$", description="Its name: small letters, digits and underscores."
    )
    when: str = Field(
        description="The expression that is true of a deal that breaks the rule. Only open deals are looked "
        "at, unless it names is_won or is_lost: then also those that closed since the first pull."
    )
    severity: Severity = Field(Severity.MEDIUM, description="high, medium or low.")
    says: str = Field(min_length=1, description="One plain sentence: what to do.")
    fixes: tuple[FieldPath, ...] = Field((), description="API names of the fields that fix it.")
    audience: Audience = Field(Audience.OWNER, description="owner, manager or operations.")
    nudge: bool = Field(False, description="Whether the rule nudges people and counts in the score.")
    enabled: bool = Field(True, description="Whether the rule is looked at.")
    exempt: Exemptions = Field(Exemptions(), description="Deals that the rule leaves alone.")

    @field_validator("when")
    @classmethod
    def _of_the_grammar(cls, when: str) -> str:
        try:
            parse(when)
        except ExpressionError as error:
            raise ValueError(str(error)) from error
        return when


class HygieneDefinition(HygieneSection):
    """How clean records have to be."""

    stages: StageBindings = Field(StageBindings(), description="Which stages the rules mean.")
    segments: SegmentBindings = Field(SegmentBindings(), description="Which segments the rules mean.")
    qualification_fields: tuple[FieldPath, ...] = Field(
        (), description="Fields of the qualification method, for qualification_incomplete."
    )
    economic_buyer_roles: tuple[str, ...] = Field(
        ("Economic Buyer", "Economic Decision Maker"),
        description="Contact roles that make somebody the economic buyer.",
    )
    process_problem_share: Number = Field(
        "0.4",
        gt=0,
        le=1,
        validate_default=True,
        description="A rule broken by more than this share of the deals it applies to is a problem of the "
        "process: it goes to operations and nudges nobody.",
    )
    process_problem_deals: int = Field(
        20, ge=1, description="On fewer deals than this a rule's share says nothing, and it nudges as set."
    )
    fix_rate_floor: Number = Field(
        "0.2",
        ge=0,
        le=1,
        validate_default=True,
        description="A nudging rule is recommended for muting where less than this share of its findings "
        "is fixed.",
    )
    fix_rate_findings: int = Field(
        20, ge=1, description="On fewer findings of the last eight weeks a rule's fix rate says nothing."
    )
    rules: BuiltInRules = Field(BuiltInRules(), description="The settings of each built-in rule.")
    custom: tuple[CustomRule, ...] = Field((), description="Rules of your own.")

    @field_validator("custom")
    @classmethod
    def _own_names(cls, custom: tuple[CustomRule, ...]) -> tuple[CustomRule, ...]:
        names = [rule.name for rule in custom]
        for name in names:
            if name in BuiltInRules.model_fields:
                raise ValueError(f"{name} is a built-in rule; give your rule another name")
            if names.count(name) > 1:
                raise ValueError(f"two rules are called {name}; give each a name of its own")
        return custom
