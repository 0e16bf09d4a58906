"""What the CRM has for the rules to read, and which of its fields they want."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from pipeline.errors import ExpressionError
from pipeline.expressions import FACTS, Kind, infer_kinds, parse
from pipeline.hygiene.definition import CustomRule, HygieneDefinition
from pipeline.hygiene.rule import Need
from pipeline.hygiene.rule_settings import BuiltInRules, Exemptions, RuleCase
from pipeline.nearest import did_you_mean

RECORD_TYPE = "RecordType.Name"

_FACT_KINDS = {name: fact.kind for name, fact in FACTS.items()}


@dataclass(frozen=True)
class Holdings:
    """The tables and opportunity fields that this CRM account holds, by API name or dotted path."""

    tables: frozenset[str]
    fields: frozenset[str]

    def lacks(self, need: Need) -> str | None:
        """What is missing, in words; `None` where the need is met."""
        if need.what == "setting":
            return need.says
        held = self.tables if need.what == "table" else self.fields
        if held.intersection(need.any_of):
            return None
        wanted = " or ".join(need.any_of)
        return f"the CRM has no {need.what} {wanted}, or hides it from our account"


def custom_field_kinds(rule: CustomRule) -> Mapping[str, Kind | None]:
    """The fields that a rule of the customer's own reads; `None` where only their emptiness matters.

    Raises `ExpressionError` for a field that is used as two kinds.
    """
    expression = parse(rule.when)
    told = infer_kinds(expression, _FACT_KINDS)
    return {name: told.get(name) for name in sorted(expression.names() - FACTS.keys())}


def wanted_fields(definition: HygieneDefinition) -> Mapping[str, Kind]:
    """The further opportunity fields that a pull has to bring for the rules.

    A field that two rules of the customer's own use as different kinds has that of the first; the
    other rule is then not looked at (`plan_rules` says so).
    """
    names = [*definition.qualification_fields, *_fields_of_rules(definition.rules)]
    if _reads_record_type(definition):
        names.append(RECORD_TYPE)
    told: dict[str, Kind] = {}
    for rule in definition.custom:
        try:
            of_rule = custom_field_kinds(rule)
        except ExpressionError:
            continue  # `plan_rules` tells sales operations
        names += of_rule
        told = {**{name: kind for name, kind in of_rule.items() if kind is not None}, **told}
    return {name: told.get(name, Kind.TEXT) for name in names}


def unknown_field(name: str, holdings: Holdings) -> str:
    """What to say of a field in an expression that the CRM does not have."""
    suggestion = did_you_mean(name, {*FACTS, *holdings.fields})
    return f"the CRM has no field {name}, or hides it from our account{suggestion}"


def _fields_of_rules(rules: BuiltInRules) -> Iterator[str]:
    if rules.competitor_missing.enabled:
        yield rules.competitor_missing.field
    if rules.loss_reason_missing.enabled:
        yield rules.loss_reason_missing.field


def _reads_record_type(definition: HygieneDefinition) -> bool:
    scopes: list[Exemptions | RuleCase] = [rule.exempt for rule in definition.custom]
    for name in BuiltInRules.model_fields:
        settings = definition.rules.of(name)
        scopes += [settings.exempt, *settings.cases]
    return any(scope.record_types for scope in scopes)
